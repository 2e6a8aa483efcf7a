"""One row of a transaction list, with every name that it shows, read in one query for the whole page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as calendar_date  # a field named date would hide the type
from typing import Any
from uuid import UUID

from recaller.core.money import Money
from recaller.infra.work import Work
from recaller.services.listing.criteria import Criteria
from recaller.services.listing.query import fetch


@dataclass(frozen=True, slots=True)
class LinePart:
    """One visible posting of a split, conversion or journal: minor units of `currency`, + into the account."""

    account_id: UUID
    name: str
    kind: str
    amount: int
    currency: str
    memo: str


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A transaction in a list: `amount` is the effect on `account`, in minor units of `currency`.

    `lines` are filled where the row alone doesn't tell all (splits, conversions, journals). `matched` is the
    part that the filter asked for, per currency: of a split filtered by category only that category's share.
    An account, counter account or category that the caller can't see is None with an empty name.
    """

    id: UUID
    date: calendar_date
    payee_id: UUID | None
    payee: str
    account_id: UUID | None
    account: str
    counter_account_id: UUID | None
    counter_account: str
    category_id: UUID | None
    category: str
    category_system: str | None
    amount: int
    currency: str
    status: str
    source: str
    shape: str
    note: str
    bank_text: str
    tags: tuple[str, ...]
    version: int
    private: bool
    batch_id: UUID | None
    lines: tuple[LinePart, ...]
    matched: tuple[Money, ...]


# A household member may see a shared transaction whose other account is private to somebody else; then the
# postings in sight tell what may be shown.
DETAILS = """
SELECT t.id, t.date, y.id, coalesce(y.name, ''), a.id, coalesce(a.name, ''), o.id, coalesce(o.name, ''),
       c.id, coalesce(c.name, ''), c.system, t.amount, t.currency, t.status, t.source, t.shape, t.note, t.bank_text,
       ARRAY(SELECT g.name FROM transaction_tag tt JOIN tag g ON g.tenant_id = tt.tenant_id AND g.id = tt.tag_id
              WHERE tt.tenant_id = t.tenant_id AND tt.transaction_id = t.id ORDER BY g.name),
       t.version, t.space_id, t.batch_id,
       CASE WHEN t.shape NOT IN ('simple', 'transfer', 'opening') OR a.id IS NULL THEN
       (SELECT json_agg(json_build_array(l.account_id, b.name, b.kind, l.amount, l.currency, l.memo) ORDER BY l.line)
          FROM posting l JOIN account b ON b.tenant_id = l.tenant_id AND b.id = l.account_id
         WHERE l.tenant_id = t.tenant_id AND l.transaction_id = t.id) END
  FROM ({source}) s JOIN transaction t ON t.id = s.id
  LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
  LEFT JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
  LEFT JOIN account o ON o.tenant_id = t.tenant_id AND o.id = t.counter_account_id
  LEFT JOIN account c ON c.tenant_id = t.tenant_id AND c.id = t.category_id
"""
BY_IDS = "SELECT unnest(%(ids)b::uuid[]) AS id"


def read_rows(
    w: Work, criteria: Criteria, source: str, parameters: Mapping[str, Any], *, plan_anew: bool = False
) -> dict[UUID, TransactionRow]:
    """Return the rows of the transactions that `source` (a query giving `id`) names, by id.

    Where the source must be planned anew each time, it runs alone: planning all the names' joins with it costs
    more than a second round trip, and these stay prepared.
    """
    if plan_anew:
        ids = fetch(w, f"SELECT s.id FROM ({source}) s", parameters, plan_anew=True)
        source, parameters = BY_IDS, {"ids": [row[0] for row in ids]}
    found = fetch(w, DETAILS.format(source=source), parameters)
    wanted = None if criteria.matched_set is None else frozenset(criteria.matched_set)
    shared = w.scope.shared_space_id
    return {row[0]: _row(row, criteria, wanted, shared) for row in found}


def _row(
    row: Sequence[Any], criteria: Criteria, wanted: frozenset[UUID] | None, shared_space: UUID
) -> TransactionRow:
    """Build one row; this runs for every row of every list, so the usual shapes take the short way."""
    (identity, day, payee_id, payee, account_id, account, counter_id, counter, category_id, category, system,
     amount, currency, status, source, shape, note, bank_text, tags, version, space, batch, parts) = row  # fmt: skip
    lines: tuple[LinePart, ...] = ()
    if parts:
        lines = tuple(LinePart(UUID(part[0]), *part[1:]) for part in parts)
        if account_id is None:
            # Told from the side that is in sight.
            real = [line for line in lines if line.kind in ("asset", "liability")]
            if real:
                account_id, account, currency = real[0].account_id, real[0].name, real[0].currency
                amount = sum(line.amount for line in real if line.account_id == account_id)
                counter_id, counter = None, ""
        matched = _matched(lines, criteria, wanted)
    else:
        matched = _matched_whole(account_id, counter_id, category_id, amount, currency, criteria, wanted)
    return TransactionRow(
        identity, day, payee_id, payee, account_id, account, counter_id, counter, category_id, category, system,
        amount, currency, status, source, shape, note, bank_text, tuple(tags), version, space != shared_space, batch,
        lines, matched,
    )  # fmt: skip


def _matched_whole(
    account_id: UUID | None,
    counter_id: UUID | None,
    category_id: UUID | None,
    amount: int,
    currency: str,
    criteria: Criteria,
    wanted: frozenset[UUID] | None,
) -> tuple[Money, ...]:
    """Return what was asked for of a simple entry, a transfer or an opening, whose row tells all."""
    if account_id is None or criteria.currency not in (None, currency):
        return ()
    if criteria.categories is not None:
        return (Money(amount, currency),) if category_id in criteria.categories else ()
    own = wanted is None or account_id in wanted
    other = counter_id is not None and (wanted is None or counter_id in wanted)
    if not (own or other):
        return ()
    return (Money(amount * (own - other), currency),)


def _matched(
    postings: Sequence[LinePart], criteria: Criteria, wanted: frozenset[UUID] | None
) -> tuple[Money, ...]:
    sums: Counter[str] = Counter()
    for line in postings:
        if criteria.currency not in (None, line.currency):
            continue
        if line.account_id in wanted if wanted is not None else line.kind in ("asset", "liability"):
            sums[line.currency] += criteria.sign * line.amount
    return tuple(Money(amount, currency) for currency, amount in sorted(sums.items()))
