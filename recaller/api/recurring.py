"""Recurring transactions: templates, the calendar of their dates, and what is decided about single dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi import Body as BodyParameter

from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.recurring_bodies import (
    CHANGE_EXAMPLES,
    EDIT_EXAMPLES,
    NEW_EXAMPLES,
    End,
    NewRecurring,
    Payment,
    Posting,
    PostNow,
    RecurringChange,
    RecurringEdit,
    recurring_draft,
)
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Currency, Day, Fields, IfMatch, Paging
from recaller.core.paging import Page
from recaller.domain.occurrences import State
from recaller.infra.work import Work, work
from recaller.services import recurring
from recaller.services.recurring import (
    OccurrenceView,
    PriceChangeView,
    RecurringFilter,
    RecurringTotal,
    RecurringView,
)

router = APIRouter(prefix="/recurring", tags=["recurring"], responses=COMMON_PROBLEMS)

CALENDAR_DAYS = 31

Due = Annotated[
    Day, Path(description="The nominal date, which names the occurrence; `posted_on` may be another day.")
]
First = Annotated[Day | None, Query(alias="from", description="The first day; today without it.")]
Last = Annotated[
    Day | None, Query(alias="to", description=f"The last day; without it {CALENDAR_DAYS} days are shown.")
]
States = Annotated[
    list[State] | None,
    Query(max_length=8, description="Only in these states; late and missed are due for long."),
]


@router.get("", response_model=Page[RecurringView])
def list_recurring(
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    state: Annotated[
        Literal["active", "paused", "ended", "all"], Query(description="Which ones.")
    ] = "active",
    account_id: Annotated[UUID | None, Query(description="With this account at either end.")] = None,
    category_id: Annotated[UUID | None, Query(description="With a part for this category.")] = None,
    currency: Annotated[Currency | None, Query(description="Of accounts in this currency.")] = None,
    shape: Annotated[Literal["entry", "transfer"] | None, Query()] = None,
    mode: Annotated[Literal["auto", "confirm"] | None, Query()] = None,
    q: Annotated[
        str | None, Query(max_length=100, pattern=NO_NUL, description="A piece of the name or payee.")
    ] = None,
) -> object:
    """Return a page of recurring transactions, the next ones first."""
    wanted = RecurringFilter(state, account_id, category_id, currency, shape, mode, q)
    with work(scope, read_only=True) as w:
        return fields.reply(recurring.page_recurring(w, wanted, limit=page.limit, cursor=page.cursor))


@router.get("/totals", response_model=tuple[RecurringTotal, ...])
def read_totals(scope: CurrentScope, fields: Fields) -> object:
    """Return what the active ones come to in an average month and year, one total per currency."""
    with work(scope, read_only=True) as w:
        return fields.reply(recurring.recurring_totals(w))


@router.get("/occurrences", response_model=Page[OccurrenceView])
def list_occurrences(
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    first: First = None,
    last: Last = None,
    state: States = None,
    account_id: Annotated[UUID | None, Query(description="With this account at either end.")] = None,
) -> object:
    """Return a page of the calendar: every date of every recurring transaction in these days, with its state.

    `projected` ones are still to come and follow from the rule. At most three years at a time.
    """
    with work(scope, read_only=True) as w:
        return fields.reply(_dates(w, first, last, page, account_id=account_id, states=state))


def _dates(
    w: Work, first: date | None, last: date | None, page: Paging, **wanted: Any
) -> Page[OccurrenceView]:
    begin = first or w.today
    end = last or begin + timedelta(days=CALENDAR_DAYS - 1)
    return recurring.page_occurrences(w, begin, end, limit=page.limit, cursor=page.cursor, **wanted)


@router.get("/{recurring_id}", response_model=RecurringView)
def get_recurring(recurring_id: UUID, scope: CurrentScope, fields: Fields, response: Response) -> object:
    """Return one recurring transaction; its version is in the ETag, too."""
    with work(scope, read_only=True) as w:
        view = recurring.get_recurring(w, recurring_id)
        response.headers["ETag"] = f'"{view.version}"'
        return fields.reply(view)


@router.get("/{recurring_id}/occurrences", response_model=Page[OccurrenceView])
def list_own_occurrences(
    recurring_id: UUID,
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    first: First = None,
    last: Last = None,
    state: States = None,
) -> object:
    """Return a page of one's dates in these days, oldest first; see `/recurring/occurrences`."""
    with work(scope, read_only=True) as w:
        one = recurring.get_recurring(w, recurring_id)
        return fields.reply(_dates(w, first, last, page, recurring_id=one.id, states=state))


@router.get("/{recurring_id}/history", response_model=Page[OccurrenceView])
def list_history(recurring_id: UUID, scope: CurrentScope, fields: Fields, page: Paging) -> object:
    """Return a page of what became of one's dates, newest first, also before a change from a date on.

    `change` is how much more or less was paid than the time before.
    """
    with work(scope, read_only=True) as w:
        return fields.reply(recurring.page_history(w, recurring_id, limit=page.limit, cursor=page.cursor))


@router.get("/{recurring_id}/prices", response_model=tuple[PriceChangeView, ...])
def list_price_changes(recurring_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return the latest changes of what was paid, newest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(recurring.price_changes(w, recurring_id))


@router.get("/{recurring_id}/occurrences/{due_date}", response_model=OccurrenceView)
def get_occurrence(recurring_id: UUID, due_date: Due, scope: CurrentScope, fields: Fields) -> object:
    """Return one date; 404 when nothing is due on it."""
    with work(scope, read_only=True) as w:
        return fields.reply(recurring.get_occurrence(w, recurring_id, due_date))


@router.put("/{recurring_id}")
def edit_recurring(
    recurring_id: UUID,
    body: Annotated[RecurringEdit, BodyParameter(openapi_examples=EDIT_EXAMPLES)],
    scope: CurrentScope,
    if_match: IfMatch,
) -> RecurringView:
    """Replace the content for all that is to come; what was posted stays as it is.

    Needs the `version` that was edited, in the body or in If-Match; 409 when it isn't the current one.
    """
    with work(scope) as w:
        version = if_match.of(body.version)
        return recurring.edit_recurring(w, recurring_id, recurring_draft(w, body), version=version)


@router.put("/{recurring_id}/occurrences/{due_date}/payment")
def set_payment(recurring_id: UUID, due_date: Due, body: Payment, scope: CurrentScope) -> OccurrenceView:
    """Let a transaction of the ledger be the payment of this date; it is then paid, or differs."""
    with work(scope) as w:
        return recurring.link_transaction(
            w, recurring_id, due_date, body.transaction_id, replace=body.replace
        )


@router.delete("/{recurring_id}/occurrences/{due_date}/payment")
def remove_payment(recurring_id: UUID, due_date: Due, scope: CurrentScope) -> OccurrenceView:
    """Let go of the transaction that pays this date: it stays in the ledger, and the date is expected again.

    409 for what was posted for the date: undo it instead.
    """
    with work(scope) as w:
        return recurring.unlink_transaction(w, recurring_id, due_date)


@router.delete("/{recurring_id}", status_code=204)
def delete_recurring(recurring_id: UUID, scope: CurrentScope, if_match: IfMatch) -> None:
    """Take it out of sight; what it posted stays, and it can be restored. With If-Match only that version."""
    with work(scope) as w:
        recurring.delete_recurring(w, recurring_id, version=if_match.given)


@router.post("/{recurring_id}/restore", response_model=RecurringView)
def restore_recurring(recurring_id: UUID, scope: CurrentScope, once: Once) -> object:
    """Bring a deleted one back; dates that passed meanwhile are left out."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.restore_recurring(w, recurring_id))


@router.post("", status_code=201, response_model=RecurringView)
def create_recurring(
    body: Annotated[NewRecurring, BodyParameter(openapi_examples=NEW_EXAMPLES)],
    scope: CurrentScope,
    once: Once,
) -> object:
    """Make a recurring transaction: an entry (with `parts`: a split) or a transfer, with all that one can have.

    Dates from `start` to today are posted by the next run, each on its own date.
    """
    with work(scope) as w:
        return once.reply(w, lambda: recurring.create_recurring(w, recurring_draft(w, body)), status=201)


@router.post("/{recurring_id}/change", status_code=201, response_model=RecurringView)
def change_recurring_from(
    recurring_id: UUID,
    body: Annotated[RecurringChange, BodyParameter(openapi_examples=CHANGE_EXAMPLES)],
    scope: CurrentScope,
    once: Once,
    if_match: IfMatch,
) -> object:
    """Change it from a day on: it ends before, and a new one with this content (returned) goes on in its rhythm.

    Needs the `version` that was edited; 409 when it isn't the current one, or something from that day on is posted.
    """
    with work(scope) as w:
        version = if_match.of(body.version)
        return once.reply(
            w,
            lambda: recurring.change_recurring_from(
                w, recurring_id, body.first, recurring_draft(w, body), version=version
            ),
            status=201,
        )


@router.post("/{recurring_id}/pause", response_model=RecurringView)
def pause_recurring(recurring_id: UUID, scope: CurrentScope, once: Once, if_match: IfMatch) -> object:
    """Stop posting and reminding until it is resumed."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.pause_recurring(w, recurring_id, version=if_match.given))


@router.post("/{recurring_id}/resume", response_model=RecurringView)
def resume_recurring(recurring_id: UUID, scope: CurrentScope, once: Once, if_match: IfMatch) -> object:
    """Go on from today; dates that passed in the pause are left out."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.resume_recurring(w, recurring_id, version=if_match.given))


@router.post("/{recurring_id}/post", response_model=OccurrenceView)
def post_now(recurring_id: UUID, body: PostNow, scope: CurrentScope, once: Once) -> object:
    """Record the earliest open date, or the named one, in the ledger now, also ahead of time."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.post_now(w, recurring_id, body.due_date, **body.values()))


@router.post("/{recurring_id}/occurrences/{due_date}/confirm", response_model=OccurrenceView)
def confirm_occurrence(
    recurring_id: UUID, due_date: Due, body: Posting, scope: CurrentScope, once: Once
) -> object:
    """Record a date with its actual amount (the expected one without); it is then paid, or differs."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.confirm_occurrence(w, recurring_id, due_date, **body.values()))


@router.post("/{recurring_id}/occurrences/{due_date}/skip", response_model=OccurrenceView)
def skip_occurrence(recurring_id: UUID, due_date: Due, scope: CurrentScope, once: Once) -> object:
    """Leave one date out, past or to come; 409 when it is in the ledger."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.skip_occurrence(w, recurring_id, due_date))


@router.post("/{recurring_id}/occurrences/{due_date}/unskip", response_model=OccurrenceView)
def unskip_occurrence(recurring_id: UUID, due_date: Due, scope: CurrentScope, once: Once) -> object:
    """Expect a skipped date again."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.unskip_occurrence(w, recurring_id, due_date))


@router.post("/{recurring_id}/occurrences/{due_date}/undo", response_model=OccurrenceView)
def undo_occurrence(recurring_id: UUID, due_date: Due, scope: CurrentScope, once: Once) -> object:
    """Take a date out of the ledger: what was posted for it is deleted, another transaction is only let go."""
    with work(scope) as w:
        return once.reply(w, lambda: recurring.undo_occurrence(w, recurring_id, due_date))


@router.post("/{recurring_id}/end", response_model=RecurringView)
def end_recurring(
    recurring_id: UUID, body: End, scope: CurrentScope, once: Once, if_match: IfMatch
) -> object:
    """Let it end after a day; what is in the ledger stays. With a `version` only that one."""
    version = body.version if if_match.given is None else if_match.of(body.version)
    with work(scope) as w:
        return once.reply(w, lambda: recurring.end_recurring(w, recurring_id, body.after, version=version))
