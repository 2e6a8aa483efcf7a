"""What detection is given and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Interval(StrEnum):
    """How often something comes again."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    FOUR_WEEKLY = "four-weekly"
    SEMI_MONTHLY = "semi-monthly"
    MONTHLY = "monthly"
    TWO_MONTHLY = "two-monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"


PERIOD_DAYS = {
    Interval.WEEKLY: 7,
    Interval.FORTNIGHTLY: 14,
    Interval.FOUR_WEEKLY: 28,
}
PERIOD_MONTHS = {
    Interval.MONTHLY: 1,
    Interval.TWO_MONTHLY: 2,
    Interval.QUARTERLY: 3,
    Interval.HALF_YEARLY: 6,
    Interval.YEARLY: 12,
}
# How far apart two payments are on average.
MEAN_DAYS = {
    Interval.WEEKLY: 7.0,
    Interval.FORTNIGHTLY: 14.0,
    Interval.FOUR_WEEKLY: 28.0,
    Interval.SEMI_MONTHLY: 15.22,
    Interval.MONTHLY: 30.44,
    Interval.TWO_MONTHLY: 60.87,
    Interval.QUARTERLY: 91.31,
    Interval.HALF_YEARLY: 182.62,
    Interval.YEARLY: 365.24,
}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One booked transaction; `amount` in minor units of `currency`, + = into the account.

    `payee` and `memo` are the texts as the bank or a person wrote them. `group` keeps apart what can't be one
    series although it reads the same: a transfer's other account, say.
    """

    id: UUID
    on: date
    amount: int
    currency: str
    account_id: UUID
    payee: str
    memo: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When payments are expected: every period from an anchor, or on days of the month.

    `anchor` is an expected date of the series, before moving off closed days. `days` are days of the month (31 =
    the last, 0 = the last business day), empty for periods of days. `shift` moves a date off weekends and holidays:
    'none', 'next' or 'previous' business day.
    """

    interval: Interval
    anchor: date
    days: tuple[int, ...] = ()
    shift: str = "none"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A series that recurs and is still alive; amounts in minor units of `currency`, + = into the account.

    `amount` is what to expect next; it may differ by `tolerance` when `fixed` is false. `earlier` is the stable
    price before the last rise. `signature` names the series for good: it outlives new payments, price changes and
    noise in the texts. `ids` are the payments, oldest first. `strength` is the evidence in bits.
    """

    signature: str
    name: str
    account_id: UUID
    currency: str
    rhythm: Rhythm
    amount: int
    fixed: bool
    tolerance: int
    lowest: int
    highest: int
    earlier: int | None
    next_on: date
    first_on: date
    last_on: date
    missed: int
    strength: float
    ids: tuple[UUID, ...]
    words: tuple[str, ...] = ()
