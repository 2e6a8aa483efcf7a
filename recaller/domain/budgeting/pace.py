"""Pace: whether a line's spending fits what is elapsed of its period and the bills that are still due in it.

Bills come at once and say nothing about daily spending, so only what is left beside them is measured against time:

    everyday budget = allowed - bills paid - bills due        everyday spent = spent - bills paid
    expected        = everyday budget x elapsed days / days
    projected       = bills paid + bills due + everyday spent x days / elapsed days

One or two payments say nothing about a day either (the rent, a tank of fuel): they are taken like bills.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# Groceries don't come evenly either: being ahead of the days by up to a tenth of the everyday budget is fine.
TOLERANCE_PERCENT = 10
# From so many payments on there is such a thing as a daily rate.
FEW_PAYMENTS = 3


class PaceState(StrEnum):
    """How spending goes: `ahead` of the days, so that it will not last; `over` what was allowed already."""

    ON_TRACK = "on_track"
    AHEAD = "ahead"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Pace:
    """Minor units. `expected` is what would be spent by now at an even pace, `projected` at the period's end."""

    state: PaceState
    expected: int
    projected: int


def pace_of(
    allowed: int,
    spent: int,
    *,
    elapsed: int,
    days: int,
    bills_paid: int = 0,
    bills_due: int = 0,
    payments: int = FEW_PAYMENTS,
) -> Pace:
    """Return a line's pace, `elapsed` of the period's `days` having begun.

    `bills_paid` is the part of `spent` that was bills; `bills_due` comes on top of `spent` before the period ends.
    `payments` is how many payments `spent` is made of.
    """
    if payments < FEW_PAYMENTS:
        bills_paid = max(spent, 0)
    everyday, everyday_spent = allowed - bills_paid - bills_due, spent - bills_paid
    expected = bills_paid + max(everyday, 0) * elapsed // days
    run_rate = everyday_spent * days // elapsed if 0 < elapsed < days else everyday_spent
    projected = bills_paid + bills_due + max(run_rate, everyday_spent)
    if spent > allowed and spent > 0:
        return Pace(PaceState.OVER, expected, projected)
    lead = 100 * (everyday_spent * days - everyday * elapsed)
    hurried = elapsed < days and everyday_spent > 0 and lead > TOLERANCE_PERCENT * everyday * days
    if hurried or spent + bills_due > max(allowed, 0):
        return Pace(PaceState.AHEAD, expected, projected)
    return Pace(PaceState.ON_TRACK, expected, projected)


def crossed_percents(allowed: int, spent: int, percents: Iterable[int]) -> tuple[int, ...]:
    """Return which of the percentages of `allowed` the spending has reached, ascending.

    Where nothing is allowed, the first unit spent crosses all of them.
    """
    if spent <= 0:
        return ()
    return tuple(sorted(one for one in set(percents) if spent * 100 >= max(allowed, 0) * one))
