"""Figures for Plotly, as plain dicts from plain numbers: no colour (the theme has it) and no framework."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MoneyAxis:
    """How a chart writes amounts: minor-unit digits, currency mark before or after, decimal mark."""

    exponent: int = 2
    prefix: str = ""
    suffix: str = ""
    decimal_mark: str = "."

    def scale(self, minor: int) -> float:
        """Return major units as a float, for drawing only; exact figures stay in the texts."""
        return minor / float(10**self.exponent)

    def short(self, value: float) -> str:
        """Write an axis label such as `−€2.5k`: thousands are k, millions M."""
        size = abs(value)
        divisor, unit = (1e6, "M") if size >= 1e6 else (1e3, "k") if size >= 1e3 else (1, "")
        number = f"{size / divisor:.2f}".rstrip("0").rstrip(".").replace(".", self.decimal_mark)
        return f"{'−' if value < 0 else ''}{self.prefix}{number}{unit}{self.suffix}"


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
    layout: Figure = {
        "hovermode": "x unified",
        "showlegend": False,
        "xaxis": {"type": "date", "showspikes": True},
        "yaxis": _money_scale(values, axis, from_zero=False),
    }
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
    traces: list[Figure] = []
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
                "hovertemplate": "%{x|%B %Y}<br><b>%{hovertext}</b><extra></extra>",
                "textposition": "none",
            }
        )
    values = [value for trace in traces for value in trace["y"]]
    layout: Figure = {"barmode": "relative", "hovermode": "closest", "showlegend": True}
    layout["yaxis"] = _money_scale(values, axis, from_zero=True)
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
    layout: Figure = {"showlegend": False, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}}
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
    layout: Figure = {
        "showlegend": False,
        "xaxis": _money_scale(bars["x"], axis, from_zero=True) | {"showgrid": True},
        "yaxis": {"automargin": True, "showgrid": False, "ticksuffix": "  "},
    }
    return {"data": [bars], "layout": layout}


def price_figure(points: Sequence[ChartPoint], axis: MoneyAxis, *, name: str = "Amount") -> Figure:
    """Draw what was paid each time: an amount holds until the next one, so the line goes in steps."""
    trace = _line(points, axis, name) | {"mode": "lines+markers", "line": {"shape": "hv"}}
    layout: Figure = {
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {"type": "date"},
        "yaxis": _money_scale([axis.scale(point.minor) for point in points], axis, from_zero=False),
    }
    return {"data": [trace], "layout": layout}


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


def _money_scale(values: Sequence[float], axis: MoneyAxis, *, from_zero: bool) -> Figure:
    """Return range and labelled ticks of a money axis.

    It starts at zero, unless `from_zero` is off and all values lie close together far from it. The labels are
    written here, because Plotly puts a currency mark before the minus sign.
    """
    low, high = min([*values, 0.0]), max([*values, 0.0])
    if not from_zero and values and min(values) > 0.6 * high > 0:
        low = min(values) - max(high - min(values), high * 0.02) * 0.4
    if high == low:
        high = low + 1
    rough = (high - low) / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    ticks = [index * step for index in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    room = (high - low) * 0.06
    return {
        "range": [low - (room if low < 0 else 0), high + (room if high > 0 else 0)],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [axis.short(tick) for tick in ticks],
    }


def _month_step(count: int) -> str:
    return "M1" if count <= 6 else "M2" if count <= 13 else "M3" if count <= 24 else "M6"
