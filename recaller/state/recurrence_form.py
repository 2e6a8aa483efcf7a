"""The recurrence editor's fields, the recurrence that they mean, and how it is said in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import get_day_names

from recaller.core.errors import ValidationFailed
from recaller.domain.business_days import posting_date
from recaller.domain.locales import known_locale
from recaller.domain.recurrence import (
    BusinessDay,
    Frequency,
    Recurrence,
    Shift,
    describe,
    end_of,
    next_date,
)
from recaller.state.base import date_of
from recaller.state.formatting import Formatter

UNITS = {
    "day": Frequency.DAILY,
    "week": Frequency.WEEKLY,
    "month": Frequency.MONTHLY,
    "year": Frequency.YEARLY,
}
_UNIT_OF = {frequency: unit for unit, frequency in UNITS.items()}
_BUSINESS = {"first_business": BusinessDay.FIRST, "last_business": BusinessDay.LAST}
BYS = ("day", "nth", "last_day", "first_business", "last_business")
SHIFTS = tuple(shift.value for shift in Shift)
ENDS = ("never", "on", "after")
FIELDS = ("every", "unit", "by", "day", "ordinal", "weekday", "start", "ends", "until", "count", "shift")
PREVIEW = 5
# The domain's field -> the form's.
_FIELD_OF = {
    "interval": "every",
    "month_day": "day",
    "nth": "ordinal",
    "frequency": "unit",
    "weekdays": "weekday",
}


@dataclass(frozen=True)
class PatternItem:
    """The editor's fields, all as texts; `day` counts from 1, `weekday` from Monday 0, dates are ISO."""

    every: str = "1"
    unit: str = "month"
    by: str = "day"
    day: str = "1"
    ordinal: str = "1"
    weekday: str = "0"
    start: str = ""
    ends: str = "never"
    until: str = ""
    count: str = "12"
    shift: str = "none"


@dataclass(frozen=True)
class WeekdayItem:
    """A weekday in the user's order; `on` where a weekly recurrence falls on it."""

    value: str
    short: str
    long: str
    on: bool


def weekday_items(first_weekday: int, chosen: Sequence[int], locale: str) -> list[WeekdayItem]:
    """Return the seven days in the order of the user's week, in their language."""
    short = get_day_names("abbreviated", "stand-alone", known_locale(locale))
    long = get_day_names("wide", "stand-alone", known_locale(locale))
    order = [(first_weekday + step) % 7 for step in range(7)]
    return [WeekdayItem(str(day), short[day], long[day], day in chosen) for day in order]


def pattern_from(start: date) -> PatternItem:
    """Return what a new recurrence starts from: monthly, on the day of its start."""
    return PatternItem(
        day=str(start.day),
        ordinal=str((start.day - 1) // 7 + 1),
        weekday=str(start.weekday()),
        start=start.isoformat(),
    )


def pattern_of(one: Recurrence) -> PatternItem:
    """Return the fields of a recurrence."""
    by = "day"
    if one.business_day is not None:
        by = "last_business" if one.business_day is BusinessDay.LAST else "first_business"
    elif one.nth is not None:
        by = "nth"
    elif one.month_day == -1:
        by = "last_day"
    return PatternItem(
        every=str(one.interval),
        unit=_UNIT_OF[one.frequency],
        by=by,
        day=str(one.month_day if one.month_day and one.month_day > 0 else one.start.day),
        ordinal=str(one.nth or (one.start.day - 1) // 7 + 1),
        weekday=str(one.weekdays[0] if one.nth is not None else one.start.weekday()),
        start=one.start.isoformat(),
        ends="on" if one.until else "after" if one.count else "never",
        until=one.until.isoformat() if one.until else "",
        count=str(one.count or 12),
        shift=str(one.shift.value),
    )


def recurrence_of(pattern: PatternItem, weekdays: Sequence[int], *, country: str | None = None) -> Recurrence:
    """Return what the fields mean; raise ValidationFailed naming the form's field."""
    frequency = UNITS[_known(UNITS, pattern.unit, "unit")]
    monthly = frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    by = _known(BYS, pattern.by, "by") if monthly else ""
    _known(ENDS, pattern.ends, "ends")
    start = date_of(pattern.start, "start")
    try:
        return Recurrence(
            start=start,
            frequency=frequency,
            interval=_number(pattern.every, "every"),
            weekdays=_weekdays(pattern, weekdays, frequency, by),
            nth=_number(pattern.ordinal, "ordinal") if by == "nth" else None,
            month_day=-1 if by == "last_day" else _number(pattern.day, "day") if by == "day" else None,
            business_day=_BUSINESS.get(by),
            until=date_of(pattern.until, "until") if pattern.ends == "on" else None,
            count=_number(pattern.count, "count") if pattern.ends == "after" else None,
            shift=Shift.NONE if by in _BUSINESS else Shift(_known(SHIFTS, pattern.shift, "shift")),
            country=country,
        )
    except ValidationFailed as error:
        raise ValidationFailed(_FIELD_OF.get(error.field, error.field), error.message) from error


def _weekdays(pattern: PatternItem, chosen: Sequence[int], frequency: Frequency, by: str) -> tuple[int, ...]:
    if frequency is Frequency.WEEKLY:
        return tuple(chosen)
    return (_number(pattern.weekday, "weekday"),) if by == "nth" else ()


def _known(known: Collection[str], text: str, field: str) -> str:
    if text not in known:
        raise ValidationFailed(field, "Choose one of the list.")
    return text


def _number(text: str, field: str) -> int:
    plain = text.strip()
    if not plain.removeprefix("-").isdecimal() or len(plain) > 5:
        raise ValidationFailed(field, "Give a whole number.")
    return int(plain)


def words_of(one: Recurrence, say: Formatter) -> str:
    """Say a recurrence in a sentence."""
    words = describe(one, say.locale)
    return words[:1].upper() + words[1:]


def short_words(one: Recurrence) -> str:
    """Say how often in a word or two, for lists: "monthly", "every 2 weeks"."""
    if one.interval > 1:
        return f"every {_period(one)}"
    return str(one.frequency.value)


def _period(one: Recurrence) -> str:
    unit = _UNIT_OF[one.frequency]
    return unit if one.interval == 1 else f"{one.interval} {unit}s"


def preview_of(one: Recurrence, today: date, country: str | None, write: Callable[[date], str]) -> list[str]:
    """Return the next dates as they will be posted, at most PREVIEW of them; the last one says that it is the last."""
    found: list[str] = []
    after = max(today, one.start)
    # The day before, so that a date on `after` itself counts.
    day = next_date(one, date.fromordinal(after.toordinal() - 1))
    last = end_of(one)
    while day is not None and len(found) < PREVIEW:
        text = write(posting_date(one, day, country))
        found.append(f"{text} (the last)" if last == day else text)
        day = next_date(one, day)
    return found
