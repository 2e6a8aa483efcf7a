"""What a member decides about single occurrences: skip, post now, confirm, undo."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from recaller.core.errors import Conflict
from recaller.core.money import check_minor
from recaller.core.scope import Source
from recaller.domain.occurrences import State, settled_state
from recaller.infra.work import Work
from recaller.services.recurring.occurrence_rows import (
    audited,
    expect_again,
    insert_occurrence,
    update_occurrence,
)
from recaller.services.recurring.reading import effect_of, get_occurrence
from recaller.services.recurring.rows import load_template
from recaller.services.recurring.templates import draft_of
from recaller.services.recurring.views import OccurrenceView
from recaller.services.recurring.writing import transaction_draft
from recaller.services.transactions import delete_transaction, get_transaction, record_transaction


def skip_occurrence(w: Work, recurring_id: UUID, due_date: date) -> OccurrenceView:
    """Leave one date out, past or to come; raise Conflict when it is in the ledger, NotFound for no such date."""
    w.lock_ledger()
    before = get_occurrence(w, recurring_id, due_date)
    if before.settled:
        raise Conflict("This one is in the ledger already: undo it instead.")
    if before.projected:
        insert_occurrence(w, load_template(w, recurring_id), due_date, State.SKIPPED)
    else:
        update_occurrence(w, recurring_id, due_date, "state = 'skipped', error = NULL")
    return audited(w, "skip", before)


def unskip_occurrence(w: Work, recurring_id: UUID, due_date: date) -> OccurrenceView:
    """Expect a skipped date again: an automatic one that is due by now is posted by the next run.

    Raises Conflict when it isn't skipped.
    """
    w.lock_ledger()
    before = get_occurrence(w, recurring_id, due_date)
    if before.state is not State.SKIPPED:
        raise Conflict("This one is not skipped.")
    expect_again(w, load_template(w, recurring_id), due_date)
    return audited(w, "unskip", before)


def post_now(
    w: Work,
    recurring_id: UUID,
    due_date: date | None = None,
    *,
    on: date | None = None,
    amount: int | None = None,
    target_amount: int | None = None,
) -> OccurrenceView:
    """Record an occurrence's transaction now, also ahead of its date; without `due_date` the earliest open one.

    `on` is the date in the ledger (today when the occurrence lies ahead, else its own), `amount` the actual amount,
    signed as the template's. Raises Conflict when it is in the ledger or skipped, NotFound for no such date.
    """
    w.lock_ledger()
    if due_date is None:
        due_date = _earliest_open(w, recurring_id)
    return _record(w, "post", recurring_id, due_date, on, amount, target_amount)


def confirm_occurrence(
    w: Work,
    recurring_id: UUID,
    due_date: date,
    *,
    amount: int | None = None,
    on: date | None = None,
    target_amount: int | None = None,
) -> OccurrenceView:
    """Record a due occurrence with its actual amount (the expected one without); it is then paid, or differs."""
    w.lock_ledger()
    return _record(w, "confirm", recurring_id, due_date, on, amount, target_amount)


def undo_occurrence(w: Work, recurring_id: UUID, due_date: date) -> OccurrenceView:
    """Take a posted occurrence back: its transaction is deleted, the date is skipped, or due again to be confirmed.

    Another transaction (a bank's row, one entered by hand) stays in the ledger and is only let go. Restoring the
    deleted transaction brings the occurrence back as it was. Raises Conflict when the occurrence isn't in the ledger.
    """
    w.lock_ledger()
    before = get_occurrence(w, recurring_id, due_date)
    if before.transaction_id is None:
        raise Conflict("This one is not in the ledger.")
    if get_transaction(w, before.transaction_id).source == Source.RECURRING.value:
        delete_transaction(w, before.transaction_id)
    else:
        expect_again(w, load_template(w, recurring_id), due_date)
    return audited(w, "undo", before)


def _record(
    w: Work,
    action: str,
    recurring_id: UUID,
    due_date: date,
    on: date | None,
    amount: int | None,
    target_amount: int | None,
) -> OccurrenceView:
    before = get_occurrence(w, recurring_id, due_date)
    if before.settled:
        raise Conflict("This one is in the ledger already.")
    if before.state is State.SKIPPED:
        raise Conflict("This one is skipped: take that back first.")
    template = load_template(w, recurring_id)
    day = on or min(before.posted_on, w.today)
    if amount is not None:
        check_minor(amount)
    entry = transaction_draft(draft_of(template), day, amount=amount, target_amount=target_amount)
    made = record_transaction(w, entry, source=Source.RECURRING)
    state = State.POSTED
    if action == "confirm":
        state = settled_state(effect_of(template), made.amount, template.tolerance)
    if before.projected:
        insert_occurrence(w, template, due_date, state)
    update_occurrence(
        w, recurring_id, due_date,
        "state = :state, posted_on = :day, transaction_id = :made, actual_amount = :actual, confirmed_by = :user,"
        " error = NULL, removed_id = NULL, removed_state = NULL",
        state=state.value, day=day, made=made.id, actual=made.amount, user=w.scope.user_id,
    )  # fmt: skip
    return audited(w, action, before)


def _earliest_open(w: Work, recurring_id: UUID) -> date:
    template = load_template(w, recurring_id)
    row = w.row(
        "SELECT min(due_date) AS due FROM occurrence WHERE recurring_id = :id AND state IN ('scheduled', 'due')",
        id=recurring_id,
    )
    due: date | None = template.next_due if row is None or row.due is None else row.due
    if due is None:
        raise Conflict("Nothing of this recurring transaction is open.")
    return due
