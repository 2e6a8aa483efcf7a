"""Shares of an amount: to the cent, whatever the proportion."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recaller.core.money import MAX_MINOR, share_out

AMOUNTS = st.integers(-MAX_MINOR, MAX_MINOR)


@pytest.mark.parametrize(
    ("total", "amounts", "shares"),
    [
        (-1_000, (-300, -700), (-300, -700)),
        (-1_001, (-300, -700), (-300, -701)),
        (-100, (-1, -1, -1), (-33, -33, -34)),
        (-5, (-500, -500), (-3, -2)),
        (-2_000, (-1_100, 100), (-2_200, 200)),
        (1_500, (-300, -700), (450, 1_050)),
        (0, (-300, -700), (0, 0)),
        (-90, (), ()),
        (-90, (-50, 50), (-50, 50)),
    ],
)
def test_shares_keep_the_proportion(total: int, amounts: tuple[int, ...], shares: tuple[int, ...]) -> None:
    assert share_out(total, amounts) == shares


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=8))
def test_shares_come_to_the_total(total: int, amounts: list[int]) -> None:
    planned = sum(amounts)
    assume(planned)
    shares = share_out(total, amounts)
    assert sum(shares) == total
    for share, amount in zip(shares[:-1], amounts[:-1], strict=True):
        assert 2 * abs(share * planned - amount * total) <= abs(planned)
