"""Lets committed rows of a bank file settle expected payments instead of doubling them, and takes that back.

What we posted already is the bank's row (it gets the row's identity, and its amount where that differs); what is
still expected is settled by the transaction that the row became.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.domain.business_days import posting_date
from recaller.domain.occurrences import settled_state
from recaller.infra.work import Work
from recaller.services.recurring.proposals import PROPOSALS
from recaller.services.recurring.rows import is_date_of, load_template, load_templates
from recaller.services.recurring.views import RecurringView
from recaller.services.recurring.writing import shared_parts
from recaller.services.transactions import EntryDraft, Part, TransferDraft, edit_transaction, get_transaction
from recaller.services.transactions.drafts import Draft
from recaller.services.transactions.views import TransactionView

_OCCURRENCE = (
    "posted_on", "state", "expected_amount", "actual_amount", "transaction_id", "confirmed_by",
)  # fmt: skip


def settle_rows(w: Work, batch_id: UUID) -> tuple[int, int]:
    """Settle what the committed rows pay, as far as nobody chose otherwise; the ledger must be locked.

    Returns how many, and how many of them are transactions that we had posted.
    """
    done = linked = 0
    proposals = w.rows(PROPOSALS, batch=batch_id)
    if not proposals:
        return 0, 0
    templates = {
        one.id: one
        for one in load_templates(
            w, "r.id = ANY(CAST(:ids AS uuid[]))", ids=[row.recurring_id for row in proposals]
        )
    }
    for row in proposals:
        template = templates.get(row.recurring_id)
        if template is not None and _settle(w, batch_id, row, template):
            done += 1
            linked += row.transaction_id is not None
        else:
            w.run(
                "DELETE FROM import_settlement WHERE batch_id = :batch AND row_number = :number",
                batch=batch_id,
                number=row.row_number,
            )
    return done, linked


def take_back_settlements(w: Work, batch_id: UUID, *, keep: Collection[UUID] = ()) -> None:
    """Put the occurrences that an import settled back as they were, just before its transactions are removed.

    What was changed by hand since is left alone: an occurrence that names another transaction by now, and one
    whose transaction is in `keep`.
    """
    rows = w.rows(
        "SELECT s.row_number, s.recurring_id, s.due_date, s.transaction_id, s.before, r.account_id,"
        " r.transaction_id AS row_transaction, o.transaction_id AS linked, c.next_due"
        " FROM import_settlement s"
        " JOIN import_row r ON r.tenant_id = s.tenant_id AND r.batch_id = s.batch_id AND r.row_number = s.row_number"
        " JOIN recurring c ON c.tenant_id = s.tenant_id AND c.id = s.recurring_id"
        " JOIN occurrence o ON o.tenant_id = s.tenant_id AND o.recurring_id = s.recurring_id"
        " AND o.due_date = s.due_date"
        " WHERE s.batch_id = :batch AND s.settled ORDER BY s.row_number",
        batch=batch_id,
    )
    for row in rows:
        ours = row.transaction_id or row.row_transaction
        kept = row.transaction_id is None and row.row_transaction in keep
        if row.linked != ours or kept:
            continue
        before = dict(row.before or {})
        if before.get("amount") is not None:
            _set_amount(w, row.transaction_id, row.account_id, int(before["amount"]))
        _put_back(w, row, before.get("occurrence"))


def _settle(w: Work, batch_id: UUID, row: Row[Any], template: RecurringView) -> bool:
    """Settle one occurrence; False when the member chose otherwise, or it is settled already."""
    columns = ", ".join(_OCCURRENCE)
    was = w.row(
        f"SELECT {columns} FROM occurrence WHERE recurring_id = :id AND due_date = :due FOR UPDATE",
        id=row.recurring_id,
        due=row.due_date,
    )
    before: dict[str, Any] = {"occurrence": None if was is None else _plain(was)}
    if row.transaction_id is None:
        if row.choice is not None or (was is not None and was.state not in ("scheduled", "due")):
            return False
        written = w.row("SELECT 1 FROM transaction WHERE id = :id", id=row.row_transaction)
        if written is None:
            return False
        settled_by, on = row.row_transaction, row.date
    else:
        if row.choice != "match" or was is None or was.transaction_id != row.transaction_id:
            return False
        settled_by, on = row.transaction_id, was.posted_on
        before |= _adopt(w, row)
    effect = template.amount if template.shape == "entry" else -template.amount
    expected = effect if was is None else int(was.expected_amount)
    # At a transfer's other end the row says nothing of the amount that left.
    actual = row.amount if row.account_id == template.account_id else expected
    state = settled_state(expected, actual, template.tolerance)
    w.run(
        "INSERT INTO occurrence (tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount,"
        " actual_amount, transaction_id) SELECT tenant_id, space_id, id, :due, :on, :state, :expected, :actual, :by"
        " FROM recurring WHERE id = :id ON CONFLICT (tenant_id, recurring_id, due_date) DO UPDATE SET"
        " posted_on = excluded.posted_on, state = excluded.state, actual_amount = excluded.actual_amount,"
        " transaction_id = excluded.transaction_id, error = NULL",
        id=row.recurring_id,
        due=row.due_date,
        on=on,
        state=state.value,
        expected=expected,
        actual=actual,
        by=settled_by,
    )
    w.run(
        "UPDATE import_settlement SET settled = true, before = CAST(:before AS jsonb)"
        " WHERE batch_id = :batch AND row_number = :number",
        before=json.dumps(before, default=str),
        batch=batch_id,
        number=row.row_number,
    )
    w.audit(
        "settle",
        "occurrence",
        row.recurring_id,
        space_id=w.scope.default_space(private=template.private),
        before={"due_date": row.due_date, **(before["occurrence"] or {})},
        after={"state": state.value, "actual_amount": actual, "transaction_id": str(settled_by)},
    )
    return True


def _adopt(w: Work, row: Row[Any]) -> dict[str, Any]:
    """Give what we posted the bank's amount and identity; returns the amount that it had, when that changed."""
    changed: dict[str, Any] = {}
    posting = w.row(
        "SELECT amount FROM posting WHERE transaction_id = :id AND account_id = :account",
        id=row.transaction_id,
        account=row.account_id,
    )
    if posting is not None and posting.amount != row.amount:
        changed["amount"] = int(posting.amount)
        _set_amount(w, row.transaction_id, row.account_id, row.amount)
    w.run(
        "UPDATE posting SET import_id = :import_id, cleared = true WHERE transaction_id = :id"
        " AND account_id = :account AND (import_id IS NULL OR import_id = :import_id)",
        import_id=row.import_id,
        id=row.transaction_id,
        account=row.account_id,
    )
    return changed


def _set_amount(w: Work, transaction_id: UUID, account_id: UUID, amount: int) -> None:
    """Let the transaction move another amount in the account, its parts in the same proportion; audited as an edit."""
    view = get_transaction(w, transaction_id)
    edit_transaction(w, transaction_id, _with_amount(view, account_id, amount), version=view.version)


def _with_amount(view: TransactionView, account_id: UUID, amount: int) -> Draft:
    own = next(line for line in view.lines if line.account_id == account_id)
    others = [line for line in view.lines if line is not own]
    if view.shape == "transfer":
        other = others[0].account_id
        source, target = (account_id, other) if amount < 0 else (other, account_id)
        return TransferDraft(
            view.date, source, target, abs(amount), None, view.payee, view.note, view.status, view.tags
        )
    draft = EntryDraft(
        view.date,
        account_id,
        own.amount,
        view.payee,
        tuple(Part(line.account_id, -line.amount, line.memo) for line in others),
        view.note,
        view.status,
        view.tags,
    )
    return replace(draft, amount=amount, parts=shared_parts(draft.parts, own.amount, amount))


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {
        name: value if value is None or isinstance(value, int) else str(value)
        for name, value in row._mapping.items()
    }


def _put_back(w: Work, row: Row[Any], occurrence: Mapping[str, Any] | None) -> None:
    keys = {"id": row.recurring_id, "due": row.due_date}
    was = occurrence
    if was is None:
        template = load_template(w, row.recurring_id, deleted=True)
        ahead = row.next_due is not None and row.due_date >= row.next_due
        if ahead or not is_date_of(template.recurrence, row.due_date):
            w.run("DELETE FROM occurrence WHERE recurring_id = :id AND due_date = :due", **keys)
            return
        # A run passed over it meanwhile, for it was settled: it is due again, on its own day.
        on = posting_date(template.recurrence, row.due_date, template.country)
        was = {"state": "due", "posted_on": on}
    w.run(
        "UPDATE occurrence SET state = :state, transaction_id = CAST(:transaction AS uuid),"
        " posted_on = coalesce(CAST(:on AS date), posted_on), actual_amount = CAST(:actual AS bigint),"
        " confirmed_by = CAST(:confirmed AS uuid) WHERE recurring_id = :id AND due_date = :due",
        state=was["state"],
        transaction=was.get("transaction_id"),
        on=was.get("posted_on"),
        actual=was.get("actual_amount"),
        confirmed=was.get("confirmed_by"),
        **keys,
    )
