"""A checked recurrence: what a user can choose, and nothing that can't be expanded quickly."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from recaller.core.errors import ValidationFailed

EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 1, 1)
# Every recurrence has a date within its interval, so no expansion runs for longer than its window.
MAX_INTERVAL = {"daily": 366, "weekly": 104, "monthly": 120, "yearly": 20}
MAX_COUNT = 1200


class Frequency(StrEnum):
    """The period that a recurrence counts in."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class Shift(StrEnum):
    """Where a date goes that is no business day; MODIFIED is the day after, or the one before at a month's end."""

    NONE = "none"
    BEFORE = "before"
    AFTER = "after"
    MODIFIED = "modified"


class BusinessDay(StrEnum):
    """The first or the last business day of a month; their nominal dates are the month's first and last day."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When something is due, from `start` on; raises ValidationFailed naming the field that can't be right.

    - daily: every `interval` days.
    - weekly: every `interval` weeks on `weekdays` (Monday 0), without any on the weekday of `start`.
    - monthly and yearly: on `month_day` (1 to 31, -1 for the last day; a day that the month lacks is its last one),
      or on the `nth` (1 to 5, -1 for the last) of the one weekday in `weekdays`, or on a `business_day`; without any
      of them on the day of `start`. Yearly ones fall in `month`, without it in the month of `start`.

    It ends with `until` (the last date that may be due) or after `count` dates. `shift` says where a date that is no
    business day goes, in the calendar of `country` (ISO 3166 alpha-2; None: the household's).
    """

    start: date
    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: int | None = None
    month_day: int | None = None
    business_day: BusinessDay | None = None
    month: int | None = None
    until: date | None = None
    count: int | None = None
    shift: Shift = Shift.NONE
    country: str | None = None

    def __post_init__(self) -> None:
        _normalise(self)
        _check(self)

    @property
    def effective_shift(self) -> Shift:
        """The shift that holds: that of the first or last business day goes with it."""
        if self.business_day is not None:
            return Shift.BEFORE if self.business_day is BusinessDay.LAST else Shift.AFTER
        return self.shift


def _set(one: Recurrence, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(one, name, value)


def _normalise(one: Recurrence) -> None:
    """Fill in what follows from the start, so that equal recurrences are equal values."""
    _set(one, weekdays=tuple(sorted(set(one.weekdays))))
    if one.frequency is Frequency.WEEKLY and not one.weekdays:
        _set(one, weekdays=(one.start.weekday(),))
    if one.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        if one.month_day is None and one.nth is None and one.business_day is None:
            _set(one, month_day=one.start.day)
        if one.frequency is Frequency.YEARLY and one.month is None:
            _set(one, month=one.start.month)
    if one.country is not None:
        _set(one, country=one.country.strip().upper() or None)


def _check(one: Recurrence) -> None:
    if not EARLIEST <= one.start <= LATEST:
        raise ValidationFailed("start", f"{one.start.isoformat()} is not a plausible date.")
    most = MAX_INTERVAL[one.frequency]
    if not 1 <= one.interval <= most:
        raise ValidationFailed("interval", f"Give a number from 1 to {most}.")
    if any(not 0 <= day <= 6 for day in one.weekdays):
        raise ValidationFailed("weekdays", "A weekday is a number from 0 (Monday) to 6 (Sunday).")
    if one.until is not None and one.count is not None:
        raise ValidationFailed("until", "Give either the last date or how many times, not both.")
    if one.until is not None and not one.start <= one.until <= LATEST:
        raise ValidationFailed("until", "The last date lies before the first one.")
    if one.count is not None and not 1 <= one.count <= MAX_COUNT:
        raise ValidationFailed("count", f"Give a number of times from 1 to {MAX_COUNT}.")
    if one.country is not None and not (
        len(one.country) == 2 and one.country.isascii() and one.country.isalpha()
    ):
        raise ValidationFailed("country", "Give the country as two letters, as in DE or US.")
    if one.frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        _check_day_of_month(one)
    elif one.nth is not None or one.month_day is not None or one.business_day is not None:
        raise ValidationFailed("frequency", "A day of the month needs a monthly or a yearly recurrence.")
    if one.month is not None and one.frequency is not Frequency.YEARLY:
        raise ValidationFailed("month", "Only a yearly recurrence has a month.")
    if one.frequency is Frequency.DAILY and one.weekdays:
        raise ValidationFailed("weekdays", "For certain weekdays choose a weekly recurrence.")


def _check_day_of_month(one: Recurrence) -> None:
    chosen = [one.month_day is not None, one.nth is not None, one.business_day is not None]
    if sum(chosen) != 1:
        raise ValidationFailed("month_day", "Choose one: a day, a weekday of the month, or a business day.")
    if one.nth is not None:
        if one.nth not in (1, 2, 3, 4, 5, -1):
            raise ValidationFailed("nth", "Choose the first to fifth, or the last.")
        if len(one.weekdays) != 1:
            raise ValidationFailed("weekdays", "Choose one weekday.")
    elif one.weekdays:
        raise ValidationFailed("weekdays", "Say which one of the month: the first, the second, the last.")
    if one.month is not None and not 1 <= one.month <= 12:
        raise ValidationFailed("month", "A month is a number from 1 to 12.")
    if one.month_day is None:
        return
    if one.month_day != -1 and not 1 <= one.month_day <= 31:
        raise ValidationFailed("month_day", f"No month has a day {one.month_day}.")
    if one.month is not None and one.month_day > calendar.monthrange(2000, one.month)[1]:
        name = calendar.month_name[one.month]
        raise ValidationFailed("month_day", f"There is no {name} {one.month_day}: choose an earlier day.")


def month_days(one: Recurrence) -> tuple[int, ...]:
    """Return the days of which the last one that a month has is meant: 28 to 31 for the 31st of each month."""
    assert one.month_day is not None
    if one.month_day == -1:
        return (-1,)
    shortest = 28 if one.month is None else calendar.monthrange(2001, one.month)[1]
    return tuple(range(min(one.month_day, shortest), one.month_day + 1))


def ended_before(one: Recurrence, on: date) -> Recurrence:
    """Return the recurrence with its last date before `on` (for "change from here on")."""
    return replace(one, until=max(one.start, on - timedelta(days=1)), count=None)
