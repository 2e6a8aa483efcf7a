"""Which bank row settles which expected payment: one to one, nearest first, the same each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recaller.domain.occurrences import Tolerance

# Days around the expected date in which a payment may come, by how many days lie between two: a quarter, in bounds.
LEAST_DAYS = 2
MOST_DAYS = 20
# Without a word in common a row settles only what costs exactly the same, this close to its date.
UNNAMED_DAYS = 3
# A bill at another price than expected is still that bill, when the payee is the same and the date is close.
NEAR_PERCENT = 20
NEAR_DAYS = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """A payment that is expected, or that we posted already; `amount` in minor units, signed as in the account.

    `on` is the day in the ledger, `window_days` how far a row may be from it; `words` name the payee. `key` is
    handed back.
    """

    key: Hashable
    account_id: Hashable
    on: date
    amount: int
    tolerance: Tolerance
    window_days: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class BankRow:
    """A row of the bank; `words` name its payee. `key` is handed back."""

    key: Hashable
    account_id: Hashable
    on: date
    amount: int
    words: frozenset[str]


def window_days(period_days: float) -> int:
    """Return how many days early or late a payment may come that is due every so many days."""
    return max(LEAST_DAYS, min(MOST_DAYS, int(period_days / 4)))


def assign(rows: Sequence[BankRow], expected: Sequence[Expected]) -> dict[Hashable, Hashable]:
    """Return for each row (its key) the expected payment (its key) that it settles.

    Amounts within tolerance go before near ones, then the nearest date, the alike payee, the nearest amount, the
    earlier date; what is left equal is decided by the order given.
    """
    by_account: defaultdict[Hashable, list[tuple[int, Expected]]] = defaultdict(list)
    for place, one in enumerate(expected):
        by_account[one.account_id].append((place, one))
    pairs = []
    for number, row in enumerate(rows):
        for place, one in by_account[row.account_id]:
            rank = fit(row, one)
            if rank is not None:
                pairs.append((*rank, place, number))
    found: dict[Hashable, Hashable] = {}
    taken: set[int] = set()
    for *_, place, number in sorted(pairs):
        if place not in taken and rows[number].key not in found:
            found[rows[number].key] = expected[place].key
            taken.add(place)
    return found


def fit(row: BankRow, one: Expected) -> tuple[int, int, int, int, date] | None:
    """Return how well the row fits, smaller is better; None when it can't be this payment.

    In order: whether the amount is only near (not within tolerance), the days between, whether nothing but the amount
    tells (no word in common), the difference in minor units, the expected day.
    """
    days = abs(row.on - one.on) // timedelta(days=1)
    if days > one.window_days or (row.amount > 0) != (one.amount > 0):
        return None
    off = abs(row.amount - one.amount)
    named = alike(row.words, one.words)
    within = off == 0 or one.tolerance.allows(one.amount, row.amount)
    if named and within:
        return 0, days, 0, off, one.on
    if off == 0 and days <= UNNAMED_DAYS:
        return 0, days, 1, off, one.on
    if named and days <= NEAR_DAYS and off * 100 <= abs(one.amount) * NEAR_PERCENT:
        return 1, days, 0, off, one.on
    return None


def alike(one: Collection[str], other: Collection[str]) -> bool:
    """Tell whether two sets of words have one in common that tells something, be it cut off."""
    return any(
        first == second
        or (min(len(first), len(second)) >= 5 and (first.startswith(second) or second.startswith(first)))
        for first in one
        if len(first) > 2
        for second in other
        if len(second) > 2
    )
