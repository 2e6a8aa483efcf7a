"""Charts on a page: Plotly's small distribution, loaded only there, themed, with a table alternative."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.style import resolved_color_mode
from reflex_components_plotly.plotly import PlotlyBasic  # type: ignore[import-untyped]

from recaller.components.base import (
    Item,
    ListVar,
    Node,
    Text,
    ValueHandler,
    classes,
    icon,
    joined,
    link,
    when,
)
from recaller.components.chart_theme import chart_layout

_CONFIG = {
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}


def _clicked_key(event: rx.Var[Any]) -> tuple[rx.Var[str]]:
    return (rx.Var(_js_expr=f"String({event}?.points?.[0]?.customdata ?? '')", _var_type=str),)


class PointChart(PlotlyBasic):  # type: ignore[misc]
    """Plotly's basic distribution, whose click hands over the key of the point instead of its geometry."""

    data: rx.Var[dict[str, Any]]
    template: rx.Var[dict[str, Any]]
    on_click: rx.EventHandler[_clicked_key]  # type: ignore[type-arg, valid-type]


def chart(
    figure: Item,
    *,
    title: Text,
    description: Text,
    on_point: ValueHandler | None = None,
    table: Node | None = None,
    height: str = "17rem",
) -> rx.Component:
    """Draw a figure made by `recaller.core.figures`.

    `title` and `description` say to assistive technology what is seen ("Net worth", "Rose from ... to ...");
    `on_point` is called with the `key` of the point clicked, and should go to its transactions; `table` is
    `chart_table(...)`, the same figures as text. The height is fixed, so that nothing moves on arrival.

    `chart(State.cash_flow, title="Cash flow", description=State.summary, on_point=State.open_month,
           table=chart_table(["Month", "In", "Out"], State.cash_flow_rows))`
    """
    events: dict[str, Any] = {} if on_point is None else {"on_click": on_point}
    template = rx.cond(resolved_color_mode == "dark", chart_layout(dark=True), chart_layout(dark=False))
    plot = PointChart.create(
        data=figure,
        template=template,
        config=rx.Var.create(_CONFIG),
        style={"width": "100%", "height": "100%"},
        **events,
    )
    return rx.el.figure(
        rx.el.div(
            rx.el.span(class_name="rc-skeleton", aria_hidden="true"),
            plot,
            role="img",
            aria_label=joined(title, ". ", description),
            class_name="rc-chart__plot",
            style={"--height": height},
        ),
        table if table is not None else rx.fragment(),
        class_name="rc-chart",
    )


def chart_table(headings: list[str], rows: ListVar, *, label: str = "Show as table") -> rx.Component:
    """Draw a chart's figures as a table that opens on demand.

    `rows` is a Var of objects with `cells` (texts, first the name) and `href` (where the row drills down, or "").
    """

    def row(item: Item) -> rx.Component:
        return rx.el.tr(
            rx.foreach(item.cells, lambda text, index: _cell(text, index, item.href)), class_name="rc-tr"
        )

    heads = [
        rx.el.th(text, scope="col", class_name=classes("rc-th", "rc-th--end" if index else ""))
        for index, text in enumerate(headings)
    ]
    table = rx.el.table(
        rx.el.caption(", ".join(headings), class_name="rc-sr"),
        rx.el.thead(rx.el.tr(*heads)),
        rx.el.tbody(rx.foreach(rows, row)),
        class_name="rc-table",
    )
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 15, "rc-caret"), icon("table", 15), label),
        rx.el.div(table, class_name="rc-table-wrap", tab_index=0, role="region", aria_label=label),
        class_name="rc-chart__table",
    )


def _cell(text: rx.Var[Any], index: rx.Var[int], href: rx.Var[str]) -> rx.Component:
    linked = when(href != "", link(text, href=href), rx.fragment(text))
    return rx.cond(
        index == 0,
        rx.el.th(linked, scope="row", class_name="rc-td", style={"text-align": "left", "font-weight": "500"}),
        rx.el.td(text, class_name="rc-td rc-td--end rc-num private"),
    )
