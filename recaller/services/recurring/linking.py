"""Lets a transaction that is in the ledger already be an occurrence's payment, and lets it go again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from recaller.core.errors import Conflict, ValidationFailed
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
from recaller.services.recurring.views import OccurrenceView, RecurringView
from recaller.services.transactions import TransactionView, delete_transaction, get_transaction

FIELD = "transaction_id"


def link_transaction(
    w: Work, recurring_id: UUID, due_date: date, transaction_id: UUID, *, replace: bool = False
) -> OccurrenceView:
    """Let a transaction of the ledger be this date's payment; the date is then paid, or differs.

    With `replace` it takes the place of what we had posted, which is deleted (and can be restored). Raises NotFound for
    what is out of sight, ValidationFailed for a transaction that can't be it, Conflict when the date is in the ledger
    or the transaction pays something else.
    """
    w.lock_ledger()
    before = get_occurrence(w, recurring_id, due_date)
    payment = get_transaction(w, transaction_id)
    if before.transaction_id == payment.id:
        raise Conflict("This transaction is its payment already.")
    if w.row("SELECT 1 FROM occurrence WHERE transaction_id = :id", id=payment.id):
        raise Conflict("This transaction pays another date already.")
    template = load_template(w, recurring_id)
    actual = paid_by(template, payment)
    if before.transaction_id is not None:
        _make_room(w, before.transaction_id, replace=replace)
    return settle_with(w, template, get_occurrence(w, recurring_id, due_date), payment, actual, before=before)


def unlink_transaction(w: Work, recurring_id: UUID, due_date: date) -> OccurrenceView:
    """Let go of the transaction that pays this date; it stays in the ledger, and the date is expected again.

    Raises Conflict when nothing pays it, or when what does was posted for it: that is taken back, not let go.
    """
    w.lock_ledger()
    before = get_occurrence(w, recurring_id, due_date)
    if before.transaction_id is None:
        raise Conflict("No transaction pays this one.")
    if get_transaction(w, before.transaction_id).source == Source.RECURRING.value:
        raise Conflict("This transaction was posted for it: take it back instead.")
    expect_again(w, load_template(w, recurring_id), due_date)
    return audited(w, "unlink", before)


def settle_with(
    w: Work,
    template: RecurringView,
    now: OccurrenceView,
    payment: TransactionView,
    actual: int,
    *,
    before: OccurrenceView | None = None,
) -> OccurrenceView:
    """Write that `payment` pays an occurrence that isn't in the ledger; `actual` as in the template's account."""
    state = settled_state(now.expected_amount, actual, template.tolerance)
    if now.projected:
        insert_occurrence(w, template, now.due_date, State.DUE)
    update_occurrence(
        w, now.recurring_id, now.due_date,
        "state = :state, posted_on = :on, transaction_id = :paid, actual_amount = :actual, confirmed_by = :user,"
        " error = NULL",
        state=state.value, on=payment.date, paid=payment.id, actual=actual, user=w.scope.user_id,
    )  # fmt: skip
    return audited(w, "link", before or now)


def paid_by(template: RecurringView, payment: TransactionView) -> int:
    """Return what a transaction moves in the template's account, signed, in minor units.

    Raises ValidationFailed unless it moves money there in the template's direction; of a transfer it is enough that
    some arrived at the other end.
    """
    if payment.shape == "opening":
        raise ValidationFailed(FIELD, "An opening balance pays nothing.")
    expected = effect_of(template)
    moved = _moved(payment, template.account_id)
    arrived = 0 if template.target_id is None else _moved(payment, template.target_id)
    if not moved and arrived > 0:
        return expected
    if not moved or (moved > 0) != (expected > 0):
        raise ValidationFailed(
            FIELD, f"It moves no money that way in {template.account}, so it can't be {template.name}."
        )
    return moved


def _moved(payment: TransactionView, account_id: UUID) -> int:
    return sum(line.amount for line in payment.lines if line.account_id == account_id)


def _make_room(w: Work, posted_id: UUID, *, replace: bool) -> None:
    """Delete what we posted, so that another transaction can take its place; raise Conflict if it must stay."""
    posted = get_transaction(w, posted_id)
    if not replace:
        raise Conflict("This one is in the ledger already: take it back, or replace what was posted.")
    if posted.source != Source.RECURRING.value:
        raise Conflict("Another transaction pays this one: let that go first.")
    if any(line.import_id for line in posted.lines):
        raise Conflict("The bank has confirmed what was posted: delete the other transaction instead.")
    delete_transaction(w, posted_id)
