"""Figures: every month drawn, nothing invented, exact keys for the drill-down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.figures import (
    ChartPoint,
    MoneyAxis,
    bar_figure,
    cash_flow_figure,
    net_worth_figure,
    spending_figure,
)

EURO = MoneyAxis(exponent=2, prefix="€")


def test_cash_flow_draws_every_month_once_and_spending_downwards() -> None:
    months = ["2026-09", "2026-10", "2026-11"]
    figure = cash_flow_figure(
        months,
        [ChartPoint("2026-09", 310000, "+€3,100.00", "in-sep"), ChartPoint("2026-11", 5, "+€0.05", "in-nov")],
        [ChartPoint("2026-10", -120050, "−€1,200.50", "out-oct")],
        EURO,
    )
    inflow, outflow = figure["data"]
    assert inflow["x"] == outflow["x"] == ["2026-09-01", "2026-10-01", "2026-11-01"]
    assert inflow["y"] == [3100.0, 0.0, 0.05]
    assert outflow["y"] == [0.0, -1200.5, 0.0]
    assert inflow["customdata"] == ["in-sep", "2026-10", "in-nov"]
    assert outflow["customdata"] == ["2026-09", "out-oct", "2026-11"]


def test_outflow_given_as_a_size_is_drawn_downwards_too() -> None:
    figure = cash_flow_figure(["2026-11"], [], [ChartPoint("2026-11", 700, "−€7.00")], EURO)
    assert figure["data"][1]["y"] == [-7.0]


def test_net_worth_joins_history_and_forecast() -> None:
    figure = net_worth_figure(
        [ChartPoint("2026-11-01", 100, "€1.00"), ChartPoint("2026-11-02", -250, "−€2.50")],
        EURO,
        forecast=[ChartPoint("2026-11-02", -250, "−€2.50"), ChartPoint("2026-12-01", 0, "€0.00")],
    )
    solid, dashed = figure["data"]
    assert solid["y"] == [1.0, -2.5]
    assert dashed["line"]["dash"] == "dot"
    low, high = figure["layout"]["yaxis"]["range"]
    assert low <= -2.5
    assert high >= 1.0


def test_spending_leaves_out_what_is_no_share() -> None:
    ring = spending_figure(
        [ChartPoint("Food", 900, "€9.00", "food"), ChartPoint("Clothes", -100, "−€1.00", "clothes")], EURO
    )["data"][0]
    assert ring["labels"] == ["Food"]
    assert ring["customdata"] == ["food"]


@pytest.mark.parametrize(("exponent", "minor", "drawn"), [(0, 1500, 1500.0), (2, 1500, 15.0), (3, 1500, 1.5)])
def test_minor_units_are_scaled_by_the_currency(exponent: int, minor: int, drawn: float) -> None:
    figure = bar_figure([ChartPoint("x", minor, "")], MoneyAxis(exponent=exponent), name="Spent")
    assert figure["data"][0]["x"] == [drawn]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "€0"), (-2000.0, "−€2k"), (2500.0, "€2.5k"), (1_250_000.0, "€1.25M"), (999.0, "€999")],
)
def test_axis_labels_put_the_minus_before_the_mark(value: float, text: str) -> None:
    assert EURO.short(value) == text


def test_axis_labels_use_the_decimal_mark_of_the_locale() -> None:
    assert MoneyAxis(suffix=" €", decimal_mark=",").short(-1500) == "−1,5k €"


@pytest.mark.parametrize("points", [[], [ChartPoint("2026-11-01", 0, "€0.00")]])
def test_no_or_one_point_still_makes_a_figure(points: list[ChartPoint]) -> None:
    json.dumps(net_worth_figure(points, EURO))
    json.dumps(spending_figure(points, EURO))
    json.dumps(bar_figure(points, EURO, name="x"))
    json.dumps(cash_flow_figure([], points, points, EURO))


@given(st.lists(st.integers(min_value=-(10**15), max_value=10**15), min_size=1, max_size=40))
def test_all_values_and_ticks_lie_within_the_range(amounts: list[int]) -> None:
    figure = net_worth_figure([ChartPoint(f"2026-01-{i:02d}", m, "") for i, m in enumerate(amounts)], EURO)
    axis = figure["layout"]["yaxis"]
    low, high = axis["range"]
    slack = (high - low) * 1e-9
    assert all(low - slack <= m / 100 <= high + slack for m in amounts)
    assert all(low - slack <= tick <= high + slack for tick in axis["tickvals"])
    assert 1 <= len(axis["tickvals"]) <= 8
    assert len(set(axis["tickvals"])) == len(axis["tickvals"])
