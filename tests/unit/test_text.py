"""Folding makes every way of writing a name one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.text import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  Café  CRÈME ", "cafe creme"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ŁÓDŹ Æbleskiver Øl", "lodz aebleskiver ol"),
        ("İstanbul", "istanbul"),
        ("O'Brien 100%_\\", "o'brien 100%_\\"),
        ("𝐀ﬁ\u00a0x\ty\0z", "afi x y z"),
        ("", ""),
    ],
)
def test_folds(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_no_capital_or_outer_space_remains(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip() and "  " not in folded
