"""The fields that the editors of transactions and of recurring ones share; `editor` is a state with `EntryEditing`."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.split_lines import split_lines


def form_problem(editor: Any) -> rx.Component:
    """Say what is wrong with the form as a whole; after somebody else's change it can be loaded anew."""
    reload = rx.cond(
        editor.conflict,
        ui.button("Reload", small=True, icon_name="rotate-ccw", on_click=editor.reload),
    )
    return rx.cond(editor.form_error != "", ui.callout(editor.form_error, tone="error", action=reload))


def amount_field(editor: Any, **more: Any) -> rx.Component:
    """Draw the amount, which may be typed as a sum."""
    return ui.money_input(
        "amount",
        rx.cond(editor.kind == "transfer", "Amount sent", "Amount"),
        currency=editor.currency,
        result=editor.amount_result,
        error=error_of(editor, "amount"),
        default_value=editor.amount,
        on_blur=editor.type_amount,
        **more,
    )


def entry_fields(
    editor: Any, *, arrives: str, category_hint: rx.Component | None = None, on_payee: Any = None
) -> rx.Component:
    """Draw payee, category or split, and accounts, as the kind needs them.

    `arrives` says what to enter where the accounts' currencies differ; `on_payee` follows the chosen payee.
    """
    entry = rx.fragment(
        _payee(editor, on_payee),
        rx.cond(editor.is_split, split_lines(editor), _category(editor, category_hint)),
        _account(
            editor,
            "account",
            rx.cond(editor.kind == "income", "Into account", "From account"),
            editor.account_id,
            editor.choose_account,
        ),
    )
    return rx.cond(editor.kind == "transfer", _transfer(editor, _payee(editor, on_payee), arrives), entry)


def note_and_tags(editor: Any) -> rx.Component:
    """Draw the two fields that nothing depends on."""
    return rx.fragment(
        ui.text_field(
            "note",
            "Note",
            default_value=editor.note,
            error=error_of(editor, "note"),
            optional=True,
            auto_complete="off",
        ),
        ui.text_field(
            "tags",
            "Tags",
            default_value=editor.tags,
            error=error_of(editor, "tags"),
            hint="Separate several with commas.",
            optional=True,
            auto_complete="off",
        ),
    )


def error_of(editor: Any, field: str) -> Any:
    """Return the message that belongs under this field, empty while it is right."""
    return editor.form_errors.get(field, "")


def _transfer(editor: Any, payee: rx.Component, arrives: str) -> rx.Component:
    return rx.fragment(
        ui.field_group(
            _account(editor, "account", "From account", editor.account_id, editor.choose_account),
            _account(editor, "to_account", "To account", editor.to_account_id, editor.choose_to_account),
        ),
        rx.cond(
            (editor.to_currency != "") & (editor.to_currency != editor.currency),
            ui.money_input(
                "to_amount",
                "Amount that arrives",
                currency=editor.to_currency,
                hint=f"The two accounts are kept in different currencies: {arrives}",
                default_value=editor.to_amount,
                error=error_of(editor, "to_amount"),
            ),
        ),
        payee,
    )


def _account(editor: Any, name: str, label: Any, value: Any, on_change: Any) -> rx.Component:
    return ui.select_field(
        name,
        label,
        editor.accounts,
        placeholder="Choose an account",
        default_value=value,
        on_change=on_change,
        error=error_of(editor, name),
    )


def _payee(editor: Any, on_payee: Any) -> rx.Component:
    return ui.combobox(
        "payee",
        "Payee",
        editor.payees,
        default_value=editor.payee_id,
        default_label=editor.payee,
        creates="New payee",
        on_search=editor.search_payees,
        error=error_of(editor, "payee"),
        optional=True,
        **({} if on_payee is None else {"on_choose": on_payee}),
    )


def _category(editor: Any, hint: rx.Component | None) -> rx.Component:
    split = ui.button("Split", small=True, variant="quiet", icon_name="split", on_click=editor.start_split)
    return rx.el.div(
        ui.combobox(
            "category",
            "Category",
            editor.categories,
            default_value=editor.category_id,
            default_label=editor.category,
            placeholder="Uncategorised",
            on_choose=editor.choose_category,
            hint=ui.row(rx.el.span() if hint is None else hint, split, between=True),
            error=error_of(editor, "category"),
            optional=True,
        ),
        key=editor.category_key.to_string(),
    )
