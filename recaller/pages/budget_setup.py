"""The dialogs that make a budget and change one."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.state.budget_setup import PAY_WAYS, PERIODS, BudgetSetupState

State: Item = BudgetSetupState
_KINDS = [("limit", "Limits"), ("envelope", "Envelopes")]
_LINES: ListVar = State.lines
_ACCOUNTS: ListVar = State.accounts


def new_budget_dialog() -> rx.Component:
    """Ask for everything that a budget needs, with a proposal for each line."""
    return ui.dialog(
        rx.cond(State.shown, _new_form()),
        identity="new-budget",
        title="New budget",
        description=rx.cond(
            State.proposed,
            "Start from what the last months came to; everything can be changed later but the periods.",
            "Everything can be changed later but the periods.",
        ),
        open=State.shown,
        on_close=State.dismiss,
        shape="wide",
    )


def _new_form() -> rx.Component:
    return ui.form(
        ui.segmented(_KINDS, State.kind, State.choose_kind, label="Kind of budget"),
        rx.el.p(
            rx.cond(
                State.kind == "envelope",
                "Envelopes: the money that you have is shared out before it is spent. What is not in an envelope "
                "is unassigned.",
                "Limits: say how much may be spent on a category in each period, and be told when it gets close.",
            ),
            class_name="rc-muted rc-small",
        ),
        ui.field_group(
            ui.text_field("name", "Name", placeholder="Household", error=_error("name"), auto_complete="off"),
            ui.text_field(
                "percents",
                "Alert at percent",
                default_value=State.percents,
                error=_error("alert_percents"),
                hint="Everybody who sees the budget is told once each.",
            ),
        ),
        ui.field_group(
            ui.select_field(
                "period", "Period", PERIODS, default_value=State.period, on_change=State.choose_period
            ),
            ui.date_field(
                "anchor",
                rx.cond(State.period == "pay_cycle", "A pay day", "First day"),
                default_value=State.anchor,
                error=_error("anchor"),
                hint="Periods begin on this day of the week or month.",
            ),
        ),
        rx.cond(State.period == "pay_cycle", _pay()),
        _lines(),
        rx.cond(State.kind == "envelope", _accounts("Money in these accounts")),
        ui.checkbox("private", "Only for me", hint="Counts my private accounts, and nobody else sees it."),
        ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Create budget", busy=State.busy)),
        on_submit=State.submit,
        number=State.form_key,
        error=State.form_error,
        key="new-" + State.form_key.to_string(),
    )


def _pay() -> rx.Component:
    return ui.field_group(
        ui.select_field(
            "pay_way", "Pay comes", PAY_WAYS, default_value=State.pay_way, on_change=State.choose_pay_way
        ),
        rx.cond(
            State.pay_way == "every",
            ui.text_field(
                "every_days", "Days", default_value="14", input_mode="numeric", error=_error("every_days")
            ),
            ui.text_field(
                "pay_days",
                "Days of the month",
                default_value="15, 31",
                error=_error("pay_days"),
                hint="31 is the last day of any month.",
            ),
        ),
    )


def _lines() -> rx.Component:
    return ui.stack(
        ui.section_heading(
            "Categories",
            description=rx.cond(
                State.proposed,
                "Proposed from your last three months.",
                "Tick what you want to plan for, and say how much. You can add more later.",
            ),
        ),
        rx.cond(_error("lines") != "", ui.callout(_error("lines"), tone="error"), rx.fragment()),
        ui.choice_list(rx.foreach(_LINES, _line), label="Categories"),
        gap="s2",
    )


def _line(item: Item) -> rx.Component:
    return ui.choice_row(
        ui.checkbox("line-" + item.id, item.name, hint=item.words, default_checked=item.chosen),
        ui.plain_amount(
            "amount-" + item.id, "Amount for " + item.name, default_value=item.amount, currency=State.currency
        ),
    )


def _accounts(title: str) -> rx.Component:
    return ui.stack(
        ui.section_heading(title),
        rx.cond(_error("accounts") != "", ui.callout(_error("accounts"), tone="error"), rx.fragment()),
        ui.choice_list(rx.foreach(_ACCOUNTS, _account), label=title),
        gap="s2",
    )


def _account(item: Item) -> rx.Component:
    return ui.choice_row(ui.checkbox("account-" + item.id, item.name, default_checked=item.chosen))


def settings_dialog() -> rx.Component:
    """Change a budget's name, alerts and accounts, or remove it."""
    return ui.dialog(
        rx.cond(State.settings_shown, _settings_form()),
        identity="budget-settings",
        title="Settings of this budget",
        open=State.settings_shown,
        on_close=State.dismiss,
    )


def _settings_form() -> rx.Component:
    return ui.form(
        ui.text_field("name", "Name", default_value=State.name, error=_error("name"), scope="settings"),
        ui.text_field(
            "percents",
            "Alert at percent",
            default_value=State.percents,
            error=_error("alert_percents"),
            hint="Everybody who sees the budget is told once each in a period.",
            scope="settings",
        ),
        _accounts("Accounts that count"),
        ui.form_actions(
            ui.button("Remove budget", icon_name="trash-2", variant="quiet", on_click=State.remove),
            ui.button("Cancel", closes=True),
            ui.submit_button("Save", busy=State.busy),
        ),
        on_submit=State.submit_settings,
        number=State.form_key,
        error=State.form_error,
        key="settings-" + State.form_key.to_string(),
    )


def _error(field: str) -> rx.Var[str]:
    return State.form_errors.get(field, "")
