"""The dialog for one account; the accounts page and the register draw it once."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.domain.account_kinds import SUBTYPES
from recaller.state.accounts import AccountsState
from recaller.state.region import common_currencies

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = AccountsState


def account_dialog() -> rx.Component:
    """Draw the dialog; open it with `AccountsState.open_new` or `AccountsState.open_account(id)`."""
    return ui.dialog(
        rx.cond(State.shown, _form()),
        identity="account-dialog",
        title=State.title,
        open=State.shown,
        on_close=State.dismiss,
        shape="wide",
        static=True,
    )


def _form() -> rx.Component:
    return ui.form(
        ui.field_group(
            ui.text_field(
                "name",
                "Name",
                default_value=State.name,
                error=_error("name"),
                placeholder="Everyday account",
                auto_complete="off",
            ),
            ui.select_field(
                "subtype",
                "Kind",
                [(key, label) for key, (_, label) in SUBTYPES.items()],
                default_value=State.subtype,
                error=_error("subtype"),
            ),
        ),
        ui.field_group(
            ui.combobox(
                "currency",
                "Currency",
                list(common_currencies()),
                default_value=State.currency,
                default_label=State.currency,
                free=True,
                hint="Fixed once the account has transactions.",
                error=_error("currency"),
            ),
            ui.text_field(
                "institution",
                "Bank",
                default_value=State.institution,
                error=_error("institution"),
                optional=True,
                auto_complete="off",
            ),
        ),
        ui.field_group(
            ui.money_input(
                "opening_balance",
                "Opening balance",
                currency=State.currency,
                default_value=State.opening,
                hint="What it held before the first transaction here. What you owe is below zero.",
                error=_error("opening_balance"),
                optional=True,
            ),
            ui.date_field(
                "opening_date", "As of", default_value=State.opening_date, error=_error("opening_date")
            ),
        ),
        ui.text_field(
            "number",
            "Account number",
            placeholder=rx.cond(State.number_masked != "", State.number_masked, "IBAN or number"),
            hint=rx.cond(
                State.number_masked != "",
                "Kept encrypted. Leave empty to keep the present one.",
                "Kept encrypted; imports find the account by it.",
            ),
            error=_error("number"),
            optional=True,
            auto_complete="off",
        ),
        ui.textarea_field(
            "note", "Note", default_value=State.note, error=_error("note"), optional=True, rows=2
        ),
        ui.checkbox(
            "private",
            "Private",
            hint="Only you see this account and its transactions, no other member of the household.",
            error=_error("private"),
            default_checked=State.private,
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
        rx.cond(
            State.is_closed,
            "This account is closed: it is left out of lists and keeps its history.",
            "An account that is empty can be closed: it leaves the lists and keeps its history. "
            "One that never had a transaction can be deleted.",
        ),
        action=ui.row(
            ui.button(
                rx.cond(State.is_closed, "Reopen", "Close account"),
                small=True,
                on_click=State.close_or_reopen,
            ),
            ui.button("Delete", small=True, icon_name="trash-2", on_click=State.delete),
        ),
    )


def _error(field: str) -> rx.Var[str]:
    return State.form_errors.get(field, "")
