"""Merges the two entries of a transfer into one transaction, and splits it into exactly the two it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.domain.account_kinds import Kind, conversion_name
from recaller.domain.journal import Line, conversion_lines, summarise, transfer_lines
from recaller.infra.work import Work
from recaller.services.ledger_events import ledger_changed
from recaller.services.occurrence_links import transactions_removed, transactions_restored
from recaller.services.starter import system_account
from recaller.services.tags import MAX_TAGS, set_tags
from recaller.services.transactions import TransactionView, get_transaction, get_transactions
from recaller.services.transactions.drafts import MAX_NOTE
from recaller.services.transactions.postings import (
    Marks,
    account_facts,
    keep_rate,
    search_text,
    space_of,
    write_postings,
)
from recaller.services.transactions.recording import HIDDEN_PART
from recaller.services.transactions.views import snapshot

MAX_MERGED = 200

_KEPT = """
SELECT jsonb_build_object(
  'transactions', (SELECT jsonb_agg(to_jsonb(t)) FROM transaction t WHERE t.id = ANY(CAST(:ids AS uuid[]))),
  'postings', (SELECT jsonb_agg(to_jsonb(p)) FROM posting p WHERE p.transaction_id = ANY(CAST(:ids AS uuid[]))),
  'tags', (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM transaction_tag g
            WHERE g.transaction_id = ANY(CAST(:ids AS uuid[]))),
  'occurrences', (SELECT coalesce(jsonb_agg(jsonb_build_object('recurring_id', o.recurring_id,
                            'due_date', o.due_date, 'transaction_id', o.transaction_id)), '[]')
                    FROM occurrence o WHERE o.transaction_id = ANY(CAST(:ids AS uuid[])))) AS kept
"""
# An occurrence that the entry settled is settled by the transfer, unless the other end settles one already.
_FOLLOW = """
UPDATE occurrence o SET transaction_id = :id WHERE o.transaction_id = :other
   AND NOT EXISTS (SELECT 1 FROM occurrence x WHERE x.transaction_id = :id)
"""
_GIVE_BACK = """
UPDATE occurrence o SET transaction_id = v.transaction_id
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v(recurring_id uuid, due_date date, transaction_id uuid)
 WHERE o.recurring_id = v.recurring_id AND o.due_date = v.due_date
   AND (o.transaction_id IS NULL OR o.transaction_id = :id)
"""


def merge_transfer(w: Work, one_id: UUID, other_id: UUID) -> TransactionView:
    """Make one transfer of two entries of different accounts; the entry that pays out keeps its id.

    Import ids and cleared marks stay with their accounts, so that neither bank's file brings its row again. The
    transfer has the paying entry's date, unless the other is reconciled. Raises ValidationFailed when the two can't be
    one transfer, Conflict when both are reconciled on different days, Forbidden for a part that the caller can't see.
    """
    w.lock_ledger()
    out, into = _ends(w, one_id, other_id)
    lines, moved_to = _lines(w, out, into), _date(out, into)
    accounts = account_facts(w, [line.account_id for line in lines])
    space = space_of(w, lines, accounts)
    kept = w.row(_KEPT, ids=[out.id, into.id])
    assert kept is not None
    w.run(_FOLLOW, id=out.id, other=into.id)
    transactions_removed(w, [into.id])
    ids = [out.id, into.id]
    w.run("DELETE FROM posting WHERE transaction_id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    w.run("DELETE FROM transaction WHERE id = :id", id=into.id)
    # What one member keeps private isn't told to the household by the shared transfer.
    told = [view for view in (out, into) if _space(w, view) == space]
    note = "\n".join(dict.fromkeys(view.note for view in told if view.note))[:MAX_NOTE]
    bank_text = " / ".join(dict.fromkeys(view.bank_text for view in told if view.bank_text))
    summary = summarise(lines, {account.id: account.kind for account in accounts.values()})
    version = max(out.version, into.version) + 1
    w.run(
        "UPDATE transaction SET date = :date, payee_id = :payee, note = :note, bank_text = :bank_text,"
        " search_text = :search, space_id = :space, shape = :shape, account_id = :account,"
        " counter_account_id = :counter, category_id = NULL, amount = :amount, currency = :currency,"
        " version = :version WHERE id = :id",
        id=out.id,
        date=moved_to,
        payee=next((view.payee_id for view in told if view.payee_id is not None), None),
        note=note,
        bank_text=bank_text,
        search=search_text(bank_text, note, ()),
        space=space,
        shape=summary.shape,
        account=summary.account_id,
        counter=summary.counter_account_id,
        amount=summary.amount,
        currency=summary.currency,
        version=version,
    )
    write_postings(w, out.id, moved_to, lines, accounts, space, _marks(out, into))
    keep_rate(w, out.id, moved_to, lines, space)
    set_tags(w, out.id, list(dict.fromkeys(tag for view in told for tag in view.tags))[:MAX_TAGS], space)
    _remember(w, out, into, version, kept.kept)
    merged = get_transaction(w, out.id)
    for view in (out, into):
        w.audit(
            "merge",
            "transaction",
            view.id,
            space_id=_space(w, view),
            before=snapshot(view),
            after=snapshot(merged) if _space(w, view) == space else {"transfer": str(out.id)},
        )
    # What left a category, or comes back to one, changes what its budget says.
    ledger_changed(w)
    return merged


def merge_transfers(w: Work, pairs: Sequence[tuple[UUID, UUID]]) -> tuple[TransactionView, ...]:
    """Merge several pairs, all or none; raise ValidationFailed for too many or for an entry named twice."""
    if len(pairs) > MAX_MERGED:
        raise ValidationFailed("pairs", f"Merge at most {MAX_MERGED} pairs at a time.")
    named = [one for pair in pairs for one in pair]
    if len(set(named)) != len(named):
        raise ValidationFailed("pairs", "An entry can be an end of one transfer only.")
    return tuple(merge_transfer(w, one, other) for one, other in pairs)


def split_transfer(w: Work, transaction_id: UUID) -> tuple[TransactionView, ...]:
    """Split a merged transfer into the two entries that it was, exactly as they were.

    Raises NotFound when the transaction was not merged, Conflict when a part is reconciled since.
    """
    w.lock_ledger()
    merge = w.row("SELECT other_id, kept FROM transfer_merge WHERE transaction_id = :id", id=transaction_id)
    if merge is None:
        raise NotFound("merged transfer", transaction_id)
    before = get_transaction(w, transaction_id)
    if not before.complete:
        raise Forbidden(HIDDEN_PART)
    _refuse_newly_reconciled(before, merge.kept)
    restore_ends(w, transaction_id, merge.other_id, merge.kept)
    after = get_transactions(w, [transaction_id, merge.other_id])
    for view in after:
        w.audit(
            "split",
            "transaction",
            view.id,
            space_id=_space(w, view),
            before=snapshot(before) if _space(w, view) == _space(w, before) else None,
            after=snapshot(view),
        )
    ledger_changed(w)
    return tuple(after)


def restore_ends(w: Work, transaction_id: UUID, other_id: UUID, kept: Mapping[str, Any]) -> None:
    """Write the two entries back as they were; the ledger must be locked."""
    w.run("DELETE FROM exchange_rate WHERE transaction_id = :id", id=transaction_id)
    w.run("DELETE FROM posting WHERE transaction_id = :id", id=transaction_id)
    w.run("DELETE FROM transaction_tag WHERE transaction_id = :id", id=transaction_id)
    w.run("DELETE FROM transfer_merge WHERE transaction_id = :id", id=transaction_id)
    for row in kept["transactions"]:
        tidy = _living(w, row)
        if UUID(row["id"]) == other_id:
            _insert(w, "transaction", [tidy])
        else:
            _update(w, tidy)
    _insert(w, "posting", kept["postings"])
    tags = [row["tag_id"] for row in kept["tags"]]
    alive = {
        str(row.id) for row in w.rows("SELECT id FROM tag WHERE id = ANY(CAST(:ids AS uuid[]))", ids=tags)
    }
    _insert(w, "transaction_tag", [row for row in kept["tags"] if row["tag_id"] in alive])
    transactions_restored(w, [other_id])
    if kept.get("occurrences"):
        w.run(_GIVE_BACK, rows=json.dumps(kept["occurrences"]), id=transaction_id)


def _living(w: Work, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kept transaction whose payee and import still exist, None where they are gone."""
    tidy = dict(row)
    for column, table, only in (
        ("payee_id", "payee", ""),
        ("batch_id", "import_batch", " AND status = 'committed'"),
    ):
        if tidy.get(column) and not w.row(
            f"SELECT 1 FROM {table} WHERE id = CAST(:id AS uuid){only}", id=tidy[column]
        ):
            tidy[column] = None
    return tidy


def _columns(rows: Sequence[Mapping[str, Any]]) -> str:
    names = sorted(rows[0])
    assert all(name.isidentifier() for name in names), names
    return ", ".join(f'"{name}"' for name in names)


def _insert(w: Work, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert kept rows in one statement, as the balance trigger wants it."""
    if not rows:
        return
    columns = _columns(rows)
    w.run(
        f'INSERT INTO "{table}" ({columns}) SELECT {columns}'
        f' FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb))',
        rows=json.dumps(rows),
    )


def _update(w: Work, row: Mapping[str, Any]) -> None:
    columns = _columns([{name: value for name, value in row.items() if name not in ("tenant_id", "id")}])
    w.run(
        f"UPDATE transaction SET ({columns}) = (SELECT {columns}"
        " FROM jsonb_populate_record(NULL::transaction, CAST(:row AS jsonb))) WHERE id = CAST(:id AS uuid)",
        row=json.dumps(row),
        id=row["id"],
    )


def _ends(w: Work, one_id: UUID, other_id: UUID) -> tuple[TransactionView, TransactionView]:
    """Return the paying entry and the receiving one; raise what speaks against a transfer."""
    views = {view.id: view for view in get_transactions(w, [one_id, other_id])}
    for wanted in (one_id, other_id):
        if wanted not in views:
            raise NotFound("transaction", wanted)
    if one_id == other_id:
        raise ValidationFailed("transactions", "A transfer has two ends: choose two transactions.")
    one, other = views[one_id], views[other_id]
    if not (one.complete and other.complete):
        raise Forbidden(HIDDEN_PART)
    for view in (one, other):
        if view.shape != "simple":
            raise ValidationFailed(
                "transactions", "Only entries with one category can be the ends of a transfer."
            )
        if view.status != "booked":
            raise ValidationFailed(
                "transactions", "A pending entry may still change: wait until it is booked."
            )
    if one.account_id == other.account_id:
        raise ValidationFailed("transactions", "A transfer moves money between two different accounts.")
    if (one.amount < 0) == (other.amount < 0):
        raise ValidationFailed("transactions", "One of the two must pay out and the other receive.")
    out, into = (one, other) if one.amount < 0 else (other, one)
    if out.currency == into.currency and out.amount != -into.amount:
        raise ValidationFailed("transactions", "Both ends of a transfer must have the same amount.")
    return out, into


def _lines(w: Work, out: TransactionView, into: TransactionView) -> list[Line]:
    if out.currency == into.currency:
        return transfer_lines(out.account_id, into.account_id, -out.amount, out.currency)
    through = system_account(w, Kind.EQUITY, conversion_name(out.currency, into.currency))
    return conversion_lines(
        out.account_id, -out.amount, out.currency, into.account_id, into.amount, into.currency, through
    )


def _date(out: TransactionView, into: TransactionView) -> Any:
    fixed = {view.date for view in (out, into) if any(line.reconciled for line in view.lines)}
    if len(fixed) > 1:
        raise Conflict(
            "Both entries are reconciled on different days: undo one of the reconciliations first."
        )
    return fixed.pop() if fixed else out.date


def _marks(out: TransactionView, into: TransactionView) -> dict[UUID, Marks]:
    return {
        line.account_id: Marks(line.cleared, line.reconciled, line.import_id)
        for view in (out, into)
        for line in view.lines
        if line.account_id == view.account_id
    }


def _remember(
    w: Work, out: TransactionView, into: TransactionView, version: int, kept: Mapping[str, Any]
) -> None:
    w.run(
        "INSERT INTO transfer_merge (tenant_id, space_id, transaction_id, other_id, batch_id, other_batch_id, version,"
        " kept, created_at) VALUES (:tenant, :space, :id, :other, :batch, :other_batch, :version,"
        " CAST(:kept AS jsonb), :now)",
        tenant=w.scope.tenant_id,
        space=w.scope.default_space(out.private or into.private),
        id=out.id,
        other=into.id,
        batch=out.batch_id,
        other_batch=into.batch_id,
        version=version,
        kept=json.dumps(kept),
        now=w.now,
    )


def _refuse_newly_reconciled(view: TransactionView, kept: Mapping[str, Any]) -> None:
    were = {row["account_id"] for row in kept["postings"] if row["reconciled"]}
    if any(line.reconciled and str(line.account_id) not in were for line in view.lines):
        raise Conflict("The transfer is reconciled since: undo the reconciliation first.")


def _space(w: Work, view: TransactionView) -> UUID:
    return w.scope.default_space(private=view.private)
