"""What a member does with a suggestion: confirm it into a template with its history, dismiss it, take that back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound
from recaller.domain.business_days import posting_date
from recaller.domain.detection import nearest_dates, recurrences_of
from recaller.domain.detection.rows import MEAN_DAYS, PERIOD_DAYS, PERIOD_MONTHS, Rhythm
from recaller.domain.recurrence import dates_between, next_date
from recaller.infra.work import Work
from recaller.services.recurring.reading import get_recurring
from recaller.services.recurring.suggestion_views import SuggestionView, get_suggestion, rhythm_in
from recaller.services.recurring.templates import create_recurring, draft_of, edit_recurring
from recaller.services.recurring.views import RecurringDraft, RecurringView
from recaller.services.recurring.writing import shared_parts
from recaller.services.transactions import Part

NAME = "recurring suggestion"


def drafts_of_suggestion(w: Work, suggestion_id: UUID) -> tuple[RecurringDraft, ...]:
    """Return what confirming would make: one template, two for what comes twice a month; a price change's new content.

    What mostly came by bank files waits for its bank row ('confirm'), anything else is posted by itself ('auto').
    """
    row = _row(w, suggestion_id)
    if row.kind == "price":
        return (_with_price(get_recurring(w, row.recurring_id), row.amount),)
    facts = w.row(
        "SELECT count(*) FILTER (WHERE t.source = 'import') AS imported, count(*) AS n,"
        " (SELECT coalesce(p.name, '') FROM transaction l LEFT JOIN payee p ON p.tenant_id = l.tenant_id"
        "   AND p.id = l.payee_id WHERE l.id = ANY(CAST(:ids AS uuid[])) ORDER BY l.date DESC, l.id DESC LIMIT 1)"
        "   AS payee FROM transaction t WHERE t.id = ANY(CAST(:ids AS uuid[]))",
        ids=list(row.evidence),
    )
    assert facts is not None
    mode = "confirm" if 2 * facts.imported > facts.n else "auto"
    transfer = row.target_id is not None
    source, target = row.account_id, row.target_id
    if transfer and row.amount > 0:
        source, target = target, source
    amount = abs(row.amount) if transfer else row.amount
    rhythm = rhythm_in(row)
    one = RecurringDraft(
        name=row.name,
        account_id=source,
        amount=amount,
        recurrence=recurrences_of(rhythm, _first_date(rhythm, row.first_on))[0],
        target_id=target,
        payee=(facts.payee or "")[:200],
        parts=(Part(row.category_id, amount),) if row.category_id is not None and not transfer else (),
        amount_kind="fixed" if row.fixed else "estimated",
        tolerance_minor=0 if row.fixed else row.tolerance,
        mode=mode,
    )
    return tuple(
        replace(one, recurrence=recurrence)
        for recurrence in recurrences_of(rhythm, _first_date(rhythm, row.first_on))
    )


def confirm_suggestion(
    w: Work, suggestion_id: UUID, *, draft: RecurringDraft | None = None
) -> tuple[RecurringView, ...]:
    """Make the suggestion a template (with `draft`: as edited), its payments so far becoming paid occurrences.

    A price change gives the template its new amount; what was posted stays. Returns the templates. Raises Conflict
    when the suggestion is decided already.
    """
    w.lock_ledger()
    row = _row(w, suggestion_id, lock=True)
    if row.state != "open":
        raise Conflict("This suggestion is decided already.")
    drafts = (draft,) if draft is not None else drafts_of_suggestion(w, suggestion_id)
    if row.kind == "price":
        before = get_recurring(w, row.recurring_id)
        made: tuple[RecurringView, ...] = (edit_recurring(w, before.id, drafts[0], version=before.version),)
    else:
        made = tuple(_with_history(w, create_recurring(w, one), row) for one in drafts)
    _decide(w, row, "confirmed", made[0].id)
    return made


def dismiss_suggestion(w: Work, suggestion_id: UUID) -> SuggestionView:
    """Never suggest this again; raise Conflict when it is decided already."""
    row = _row(w, suggestion_id, lock=True)
    if row.state != "open":
        raise Conflict("This suggestion is decided already.")
    _decide(w, row, "dismissed", row.recurring_id)
    return get_suggestion(w, suggestion_id)


def restore_suggestion(w: Work, suggestion_id: UUID) -> SuggestionView:
    """Suggest again what was dismissed, or what was confirmed and its template deleted since; else raise Conflict."""
    row = _row(w, suggestion_id, lock=True)
    if row.state == "open":
        raise Conflict("This suggestion is open.")
    if row.state == "confirmed" and w.row(
        "SELECT 1 FROM recurring WHERE id = :id AND state <> 'deleted'", id=row.recurring_id
    ):
        raise Conflict("Its recurring transaction is there: delete that first.")
    _decide(w, row, "open", row.recurring_id if row.kind == "price" else None)
    return get_suggestion(w, suggestion_id)


def _row(w: Work, suggestion_id: UUID, *, lock: bool = False) -> Row[Any]:
    row = w.row(
        "SELECT * FROM recurring_suggestion WHERE id = :id" + (" FOR UPDATE" if lock else ""),
        id=suggestion_id,
    )
    if row is None:
        raise NotFound("suggestion", suggestion_id)
    return row


def _decide(w: Work, row: Row[Any], state: str, recurring_id: UUID | None) -> None:
    w.run(
        "UPDATE recurring_suggestion SET state = :state, recurring_id = :recurring, decided_by = :user,"
        " decided_at = :now WHERE id = :id",
        state=state,
        recurring=recurring_id,
        user=None if state == "open" else w.scope.user_id,
        now=None if state == "open" else w.now,
        id=row.id,
    )
    w.audit(
        {"confirmed": "confirm", "dismissed": "dismiss", "open": "restore"}[state],
        NAME,
        row.id,
        space_id=row.space_id,
        before={"name": row.name, "state": row.state},
        after={"state": state, "recurring": None if recurring_id is None else str(recurring_id)},
    )


def _with_price(view: RecurringView, effect: int) -> RecurringDraft:
    """Return the template's content at another price, its parts in the same proportion."""
    draft = draft_of(view)
    amount = abs(effect) if view.shape == "transfer" else effect
    return replace(draft, amount=amount, parts=shared_parts(draft.parts, draft.amount, amount))


def _first_date(rhythm: Rhythm, first_on: date) -> date:
    """Return the nominal date of the first payment: whole periods before the anchor."""
    periods = max(0, round((rhythm.anchor - first_on).days / MEAN_DAYS[rhythm.interval]))
    weeks = PERIOD_DAYS.get(rhythm.interval)
    if weeks is not None:
        return rhythm.anchor - timedelta(days=periods * weeks)
    if len(rhythm.days) > 1:
        return first_on.replace(day=1)
    at = rhythm.anchor.year * 12 + rhythm.anchor.month - 1 - periods * PERIOD_MONTHS[rhythm.interval]
    following = date((at + 1) // 12, (at + 1) % 12 + 1, 1)
    day = rhythm.days[0] or 31
    return min(following - timedelta(days=1), date(at // 12, at % 12 + 1, 1) + timedelta(days=day - 1))


def _with_history(w: Work, view: RecurringView, row: Row[Any]) -> RecurringView:
    """Give a new template the payments that the suggestion rests on, and let it go on after the last of them."""
    payments = w.rows(
        "SELECT t.id, t.date, t.amount FROM transaction t WHERE t.id = ANY(CAST(:ids AS uuid[]))"
        " AND t.account_id = :account AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.tenant_id = t.tenant_id"
        " AND o.transaction_id = t.id) ORDER BY t.date, t.id",
        ids=list(row.evidence),
        account=view.account_id,
    )
    reach = timedelta(days=int(MEAN_DAYS[rhythm_in(row).interval] / 2))
    dates = dates_between(view.recurrence, view.recurrence.start - reach, row.last_on + reach)
    expected = [posting_date(view.recurrence, day, view.country) for day in dates]
    placed = nearest_dates(expected, [payment.date for payment in payments])
    if not placed:
        return view
    paid = {slot: payments[place] for place, slot in placed.items()}
    slots = range(min(paid), max(paid) + 1)
    w.run(
        "INSERT INTO occurrence (tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount,"
        " actual_amount, transaction_id) SELECT r.tenant_id, r.space_id, r.id, v.due, v.posted, v.state,"
        " coalesce(v.amount, :expected), v.amount, v.transaction FROM recurring r, unnest(CAST(:dues AS date[]),"
        " CAST(:posted AS date[]), CAST(:states AS varchar[]), CAST(:amounts AS bigint[]),"
        " CAST(:transactions AS uuid[])) AS v(due, posted, state, amount, transaction) WHERE r.id = :id",
        id=view.id,
        expected=row.amount,
        dues=[dates[slot] for slot in slots],
        posted=[paid[slot].date if slot in paid else expected[slot] for slot in slots],
        states=["paid" if slot in paid else "skipped" for slot in slots],
        amounts=[paid[slot].amount if slot in paid else None for slot in slots],
        transactions=[paid[slot].id if slot in paid else None for slot in slots],
    )
    w.run(
        "UPDATE recurring SET next_due = :due WHERE id = :id",
        due=next_date(view.recurrence, dates[max(paid)]),
        id=view.id,
    )
    return get_recurring(w, view.id)
