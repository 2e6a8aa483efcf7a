"""The drawer for one transaction; a page that lists transactions draws it once."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.recurring_editor import recurring_editor
from recaller.pages.split_lines import split_lines
from recaller.state.recurring_editor import RecurringEditorState
from recaller.state.transaction_editor import TransactionEditorState

FORM_ID = "transaction-form"
# For a type checker the vars of a state are plain values, and lack what Vars can do.
Editor: Any = TransactionEditorState


def transaction_editor() -> rx.Component:
    """Draw the editor; open it with `Editor.open_new(account_id)` or `Editor.open_transaction(id)`."""
    drawer = ui.drawer(
        rx.cond(Editor.shown, rx.cond(Editor.read_only != "", _read_only(), _form())),
        identity="transaction-editor",
        title=Editor.title,
        open=Editor.shown,
        on_close=Editor.close,
        footer=rx.cond(Editor.shown, _actions()),
        static=True,
    )
    return rx.fragment(drawer, recurring_editor())


def new_button() -> rx.Component:
    """Draw the button that opens an empty editor; n presses it."""
    return ui.button(
        "Add transaction", icon_name="plus", variant="primary", on_click=Editor.open_new(""), shortcut="n"
    )


def _form() -> rx.Component:
    return ui.form(
        _problem(),
        rx.cond(
            Editor.bank_text != "",
            ui.callout(Editor.bank_text, title=rx.cond(Editor.origin != "", Editor.origin, "From the bank")),
        ),
        rx.cond(
            Editor.foreign != "",
            ui.callout(ui.private(Editor.foreign), title="Paid in another currency"),
        ),
        ui.segmented(
            [("expense", "Expense"), ("income", "Income"), ("transfer", "Transfer")],
            Editor.kind,
            Editor.choose_kind,
            label="Kind of transaction",
        ),
        ui.field_group(_amount(), _date()),
        rx.cond(Editor.kind == "transfer", _transfer(), _entry()),
        ui.text_field(
            "note",
            "Note",
            default_value=Editor.note,
            error=_error("note"),
            optional=True,
            auto_complete="off",
        ),
        ui.text_field(
            "tags",
            "Tags",
            default_value=Editor.tags,
            error=_error("tags"),
            hint="Separate several with commas.",
            optional=True,
            auto_complete="off",
        ),
        ui.checkbox(
            "pending", "Pending", hint="Not on the bank's statement yet.", default_checked=Editor.pending
        ),
        rx.cond(Editor.set_by.length() > 0, _set_by()),
        rx.cond(~Editor.is_new, _recurring()),
        on_submit=Editor.submit,
        number=Editor.form_key,
        key=Editor.form_key.to_string(),
        custom_attrs={"id": FORM_ID},
    )


def _set_by() -> rx.Component:
    """Say which rule set which field."""
    return ui.item_list(
        rx.foreach(
            Editor.set_by,
            lambda one: ui.list_row(
                rx.fragment(
                    one.label,
                    " set by ",
                    rx.cond(
                        one.href != "",
                        ui.link(one.rule, href=one.href, class_name="rc-link"),
                        rx.el.span(one.rule),
                    ),
                ),
                lead=ui.icon("list-filter", 16),
            ),
        ),
        label="Fields set by rules",
    )


def _recurring() -> rx.Component:
    """Lead to the recurring transaction that this came of, or make one of it, or a rule."""
    return ui.row(
        rx.cond(
            Editor.recurring_id != "",
            ui.button(
                "Its recurring transaction",
                icon_name="repeat",
                small=True,
                href="/recurring/" + Editor.recurring_id,
            ),
            ui.button(
                "Make recurring",
                icon_name="repeat",
                small=True,
                on_click=RecurringEditorState.open_from(Editor.shown_id),
            ),
        ),
        ui.button("Make a rule from this", icon_name="list-filter", small=True, href=Editor.rule_href),
    )


def _problem() -> rx.Component:
    reload = rx.cond(
        Editor.conflict,
        ui.button("Reload", small=True, icon_name="rotate-ccw", on_click=Editor.reload),
    )
    return rx.cond(Editor.form_error != "", ui.callout(Editor.form_error, tone="error", action=reload))


def _amount() -> rx.Component:
    return ui.money_input(
        "amount",
        rx.cond(Editor.kind == "transfer", "Amount sent", "Amount"),
        currency=Editor.currency,
        result=Editor.amount_result,
        error=_error("amount"),
        default_value=Editor.amount,
        on_blur=Editor.type_amount,
        data_autofocus="true",
    )


def _date() -> rx.Component:
    return ui.date_field("date", "Date", default_value=Editor.date, error=_error("date"))


def _account(
    name: str, label: str | rx.Var[str], value: rx.Var[str], on_change: rx.EventHandler
) -> rx.Component:
    return ui.select_field(
        name,
        label,
        Editor.accounts,
        placeholder="Choose an account",
        default_value=value,
        on_change=on_change,
        error=_error(name),
    )


def _payee(optional_label: str) -> rx.Component:
    return ui.combobox(
        "payee",
        optional_label,
        Editor.payees,
        default_value=Editor.payee_id,
        default_label=Editor.payee,
        creates="New payee",
        on_search=Editor.search_payees,
        on_choose=Editor.choose_payee,
        error=_error("payee"),
        optional=True,
    )


def _entry() -> rx.Component:
    return rx.fragment(
        _payee("Payee"),
        rx.cond(Editor.is_split, split_lines(Editor), _category()),
        _account(
            "account",
            rx.cond(Editor.kind == "income", "Into account", "From account"),
            Editor.account_id,
            Editor.choose_account,
        ),
    )


def _transfer() -> rx.Component:
    return rx.fragment(
        ui.field_group(
            _account("account", "From account", Editor.account_id, Editor.choose_account),
            _account("to_account", "To account", Editor.to_account_id, Editor.choose_to_account),
        ),
        rx.cond(
            (Editor.to_currency != "") & (Editor.to_currency != Editor.currency),
            ui.money_input(
                "to_amount",
                "Amount that arrives",
                currency=Editor.to_currency,
                hint="The two accounts are kept in different currencies: enter what each bank shows.",
                default_value=Editor.to_amount,
                error=_error("to_amount"),
            ),
        ),
        _payee("Payee"),
    )


def _category() -> rx.Component:
    return rx.el.div(
        ui.combobox(
            "category",
            "Category",
            Editor.categories,
            default_value=Editor.category_id,
            default_label=Editor.category,
            placeholder="Uncategorised",
            on_choose=Editor.choose_category,
            hint=ui.row(
                rx.el.span(Editor.category_hint),
                ui.button(
                    "Split", small=True, variant="quiet", icon_name="split", on_click=Editor.start_split
                ),
                between=True,
            ),
            error=_error("category"),
            optional=True,
        ),
        key=Editor.category_key.to_string(),
    )


def _actions() -> rx.Component:
    """Draw the buttons below the form; they belong to it by its id, so that they stay in sight."""
    return rx.fragment(
        rx.cond(
            Editor.is_new,
            ui.button(
                "Save and add another",
                on_click=[
                    Editor.then_another(Editor.form_key),
                    rx.call_script(f"document.getElementById('{FORM_ID}').requestSubmit()"),
                ],
            ),
            ui.button("Delete", icon_name="trash-2", on_click=Editor.delete),
        ),
        rx.cond(Editor.read_only == "", ui.submit_button("Save", busy=Editor.busy, form=FORM_ID)),
    )


def _read_only() -> rx.Component:
    return ui.stack(
        _problem(),
        ui.callout(Editor.read_only),
        ui.item_list(
            rx.foreach(
                Editor.lines,
                lambda line: ui.list_row(line.name, subtitle=line.memo, end=ui.money(line.amount)),
            ),
            label="Parts of this transaction",
        ),
    )


def _error(field: str) -> rx.Var[str]:
    return Editor.form_errors.get(field, "")
