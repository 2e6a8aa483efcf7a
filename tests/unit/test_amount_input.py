"""Amount fields: locales, sums, exact minor units, clear refusals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.core.money import exponent, to_decimal
from recaller.domain.amount_input import parse_amount, parse_percent
from recaller.state.formatting import Formatter


@pytest.mark.parametrize(
    ("text", "currency", "locale", "minor"),
    [
        ("12.50+3", "USD", "en_US", 1550),
        ("1.234,50", "EUR", "de_DE", 123450),
        ("1,234.50", "USD", "en_US", 123450),
        ("12,5", "EUR", "de_DE", 1250),
        ("12.5", "EUR", "de_DE", 1250),
        ("-3", "JPY", "en_US", -3),
        ("\u22127.25", "USD", "en_US", -725),
        ("10/3", "USD", "en_US", 333),
        ("(2+3)*4.10", "USD", "en_US", 2050),
        (".5", "USD", "en_US", 50),
        ("1.234", "KWD", "en_US", 1234),
        ("1'234.50", "CHF", "de_CH", 123450),
    ],
)
def test_what_people_type(text: str, currency: str, locale: str, minor: int) -> None:
    assert parse_amount(text, currency, locale) == minor


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1..2", "12.345", "1/0", "(1", "1+", "2**9", "__import__('os')", "9" * 99, "9" * 30, "1e5"],
)
def test_anything_else_is_refused_with_the_field_named(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        parse_amount(text, "USD", "en_US", "limit")
    assert refused.value.field == "limit"


@given(
    st.integers(-(10**12), 10**12),
    st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
    st.sampled_from(["en_US", "de_DE", "fr_FR", "pl_PL", "hi_IN", "de_CH"]),
)
def test_what_a_field_shows_is_read_back_the_same(minor: int, currency: str, locale: str) -> None:
    assert parse_amount(Formatter(locale, "UTC").number(minor, currency), currency, locale) == minor


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from(["USD", "JPY", "KWD"]))
def test_sums_are_exact(one: int, other: int, currency: str) -> None:
    first, second = to_decimal(one, currency), to_decimal(other, currency)
    assert parse_amount(f"{first:f}+({second:f})", currency, "en_US") == one + other
    assert (first + second) == Decimal(one + other).scaleb(-exponent(currency))


@pytest.mark.parametrize(
    ("text", "locale", "points"),
    [("33.34", "en_US", 3334), ("33,34 %", "de_DE", 3334), ("100", "en_US", 10_000), ("0.01%", "en_US", 1)],
)
def test_percentages_become_hundredths(text: str, locale: str, points: int) -> None:
    assert parse_percent(text, locale) == points


@pytest.mark.parametrize("text", ["", "%", "0", "100.01", "-5", "33.333", "a third", "1" * 200])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        parse_percent(text, "en_US")


@given(st.integers(1, 10_000), st.sampled_from(["en_US", "de_DE", "fr_FR"]))
def test_a_percentage_as_shown_is_read_back(points: int, locale: str) -> None:
    assert parse_percent(Formatter(locale, "UTC").percent(points), locale) == points
