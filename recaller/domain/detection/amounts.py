"""The amounts of one payee: which belong together, whether they are fixed, stepped or vary, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

# Two amounts are the same price when they differ by a cent or two, or by less than a hundredth.
_SAME_PERCENT = 1
_SAME_MINOR = 2


@dataclass(frozen=True, slots=True)
class AmountModel:
    """What to expect next: `amount` with `tolerance` (0 when fixed), and the stable price before it, if any.

    `steady` is the share of payments, in hundredths, that cost what the one before did; `spread` is the median
    distance from the median, in hundredths of it.
    """

    amount: int
    fixed: bool
    tolerance: int
    earlier: int | None
    steady: int
    spread: int


def same_price(one: int, other: int) -> bool:
    """Tell whether two amounts are one price, up to rounding."""
    return abs(one - other) <= max(_SAME_MINOR, abs(one) * _SAME_PERCENT // 100)


def model_of(amounts: Sequence[int]) -> AmountModel:
    """Return the model of amounts in order of time (all of one sign)."""
    count = len(amounts)
    steady = sum(same_price(a, b) for a, b in pairwise(amounts))
    middle = median_low(amounts)
    spread = median_low([abs(amount - middle) for amount in amounts]) * 100 // max(1, abs(middle))
    share = 100 * steady // max(1, count - 1)
    recent = amounts[-8:]
    if share >= 60 or (count <= 3 and spread <= 1):
        latest = _current(amounts)
        before = [amount for amount in amounts if not same_price(amount, latest)]
        stable = [a for a, b in pairwise(amounts) if same_price(a, b) and a in before]
        return AmountModel(latest, True, 0, stable[-1] if stable else None, share, spread)
    expected = median_low(recent)
    reach = max(abs(amount - expected) for amount in recent)
    tolerance = max(reach, abs(expected) // 20)
    return AmountModel(expected, False, tolerance, None, share, spread)


def _current(amounts: Sequence[int]) -> int:
    """Return the price of today: the last, unless it stands alone against several equal ones before it."""
    last = amounts[-1]
    before = amounts[-4:-1]
    lonely = len(before) == 3 and all(same_price(before[0], one) for one in before)
    outlier = lonely and not same_price(last, before[0]) and not 70 <= 100 * last // before[0] <= 140
    return before[0] if outlier else last


def clusters(amounts: Sequence[int], percent: int) -> list[list[int]]:
    """Group the places of amounts whose sorted neighbours differ by at most `percent` hundredths."""
    if not amounts:
        return []
    order = sorted(range(len(amounts)), key=lambda place: abs(amounts[place]))
    groups = [[order[0]]]
    for before, place in pairwise(order):
        small, large = abs(amounts[before]), abs(amounts[place])
        if large - small > max(small * percent // 100, 0 if percent == 0 else 1):
            groups.append([])
        groups[-1].append(place)
    return [sorted(group) for group in groups]
