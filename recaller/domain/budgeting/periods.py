"""Budget periods: a rule cuts all of time into periods, each date lies in exactly one of them.

Periods are calendar dates without a time zone, so summer time can't move them.
"""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from recaller.core.errors import ValidationFailed

MAX_PERIODS = 10_000  # a budget that begins each day anew lasts 27 years, one of weeks 190
MAX_PAY_DATES = 400
MAX_PAY_DAYS = 6
_ONE_DAY = timedelta(1)


class PeriodKind(StrEnum):
    """How long a budget's periods are."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    PAY_CYCLE = "pay_cycle"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


_MONTHS = {PeriodKind.MONTHLY: 1, PeriodKind.QUARTERLY: 3, PeriodKind.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A range of calendar dates, both ends included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """Where periods begin.

    Weekly: on the anchor's weekday. Monthly, quarterly, yearly: on the anchor's day of the month (1 to 28), quarters
    and years also counted from its month. A pay cycle begins on each pay day, told in one of three ways:
    `every_days` from the anchor (14 for every second week), `pay_days` of the month (31 is the last day of any),
    or a list of `pay_dates`, which goes on with its first and last distance before and after.
    """

    kind: PeriodKind
    anchor: date
    every_days: int | None = None
    pay_days: tuple[int, ...] = ()
    pay_dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValidationFailed naming the field that can't be right."""
        if self.kind in _MONTHS and not 1 <= self.anchor.day <= 28:
            raise ValidationFailed("anchor", "Let the period begin on a day from the 1st to the 28th.")
        given = [bool(self.every_days), bool(self.pay_days), bool(self.pay_dates)]
        if sum(given) != (1 if self.kind is PeriodKind.PAY_CYCLE else 0):
            raise ValidationFailed(
                "period_kind",
                "Say when pay comes: every so many days, on days of the month, or on a list of dates."
                if self.kind is PeriodKind.PAY_CYCLE
                else "Pay days belong to pay cycles only.",
            )
        if self.every_days is not None and not 1 <= self.every_days <= 366:
            raise ValidationFailed("every_days", "Pay comes every 1 to 366 days.")
        if len(self.pay_days) > MAX_PAY_DAYS or any(not 1 <= day <= 31 for day in self.pay_days):
            raise ValidationFailed("pay_days", f"Give up to {MAX_PAY_DAYS} days from 1 to 31.")
        if len(self.pay_dates) == 1 or len(self.pay_dates) > MAX_PAY_DATES:
            raise ValidationFailed("pay_dates", f"Give between 2 and {MAX_PAY_DATES} pay dates.")
        if any(later <= earlier for earlier, later in zip(self.pay_dates, self.pay_dates[1:], strict=False)):
            raise ValidationFailed("pay_dates", "Give the pay dates in order, each once.")

    @property
    def whole_months(self) -> bool:
        """Whether every period is made of whole calendar months, so that monthly sums add up to it."""
        return self.kind in _MONTHS and self.anchor.day == 1


def period_at(rule: PeriodRule, day: date) -> Period:
    """Return the one period that `day` lies in."""
    if rule.kind is PeriodKind.WEEKLY:
        return _every(day, rule.anchor, 7)
    if rule.kind in _MONTHS:
        return _months(day, rule.anchor, _MONTHS[rule.kind])
    if rule.every_days is not None:
        return _every(day, rule.anchor, rule.every_days)
    if rule.pay_days:
        return _pay_days(day, rule.pay_days)
    return _pay_dates(day, rule.pay_dates)


def periods(rule: PeriodRule, first: date, last: date) -> Iterator[Period]:
    """Yield the periods from the one around `first` to the one around `last`, in order, at most MAX_PERIODS."""
    period = period_at(rule, first)
    for _ in range(MAX_PERIODS):
        if period.start > last:
            return
        yield period
        period = period_at(rule, period.end + _ONE_DAY)


def elapsed_days(period: Period, today: date) -> int:
    """Return how many of the period's days have begun by `today`: 0 before it, all of them after it."""
    return min(max((today - period.start).days + 1, 0), period.days)


def _every(day: date, anchor: date, length: int) -> Period:
    start = day - timedelta((day - anchor).days % length)
    return Period(start, start + timedelta(length - 1))


def _months(day: date, anchor: date, length: int) -> Period:
    months = day.year * 12 + day.month - 1 - (day.day < anchor.day)
    months -= (months - anchor.month + 1) % length

    def at(index: int) -> date:
        return date(index // 12, index % 12 + 1, anchor.day)

    return Period(at(months), at(months + length) - _ONE_DAY)


def _pay_days(day: date, days: tuple[int, ...]) -> Period:
    starts: list[date] = []
    for offset in (-1, 0, 1):
        index = day.year * 12 + day.month - 1 + offset
        year, month = index // 12, index % 12 + 1
        last = calendar.monthrange(year, month)[1]
        starts += [date(year, month, one) for one in sorted({min(one, last) for one in days})]
    after = bisect_right(starts, day)
    return Period(starts[after - 1], starts[after] - _ONE_DAY)


def _pay_dates(day: date, dates: tuple[date, ...]) -> Period:
    if day < dates[0]:
        return _every(day, dates[0], (dates[1] - dates[0]).days)
    if day >= dates[-1]:
        return _every(day, dates[-1], (dates[-1] - dates[-2]).days)
    after = bisect_right(dates, day)
    return Period(dates[after - 1], dates[after] - _ONE_DAY)
