"""The drawer for one transaction; a page that lists transactions draws it once."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.entry_fields import amount_field, entry_fields, error_of, form_problem, note_and_tags
from recaller.pages.recurring_editor import recurring_editor
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
        form_problem(Editor),
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
        ui.field_group(
            amount_field(Editor, data_autofocus="true"),
            ui.date_field("date", "Date", default_value=Editor.date, error=error_of(Editor, "date")),
        ),
        entry_fields(
            Editor,
            arrives="enter what each bank shows.",
            category_hint=rx.el.span(Editor.category_hint),
            on_payee=Editor.choose_payee,
        ),
        note_and_tags(Editor),
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
        form_problem(Editor),
        ui.callout(Editor.read_only),
        ui.item_list(
            rx.foreach(
                Editor.lines,
                lambda line: ui.list_row(line.name, subtitle=line.memo, end=ui.money(line.amount)),
            ),
            label="Parts of this transaction",
        ),
    )
