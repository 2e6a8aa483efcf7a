"""The page of recurring transactions: what is due when, as a calendar and as a list, with totals."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from recaller.infra.work import Work
from recaller.services.recurring import (
    list_recurring,
    open_occurrences,
    recurring_totals,
    upcoming,
)
from recaller.state.base import date_of, event, in_work, text_of
from recaller.state.occurrence import OccurrenceState
from recaller.state.pickers import formatter_of, put
from recaller.state.recurrence_form import WeekdayItem, weekday_items
from recaller.state.recurring_detail import RecurringDetailState
from recaller.state.recurring_view import (
    DueItem,
    RecurringGroup,
    SumItem,
    TotalItem,
    WeekItem,
    due_item,
    groups_of,
    month_span,
    month_weeks,
    sums_of,
    total_items,
)
from recaller.state.session import SessionState

CALENDAR, LIST, SUGGESTIONS = "calendar", "list", "suggestions"
TABS = (CALENDAR, LIST, SUGGESTIONS)
# As far as the calendar turns, in both directions.
MOST_YEARS = 20
MOST_ATTENTION = 50


class RecurringState(rx.State):
    """What `/recurring` shows. Tab and month stand in the page's address."""

    loading: bool = True
    tab: str = CALENDAR
    is_empty: bool = False
    month: str = ""
    month_title: str = ""
    month_sums: list[SumItem] = []
    month_has_items: bool = False
    weekdays: list[WeekdayItem] = []
    weeks: list[WeekItem] = []
    groups: list[RecurringGroup] = []
    totals: list[TotalItem] = []
    attention: list[DueItem] = []
    all_attention: str = ""
    day_shown: bool = False
    day_heading: str = ""
    day_iso: str = ""
    day_items: list[DueItem] = []

    @event
    async def load(self) -> Any:
        """Show the tab and month that the address asks for; `open` in it opens the dialog of that date."""
        await self._read()
        key = self.router.url.query_parameters.get("open")
        if not key:
            return None
        # Not a redirect: arriving anew would cancel what this arrival has begun.
        rest = {"tab": self.tab if self.tab != CALENDAR else "", "month": self._asked_month()}
        tidy = rx.call_script(f"history.replaceState(history.state, '', {json.dumps(_address(rest))})")
        return [tidy, OccurrenceState.open_occurrence(key)]

    @event
    async def refresh(self) -> Any:
        """Draw the page anew after a change: this one, or that of a single item below it."""
        if self.router.url.path.rstrip("/") != "/recurring":
            return RecurringDetailState.load
        await self._read()
        return None

    @event
    async def choose_tab(self, tab: str) -> Any:
        """Show another tab."""
        chosen = text_of(tab, "tab", most=20)
        return self._go(tab=chosen if chosen in TABS and chosen != CALENDAR else "")

    @event
    async def previous_month(self) -> Any:
        """Turn the calendar back by a month."""
        return self._turn(-1)

    @event
    async def next_month(self) -> Any:
        """Turn the calendar on by a month."""
        return self._turn(1)

    @event
    async def this_month(self) -> Any:
        """Go back to the month of today."""
        return self._go(month="")

    @event
    async def open_day(self, iso: str) -> None:
        """Show everything that falls on a day of the calendar."""
        day = date_of(iso)
        self.day_iso, self.day_shown = day.isoformat(), True
        self._show_day(self.day_iso)

    @event
    async def close_day(self) -> None:
        """Put the day away."""
        self.day_shown = False

    async def _read(self) -> None:
        query = dict(self.router.url.query_parameters)
        tab = query.get("tab", CALENDAR)
        session = await self.get_state(SessionState)
        first_weekday = session.first_weekday

        def read(w: Work) -> dict[str, Any]:
            say = formatter_of(w)
            month = _month_of(query.get("month"), w.today)
            start, end = month_span(month, first_weekday)
            views = list_recurring(w, ended=True)
            shown = upcoming(w, start, end) if views else ()
            late = open_occurrences(w) if views else ()
            in_month = [one for one in shown if one.posted_on.replace(day=1) == month]
            return {
                "is_empty": not views,
                "month": month.isoformat()[:7],
                "month_title": say.month_and_year(month),
                "month_sums": sums_of(in_month, say),
                "month_has_items": bool(in_month),
                "weekdays": weekday_items(first_weekday, (), w.scope.locale),
                "weeks": month_weeks(month, shown, today=w.today, first_weekday=first_weekday, say=say),
                "groups": groups_of(views, say),
                "totals": total_items(recurring_totals(w), say, first=w.scope.base_currency),
                "attention": [due_item(one, say) for one in late[:MOST_ATTENTION]],
                "all_attention": f"All {len(late)}",
            }

        values = await in_work(self, read, read_only=True)
        put(self, tab=tab if tab in TABS else CALENDAR, loading=False, **values)
        if self.day_shown:
            self._show_day(self.day_iso)

    def _show_day(self, iso: str) -> None:
        for week in self.weeks:
            for day in week.days:
                if day.iso == iso:
                    put(self, day_heading=day.heading, day_items=list(day.every))
                    return
        put(self, day_shown=False, day_items=[])

    def _turn(self, step: int) -> Any:
        if not self.month:
            return None
        month = date.fromisoformat(f"{self.month}-01")
        at = month.year * 12 + month.month - 1 + step
        # At once, so that a second turn starts from here and not from what is still shown.
        self.month = date(at // 12, at % 12 + 1, 1).isoformat()[:7]
        return self._go(month=self.month)

    def _asked_month(self) -> str:
        return str(self.router.url.query_parameters.get("month", ""))

    def _go(self, **changes: str) -> Any:
        here = {"tab": self.tab if self.tab != CALENDAR else "", "month": self._asked_month()}
        return rx.redirect(_address({**here, **changes}), replace=True)


def _address(query: dict[str, str]) -> str:
    given = {name: text for name, text in query.items() if text}
    return f"/recurring?{urlencode(given)}" if given else "/recurring"


def _month_of(text: str | None, today: date) -> date:
    """Return the first day of the month that the address names; today's for anything else."""
    try:
        month = date.fromisoformat(f"{text}-01") if text and len(text) == 7 else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return month if abs(month.year - today.year) <= MOST_YEARS else today.replace(day=1)
