"""What can be done to the selected transactions: the bar that floats over the list, and its small dialogs."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.state.transactions import TransactionsState

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = TransactionsState


def selection_actions() -> rx.Component:
    """Draw the bar; its letters work while rows are selected."""
    return ui.selection_bar(
        State.selection_text,
        ui.button(
            "Categorise", small=True, icon_name="tag", on_click=State.show_bulk("category"), shortcut="c"
        ),
        ui.button("Payee", small=True, icon_name="store", on_click=State.show_bulk("payee"), shortcut="p"),
        ui.button("Tag", small=True, icon_name="hash", on_click=State.show_bulk("tags"), shortcut="t"),
        ui.when(
            State.selected.length() == 2,
            ui.button(
                "Merge as transfer",
                small=True,
                icon_name="merge",
                on_click=State.merge_selected,
                shortcut="m",
            ),
        ),
        ui.button("Make a rule", small=True, icon_name="list-filter", on_click=State.make_rule, shortcut="r"),
        ui.button("Delete", small=True, icon_name="trash-2", on_click=State.delete_selected, shortcut="d"),
        shown=State.selected.length() > 0,
        on_clear=State.clear_selection,
    )


def bulk_dialogs() -> rx.Component:
    """Draw the dialogs that ask for a category, a payee or tags."""
    return rx.fragment(
        _dialog(
            "category",
            "Categorise the selection",
            "Splits and transfers stay as they are.",
            ui.combobox(
                "bulk_category",
                "Category",
                State.categories,
                error=_error("category"),
                placeholder="Type to search",
            ),
            State.categorise_selected,
        ),
        _dialog(
            "payee",
            "Set the payee of the selection",
            "Every selected transaction gets this payee.",
            ui.combobox(
                "bulk_payee",
                "Payee",
                State.payees,
                creates="New payee",
                on_search=State.search_payees,
                error=_error("payee"),
            ),
            State.set_payee_of_selected,
        ),
        _dialog(
            "tags",
            "Tag the selection",
            "The tags are added to those that are there.",
            ui.text_field(
                "bulk_tags",
                "Tags",
                hint="Separate several with commas.",
                error=_error("tags"),
                auto_complete="off",
            ),
            State.tag_selected,
        ),
    )


def _dialog(key: str, title: str, text: str, field: rx.Component, on_submit: rx.EventHandler) -> rx.Component:
    return ui.dialog(
        rx.cond(
            State.bulk_shown == key,
            ui.form(
                field,
                ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Apply")),
                on_submit=on_submit,
            ),
        ),
        identity=f"bulk-{key}",
        title=title,
        description=text,
        open=State.bulk_shown == key,
        on_close=State.show_bulk(""),
    )


def _error(field: str) -> rx.Var[str]:
    return State.bulk_errors.get(field, "")
