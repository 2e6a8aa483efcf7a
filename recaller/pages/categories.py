"""The categories page: what came in and what was spent, as trees that drill down to the transactions."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.frame import framed
from recaller.state.categories import CategoriesState

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = CategoriesState


def _columns(kind: str) -> tuple[ui.Column, ...]:
    return (
        ui.Column("name", "Category"),
        ui.Column("month", "This month", align="end", tight=True),
        ui.Column("year", "12 months", align="end", tight=True),
        ui.Column("edit", f"Edit {kind} category", align="end", tight=True, hidden_label=True),
    )


def categories_page() -> rx.Component:
    """Draw both trees."""
    return framed(
        ui.stack(
            _tree("expense", "Spending", State.expense, State.expense_month, State.expense_year),
            _tree("income", "Income", State.income, State.income_month, State.income_year),
            gap="s5",
        ),
        _dialog(),
        active="categories",
        title="Categories",
        actions=[
            rx.cond(
                State.hidden_count > 0,
                ui.chip("Hidden categories", pressed=State.show_hidden, on_click=State.toggle_hidden),
            ),
            ui.button(
                "Add category",
                icon_name="plus",
                variant="primary",
                on_click=State.open_new("expense"),
                shortcut="n",
            ),
        ],
        shortcuts=((("n",), "Add a category"),),
    )


def _tree(kind: str, title: str, rows: Any, month: rx.Var[str], year: rx.Var[str]) -> rx.Component:
    return ui.card(
        ui.data_table(
            _columns(kind),
            rows,
            _row,
            label=title,
            loading=State.loading,
            empty=ui.empty_state(
                "tags",
                "No categories",
                "Add one to sort transactions by it.",
                ui.button("Add category", on_click=State.open_new(kind)),
            ),
        ),
        title=title,
        subtitle=State.month_label,
        actions=ui.row(
            ui.money(month, strong=True),
            rx.el.span(ui.money(year, "muted"), " in 12 months", class_name="rc-muted rc-small"),
        ),
        flush=True,
    )


def _row(item: Item) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.row(
                rx.cond(item.child, ui.icon("corner-down-right", 15, "rc-muted")),
                rx.cond(
                    item.system,
                    ui.link(item.name, href=item.year_href, class_name="rc-td__main"),
                    ui.open_link(item.name, on_click=State.open_category(item.id)),
                ),
                rx.cond(item.hidden, ui.badge("Hidden", "neutral", "eye-off")),
                gap="s2",
            ),
            place="title",
        ),
        ui.cell(
            ui.link(ui.money(item.month, item.month_tone), href=item.month_href, class_name="rc-td__main"),
            align="end",
            place="amount",
            tight=True,
        ),
        ui.cell(
            ui.link(
                ui.money(item.year, item.year_tone),
                rx.el.span(" in 12 months", class_name="rc-narrow rc-muted"),
                href=item.year_href,
                class_name="rc-td__main",
            ),
            align="end",
            place="side",
            tight=True,
        ),
        ui.actions_cell(
            rx.cond(
                item.system,
                rx.fragment(),
                ui.icon_button(
                    "pencil", "Edit " + item.name, small=True, on_click=State.open_category(item.id)
                ),
            )
        ),
        row_id=item.id,
    )


def _dialog() -> rx.Component:
    return ui.dialog(
        rx.cond(State.shown, _form()),
        identity="category-dialog",
        title=State.title,
        open=State.shown,
        on_close=State.dismiss,
    )


def _form() -> rx.Component:
    return ui.form(
        rx.cond(
            State.is_new,
            ui.segmented(
                [("expense", "Spending"), ("income", "Income")], State.kind, State.choose_kind, label="Side"
            ),
        ),
        ui.text_field("name", "Name", default_value=State.name, error=_error("name"), auto_complete="off"),
        ui.select_field(
            "parent",
            "Belongs to",
            State.parents,
            placeholder="Top level",
            default_value=State.parent_id,
            error=_error("parent"),
            optional=True,
        ),
        rx.cond(~State.is_new, _ending()),
        ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Save", busy=State.busy)),
        on_submit=State.submit,
        number=State.form_key,
        error=State.form_error,
        key=State.form_key.to_string(),
    )


def _ending() -> rx.Component:
    return ui.callout(
        "A hidden category is left out of the pickers and keeps its transactions. "
        "One that was never used can be deleted.",
        action=ui.row(
            ui.button(
                rx.cond(State.is_hidden, "Show again", "Hide"), small=True, on_click=State.hide_or_show
            ),
            ui.button("Delete", small=True, icon_name="trash-2", on_click=State.delete),
        ),
    )


def _error(field: str) -> rx.Var[str]:
    return State.form_errors.get(field, "")
