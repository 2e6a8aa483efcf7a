"""A recurrence in plain words."""

from __future__ import annotations

import calendar
from datetime import date

from babel import Locale
from babel.dates import format_date, format_skeleton

from recaller.domain.locales import known_locale
from recaller.domain.recurrence.model import BusinessDay, Frequency, Recurrence, Shift

_PERIODS = {
    Frequency.DAILY: "day",
    Frequency.WEEKLY: "week",
    Frequency.MONTHLY: "month",
    Frequency.YEARLY: "year",
}
_SHIFTS = {
    Shift.BEFORE: "on the business day before if it isn't one",
    Shift.AFTER: "on the next business day if it isn't one",
    Shift.MODIFIED: "on the next business day of the month if it isn't one",
}


def describe(one: Recurrence, locale: str = "en_US") -> str:
    """Return the recurrence in English, its dates as the locale writes them: "every 2nd Tuesday, until Mar 5, 2027"."""
    words = [_when(one, known_locale(locale))]
    if one.effective_shift is one.shift and one.shift is not Shift.NONE:
        words.append(_SHIFTS[one.shift])
    if one.until is not None:
        words.append(f"until {format_date(one.until, 'medium', locale=known_locale(locale))}")
    if one.count is not None:
        words.append("once" if one.count == 1 else f"{one.count} times")
    return ", ".join(words)


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _when(one: Recurrence, locale: Locale) -> str:
    match one.frequency:
        case Frequency.DAILY:
            return _each(one)
        case Frequency.WEEKLY:
            return _weekly(one)
        case Frequency.MONTHLY:
            return _monthly(one)
        case Frequency.YEARLY:
            return _yearly(one, locale)


def _each(one: Recurrence) -> str:
    period = _PERIODS[one.frequency]
    return f"every {period}" if one.interval == 1 else f"every {one.interval} {period}s"


def _weekly(one: Recurrence) -> str:
    if one.weekdays == (0, 1, 2, 3, 4):
        days = "from Monday to Friday"
        return f"every day {days}" if one.interval == 1 else f"{_each(one)} {days}"
    if len(one.weekdays) == 7:
        return "every day" if one.interval == 1 else f"{_each(one)} on every day"
    names = [calendar.day_name[day] for day in one.weekdays]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"
    if one.interval == 1:
        return f"every {listed}"
    if len(names) == 1:
        return f"every {ordinal(one.interval)} {listed}"
    return f"{_each(one)} on {listed}"


def _monthly(one: Recurrence) -> str:
    day = _day(one)
    if one.month_day is not None and one.month_day > 0:
        return f"{_each(one)} on the {day}"
    return f"{day} of each month" if one.interval == 1 else f"{day} of every {ordinal(one.interval)} month"


def _yearly(one: Recurrence, locale: Locale) -> str:
    assert one.month is not None
    if one.month_day is not None and one.month_day > 0:
        # A leap year, so that February 29 has a name; the words around are English, so the date is, too.
        english = locale if locale.language == "en" else Locale("en", "GB")
        return f"{_each(one)} on {format_skeleton('MMMMd', date(2000, one.month, one.month_day), locale=english)}"
    return f"{_each(one)} on the {_day(one)} of {calendar.month_name[one.month]}"


def _day(one: Recurrence) -> str:
    if one.business_day is not None:
        return "last business day" if one.business_day is BusinessDay.LAST else "first business day"
    if one.nth is not None:
        which = "last" if one.nth == -1 else ordinal(one.nth)
        return f"{which} {calendar.day_name[one.weekdays[0]]}"
    assert one.month_day is not None
    return "last day" if one.month_day == -1 else ordinal(one.month_day)
