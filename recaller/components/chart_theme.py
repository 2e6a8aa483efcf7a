"""The looks of charts in light and dark, from the same palette as the stylesheet's tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.components.base import Text, joined


@dataclass(frozen=True, slots=True)
class ChartColors:
    """Colours of one theme; `series` keeps neighbours apart in lightness, for colour-blind eyes too."""

    ink: str
    muted: str
    line: str
    surface: str
    inflow: str
    outflow: str
    area: str
    series: tuple[str, ...]


LIGHT = ChartColors(
    ink="#12201c",
    muted="#5b6965",
    line="#e2e8e5",
    surface="#ffffff",
    inflow="#0f766e",
    outflow="#c2410c",
    area="rgba(15, 118, 110, 0.10)",
    series=("#0f766e", "#c2410c", "#4f46e5", "#b45309", "#0369a1", "#be185d", "#4d7c0f", "#64748b"),
)
DARK = ChartColors(
    ink="#e8efec",
    muted="#93a39d",
    line="#25322e",
    surface="#131c19",
    inflow="#2bb8a6",
    outflow="#fb923c",
    area="rgba(43, 184, 166, 0.14)",
    series=("#2bb8a6", "#fb923c", "#a5a0ff", "#facc15", "#38bdf8", "#f472b6", "#a3e635", "#94a3b8"),
)

FONT = '"Inter", "Inter Fallback", ui-sans-serif, system-ui, sans-serif'


def series_color(index: int | rx.Var[int]) -> Text:
    """Return the CSS token of the n-th series, for dots and bars beside a chart (it follows the theme).

    `rx.foreach(State.shares, lambda share, n: bar_row(share.name, ..., color=series_color(n)))`
    """
    if isinstance(index, rx.Var):
        place: Any = index
        return joined("var(--chart-", (place % len(LIGHT.series) + 1).to(str), ")")
    return f"var(--chart-{index % len(LIGHT.series) + 1})"


def chart_layout(dark: bool) -> dict[str, Any]:
    """Return the Plotly template of a theme: layout and the defaults of lines, bars and rings."""
    c = DARK if dark else LIGHT
    axis = {
        "gridcolor": c.line,
        "zerolinecolor": c.line,
        "zerolinewidth": 1,
        "linecolor": c.line,
        "tickcolor": c.line,
        "tickfont": {"color": c.muted, "size": 11.5},
        "automargin": True,
        "fixedrange": True,
        "title": {"text": ""},
    }
    hover = {
        "bgcolor": c.surface,
        "bordercolor": c.line,
        "font": {"family": FONT, "size": 12.5, "color": c.ink},
    }
    spikes = {"spikecolor": c.muted, "spikethickness": 1, "spikedash": "dot", "spikemode": "across"}
    solid = {
        "line": {"color": c.inflow, "width": 2.25},
        "fillcolor": c.area,
        "marker": {"color": c.inflow, "size": 7},
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 12.5, "color": c.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(c.series),
            "margin": {"l": 4, "r": 4, "t": 8, "b": 4, "pad": 4},
            "autosize": True,
            "dragmode": False,
            "bargap": 0.42,
            "barcornerradius": 4,
            "hoverlabel": hover,
            "legend": {
                "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": c.muted, "size": 12},
                "itemclick": False, "itemdoubleclick": False,
            },
            "xaxis": axis | spikes | {"showgrid": False},
            "yaxis": axis | {"nticks": 6},
        },
        "data": {
            "scatter": [solid, {"line": {"color": c.inflow, "width": 2}}],
            "bar": [{"marker": {"color": c.inflow}}, {"marker": {"color": c.outflow}}],
            "pie": [{"marker": {"line": {"color": c.surface, "width": 2}}}],
        },
    }  # fmt: skip
