"""The transactions page: search, filters, a keyboard-driven table, bulk changes, and the editor."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.frame import framed
from recaller.pages.transaction_editor import new_button, transaction_editor
from recaller.pages.transaction_filters import FILTERS_ID, filter_panel
from recaller.pages.transaction_selection import bulk_dialogs, selection_actions
from recaller.state.transaction_editor import TransactionEditorState as Editor
from recaller.state.transactions import TransactionsState

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = TransactionsState

COLUMNS = (
    ui.Column("date", "Date", sortable=True, tight=True),
    ui.Column("payee", "Payee", sortable=True),
    ui.Column("account", "Account"),
    ui.Column("category", "Category"),
    ui.Column("amount", "Amount", align="end", sortable=True, tight=True),
)
SHORTCUTS = (
    (("n",), "Add a transaction"),
    (("c",), "Categorise the selection"),
    (("p",), "Set the payee of the selection"),
    (("t",), "Tag the selection"),
    (("m",), "Merge two selected entries as a transfer"),
    (("r",), "Make a rule from the selection"),
    (("d",), "Delete the selection"),
    (("Ctrl", "Enter"), "Save in the editor"),
)


def transactions_page() -> rx.Component:
    """Draw the page; the state holds one page of rows."""
    return framed(
        ui.card(
            _toolbar(),
            _chips(),
            _totals(),
            ui.data_table(
                COLUMNS,
                State.rows,
                _row,
                label="Transactions",
                empty=_empty(),
                loading=State.loading,
                sort=State.sort,
                on_sort=State.sort_by,
                select_all=ui.select_box(
                    State.all_selected,
                    State.toggle_all,
                    "Select all rows of this page",
                    some=(State.selected.length() > 0) & ~State.all_selected,
                    data_shortcut="mod+a",
                ),
            ),
            rx.cond(
                State.has_newer | State.has_older,
                ui.pager(
                    has_newer=State.has_newer,
                    has_older=State.has_older,
                    on_newer=State.newer,
                    on_older=State.older,
                ),
            ),
            flush=True,
        ),
        selection_actions(),
        bulk_dialogs(),
        filter_panel(),
        transaction_editor(),
        active="transactions",
        title="Transactions",
        actions=[
            ui.button("Export", icon_name="download", on_click=State.export),
            new_button(),
        ],
        shortcuts=SHORTCUTS,
        on_add=Editor.open_new(""),
        width="wide",
    )


def _toolbar() -> rx.Component:
    return ui.toolbar(
        ui.search_input("Search transactions", value=State.search_text, on_change=State.search),
        ui.button("Filters", icon_name="sliders-horizontal", opens=FILTERS_ID, shortcut="f"),
        ui.chip("Uncategorised", pressed=State.only_uncategorised, on_click=State.toggle_uncategorised),
        rx.cond(
            State.can_undo,
            ui.button("Undo", icon_name="undo-2", variant="quiet", on_click=State.undo(""), shortcut="mod+z"),
        ),
    )


def _chips() -> rx.Component:
    return rx.cond(
        State.chips.length() > 0,
        ui.toolbar(
            ui.chips(
                rx.foreach(
                    State.chips,
                    lambda chip: ui.filter_chip(chip.label, on_remove=State.remove_filter(chip.key)),
                ),
                label="Active filters",
            ),
            ui.button("Clear all", small=True, variant="quiet", on_click=State.clear_filters),
        ),
    )


def _totals() -> rx.Component:
    return rx.cond(
        State.totals.length() > 0,
        ui.toolbar(rx.foreach(State.totals, _total)),
    )


def _total(total: Item) -> rx.Component:
    return ui.row(
        rx.el.span(total.count, class_name="rc-muted rc-small"),
        ui.money(total.net, total.tone, strong=True),
        rx.el.span(
            ui.private(total.inflow, " in · ", total.outflow, " out"), class_name="rc-muted rc-small rc-num"
        ),
    )


def _row(item: Item) -> rx.Component:
    return ui.table_row(
        ui.select_cell(
            State.selected.contains(item.id),
            State.toggle(item.id),
            "Select " + item.payee + ", " + item.amount,
        ),
        ui.cell(item.date, place="side", tight=True),
        ui.cell(
            ui.row(
                ui.open_link(item.payee, on_click=Editor.open_transaction(item.id)),
                rx.cond(item.imported, ui.mark("file-down", "Imported")),
                rx.cond(item.recurring, ui.mark("repeat", "Recurring")),
                rx.cond(item.private, ui.mark("lock", "Private")),
                gap="s2",
            ),
            ui.row(_badges(item), _details(item), gap="s2"),
            _parts(item),
            place="title",
        ),
        ui.cell(item.account, place="line"),
        ui.cell(_category(item), place="line"),
        ui.money_cell(item.amount, item.tone),
        row_id=item.id,
        selected=State.selected.contains(item.id),
        pending=item.pending,
    )


def _details(item: Item) -> rx.Component:
    return rx.fragment(
        rx.cond(item.note != "", rx.el.span(item.note, class_name="rc-td__sub")),
        rx.foreach(item.tags, lambda tag: ui.badge("#" + tag, "info")),
    )


def _badges(item: Item) -> rx.Component:
    return rx.fragment(
        rx.cond(item.pending, ui.badge("Pending", "warning", "clock")),
        rx.cond(
            item.split,
            ui.button(
                rx.cond(State.expanded.contains(item.id), "Hide lines", "Show lines"),
                small=True,
                variant="quiet",
                icon_name="split",
                on_click=State.toggle_parts(item.id),
                aria_expanded=rx.cond(State.expanded.contains(item.id), "true", "false"),
            ),
        ),
    )


def _parts(item: Item) -> rx.Component:
    return rx.cond(
        State.expanded.contains(item.id),
        ui.item_list(
            rx.foreach(
                item.parts,
                lambda part: ui.list_row(part.name, subtitle=part.memo, end=ui.money(part.amount)),
            ),
            label="Lines of the split",
        ),
    )


def _category(item: Item) -> rx.Component:
    shown = rx.cond(
        item.simple,
        ui.cell_button(
            rx.cond(item.uncategorised, ui.badge("Uncategorised", "warning", "circle-help"), item.category),
            on_click=State.start_quick(item.id),
            label=item.category + ": change the category of " + item.payee,
        ),
        rx.el.span(item.category, class_name="rc-muted"),
    )
    picker = ui.combobox_control(
        "quick_category",
        State.categories,
        identity="quick-category",
        default_value=item.category_id,
        default_label=rx.cond(item.uncategorised, "", item.category),
        placeholder="Choose a category",
        on_choose=lambda value: State.quick_categorise(item.id, value),
        attributes={"aria_label": "Category of " + item.payee, "data_combo_open": "true"},
    )
    return rx.cond(State.quick_id == item.id, picker, shown)


def _empty() -> rx.Component:
    return rx.cond(
        State.failure != "",
        ui.error_state(
            "This search makes no sense",
            State.failure,
            ui.button("Clear filters", variant="primary", on_click=State.clear_filters),
        ),
        rx.cond(
            State.filtered,
            ui.empty_state(
                "search-x",
                "Nothing matches",
                "No transaction has all that is asked for.",
                ui.button("Clear filters", on_click=State.clear_filters),
            ),
            ui.empty_state(
                "arrow-left-right",
                "No transactions yet",
                "Import a file from your bank, or add one by hand. An account is needed first.",
                ui.button("Import a file", icon_name="file-up", variant="primary", href="/import"),
                ui.button("Accounts", icon_name="landmark", href="/accounts"),
            ),
        ),
    )
