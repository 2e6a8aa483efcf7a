"""The dialogs of a budget: move money, cover, a line's rollover and template, add a category."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.state.budget_dialogs import BudgetDialogState

State: Item = BudgetDialogState
_TEMPLATES = (
    ("", "None"),
    ("fixed", "A fixed amount"),
    ("average", "Average of what was spent"),
    ("last_year", "What it was a year before"),
    ("income", "A share of the income"),
    ("by_date", "An amount by a date"),
)
_PICKS: ListVar = State.picks
_STEPS: ListVar = State.steps


def budget_dialogs() -> rx.Component:
    """Hold the dialog that is open, if any."""
    return ui.dialog(
        rx.match(
            State.dialog,
            ("move", _move()),
            ("cover", _cover()),
            ("line", _line()),
            ("add", _add()),
            ("steps", _steps()),
            rx.fragment(),
        ),
        identity="budget-dialog",
        title=State.title,
        open=State.dialog != "",
        on_close=State.dismiss,
    )


def _move() -> rx.Component:
    return _form(
        "move",
        ui.select_field("source", "From", _PICKS, default_value=State.source, error=_error("source")),
        ui.select_field("target", "To", _PICKS, default_value=State.target, error=_error("target")),
        ui.money_input(
            "amount", "Amount", currency=State.currency, default_value=State.amount, error=_error("amount")
        ),
        ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Move", busy=State.busy)),
        on_submit=State.submit_move,
    )


def _cover() -> rx.Component:
    return _form(
        "cover",
        rx.el.p(ui.private(State.words)),
        rx.cond(
            _PICKS.length() > 0,
            ui.select_field("source", "Take it from", _PICKS, default_value=State.source),
            ui.callout("Nothing is left anywhere to cover it with.", tone="warning"),
        ),
        ui.form_actions(
            ui.button("Cancel", closes=True),
            ui.submit_button("Cover", busy=State.busy, disabled=_PICKS.length() == 0),
        ),
        on_submit=State.submit_cover,
    )


def _line() -> rx.Component:
    return _form(
        "line",
        ui.select_field(
            "rollover",
            "At the end of the period",
            State.rollovers,
            default_value=State.rollover,
            hint="Holds from this period on; earlier ones stay as they were.",
            error=_error("rollover"),
        ),
        ui.select_field(
            "template",
            "Template",
            _TEMPLATES,
            default_value=State.template,
            on_change=State.choose_template,
            hint="What it gets when templates are applied.",
            optional=True,
        ),
        rx.match(
            State.template,
            ("fixed", _amount()),
            (
                "average",
                ui.text_field(
                    "periods",
                    "How many periods",
                    default_value=State.template_count,
                    input_mode="numeric",
                    error=_error("periods"),
                ),
            ),
            (
                "income",
                ui.text_field(
                    "percent",
                    "Percent of the income",
                    default_value=State.template_percent,
                    input_mode="decimal",
                    error=_error("percent"),
                ),
            ),
            (
                "by_date",
                rx.fragment(
                    _amount(),
                    ui.date_field("by", "By", default_value=State.template_by, error=_error("by")),
                ),
            ),
            rx.fragment(),
        ),
        ui.form_actions(
            ui.button("Take out of the budget", icon_name="trash-2", variant="quiet", on_click=State.remove),
            ui.button("Cancel", closes=True),
            ui.submit_button("Save", busy=State.busy),
        ),
        on_submit=State.submit_line,
    )


def _amount() -> rx.Component:
    return ui.money_input(
        "amount",
        "Amount",
        currency=State.currency,
        default_value=State.template_amount,
        error=_error("amount"),
    )


def _add() -> rx.Component:
    return _form(
        "add",
        ui.select_field(
            "category",
            "Category",
            State.categories,
            hint="A category of the top level stands for its sub-categories, too.",
            error=_error("category"),
        ),
        ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Add", busy=State.busy)),
        on_submit=State.submit_add,
    )


def _steps() -> rx.Component:
    return rx.cond(
        _STEPS.length() > 0,
        ui.item_list(rx.foreach(_STEPS, _step), label="Changes, the latest first"),
        ui.empty_state("history", "Nothing was changed yet", "What you plan, move and cover is listed here."),
    )


def _step(step: Item) -> rx.Component:
    return ui.list_row(
        ui.private(step.what),
        subtitle=step.when,
        end=rx.cond(
            step.undone,
            ui.badge("Undone"),
            ui.button(
                "Undo",
                small=True,
                variant="quiet",
                on_click=State.undo_step(step.id),
                aria_label="Undo: " + step.what,
            ),
        ),
    )


def _form(name: str, *parts: rx.Component, on_submit: rx.EventHandler) -> rx.Component:
    return ui.form(
        *parts,
        on_submit=on_submit,
        number=State.form_key,
        error=State.form_error,
        key=f"{name}-" + State.form_key.to_string(),
    )


def _error(field: str) -> rx.Var[str]:
    return State.form_errors.get(field, "")
