"""Finds the rhythm in a list of dates: which interval, on which day, and how strongly the dates speak for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import e, log2

from recaller.domain.detection.rows import MEAN_DAYS, PERIOD_DAYS, PERIOD_MONTHS, Interval, Rhythm

# How far from its slot a payment may be, in days, and how many payments make a series at least.
TOLERANCE = {
    Interval.WEEKLY: 2,
    Interval.FORTNIGHTLY: 3,
    Interval.FOUR_WEEKLY: 3,
    Interval.SEMI_MONTHLY: 3,
    Interval.MONTHLY: 6,
    Interval.TWO_MONTHLY: 7,
    Interval.QUARTERLY: 8,
    Interval.HALF_YEARLY: 9,
    Interval.YEARLY: 12,
}
LEAST = {
    Interval.WEEKLY: 4,
    Interval.FORTNIGHTLY: 4,
    Interval.FOUR_WEEKLY: 4,
    Interval.SEMI_MONTHLY: 5,
    Interval.MONTHLY: 3,
    Interval.TWO_MONTHLY: 3,
    Interval.QUARTERLY: 3,
    Interval.HALF_YEARLY: 3,
    Interval.YEARLY: 2,
}
# Bits that each interval must pay: how rarely bills come so, and how many ways there are to try it.
_PRICE = {
    Interval.WEEKLY: 4.0,
    Interval.FORTNIGHTLY: 4.0,
    Interval.FOUR_WEEKLY: 6.5,
    Interval.SEMI_MONTHLY: 8.0,
    Interval.MONTHLY: 2.0,
    Interval.TWO_MONTHLY: 5.0,
    Interval.QUARTERLY: 3.0,
    Interval.HALF_YEARLY: 4.0,
    Interval.YEARLY: 2.0,
}
_MISSED_BITS = 2.0
_EXTRA_BITS = 2.5
# Of the slots between the first payment and the last, this share is paid at least.
_COVERED = 0.6
_LAST_BUSINESS = 0
_LAST_DAY = 31
_SHIFTS = ("none", "next", "previous")


class ClosedDays:
    """Weekends and the given holidays; keeps the slots of monthly rhythms, which are asked for again and again."""

    def __init__(self, holidays: Collection[date] = ()) -> None:
        self._holidays = frozenset(day.toordinal() for day in holidays)
        self.slot = lru_cache(maxsize=65_536)(self._slot)

    def closed(self, ordinal: int) -> bool:
        """Tell whether banks are closed on the day."""
        return (ordinal + 6) % 7 > 4 or ordinal in self._holidays

    def shifted(self, ordinal: int, shift: str) -> int:
        """Return the day, moved to the next or previous one on which banks are open."""
        step = 0 if shift == "none" else 1 if shift == "next" else -1
        while step and self.closed(ordinal):
            ordinal += step
        return ordinal

    def _slot(self, month: int, day: int, shift: str) -> int:
        """Return the ordinal of the day in the month (years * 12 + month - 1), clamped to it, then shifted."""
        first = date(month // 12, month % 12 + 1, 1).toordinal()
        following = date((month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal()
        if day == _LAST_BUSINESS:
            return self.shifted(following - 1, "previous")
        return self.shifted(min(first + day - 1, following - 1), shift)


@dataclass(frozen=True, slots=True)
class Grid:
    """Slots of a rhythm: `place` gives the nearest slot of a day with its distance, `ordinal` a slot's day.

    By periods of days from `origin` when `days` is empty; else `days` of each `months`-th month from `phase` on.
    """

    interval: Interval
    closed: ClosedDays
    origin: int = 0
    days: tuple[int, ...] = ()
    shift: str = "none"
    phase: int = 0

    def ordinal(self, slot: int) -> int:
        """Return the day of the slot."""
        if not self.days:
            return self.origin + slot * PERIOD_DAYS[self.interval]
        count = len(self.days)
        months = PERIOD_MONTHS.get(self.interval, 1)
        return self.closed.slot(slot // count * months + self.phase, self.days[slot % count], self.shift)

    def place(self, ordinal: int) -> tuple[int, int]:
        """Return the nearest slot and how many days the day is after it (negative: before)."""
        if not self.days:
            period = PERIOD_DAYS[self.interval]
            slot = (ordinal - self.origin + period // 2) // period
        else:
            day = date.fromordinal(ordinal)
            months = PERIOD_MONTHS.get(self.interval, 1)
            slot = (day.year * 12 + day.month - 1 - self.phase) // months * len(self.days)
        around = range(slot - 1, slot + 1 + max(1, len(self.days)))
        best = min(around, key=lambda one: (abs(ordinal - self.ordinal(one)), one))
        return best, ordinal - self.ordinal(best)

    def rhythm(self, slot: int) -> Rhythm:
        """Return the rhythm as people say it, anchored at the slot's date before it is moved off closed days."""
        anchor = self.ordinal(slot)
        if self.days:
            month = slot // len(self.days) * PERIOD_MONTHS.get(self.interval, 1) + self.phase
            day = self.days[slot % len(self.days)]
            anchor = self.closed.slot(month, _LAST_DAY if day == _LAST_BUSINESS else day, "none")
        if self.days == (_LAST_DAY,) and self.shift == "previous":
            return Rhythm(self.interval, date.fromordinal(anchor), (_LAST_BUSINESS,))
        return Rhythm(self.interval, date.fromordinal(anchor), self.days, self.shift)


@dataclass(frozen=True, slots=True)
class Fit:
    """How dates fit a grid: `slots` maps a slot to the place of its date in the list; `bits` is the evidence."""

    grid: Grid
    slots: dict[int, int]
    bits: float
    deviation: float
    missed: int
    extras: int

    @property
    def first(self) -> int:
        """The first paid slot."""
        return min(self.slots)

    @property
    def last(self) -> int:
        """The last paid slot."""
        return max(self.slots)


def fits(ordinals: Sequence[int], closed: ClosedDays, *, extras: int = 0) -> Fit | None:
    """Return the rhythm that the sorted dates (day numbers) speak for most, or None.

    Up to `extras` dates may be no part of it. The evidence is what the rhythm saves in describing the dates: each
    date costs log2(2 e b) bits for a mean deviation b (entropy of Laplace's distribution) instead of log2(period).
    """
    best: Fit | None = None
    for grids in _grids(ordinals, closed):
        of_interval: Fit | None = None
        for grid in grids:
            fit = _fit(grid, ordinals, extras)
            if fit is not None and (of_interval is None or _better(fit, of_interval)):
                of_interval = fit
        if of_interval is not None and (best is None or of_interval.bits > best.bits + 0.01):
            best = of_interval
    return best


def _better(one: Fit, other: Fit) -> bool:
    return (len(one.slots), -one.deviation) > (len(other.slots), -other.deviation)


def _grids(ordinals: Sequence[int], closed: ClosedDays) -> Iterator[Iterator[Grid]]:
    """Give the grids that could fit, most likely intervals first, judged by the median gap."""
    if len(ordinals) < 2:
        return
    gaps = sorted(b - a for a, b in pairwise(ordinals) if b > a)
    if not gaps:
        return
    middle = gaps[len(gaps) // 2]
    mean = (ordinals[-1] - ordinals[0]) / (len(ordinals) - 1)
    for interval, days in MEAN_DAYS.items():
        near = days - TOLERANCE[interval] - 4 <= middle <= days * 1.25 + TOLERANCE[interval]
        if not near or len(ordinals) < LEAST[interval] or mean > days * 1.75 + 4:
            continue
        if interval in PERIOD_DAYS:
            yield _day_grids(interval, ordinals, closed)
        else:
            yield _month_grids(interval, ordinals, closed)


def _day_grids(interval: Interval, ordinals: Sequence[int], closed: ClosedDays) -> Iterator[Grid]:
    period = PERIOD_DAYS[interval]
    common = Counter(ordinal % period for ordinal in ordinals)
    for residue, _ in common.most_common(4):
        yield Grid(interval, closed, origin=residue)


def _month_grids(interval: Interval, ordinals: Sequence[int], closed: ClosedDays) -> Iterator[Grid]:
    seen = [date.fromordinal(ordinal) for ordinal in ordinals]
    if interval is Interval.SEMI_MONTHLY:
        for days in ((15, 31), (1, 15), (5, 20), (10, 25), *_two_days(seen)):
            for shift in _SHIFTS:
                yield Grid(interval, closed, days=days, shift=shift)
        return
    months = PERIOD_MONTHS[interval]
    common = Counter(day.day for day in seen)
    days_tried = dict.fromkeys([day for day, _ in common.most_common(7)])
    if any(_month_end(day) for day in seen):
        days_tried |= {_LAST_BUSINESS: None, 31: None, 30: None}
    if min(common) <= 4:
        days_tried |= {1: None}
    for day in list(days_tried):
        if day > 3:
            days_tried |= {day - 1: None}
    for day in days_tried:
        for shift in _SHIFTS if day != _LAST_BUSINESS else ("none",):
            for phase in _phases(seen, months, day):
                yield Grid(interval, closed, days=(day,), shift=shift, phase=phase)


def _phases(seen: Sequence[date], months: int, day: int) -> list[int]:
    """Return the months (of a cycle) that most of the dates are near to, for this day of the month."""
    if months == 1:
        return [0]
    due = 31 if day == _LAST_BUSINESS else day
    nearest = Counter(
        (one.year * 12 + one.month - 1 + ((one.day - due < -15) * -1 + (one.day - due > 15))) % months
        for one in seen
    )
    return [phase for phase, _ in nearest.most_common(1)]


def _two_days(seen: Sequence[date]) -> list[tuple[int, int]]:
    early = Counter(day.day for day in seen if day.day <= 15).most_common(1)
    late = Counter(day.day for day in seen if day.day > 15).most_common(1)
    return [(early[0][0], late[0][0])] if early and late else []


def _month_end(day: date) -> bool:
    return (day + timedelta(days=4)).month != day.month


def _fit(grid: Grid, ordinals: Sequence[int], extras: int) -> Fit | None:
    """Place the dates into the grid, one per slot; None when too many are over or too few slots are paid."""
    tolerance = TOLERANCE[grid.interval]
    slots: dict[int, int] = {}
    distance: dict[int, int] = {}
    for place, ordinal in enumerate(ordinals):
        slot, off = grid.place(ordinal)
        if abs(off) > tolerance:
            continue
        if slot not in slots or abs(off) < distance[slot]:
            slots[slot] = place
            distance[slot] = abs(off)
    count = len(slots)
    over = len(ordinals) - count
    if over > extras or count < LEAST[grid.interval]:
        return None
    spread = max(slots) - min(slots) + 1
    if count < _COVERED * spread:
        return None
    deviation = sum(distance.values()) / count
    period = MEAN_DAYS[grid.interval]
    each = log2(period / (1 + 2 * e * deviation)) if deviation < period / 6 else -1.0
    bits = (count - 1) * each - _PRICE[grid.interval] - _MISSED_BITS * (spread - count) - _EXTRA_BITS * over
    return Fit(grid, slots, bits, deviation, spread - count, over)
