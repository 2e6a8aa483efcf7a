"""One transaction with its postings, as the detail view, the audit trail and edits need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as calendar_date  # a field named date would hide the type
from typing import Any
from uuid import UUID

from recaller.core.errors import NotFound
from recaller.domain.rates import paid_rate
from recaller.infra.work import Work


@dataclass(frozen=True, slots=True)
class LineView:
    """One posting in sight: minor units of `currency`, + into the account."""

    line: int
    account_id: UUID
    account_name: str
    kind: str
    amount: int
    currency: str
    memo: str
    cleared: bool
    reconciled: bool
    import_id: str | None


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A journal entry. `complete` is False when it has a posting in a space that the caller can't see.

    `recurring_id` and `due_date` name the date of a recurring transaction that it pays, posted for it or not.
    `foreign_amount` (minor units of `foreign_currency`, signed like `amount`) is what the bank says was paid abroad,
    `foreign_rate` the units of `currency` that it took for one of the foreign currency.
    """

    id: UUID
    date: calendar_date
    payee_id: UUID | None
    payee: str
    note: str
    bank_text: str
    status: str
    source: str
    shape: str
    account_id: UUID
    counter_account_id: UUID | None
    category_id: UUID | None
    amount: int
    currency: str
    batch_id: UUID | None
    version: int
    private: bool
    tags: tuple[str, ...]
    lines: tuple[LineView, ...]
    recurring_id: UUID | None = None
    due_date: calendar_date | None = None
    foreign_amount: int | None = None
    foreign_currency: str | None = None
    foreign_rate: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the visible postings balance, so that none is hidden."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, 0) + line.amount
        return not any(sums.values())


_SELECT = """
SELECT t.id, t.date, t.payee_id, coalesce(p.name, '') AS payee, t.note, t.bank_text, t.status, t.source, t.shape,
       t.account_id, t.counter_account_id, t.category_id, t.amount, t.currency, t.batch_id, t.version, t.space_id,
       o.recurring_id, o.due_date,
       t.foreign_amount, t.foreign_currency,
       ARRAY(SELECT g.name FROM transaction_tag tt JOIN tag g ON g.tenant_id = tt.tenant_id AND g.id = tt.tag_id
              WHERE tt.tenant_id = t.tenant_id AND tt.transaction_id = t.id ORDER BY lower(g.name)) AS tags
  FROM transaction t LEFT JOIN payee p ON p.tenant_id = t.tenant_id AND p.id = t.payee_id
  LEFT JOIN occurrence o ON o.tenant_id = t.tenant_id AND o.transaction_id = t.id
 WHERE t.id = ANY(CAST(:ids AS uuid[]))
"""
_LINES = """
SELECT l.transaction_id, l.line, l.account_id, a.name AS account_name, a.kind, l.amount, l.currency, l.memo, l.cleared,
       l.reconciled, l.import_id
  FROM posting l JOIN account a ON a.tenant_id = l.tenant_id AND a.id = l.account_id
 WHERE l.transaction_id = ANY(CAST(:ids AS uuid[])) ORDER BY l.transaction_id, l.line
"""


def get_transaction(w: Work, transaction_id: UUID) -> TransactionView:
    """Return one transaction with its visible postings; raise NotFound when it is not in sight."""
    found = get_transactions(w, [transaction_id])
    if not found:
        raise NotFound("transaction", transaction_id)
    return found[0]


def get_transactions(w: Work, ids: Sequence[UUID]) -> list[TransactionView]:
    """Return the transactions of these ids that are in sight, oldest first, in two queries."""
    lines: dict[UUID, list[LineView]] = {}
    for row in w.rows(_LINES, ids=list(ids)):
        lines.setdefault(row.transaction_id, []).append(
            LineView(
                row.line, row.account_id, row.account_name, row.kind, row.amount, row.currency, row.memo, row.cleared,
                row.reconciled, row.import_id,
            )
        )  # fmt: skip
    found = [
        TransactionView(
            id=row.id,
            date=row.date,
            payee_id=row.payee_id,
            payee=row.payee,
            note=row.note,
            bank_text=row.bank_text,
            status=row.status,
            source=row.source,
            shape=row.shape,
            account_id=row.account_id,
            counter_account_id=row.counter_account_id,
            category_id=row.category_id,
            amount=row.amount,
            currency=row.currency,
            batch_id=row.batch_id,
            version=row.version,
            private=row.space_id != w.scope.shared_space_id,
            tags=tuple(row.tags),
            lines=tuple(lines.get(row.id, ())),
            recurring_id=row.recurring_id,
            due_date=row.due_date,
            foreign_amount=row.foreign_amount,
            foreign_currency=row.foreign_currency,
            foreign_rate=None
            if row.foreign_amount is None or row.foreign_currency is None
            else paid_rate(row.amount, row.currency, row.foreign_amount, row.foreign_currency),
        )
        for row in w.rows(_SELECT, ids=list(ids))
    ]
    return sorted(found, key=lambda view: (view.date, view.id))


def snapshot(view: TransactionView) -> dict[str, Any]:
    """Return what the audit trail keeps of a transaction: enough to restore it exactly."""
    return {
        "date": view.date.isoformat(),
        "payee": view.payee,
        "note": view.note,
        "bank_text": view.bank_text,
        "status": view.status,
        "source": view.source,
        "batch_id": None if view.batch_id is None else str(view.batch_id),
        "private": view.private,
        "tags": list(view.tags),
        "foreign_amount": view.foreign_amount,
        "foreign_currency": view.foreign_currency,
        "postings": [
            {
                "account_id": str(line.account_id),
                "amount": line.amount,
                "currency": line.currency,
                "memo": line.memo,
                "cleared": line.cleared,
                "reconciled": line.reconciled,
                "import_id": line.import_id,
            }
            for line in view.lines
        ],
    }
