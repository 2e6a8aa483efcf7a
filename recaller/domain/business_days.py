"""Business days of a country, and where a date goes that is none."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from functools import lru_cache

import holidays

from recaller.domain.recurrence import LATEST, Recurrence, Shift

# Longer than any run of holidays; past it a date stays where it is.
FARTHEST = 31
_SATURDAY_AND_SUNDAY = frozenset({5, 6})


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return the codes (ISO 3166 alpha-2) of the countries whose holidays are known."""
    return frozenset(holidays.list_supported_countries(include_aliases=False))


@lru_cache(maxsize=2048)
def _days_off(country: str, year: int) -> tuple[frozenset[int], frozenset[date]]:
    """Weekdays (Monday 0) and dates on which a country doesn't work in that year."""
    with warnings.catch_warnings():
        # Some calendars are known for some decades only; weekends hold outside of them.
        warnings.simplefilter("ignore", UserWarning)
        found = holidays.country_holidays(country, years=year)
    return frozenset(found.weekend), frozenset(found)


def is_business_day(day: date, country: str | None) -> bool:
    """Whether banks work on that day; without a known country only Saturdays and Sundays are off."""
    if country is None or country not in countries():
        return day.weekday() not in _SATURDAY_AND_SUNDAY
    weekend, off = _days_off(country, day.year)
    return day.weekday() not in weekend and day not in off


def shifted(day: date, shift: Shift, country: str | None) -> date:
    """Return the business day that the shift moves a date to; the date itself when it is one, or for no shift."""
    if shift is Shift.NONE or is_business_day(day, country):
        return day
    if shift is Shift.BEFORE:
        return _nearest(day, -1, country)
    after = _nearest(day, 1, country)
    if shift is Shift.MODIFIED and (after.year, after.month) != (day.year, day.month):
        return _nearest(day, -1, country)
    return after


def posting_date(one: Recurrence, due: date, household_country: str | None) -> date:
    """Return the day on which the occurrence of nominal date `due` belongs in the ledger."""
    return shifted(due, one.effective_shift, one.country or household_country)


def _nearest(day: date, step: int, country: str | None) -> date:
    for distance in range(1, FARTHEST + 1):
        there = day + timedelta(days=step * distance)
        if there > LATEST:
            break
        if is_business_day(there, country):
            return there
    return day
