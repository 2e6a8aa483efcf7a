"""The drawer that makes and changes a recurring transaction; a page that shows some draws it once."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.entry_fields import amount_field, entry_fields, error_of, form_problem, note_and_tags
from recaller.state.recurring_editor import RecurringEditorState

FORM_ID = "recurring-form"
Editor: Any = RecurringEditorState


def recurring_editor() -> rx.Component:
    """Draw the editor; open it with `Editor.open_new("expense")` or `Editor.open_recurring(id)`."""
    return ui.drawer(
        rx.cond(Editor.shown, _form()),
        identity="recurring-editor",
        title=Editor.title,
        open=Editor.shown,
        on_close=Editor.close,
        footer=rx.cond(
            Editor.shown,
            rx.fragment(
                ui.button("Cancel", on_click=Editor.close),
                ui.submit_button("Save", busy=Editor.busy, form=FORM_ID),
            ),
        ),
        static=True,
    )


def new_recurring_button() -> rx.Component:
    """Draw the button that opens an empty editor; n presses it."""
    return ui.button(
        "Add recurring",
        icon_name="plus",
        variant="primary",
        on_click=Editor.open_new("expense"),
        shortcut="n",
    )


def _form() -> rx.Component:
    return ui.form(
        form_problem(Editor),
        rx.cond(
            Editor.accounts.length() == 0,
            ui.callout(
                "You have no account yet that it could be paid from.",
                action=ui.link("Add an account", href="/accounts"),
            ),
        ),
        rx.cond(Editor.from_here, _from_here()),
        ui.segmented(
            [("expense", "Bill"), ("income", "Income"), ("transfer", "Transfer")],
            Editor.kind,
            Editor.choose_kind,
            label="Kind of recurring transaction",
        ),
        ui.text_field(
            "name",
            "Name",
            default_value=Editor.plan.name,
            error=_error("name"),
            placeholder="Rent",
            hint="Without one it is called like its payee.",
            optional=True,
            auto_complete="off",
            data_autofocus="true",
            max_length=100,
        ),
        _amount(),
        entry_fields(Editor, arrives="enter what usually arrives."),
        rx.el.h3("When"),
        ui.recurrence_editor(
            Editor.pattern,
            Editor.weekdays,
            on_change=Editor.change_pattern,
            on_weekday=Editor.toggle_weekday,
            summary=Editor.summary,
            dates=Editor.dates,
            problem=Editor.problem,
            error=_error,
        ),
        rx.cond(Editor.past_words != "", ui.callout(Editor.past_words, tone="warning")),
        rx.el.h3("How"),
        _handling(),
        rx.el.h3("More"),
        note_and_tags(Editor),
        on_submit=Editor.submit,
        number=Editor.form_key,
        key=Editor.form_key.to_string(),
        custom_attrs={"id": FORM_ID},
    )


def _from_here() -> rx.Component:
    return ui.date_field(
        "from_on",
        "Change from",
        default_value=Editor.from_on,
        error=_error("from_on"),
        hint="Dates before it stay as they are.",
    )


def _amount() -> rx.Component:
    return rx.fragment(
        ui.field_group(
            amount_field(Editor),
            ui.select_field(
                "amount_kind",
                "The amount is",
                (("fixed", "Always the same"), ("estimated", "An estimate")),
                value=Editor.amount_kind,
                on_change=Editor.choose_option("amount_kind"),
            ),
        ),
        rx.cond(
            Editor.amount_kind == "estimated",
            ui.field_group(
                ui.text_field(
                    "percent",
                    "May differ by percent",
                    default_value=Editor.plan.percent,
                    error=_error("percent"),
                    input_mode="numeric",
                    optional=True,
                    auto_complete="off",
                ),
                ui.money_input(
                    "tolerance",
                    "or by an amount",
                    currency=Editor.currency,
                    hint="Whichever allows more.",
                    default_value=Editor.plan.tolerance,
                    error=_error("tolerance"),
                    optional=True,
                ),
            ),
        ),
    )


def _handling() -> rx.Component:
    return rx.fragment(
        ui.select_field(
            "mode",
            "When it is due",
            (("auto", "Post it by itself"), ("confirm", "Ask me to confirm first")),
            value=Editor.mode,
            on_change=Editor.choose_option("mode"),
        ),
        ui.field_group(
            ui.select_field(
                "reminders",
                "Reminders",
                (("own", "As in each member's settings"), ("days", "Some days before"), ("none", "None")),
                value=Editor.reminders,
                on_change=Editor.choose_option("reminders"),
            ),
            rx.cond(
                Editor.reminders == "days",
                ui.text_field(
                    "lead_days",
                    "Days before",
                    default_value=Editor.plan.lead_days,
                    error=_error("lead_days"),
                    hint="Such as 7, 1, 0 (0 is the day itself).",
                    auto_complete="off",
                ),
            ),
        ),
    )


def _error(field: str) -> Any:
    return error_of(Editor, field)
