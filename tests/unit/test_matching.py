"""Which row settles which expected payment."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.domain.matching import BankRow, Expected, assign, window_days
from recaller.domain.occurrences import Tolerance

DUE = date(2026, 3, 1)


def due(
    key: str = "rent", on: date = DUE, amount: int = -80000, percent: int = 0, words: str = "oakwood"
) -> Expected:
    return Expected(key, "checking", on, amount, Tolerance(0, percent), 7, frozenset(words.split()))


def row(key: int = 1, on: date = DUE, amount: int = -80000, words: str = "oakwood") -> BankRow:
    return BankRow(key, "checking", on, amount, frozenset(words.split()))


@pytest.mark.parametrize(
    ("one", "settles"),
    [
        (row(), True),
        (row(on=DUE + timedelta(days=7)), True),
        (row(on=DUE + timedelta(days=8)), False),
        (row(on=DUE - timedelta(days=7)), True),
        (row(amount=80000), False),
        (row(words="smith"), True),  # the very amount on the very day
        (row(words="smith", on=DUE + timedelta(days=4)), False),
        (row(words="smith", amount=-80001), False),
        (row(amount=-88000), True),  # dearer, but the same payee at the date
        (row(amount=-88000, on=DUE + timedelta(days=6)), False),
        (row(amount=-98000), False),
    ],
)
def test_what_settles(one: BankRow, settles: bool) -> None:
    assert bool(assign([one], [due()])) is settles


def test_another_account_settles_nothing() -> None:
    assert assign([BankRow(1, "savings", DUE, -80000, frozenset({"oakwood"}))], [due()]) == {}


def test_within_tolerance_goes_before_nearer_dates() -> None:
    rows = [row(1, amount=-88000), row(2, on=DUE + timedelta(days=5))]
    assert assign(rows, [due()]) == {2: "rent"}


def test_each_settles_one() -> None:
    found = assign([row(1), row(2), row(3)], [due("a"), due("b")])
    assert found == {1: "a", 2: "b"}


def test_windows_follow_the_interval() -> None:
    assert [window_days(days) for days in (7, 14, 30.4, 91, 365)] == [2, 3, 7, 20, 20]


@given(
    st.lists(st.tuples(st.integers(-10, 10), st.integers(1, 4)), max_size=8),
    st.lists(st.tuples(st.integers(-10, 10), st.integers(1, 4)), max_size=8),
)
def test_one_to_one_and_the_same_in_any_order(
    rows: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    bank = [row(number, DUE + timedelta(days=day), -100 * units) for number, (day, units) in enumerate(rows)]
    bills = [
        due(str(number), DUE + timedelta(days=day), -100 * units)
        for number, (day, units) in enumerate(expected)
    ]
    found = assign(bank, bills)
    assert len(set(found.values())) == len(found)
    by_key = {one.key: one for one in bills}
    for number, key in found.items():
        assert isinstance(number, int)
        assert abs((bank[number].on - by_key[key].on).days) <= 7
