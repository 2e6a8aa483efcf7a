"""Puts a found rhythm into recurrences as users make them, and says how sure we are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from recaller.domain.detection.rows import PERIOD_DAYS, PERIOD_MONTHS, Interval, Rhythm
from recaller.domain.recurrence import BusinessDay, Frequency, Recurrence, Shift

_SHIFTS = {"none": Shift.NONE, "next": Shift.AFTER, "previous": Shift.BEFORE}
_LAST_DAY = 31
# Bits of evidence from which a suggestion is called sure, or likely.
_SURE = 30
_LIKELY = 14


def recurrences_of(rhythm: Rhythm, start: date | None = None) -> tuple[Recurrence, ...]:
    """Return the recurrence of a rhythm from its anchor, or from `start` (nominal); two when it is twice a month."""
    first = start or rhythm.anchor
    weeks = PERIOD_DAYS.get(rhythm.interval)
    if weeks is not None:
        return (Recurrence(first, Frequency.WEEKLY, weeks // 7),)
    return tuple(_monthly(rhythm, day, first) for day in rhythm.days)


def _monthly(rhythm: Rhythm, day: int, first: date) -> Recurrence:
    months = PERIOD_MONTHS.get(rhythm.interval, 1)
    frequency, every, month = Frequency.MONTHLY, months, None
    if rhythm.interval is Interval.YEARLY:
        frequency, every, month = Frequency.YEARLY, 1, rhythm.anchor.month
    if day == 0:
        return Recurrence(first, frequency, every, business_day=BusinessDay.LAST, month=month)
    return Recurrence(
        first,
        frequency,
        every,
        # The 31st of a month that has fewer days, and of February in a yearly rhythm, is its last day.
        month_day=-1 if day == _LAST_DAY or (month == 2 and day > 28) else min(day, _days_in(month)),
        month=month,
        shift=_SHIFTS[rhythm.shift],
    )


def _days_in(month: int | None) -> int:
    return 30 if month in (4, 6, 9, 11) else 31


def confidence_of(strength: int) -> str:
    """Return 'sure', 'likely' or 'possible' for so many bits of evidence."""
    return "sure" if strength >= _SURE else "likely" if strength >= _LIKELY else "possible"


def nearest_dates(expected: Sequence[date], paid: Sequence[date]) -> dict[int, int]:
    """Return for each payment (its place) the place of the expected date that it belongs to, one to one, nearest first.

    Both in order of time; a payment farther than half a period from every free date has none.
    """
    if not expected:
        return {}
    span = (expected[-1] - expected[0]).days / max(1, len(expected) - 1) or 365.0
    pairs = sorted(
        (abs((day - due).days), place, slot)
        for place, day in enumerate(paid)
        for slot, due in enumerate(expected)
        if abs((day - due).days) <= span / 2
    )
    found: dict[int, int] = {}
    used: set[int] = set()
    for _, place, slot in pairs:
        if place not in found and slot not in used:
            found[place] = slot
            used.add(slot)
    return found
