"""Figures for Plotly, as plain dicts from plain numbers: no colour (the theme has it) and no framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MoneyAxis:
    """How a chart writes amounts: minor-unit digits, currency mark before or after, decimal and group marks."""

    exponent: int = 2
    prefix: str = ""
    suffix: str = ""
    decimal_mark: str = "."
    group_mark: str = ","

    def scale(self, minor: int) -> float:
        """Return major units as a float, for drawing only; exact figures stay in the texts."""
        return minor / 10**self.exponent


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One value in integer minor units at `x` (an ISO date or month, or a name).

    `text` is the display-ready amount for the hover, `key` what a click hands to the page.
    """

    x: str
    minor: int
    text: str
    key: str = ""


def net_worth_figure(
    points: Sequence[ChartPoint],
    axis: MoneyAxis,
    *,
    forecast: Sequence[ChartPoint] = (),
    name: str = "Net worth",
) -> Figure:
    """Draw a balance over time: solid for what was, dashed for what is expected (its first point is today)."""
    traces: list[Figure] = [_line(points, axis, name) | {"fill": "tozeroy"}]
    if forecast:
        traces.append(_line(forecast, axis, f"{name}, expected") | {"line": {"dash": "dot"}})
    values = [axis.scale(point.minor) for point in (*points, *forecast)]
    layout = _layout(axis) | {"hovermode": "x unified", "showlegend": False}
    layout["yaxis"] |= _span(values)
    layout["xaxis"] = {"type": "date", "showspikes": True}
    return {"data": traces, "layout": layout}


def cash_flow_figure(
    months: Sequence[str],
    inflow: Sequence[ChartPoint],
    outflow: Sequence[ChartPoint],
    axis: MoneyAxis,
    *,
    names: tuple[str, str] = ("In", "Out"),
) -> Figure:
    """Draw money in above the line and money out below it, one pair for each month (ISO, `2026-11`).

    Outflow may come signed or as a size: it is drawn downwards either way. A month without a point is zero.
    """
    traces = []
    for name, points, sign in ((names[0], inflow, 1), (names[1], outflow, -1)):
        by_month = {point.x: point for point in points}
        present = [by_month.get(month, ChartPoint(month, 0, "", month)) for month in months]
        traces.append(
            {
                "type": "bar",
                "name": name,
                "x": [f"{month}-01" for month in months],
                "y": [sign * abs(axis.scale(point.minor)) for point in present],
                "hovertext": [point.text for point in present],
                "customdata": [point.key or point.x for point in present],
                "hovertemplate": "%{hovertext}",
                "textposition": "none",
            }
        )
    layout = _layout(axis) | {"barmode": "relative", "hovermode": "x unified", "showlegend": True}
    layout["xaxis"] = {
        "type": "date",
        "dtick": _month_step(len(months)),
        "tickformat": "%b\n%Y",
        "hoverformat": "%B %Y",
    }
    return {"data": traces, "layout": layout}


def spending_figure(categories: Sequence[ChartPoint], axis: MoneyAxis, *, total_text: str = "") -> Figure:
    """Draw a ring of shares; refunds that outweigh spending (a negative size) can't be a share and are left out."""
    shown = [point for point in categories if point.minor > 0]
    ring: Figure = {
        "type": "pie",
        "labels": [point.x for point in shown],
        "values": [axis.scale(point.minor) for point in shown],
        "hovertext": [point.text for point in shown],
        "customdata": [point.key or point.x for point in shown],
        "hovertemplate": "<b>%{label}</b><br>%{hovertext} · %{percent}<extra></extra>",
        "hole": 0.68,
        "sort": False,
        "direction": "clockwise",
        "textinfo": "none",
    }
    layout = _layout(axis) | {"showlegend": False, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}}
    if total_text:
        layout["annotations"] = [{"text": f"<b>{total_text}</b>", "showarrow": False, "font": {"size": 18}}]
    return {"data": [ring], "layout": layout}


def bar_figure(points: Sequence[ChartPoint], axis: MoneyAxis, *, name: str) -> Figure:
    """Draw one bar for each name, lying, largest on top."""
    ordered = list(reversed(points))
    bars: Figure = {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [axis.scale(point.minor) for point in ordered],
        "y": [point.x for point in ordered],
        "hovertext": [point.text for point in ordered],
        "customdata": [point.key or point.x for point in ordered],
        "hovertemplate": "<b>%{y}</b><br>%{hovertext}<extra></extra>",
        "textposition": "none",
    }
    layout = _layout(axis) | {"showlegend": False}
    layout["xaxis"] = layout.pop("yaxis")
    layout["yaxis"] = {"automargin": True, "showgrid": False, "tickprefix": "", "ticksuffix": "  "}
    return {"data": [bars], "layout": layout}


def _line(points: Sequence[ChartPoint], axis: MoneyAxis, name: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines" if len(points) > 1 else "markers",
        "name": name,
        "x": [point.x for point in points],
        "y": [axis.scale(point.minor) for point in points],
        "hovertext": [point.text for point in points],
        "customdata": [point.key or point.x for point in points],
        "hovertemplate": "<b>%{hovertext}</b><extra></extra>",
    }


def _layout(axis: MoneyAxis) -> Figure:
    return {
        "separators": axis.decimal_mark + axis.group_mark,
        "yaxis": {"tickprefix": axis.prefix, "ticksuffix": axis.suffix, "tickformat": ",~s"},
    }


def _span(values: Sequence[float]) -> Figure:
    """Return the axis range: from zero, unless all values lie close together far from it."""
    if not values:
        return {}
    low, high = min(values), max(values)
    if low > 0.6 * high > 0:
        room = max(high - low, high * 0.02)
        return {"range": [low - room * 0.4, high + room * 0.15]}
    return {"rangemode": "tozero"}


def _month_step(count: int) -> str:
    return "M1" if count <= 6 else "M2" if count <= 13 else "M3" if count <= 24 else "M6"
