"""Pages of templates and of occurrences, filtered: for clients that read them bit by bit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, cursor_text, encode_cursor, read_cursor
from recaller.domain.occurrences import State
from recaller.infra.work import Work
from recaller.services.recurring.reading import upcoming
from recaller.services.recurring.rows import page_templates
from recaller.services.recurring.views import OccurrenceView, RecurringView

Which = Literal["active", "paused", "ended", "all"]
_WHICH: dict[Which, str] = {
    "active": "r.state = 'active' AND r.paused_at IS NULL",
    "paused": "r.state = 'active' AND r.paused_at IS NOT NULL",
    "ended": "r.state = 'ended'",
    "all": "true",
}


@dataclass(frozen=True, slots=True)
class RecurringFilter:
    """Which templates; None lets all through. `account_id` is either end, `text` a piece of the name or payee."""

    which: Which = "active"
    account_id: UUID | None = None
    category_id: UUID | None = None
    currency: str | None = None
    shape: str | None = None
    mode: str | None = None
    text: str | None = None


def page_recurring(
    w: Work, wanted: RecurringFilter, *, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> Page[RecurringView]:
    """Return a page of the templates in sight by their next date, then by name; raise ValidationFailed for a cursor."""
    check_limit(limit)
    conditions = [_WHICH[wanted.which]]
    values: dict[str, Any] = {}
    if wanted.account_id is not None:
        conditions.append("(r.account_id = :account OR r.target_id = :account)")
        values["account"] = wanted.account_id
    if wanted.category_id is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM recurring_line l WHERE l.tenant_id = r.tenant_id AND l.recurring_id = r.id"
            " AND l.account_id = :category)"
        )
        values["category"] = wanted.category_id
    for column in ("currency", "shape", "mode"):
        value = getattr(wanted, column)
        if value is not None:
            conditions.append(f"r.{column} = :{column}")
            values[column] = value.upper() if column == "currency" else value
    if wanted.text and wanted.text.strip():
        conditions.append("position(lower(:text) IN lower(r.name || ' ' || coalesce(p.name, ''))) > 0")
        values["text"] = wanted.text.strip()
    rows = page_templates(
        w,
        " AND ".join(conditions),
        most=limit + 1,
        after=None if cursor is None else _after(cursor),
        **values,
    )
    shown = rows[:limit]
    return Page(
        items=tuple(view for view, _ in shown),
        next_cursor=encode_cursor(list(shown[-1][1])) if len(rows) > limit else None,
    )


def page_occurrences(
    w: Work,
    first: date,
    last: date,
    *,
    recurring_id: UUID | None = None,
    account_id: UUID | None = None,
    states: Collection[State] | None = None,
    limit: int = DEFAULT_PAGE,
    cursor: str | None = None,
) -> Page[OccurrenceView]:
    """Return a page of the occurrences on the days `first` to `last`, stored and projected; see `upcoming`.

    Raises ValidationFailed for a wrong cursor and for days that end before they begin or span more than three years.
    """
    check_limit(limit)
    if last < first:
        raise ValidationFailed("to", "The last day lies before the first one.")
    after = None if cursor is None else _occurrence_after(cursor)
    begin = first if after is None else max(first, after[0])
    found = [
        one
        for one in upcoming(w, begin, last, ids=None if recurring_id is None else [recurring_id])
        if (account_id is None or account_id in (one.account_id, one.target_id))
        and (states is None or one.state in states)
        and (after is None or _order(one) > after)
    ]
    shown = found[:limit]
    more = len(found) > limit
    return Page(tuple(shown), encode_cursor(list(map(str, _order(shown[-1])))) if more else None)


def _order(one: OccurrenceView) -> tuple[date, date, str, UUID]:
    return one.posted_on, one.due_date, one.name, one.recurring_id


def _after(cursor: str) -> tuple[date, str, UUID]:
    due, name, one = read_cursor(cursor, date.fromisoformat, cursor_text, UUID)
    return due, name, one


def _occurrence_after(cursor: str) -> tuple[date, date, str, UUID]:
    on, due, name, one = read_cursor(cursor, date.fromisoformat, date.fromisoformat, cursor_text, UUID)
    return on, due, name, one
