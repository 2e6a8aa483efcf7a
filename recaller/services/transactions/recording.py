"""Records, edits, deletes and restores one transaction; each write is balanced, versioned and audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.scope import Source
from recaller.domain.account_kinds import REAL_KINDS
from recaller.domain.journal import Line, entry_lines, summarise
from recaller.infra.work import Work
from recaller.services.ledger_events import ledger_changed
from recaller.services.occurrence_links import transactions_removed, transactions_restored
from recaller.services.payees import find_or_create_payee
from recaller.services.starter import opening_balances
from recaller.services.tags import set_tags
from recaller.services.transactions.drafts import Draft, EntryDraft, check_draft
from recaller.services.transactions.origins import (
    kept_origins,
    mark_edited,
    mark_filled,
    restore_origins,
)
from recaller.services.transactions.postings import (
    Marks,
    account_facts,
    insert_transaction,
    keep_rate,
    lines_of,
    search_text,
    space_of,
    write_postings,
)
from recaller.services.transactions.views import TransactionView, get_transaction, snapshot

STALE = "This transaction was changed elsewhere meanwhile. Look at it again, then repeat your change."
HIDDEN_PART = "This transaction has a part in another member's private account; only they can change it."


def record_transaction(
    w: Work, draft: Draft, *, transaction_id: UUID | None = None, source: Source | None = None
) -> TransactionView:
    """Record an entry or a transfer; raise ValidationFailed or NotFound naming what is wrong.

    With a `transaction_id` of the caller's, recording the same id twice raises Conflict. `source` is where it comes
    from; without it, the surface that the caller acts from.
    """
    check_draft(draft)
    made = transaction_id or new_id()
    w.lock_ledger()
    lines, accounts = lines_of(w, draft)
    if w.row("SELECT 1 FROM transaction WHERE id = :id", id=made):
        raise Conflict("This transaction is already recorded.")
    space = space_of(w, lines, accounts)
    insert_transaction(
        w, made, draft, lines, accounts, space, source=None if source is None else source.value
    )
    write_postings(w, made, draft.date, lines, accounts, space)
    keep_rate(w, made, draft.date, lines, space)
    if draft.tags:
        set_tags(w, made, draft.tags, space)
    mark_filled(w, made, draft, space)
    view = get_transaction(w, made)
    w.audit("create", "transaction", made, space_id=space, after=snapshot(view))
    ledger_changed(w)
    return view


def edit_transaction(w: Work, transaction_id: UUID, draft: Draft, *, version: int) -> TransactionView:
    """Replace a transaction's content; raise Conflict when its version isn't `version` any more.

    Marks of the bank (import ids, cleared, reconciled) stay with the account that carried them. A reconciled
    posting's account, amount and date can't change (Conflict).
    """
    check_draft(draft)
    w.lock_ledger()
    before = get_transaction(w, transaction_id)
    if not before.complete:
        raise Forbidden(HIDDEN_PART)
    if before.version != version:
        raise Conflict(STALE)
    lines, accounts = lines_of(w, draft, keep=frozenset(line.account_id for line in before.lines))
    _refuse_reconciled_change(before, lines, draft.date)
    space = space_of(w, lines, accounts)
    marks = {
        line.account_id: Marks(line.cleared, line.reconciled, line.import_id)
        for line in before.lines
        if line.cleared or line.reconciled or line.import_id
    }
    w.run("DELETE FROM exchange_rate WHERE transaction_id = :id", id=transaction_id)
    w.run("DELETE FROM posting WHERE transaction_id = :id", id=transaction_id)
    summary = summarise(lines, {account.id: account.kind for account in accounts.values()})
    w.run(
        "UPDATE transaction SET date = :date, payee_id = :payee, note = :note, search_text = :search,"
        " status = :status, space_id = :space, shape = :shape, account_id = :account,"
        " counter_account_id = :counter, category_id = :category, amount = :amount, currency = :currency,"
        " version = version + 1 WHERE id = :id",
        id=transaction_id,
        date=draft.date,
        payee=find_or_create_payee(w, draft.payee, space) if draft.payee.strip() else None,
        note=draft.note,
        search=search_text(before.bank_text, draft.note, (line.memo for line in lines)),
        status=draft.status,
        space=space,
        shape=summary.shape,
        account=summary.account_id,
        counter=summary.counter_account_id,
        category=summary.category_id,
        amount=summary.amount,
        currency=summary.currency,
    )
    write_postings(w, transaction_id, draft.date, lines, accounts, space, marks)
    keep_rate(w, transaction_id, draft.date, lines, space)
    set_tags(w, transaction_id, draft.tags, space)
    after = get_transaction(w, transaction_id)
    mark_edited(w, [(before, after)])
    w.audit(
        "edit", "transaction", transaction_id, space_id=space, before=snapshot(before), after=snapshot(after)
    )
    ledger_changed(w)
    return after


def delete_transaction(w: Work, transaction_id: UUID, *, version: int | None = None) -> None:
    """Delete a transaction; `restore_transaction` brings it back. Raises Conflict when stale or reconciled."""
    w.lock_ledger()
    before = get_transaction(w, transaction_id)
    if version is not None and before.version != version:
        raise Conflict(STALE)
    remove_transactions(w, [before])


def remove_transactions(w: Work, views: Sequence[TransactionView]) -> None:
    """Delete these transactions in set-based statements; the ledger must be locked."""
    for view in views:
        if not view.complete:
            raise Forbidden(HIDDEN_PART)
        if any(line.reconciled for line in view.lines):
            raise Conflict("A reconciled transaction can't be deleted: undo the reconciliation first.")
    ids = [view.id for view in views]
    transactions_removed(w, ids)
    origins = kept_origins(w, ids)
    w.run("DELETE FROM posting WHERE transaction_id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    w.run("DELETE FROM transaction WHERE id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    for view in views:
        space = w.scope.shared_space_id if not view.private else w.scope.default_space(private=True)
        kept = snapshot(view) | {"origins": origins.get(view.id, [])}
        w.audit("delete", "transaction", view.id, space_id=space, before=kept)
    ledger_changed(w)


def restore_transaction(w: Work, transaction_id: UUID) -> TransactionView:
    """Bring a deleted transaction back as it was; raise NotFound when the audit trail has no deletion of it."""
    w.lock_ledger()
    event = w.row(
        "SELECT before, space_id FROM audit_event WHERE entity = 'transaction' AND entity_id = :id"
        " AND action = 'delete' ORDER BY at DESC, seq DESC LIMIT 1",
        id=transaction_id,
    )
    if event is None:
        raise NotFound("deleted transaction", transaction_id)
    if w.row("SELECT 1 FROM transaction WHERE id = :id", id=transaction_id):
        raise Conflict("This transaction is already back.")
    kept: dict[str, Any] = event.before
    lines = [
        Line(UUID(posting["account_id"]), posting["amount"], posting["currency"], posting["memo"])
        for posting in kept["postings"]
    ]
    accounts = account_facts(w, (line.account_id for line in lines))
    draft = EntryDraft(
        date=date.fromisoformat(kept["date"]),
        account_id=lines[0].account_id,
        amount=0,
        payee=kept["payee"],
        note=kept["note"],
        status=kept["status"],
        tags=tuple(kept["tags"]),
    )
    batch = w.row("SELECT id FROM import_batch WHERE id = :id AND status = 'committed'", id=kept["batch_id"])
    space = event.space_id
    insert_transaction(
        w,
        transaction_id,
        draft,
        lines,
        accounts,
        space,
        source=kept["source"],
        bank_text=kept["bank_text"],
        batch_id=None if batch is None else batch.id,
    )
    w.run(
        "UPDATE transaction SET foreign_amount = CAST(:amount AS bigint), foreign_currency = :currency WHERE id = :id",
        id=transaction_id,
        amount=kept.get("foreign_amount"),
        currency=kept.get("foreign_currency"),
    )
    marks = {
        UUID(posting["account_id"]): Marks(
            posting["cleared"], posting["reconciled"], _free_import_id(w, posting)
        )
        for posting in kept["postings"]
    }
    write_postings(w, transaction_id, draft.date, lines, accounts, space, marks)
    keep_rate(w, transaction_id, draft.date, lines, space)
    set_tags(w, transaction_id, draft.tags, space)
    transactions_restored(w, [transaction_id])
    restore_origins(w, transaction_id, space, kept.get("origins", []))
    view = get_transaction(w, transaction_id)
    w.audit("restore", "transaction", transaction_id, space_id=space, after=snapshot(view))
    ledger_changed(w)
    return view


def opening_balance(w: Work, account_id: UUID) -> TransactionView | None:
    """Return the account's opening balance, None when it has none; raise NotFound for an account out of sight."""
    account_facts(w, [account_id])
    row = w.row(
        "SELECT id FROM transaction WHERE account_id = :id AND shape = 'opening' LIMIT 1", id=account_id
    )
    return None if row is None else get_transaction(w, row.id)


def record_opening_balance(w: Work, account_id: UUID, amount: int, on: date) -> TransactionView | None:
    """Set what an account held before its first transaction (minor units of its currency), replacing a former one.

    Zero removes it and gives None.
    """
    w.lock_ledger()
    accounts = account_facts(w, [account_id])
    account = accounts[account_id]
    if account.kind not in REAL_KINDS or account.currency is None:
        raise ValidationFailed("account", "Only an asset or a liability has an opening balance.")
    former = w.row(
        "SELECT id FROM transaction WHERE account_id = :id AND shape = 'opening' LIMIT 1", id=account_id
    )
    if former is not None:
        remove_transactions(w, [get_transaction(w, former.id)])
    if amount == 0:
        return None
    equity = opening_balances(w)
    accounts |= account_facts(w, [equity])
    draft = EntryDraft(date=on, account_id=account_id, amount=amount, note="Opening balance")
    lines = entry_lines(account_id, amount, account.currency, [(equity, amount, "")])
    space = space_of(w, lines, accounts)
    made = new_id()
    insert_transaction(w, made, draft, lines, accounts, space)
    write_postings(w, made, on, lines, accounts, space)
    view = get_transaction(w, made)
    w.audit("create", "transaction", made, space_id=space, after=snapshot(view))
    ledger_changed(w)
    return view


def set_cleared(w: Work, transaction_id: UUID, account_id: UUID, *, cleared: bool) -> TransactionView:
    """Mark an account's posting as seen on the bank's statement, or take the mark back."""
    w.lock_ledger()
    before = get_transaction(w, transaction_id)
    done = w.run(
        "UPDATE posting SET cleared = :cleared WHERE transaction_id = :id AND account_id = :account AND NOT reconciled",
        cleared=cleared,
        id=transaction_id,
        account=account_id,
    )
    if done.rowcount == 0:
        raise Conflict("This posting is reconciled, or the account has no part in the transaction.")
    w.run("UPDATE transaction SET version = version + 1 WHERE id = :id", id=transaction_id)
    after = get_transaction(w, transaction_id)
    space = w.scope.shared_space_id if not after.private else w.scope.default_space(private=True)
    w.audit(
        "clear", "transaction", transaction_id, space_id=space, before=snapshot(before), after=snapshot(after)
    )
    return after


def _refuse_reconciled_change(before: TransactionView, lines: Sequence[Line], on: date) -> None:
    for line in before.lines:
        if not line.reconciled:
            continue
        same = any((new.account_id, new.amount, new.currency) == (line.account_id, line.amount, line.currency)
                   for new in lines)  # fmt: skip
        if not same or on != before.date:
            raise Conflict("This posting is reconciled: its account, amount and date can't change.")


def _free_import_id(w: Work, posting: dict[str, Any]) -> str | None:
    """Return a deleted posting's bank identity, unless the same bank row was imported again meanwhile."""
    taken = w.row(
        "SELECT 1 FROM posting WHERE account_id = :account AND import_id = :import_id",
        account=UUID(posting["account_id"]),
        import_id=posting["import_id"],
    )
    return None if taken else posting["import_id"]
