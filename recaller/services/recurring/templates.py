"""Writes templates of recurring transactions: each change is versioned and audited, and touches nothing posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from recaller.core.errors import Conflict, ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.recurrence import dates_between, ended_before, first_date, next_date
from recaller.infra.work import Work
from recaller.services.recurring.rows import MAX_TEMPLATES, load_template, snapshot
from recaller.services.recurring.views import RecurringDraft, RecurringView
from recaller.services.recurring.writing import (
    STALE,
    check_recurring,
    shared_parts,
    update_expected,
    write_template,
)
from recaller.services.transactions import Part

NAME = "recurring transaction"


def create_recurring(w: Work, draft: RecurringDraft, *, recurring_id: UUID | None = None) -> RecurringView:
    """Make a recurring transaction; raise ValidationFailed or NotFound naming what is wrong.

    Dates that lie before today are posted at the next run, each on its own date. With a `recurring_id` of the
    caller's, making the same one twice raises Conflict.
    """
    draft = check_recurring(draft)
    made = recurring_id or new_id()
    w.lock_ledger()
    if w.row("SELECT 1 FROM recurring WHERE id = :id", id=made):
        raise Conflict("This recurring transaction is already there.")
    return _create(w, made, draft, None)


def edit_recurring(w: Work, recurring_id: UUID, draft: RecurringDraft, *, version: int) -> RecurringView:
    """Replace a template's content; what was posted stays as it is, what comes is by the new content.

    With another recurrence it goes on from today at the earliest, and never on a date that was dealt with. Raises
    Conflict when its version isn't `version` any more.
    """
    draft = check_recurring(draft)
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    next_due = _stored_next(w, recurring_id)
    if draft.recurrence != before.recurrence:
        next_due = _next_of_new_rule(w, recurring_id, draft, next_due)
    space = write_template(w, recurring_id, draft, next_due=next_due, created=False)
    update_expected(w, recurring_id)
    return _audited(w, "edit", recurring_id, space, before)


def change_recurring_from(
    w: Work, recurring_id: UUID, on: date, draft: RecurringDraft, *, version: int
) -> RecurringView:
    """End a template before `on` and start a new one with this content; returns the new one.

    The new one keeps the rhythm when the draft's recurrence starts earlier. Its `replaces_id` names the old one.
    Raises Conflict when stale, or when something from `on` on is in the ledger already.
    """
    draft = check_recurring(draft)
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    _free_from(w, recurring_id, on)
    one = draft.recurrence
    if one.start < on:
        first = next_date(one, on - timedelta(days=1))
        if first is None:
            raise ValidationFailed("recurrence", "No date is left from that day on.")
        used = len(dates_between(one, one.start - timedelta(days=31), on - timedelta(days=1)))
        one = replace(one, start=first, count=None if one.count is None else one.count - used)
    _end(w, before, on)
    return _create(w, new_id(), replace(draft, recurrence=one), recurring_id)


def pause_recurring(w: Work, recurring_id: UUID, *, version: int | None = None) -> RecurringView:
    """Stop posting and reminding until it is resumed; raise Conflict when it is stale, ended or paused already."""
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    if before.state != "active" or before.paused_at is not None:
        raise Conflict("This recurring transaction is paused already, or has ended.")
    w.run(
        "UPDATE recurring SET paused_at = :now, version = version + 1 WHERE id = :id",
        now=w.now,
        id=recurring_id,
    )
    return _audited(w, "pause", recurring_id, before.space_id, before)


def resume_recurring(w: Work, recurring_id: UUID, *, version: int | None = None) -> RecurringView:
    """Go on from today; dates that passed during the pause are left out."""
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    if before.paused_at is None:
        raise Conflict("This recurring transaction is not paused.")
    due = _stored_next(w, recurring_id)
    if due is not None and due < w.today:
        due = next_date(before.recurrence, w.today - timedelta(days=1))
    w.run(
        "UPDATE recurring SET paused_at = NULL, next_due = :due, version = version + 1,"
        " state = CASE WHEN CAST(:due AS date) IS NULL THEN 'ended' ELSE 'active' END WHERE id = :id",
        due=due,
        id=recurring_id,
    )
    return _audited(w, "resume", recurring_id, before.space_id, before)


def end_recurring(w: Work, recurring_id: UUID, after: date, *, version: int | None = None) -> RecurringView:
    """Let `after` be the last nominal date that may be due; what is in the ledger already stays."""
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    _end(w, before, after + timedelta(days=1))
    return load_template(w, recurring_id)


def delete_recurring(w: Work, recurring_id: UUID, *, version: int | None = None) -> None:
    """Take a template out of sight; what it posted stays. `restore_recurring` brings it back."""
    w.lock_ledger()
    before = _current(w, recurring_id, version)
    w.run("UPDATE recurring SET state = 'deleted', version = version + 1 WHERE id = :id", id=recurring_id)
    w.audit("delete", NAME, recurring_id, space_id=before.space_id, before=snapshot(before))


def restore_recurring(w: Work, recurring_id: UUID) -> RecurringView:
    """Bring a deleted template back; dates that passed meanwhile are left out. Raises Conflict when it is there."""
    w.lock_ledger()
    before = load_template(w, recurring_id, deleted=True)
    if before.state != "deleted":
        raise Conflict("This recurring transaction is not deleted.")
    due = _stored_next(w, recurring_id)
    if due is not None and due < w.today and _deleted_before_today(w, recurring_id):
        due = next_date(before.recurrence, w.today - timedelta(days=1))
    w.run(
        "UPDATE recurring SET next_due = :due, version = version + 1,"
        " state = CASE WHEN CAST(:due AS date) IS NULL THEN 'ended' ELSE 'active' END WHERE id = :id",
        due=due,
        id=recurring_id,
    )
    after = load_template(w, recurring_id)
    w.audit("restore", NAME, recurring_id, space_id=before.space_id, after=snapshot(after))
    return after


def draft_of(view: RecurringView) -> RecurringDraft:
    """Return the draft that would make this template again: what an editor starts from."""
    plain = len(view.parts) == 1 and view.parts[0].category_id is None and not view.parts[0].memo
    return RecurringDraft(
        name=view.name,
        account_id=view.account_id,
        amount=view.amount,
        recurrence=view.recurrence,
        target_id=view.target_id,
        target_amount=view.target_amount,
        payee=view.payee,
        parts=() if plain else tuple(Part(part.category_id, part.amount, part.memo) for part in view.parts),
        note=view.note,
        tags=view.tags,
        amount_kind=view.amount_kind,
        tolerance_minor=view.tolerance_minor,
        tolerance_percent=view.tolerance_percent,
        mode=view.mode,
        lead_days=view.lead_days,
    )


def with_amount(draft: RecurringDraft, amount: int) -> RecurringDraft:
    """Return the draft with another amount, shared out over its parts in the same proportion."""
    return replace(draft, amount=amount, parts=shared_parts(draft.parts, draft.amount, amount))


def _create(w: Work, made: UUID, draft: RecurringDraft, replaces: UUID | None) -> RecurringView:
    many = w.row("SELECT count(*) AS n FROM recurring WHERE state = 'active'")
    if many is not None and many.n >= MAX_TEMPLATES:
        raise Conflict(f"A household can have at most {MAX_TEMPLATES} recurring transactions.")
    first = first_date(draft.recurrence)
    if first is None:
        raise ValidationFailed("until", "No date falls between the first and the last day.")
    space = write_template(w, made, draft, next_due=first, created=True, replaces=replaces)
    view = load_template(w, made)
    w.audit("create", NAME, made, space_id=space, after=snapshot(view))
    return view


def _current(w: Work, recurring_id: UUID, version: int | None) -> RecurringView:
    """Return the template as it is; the ledger must be locked, so that it stays so."""
    view = load_template(w, recurring_id)
    if version is not None and view.version != version:
        raise Conflict(STALE)
    return view


def _stored_next(w: Work, recurring_id: UUID) -> date | None:
    row = w.row("SELECT next_due FROM recurring WHERE id = :id", id=recurring_id)
    assert row is not None
    found: date | None = row.next_due
    return found


def _next_of_new_rule(
    w: Work, recurring_id: UUID, draft: RecurringDraft, next_due: date | None
) -> date | None:
    """Return where another recurrence goes on: what is pending stays pending, what was dealt with stays so."""
    row = w.row("SELECT max(due_date) AS last FROM occurrence WHERE recurring_id = :id AND (due_date < :next"
                " OR transaction_id IS NOT NULL)", id=recurring_id, next=next_due or date.max)  # fmt: skip
    # Dates ahead that were skipped belonged to the former rhythm.
    w.run(
        "DELETE FROM occurrence WHERE recurring_id = :id AND due_date >= :next AND transaction_id IS NULL",
        id=recurring_id,
        next=next_due or date.max,
    )
    if row is None or row.last is None:
        return first_date(draft.recurrence)
    earliest = w.today if next_due is None else min(w.today, next_due)
    return next_date(draft.recurrence, max(row.last, earliest - timedelta(days=1)))


def _free_from(w: Work, recurring_id: UUID, on: date) -> None:
    """Let go of undecided and skipped occurrences from a day on; raise Conflict when one is in the ledger."""
    if w.row(
        "SELECT 1 FROM occurrence WHERE recurring_id = :id AND due_date >= :on AND transaction_id IS NOT NULL",
        id=recurring_id,
        on=on,
    ):
        raise Conflict("Something from that day on is in the ledger already: choose a later day.")
    w.run("DELETE FROM occurrence WHERE recurring_id = :id AND due_date >= :on", id=recurring_id, on=on)


def _end(w: Work, before: RecurringView, on: date) -> None:
    """Let a template have no date from `on` on."""
    due = _stored_next(w, before.id)
    one = before.recurrence
    if one.start < on:
        ended = ended_before(one, on)
        # Whoever had fewer times to go keeps them.
        last = dates_between(one, one.start - timedelta(days=31), on - timedelta(days=1))
        until = min(ended.until or on, last[-1]) if one.count is not None and last else ended.until
        if one.until is not None and until is not None:
            until = min(until, one.until)
    else:
        until = one.start
    over = due is None or due >= on
    w.run(
        "UPDATE recurring SET until = :until, last_due = :until, times = NULL,"
        " next_due = CASE WHEN :over THEN NULL ELSE next_due END,"
        " state = CASE WHEN :over THEN 'ended' ELSE state END, version = version + 1 WHERE id = :id",
        until=until,
        over=over,
        id=before.id,
    )
    w.run(
        "DELETE FROM occurrence WHERE recurring_id = :id AND due_date >= :on AND transaction_id IS NULL",
        id=before.id,
        on=on,
    )
    _audited(w, "end", before.id, before.space_id, before)


def _audited(w: Work, action: str, recurring_id: UUID, space: UUID, before: RecurringView) -> RecurringView:
    after = load_template(w, recurring_id)
    w.audit(action, NAME, recurring_id, space_id=space, before=snapshot(before), after=snapshot(after))
    return after


def _deleted_before_today(w: Work, recurring_id: UUID) -> bool:
    """Whether the deletion lies days back: an undo right after it must lose nothing."""
    row = w.row(
        "SELECT at FROM audit_event WHERE entity = :name AND entity_id = :id AND action = 'delete'"
        " ORDER BY at DESC LIMIT 1",
        name=NAME,
        id=recurring_id,
    )
    return row is None or row.at < w.now - timedelta(days=1)
