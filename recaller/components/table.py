"""Tables: sticky and sortable head, selection, keyboard rows, cards on phones, keyset pager."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from recaller.components.base import (
    Flag,
    Handler,
    Item,
    ListVar,
    Node,
    Text,
    ValueHandler,
    classes,
    icon,
    link,
    screen_reader_only,
    spoken,
    when,
)
from recaller.components.button import button, icon_button
from recaller.components.feedback import skeleton_rows
from recaller.components.money import MoneyTone, money

CardPlace = Literal["title", "amount", "side", "lead", "line", "hide"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` names it for sorting, `hidden_label` keeps the heading for screen readers only."""

    key: str
    label: str
    align: Literal["start", "end"] = "start"
    sortable: bool = False
    tight: bool = False
    hidden_label: bool = False


def data_table(
    columns: Sequence[Column],
    rows: ListVar,
    row: Callable[[Item], rx.Component],
    *,
    label: Text,
    empty: Node,
    loading: Flag = False,
    sort: Text = "",
    on_sort: ValueHandler | None = None,
    select_all: Node | None = None,
    footer: Node | None = None,
) -> rx.Component:
    """Draw rows of a state var, the empty part when there are none, a skeleton on the first load.

    `sort` is a column's key, with "-" in front for descending; `on_sort` is called with the key. `row` is a
    named function that returns `table_row(...)`; `select_all` is `select_box(...)` for the head.

    ```
    def transaction_row(item):
        return table_row(
            select_cell(item.selected, State.toggle(item.id), "Select " + item.payee),
            cell(item.date_text, place="line"),
            cell(open_link(item.payee, on_click=State.open(item.id)), place="title"),
            money_cell(item.amount_text, item.tone),
            row_id=item.id, selected=item.selected,
        )

    data_table(COLUMNS, State.rows, transaction_row, label="Transactions", empty=empty_state(...),
               loading=State.loading, sort=State.sort, on_sort=State.sort_by)
    ```
    """
    heads = [_head(column, sort, on_sort) for column in columns]
    if select_all is not None:
        heads.insert(
            0, rx.el.th(select_all, scope="col", role="columnheader", class_name="rc-th rc-th--tight")
        )
    foot = [rx.el.tfoot(footer, class_name="rc-tfoot")] if footer is not None else []
    table = rx.el.div(
        rx.el.table(
            rx.el.caption(label, class_name="rc-sr"),
            rx.el.thead(rx.el.tr(*heads, role="row"), role="rowgroup"),
            rx.el.tbody(rx.foreach(rows, row), role="rowgroup"),
            *foot,
            # Said again because a table drawn as cards would lose its roles in some browsers.
            role="table",
            class_name="rc-table rc-table--cards",
            aria_busy=spoken(loading),
        ),
        class_name="rc-table-wrap",
    )
    return rx.cond(rows.length() > 0, table, when(loading, skeleton_rows(), empty))


def table_row(
    *cells: Node, row_id: Text, selected: Flag | None = None, pending: Flag = False, **props: Any
) -> rx.Component:
    """Draw a row that j / k reach, x or Space selects (see `select_cell`) and Enter opens (see `open_link`)."""
    muted = (
        rx.cond(pending, "rc-tr--pending", "") if isinstance(pending, rx.Var) else "rc-tr--pending" * pending
    )
    marks: dict[str, Any] = {} if selected is None else {"data_selected": selected}
    return rx.el.tr(
        *cells,
        role="row",
        data_row=row_id,
        tab_index=-1,
        class_name=classes("rc-tr", muted),
        **marks,
        **props,
    )


def cell(
    *content: Node, align: Literal["start", "end"] = "start", place: CardPlace = "line", tight: bool = False
) -> rx.Component:
    """Draw a cell; `place` says where it stands when the row becomes a card on a phone."""
    names = classes("rc-td", "rc-td--end" if align == "end" else "", "rc-td--tight" if tight else "")
    return rx.el.td(*content, role="cell", class_name=names, data_card=place)


def money_cell(amount_text: Text, tone: MoneyTone | Text = "neutral", strong: bool = False) -> rx.Component:
    """Draw an amount cell: right-aligned tabular figures, at the card's right edge on phones."""
    return cell(money(amount_text, tone, strong), align="end", place="amount", tight=True)


def balance_cell(amount_text: Text, tone: MoneyTone | Text = "muted") -> rx.Component:
    """Draw a running balance: under the amount on phones."""
    return cell(money(amount_text, tone), align="end", place="side", tight=True)


def actions_cell(*buttons: Node) -> rx.Component:
    """Hold a row's own buttons, seen on hover, focus or touch."""
    return cell(rx.el.div(*buttons, class_name="rc-td__actions"), align="end", place="hide", tight=True)


def select_box(
    checked: Flag, on_change: Handler, label: Text, *, some: Flag = False, **props: Any
) -> rx.Component:
    """Draw a bare selection checkbox; `some` shows the in-between state of a heading's box."""
    return rx.el.input(
        type="checkbox",
        checked=checked,
        on_change=on_change,
        aria_label=label,
        data_indeterminate=spoken(some),
        class_name="rc-check__box",
        **props,
    )


def select_cell(checked: Flag, on_change: Handler, label: Text) -> rx.Component:
    """Hold a row's selection checkbox; Shift selects the range since the last one."""
    return cell(select_box(checked, on_change, label, data_row_select="true"), place="lead", tight=True)


def open_link(text: Node, *, on_click: Handler | None = None, href: Text | None = None) -> rx.Component:
    """Draw the part of a row that opens it: pressed by Enter on the row and by a click anywhere in it."""
    if href is not None:
        return link(text, href=href, class_name="rc-td__main", data_row_open="true")
    return rx.el.button(
        text, type="button", on_click=on_click, class_name="rc-td__main", data_row_open="true"
    )


def cell_button(text: Node, *, on_click: Handler, label: Text) -> rx.Component:
    """Draw a cell's text as what it is, with a hint on hover that a click changes it in place."""
    return rx.el.button(text, type="button", on_click=on_click, aria_label=label, class_name="rc-td__edit")


def group_row(*content: Node, span: int) -> rx.Component:
    """Draw a heading row inside a table, such as a date."""
    return rx.el.tr(
        rx.el.td(*content, role="cell", col_span=span, class_name="rc-td"), role="row", class_name="rc-group"
    )


def toolbar(*content: Node) -> rx.Component:
    """Hold search, filters and view controls above a table, inside its card."""
    return rx.el.div(*content, class_name="rc-toolbar")


def selection_bar(text: Node, *actions: Node, shown: Flag, on_clear: Handler) -> rx.Component:
    """Float over the page while rows are selected: how many, their total, what can be done; Esc clears.

    `selection_bar("3 selected · −41.20 EUR", button("Categorise", shortcut="c", ...), shown=..., on_clear=...)`
    """
    bar = rx.el.div(
        rx.el.strong(text, class_name="rc-num", aria_live="polite"),
        *actions,
        icon_button("x", "Clear selection", on_click=on_clear, shortcut="escape", small=True),
        role="region",
        aria_label="Selection",
        class_name="rc-selection",
    )
    return when(shown, bar)


def pager(
    *,
    has_newer: Flag,
    has_older: Flag,
    on_newer: Handler,
    on_older: Handler,
    summary: Node = "",
    labels: tuple[str, str] = ("Newer", "Older"),
) -> rx.Component:
    """Step through keyset pages: newer and older, with what is shown in between; `labels` for another order."""
    return rx.el.nav(
        button(labels[0], icon_name="chevron-left", small=True, on_click=on_newer, disabled=_not(has_newer)),
        rx.el.span(summary, class_name="rc-num", aria_live="polite"),
        button(
            rx.fragment(labels[1], icon("chevron-right", 16)),
            small=True,
            on_click=on_older,
            disabled=_not(has_older),
        ),
        aria_label="Pages",
        class_name="rc-pager",
    )


def density_toggle() -> rx.Component:
    """Switch between comfortable and compact rows; kept in this browser."""
    return icon_button("rows-3", "Compact rows", data_pref="density", small=True)


def _not(flag: Flag) -> Flag:
    return ~flag if isinstance(flag, rx.Var) else not flag


def _head(column: Column, sort: Text, on_sort: ValueHandler | None) -> rx.Component:
    names = classes(
        "rc-th", "rc-th--end" if column.align == "end" else "", "rc-th--tight" if column.tight else ""
    )
    if column.hidden_label:
        return rx.el.th(screen_reader_only(column.label), scope="col", role="columnheader", class_name=names)
    if not column.sortable or on_sort is None:
        return rx.el.th(column.label, scope="col", role="columnheader", class_name=names)
    if isinstance(sort, rx.Var):
        order: Any = rx.cond(
            sort == column.key, "ascending", rx.cond(sort == f"-{column.key}", "descending", "none")
        )
    else:
        order = {column.key: "ascending", "-" + column.key: "descending"}.get(sort, "none")
    control = rx.el.button(
        column.label,
        icon("arrow-down", 14),
        type="button",
        on_click=on_sort(column.key),
        class_name="rc-sort",
    )
    return rx.el.th(control, scope="col", role="columnheader", aria_sort=order, class_name=names)
