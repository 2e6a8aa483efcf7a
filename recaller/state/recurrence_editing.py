"""The recurrence part of an editor: its fields, and what they come to in words and dates while they are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.domain.recurrence import Recurrence, dates_between
from recaller.state.base import date_of, event, text_of
from recaller.state.formatting import Formatter
from recaller.state.recurrence_form import (
    FIELDS,
    PatternItem,
    WeekdayItem,
    preview_of,
    recurrence_of,
    words_of,
)

MOST_PAST = 1000


class RecurrenceEditing(rx.State, mixin=True):
    """The vars and events of a recurrence that is being edited. `past_words` warns of dates that lie in the past."""

    pattern: PatternItem = PatternItem()
    weekdays: list[WeekdayItem] = []
    summary: str = ""
    dates: list[str] = []
    problem: str = ""
    past_words: str = ""
    mode: str = "auto"
    _country: str | None = None
    _own_country: str | None = None
    _today: str = ""
    _warns: bool = True
    _say: tuple[str, str] = ("en_US", "UTC")

    @event
    async def change_pattern(self, name: str, value: str) -> None:
        """Follow one field of the recurrence, and say what it comes to now."""
        field, text = text_of(name, "field", most=20), text_of(value, "field", most=20)
        if field not in FIELDS or not self._today:
            return
        before, changes = self.pattern, {field: text}
        if field == "start":
            # The day follows the start as long as nobody gave another one.
            old, new = _day_of(before.start), _day_of(text)
            if new and before.day == old:
                changes["day"] = new
        self.pattern = replace(before, **changes)
        self._follow()

    @event
    async def toggle_weekday(self, value: str) -> None:
        """Put a weekday in or out of a weekly recurrence."""
        if self._today:
            self._choose_weekdays([int(day.value) for day in self.weekdays if day.on != (day.value == value)])
            self._follow()

    def _choose_weekdays(self, chosen: Sequence[int]) -> None:
        self.weekdays = [replace(day, on=int(day.value) in chosen) for day in self.weekdays]

    def _recurrence(self) -> Recurrence:
        chosen = [int(day.value) for day in self.weekdays if day.on]
        return recurrence_of(self.pattern, chosen, country=self._own_country)

    def _follow(self) -> None:
        """Say in words what the recurrence comes to, with its next dates."""
        say = Formatter(*self._say)
        try:
            one = self._recurrence()
        except ValidationFailed as error:
            self.problem, self.summary, self.dates, self.past_words = error.message, "", [], ""
            return
        today = date_of(self._today)
        dates = preview_of(one, today, one.country or self._country, say.full_date)
        self.problem, self.summary = "", words_of(one, say)
        self.dates = dates or ["No date is left: it is over."]
        past = 0
        if self._warns and one.start < today:
            past = len(dates_between(one, one.start, today - timedelta(days=1), most=MOST_PAST))
        self.past_words = _past_words(past, self.mode)


def _day_of(iso: str) -> str:
    """Return the day of the month of an ISO date as the form writes it, "" for no date."""
    try:
        return str(date.fromisoformat(iso).day)
    except ValueError:
        return ""


def _past_words(count: int, mode: str) -> str:
    if not count:
        return ""
    dates = "One date lies" if count == 1 else f"{count} dates lie"
    what = "will be posted on its own date" if count == 1 else "will be posted, each on its own date"
    if mode != "auto":
        what = "will wait to be confirmed"
    return f"{dates} in the past and {what}. Choose a later start if that is in the accounts already."
