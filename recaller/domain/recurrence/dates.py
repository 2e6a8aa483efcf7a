"""Nominal dates of a recurrence, expanded with dateutil in bounds, and what an amount comes to over time.

Expansion begins at the period that the window starts in, so that a recurrence that is decades old costs what a new
one does.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import islice, takewhile
from math import gcd

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from recaller.domain.recurrence.model import LATEST, BusinessDay, Frequency, Recurrence, month_days

# The most dates that one expansion gives; thirty years of a daily one.
MAX_DATES = 11_000
_RRULE = {
    Frequency.DAILY: DAILY,
    Frequency.WEEKLY: WEEKLY,
    Frequency.MONTHLY: MONTHLY,
    Frequency.YEARLY: YEARLY,
}


def dates_between(one: Recurrence, first: date, last: date, *, most: int = MAX_DATES) -> list[date]:
    """Return the nominal dates from `first` to `last`, both included, in order, at most `most` of them."""
    return list(islice(takewhile(lambda day: day <= last, dates_from(one, first)), most))


def dates_from(one: Recurrence, first: date) -> Iterator[date]:
    """Give the nominal dates from `first` on, in order, until the recurrence is over; take as many as needed."""
    end = end_of(one) or LATEST
    if first <= end:
        for day in _from(one, max(first, _begin(one))):
            if day > end:
                return
            yield day


def next_date(one: Recurrence, after: date) -> date | None:
    """Return the first nominal date later than `after`; None when the recurrence is over by then."""
    return next(dates_from(one, after + timedelta(days=1)), None) if after < LATEST else None


def first_date(one: Recurrence) -> date | None:
    """Return the very first nominal date; None when the recurrence ends before it."""
    return next_date(one, _begin(one) - timedelta(days=1))


@lru_cache(maxsize=4096)
def end_of(one: Recurrence) -> date | None:
    """Return the last nominal date that is possible: the end, or the date of the last time; None: it goes on."""
    if one.count is None:
        return one.until
    return max(islice(_from(one, _begin(one)), one.count), default=one.start)


def _begin(one: Recurrence) -> date:
    """Return the earliest possible nominal date: the start, or the first of its month for a first business day.

    The nominal date of a first business day lies before it when the month begins with a weekend or a New Year.
    """
    start = one.start
    if one.business_day is not BusinessDay.FIRST:
        return start
    first = start.replace(day=1)
    off = [
        day
        for day in range(1, start.day)
        if first.replace(day=day).weekday() < 5 and (first.month, day) != (1, 1)
    ]
    return start if off else first


def _from(one: Recurrence, first: date) -> Iterator[date]:
    """Give the nominal dates from `first` (not before the start) on, without end and without a look at earlier ones."""
    began = _period_start(one, first)
    for moment in rrule(dtstart=datetime.combine(began, time()), cache=False, **_arguments(one)):
        day = moment.date()
        if day > LATEST:
            return
        if day >= first:
            yield day


def _period_start(one: Recurrence, first: date) -> date:
    """Return the start of the period that holds `first`, or of the last one before it that the interval hits.

    Expanding from there gives the same dates as from the start, without the years between.
    """
    start, step = _begin(one), one.interval
    match one.frequency:
        case Frequency.DAILY:
            return start + timedelta(days=(first - start).days // step * step)
        case Frequency.WEEKLY:
            monday = start - timedelta(days=start.weekday())
            return monday + timedelta(weeks=(first - monday).days // 7 // step * step)
        case Frequency.MONTHLY:
            months = (first.year - start.year) * 12 + first.month - start.month
            at = start.year * 12 + start.month - 1 + months // step * step
            return date(at // 12, at % 12 + 1, 1)
        case Frequency.YEARLY:
            return date(start.year + (first.year - start.year) // step * step, 1, 1)


def _arguments(one: Recurrence) -> dict[str, object]:
    """What dateutil's rrule needs. A business day is its month's first or last day here: its nominal date."""
    arguments: dict[str, object] = {"freq": _RRULE[one.frequency], "interval": one.interval, "wkst": 0}
    if one.month is not None:
        arguments["bymonth"] = one.month
    if one.business_day is not None:
        arguments["bymonthday"] = -1 if one.business_day is BusinessDay.LAST else 1
    elif one.nth is not None:
        arguments["byweekday"] = weekday(one.weekdays[0], one.nth)
    elif one.weekdays:
        arguments["byweekday"] = one.weekdays
    elif one.month_day is not None:
        days = month_days(one)
        arguments["bymonthday"] = days
        if len(days) > 1:
            arguments["bysetpos"] = -1
    return arguments


def per_year(one: Recurrence) -> Fraction:
    """Return how often a recurrence falls due in an average year, exactly.

    The Gregorian calendar repeats after 400 years of 146,097 days (20,871 weeks), so a year has 365.2425 days.
    """
    step = one.interval
    match one.frequency:
        case Frequency.DAILY:
            return Fraction(146_097, 400 * step)
        case Frequency.WEEKLY:
            return Fraction(20_871 * len(one.weekdays), 400 * step)
        case Frequency.MONTHLY:
            return _share_of_months(one, step) * Fraction(12, step)
        case Frequency.YEARLY:
            return _share_of_months(one, 12 * step) / step


@lru_cache(maxsize=1024)
def _share_of_months(one: Recurrence, step: int) -> Fraction:
    """How many of the months that a recurrence looks at, every `step` of them, have its day: all but for a fifth."""
    if one.nth != 5:
        return Fraction(1)
    began = one.start.year * 12 + (one.month or one.start.month) - 1
    looks = 4800 // gcd(4800, step)
    hits = 0
    for turn in range(looks):
        at = began + turn * step
        year, month = 2000 + at // 12 % 400, at % 12 + 1
        day = (one.weekdays[0] - date(year, month, 1).weekday()) % 7 + 29
        hits += day <= calendar.monthrange(year, month)[1]
    return Fraction(hits, looks)


def monthly_equivalent(one: Recurrence, amount: int) -> Fraction:
    """Return what `amount` (minor units) each time comes to in an average month, exactly."""
    return amount * per_year(one) / 12


def yearly_equivalent(one: Recurrence, amount: int) -> Fraction:
    """Return what `amount` (minor units) each time comes to in an average year, exactly."""
    return amount * per_year(one)


def round_minor(value: Fraction) -> int:
    """Round an exact amount half-even to whole minor units; do it once, after summing up."""
    return round(value)
