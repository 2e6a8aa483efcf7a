"""Filters survive the URL, and the search box's operators mean what they say."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.filters import (
    KINDS,
    SHAPES,
    STATUSES,
    TextQuery,
    TransactionFilter,
    like_pattern,
    parse_text,
)

ids = st.lists(st.uuids(), max_size=3).map(tuple)
days = st.none() | st.dates()
amounts = st.none() | st.integers(0, 10**12)
filters = st.builds(
    TransactionFilter,
    account_ids=ids,
    category_ids=ids,
    payee_ids=ids,
    tag_ids=ids,
    kinds=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    date_from=days,
    date_to=days,
    amount_min=amounts,
    amount_max=amounts,
    text=st.text(max_size=40),
    status=st.none() | st.sampled_from(STATUSES),
    shape=st.none() | st.sampled_from(SHAPES),
    uncategorised=st.booleans(),
    batch_id=st.none() | st.uuids(),
    currency=st.none() | st.sampled_from(["EUR", "JPY"]),
)


@given(filters)
def test_a_filter_survives_the_url(wanted: TransactionFilter) -> None:
    assert TransactionFilter.from_query(wanted.to_query()) == wanted


def test_an_empty_filter_needs_no_parameters() -> None:
    assert TransactionFilter().to_query() == {}
    assert TransactionFilter.from_query({"page": "2", "q": ""}) == TransactionFilter()


@pytest.mark.parametrize(
    "query",
    [
        {"account": "1; DROP TABLE account"},
        {"from": "2026-13-01"},
        {"min": "-5"},
        {"max": "9" * 17},
        {"status": "open"},
        {"kind": "equity' OR 1=1"},
        {"currency": "EURO"},
        {"q": "x" * 201},
        {"payee": ",".join([str(UUID(int=1))] * 101)},
    ],
)
def test_a_wrong_parameter_is_named(query: dict[str, str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        TransactionFilter.from_query(query)
    assert caught.value.field == next(iter(query))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("O'Brien 100%_\\", TextQuery(words=("O'Brien", "100%_\\"))),
        ('"old town" cafe', TextQuery(words=("old town", "cafe"))),
        ('category:"Eating out" category:food', TextQuery(categories=("Eating out", "food"))),
        ("account:visa payee:rewe tag:kids", TextQuery(accounts=("visa",), payees=("rewe",), tags=("kids",))),
        ("amount:50", TextQuery(amount_min=5000, amount_max=5000)),
        ("amount:>50", TextQuery(amount_min=5001)),
        ("amount:>=50 amount:<60.5", TextQuery(amount_min=5000, amount_max=6049)),
        ("amount:10..20,50", TextQuery(amount_min=1000, amount_max=2050)),
        ("date:2026", TextQuery(date_from=date(2026, 1, 1), date_to=date(2026, 12, 31))),
        ("date:2024-02", TextQuery(date_from=date(2024, 2, 1), date_to=date(2024, 2, 29))),
        ("date:>2026-10", TextQuery(date_from=date(2026, 11, 1))),
        ("date:<2026-10", TextQuery(date_to=date(2026, 9, 30))),
        ("date:<=2026-10-05", TextQuery(date_to=date(2026, 10, 5))),
        ("date:2026-01..2026-02-10", TextQuery(date_from=date(2026, 1, 1), date_to=date(2026, 2, 10))),
        ("is:pending is:split", TextQuery(status="pending", shape="split")),
        ("IS:uncategorised currency:eur kind:expense",
         TextQuery(uncategorised=True, currency="EUR", kinds=("expense",))),
        ("http://shop.example ref:12", TextQuery(words=("http://shop.example", "ref:12"))),
        ('tag:"still typ', TextQuery(tags=("still typ",))),
        ("category:", TextQuery(words=("category:",))),
    ],
)  # fmt: skip
def test_the_search_box(text: str, meaning: TextQuery) -> None:
    assert parse_text(text, "USD") == meaning


def test_amounts_follow_the_currency() -> None:
    assert parse_text("amount:>50", "JPY").amount_min == 51
    with pytest.raises(ValidationFailed):
        parse_text("amount:50.5", "JPY")


NONSENSE = (
    "amount:abc amount:> amount:NaN amount:1e999 amount:-5 date:soon date:2026-02-30 date:>= status:x is:odd kind:x"
    " currency:12"
)


@pytest.mark.parametrize("text", NONSENSE.split())
def test_operators_refuse_nonsense(text: str) -> None:
    with pytest.raises(ValidationFailed):
        parse_text(text, "USD")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_text(text, "USD")
    except ValidationFailed as error:
        assert error.field  # noqa: PT017 - most texts are read


def test_like_patterns_take_every_character_literally() -> None:
    assert like_pattern("50%_\\") == "%50\\%\\_\\\\%"
