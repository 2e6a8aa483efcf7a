"""An account's register: every transaction with the balance after it, cleared marks, the balance on any date."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.account_form import account_dialog
from recaller.pages.frame import framed
from recaller.pages.transaction_editor import transaction_editor
from recaller.state.account_register import AccountRegisterState
from recaller.state.accounts import AccountsState
from recaller.state.transaction_editor import TransactionEditorState as Editor

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = AccountRegisterState

COLUMNS = (
    ui.Column("cleared", "Cleared", tight=True),
    ui.Column("date", "Date", tight=True),
    ui.Column("payee", "Payee"),
    ui.Column("category", "Category"),
    ui.Column("amount", "Amount", align="end", tight=True),
    ui.Column("balance", "Balance", align="end", tight=True),
)


def account_register_page() -> rx.Component:
    """Draw the register of the account that the URL names."""
    return framed(
        ui.stack(
            ui.stat_grid(
                ui.stat("Balance", ui.money(State.balance, State.tone), lead=True, loading=State.loading),
                rx.cond(
                    State.balance_label != "",
                    ui.stat(State.balance_label, State.balance_then),
                ),
            ),
            ui.card(
                ui.toolbar(
                    rx.el.div(
                        ui.date_field(
                            "until",
                            "Balance on",
                            default_value=State.until,
                            on_change=State.show_until.debounce(500),
                            optional=True,
                        ),
                        key=State.until,
                    ),
                    rx.cond(
                        State.until != "",
                        ui.button("Back to now", small=True, variant="quiet", on_click=State.show_until("")),
                    ),
                ),
                ui.data_table(
                    COLUMNS,
                    State.rows,
                    _row,
                    label="Register",
                    empty=_empty(),
                    loading=State.loading,
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
        ),
        account_dialog(),
        transaction_editor(),
        active="accounts",
        title=rx.cond(State.name != "", State.name, "Account"),
        subtitle=rx.cond(State.detail != "", State.kind_label + " · " + State.detail, State.kind_label),
        crumbs=[("Accounts", "/accounts")],
        actions=[
            ui.button("Edit", icon_name="pencil", on_click=AccountsState.open_account(State.account_id)),
            ui.button("Import", icon_name="file-up", href="/import?account=" + State.account_id),
            ui.button("Export", icon_name="download", on_click=State.export),
            ui.button(
                "Add transaction", icon_name="plus", variant="primary", on_click=State.add, shortcut="n"
            ),
        ],
        on_add=State.add,
        shortcuts=((("n",), "Add a transaction"),),
        width="wide",
    )


def _row(item: Item) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.select_box(
                item.cleared,
                State.toggle_cleared(item.id),
                "Cleared: " + item.payee + ", " + item.amount,
                disabled=item.reconciled,
            ),
            place="lead",
            tight=True,
        ),
        ui.cell(item.date, place="line", tight=True),
        ui.cell(
            ui.row(
                ui.open_link(item.payee, on_click=Editor.open_transaction(item.id)),
                rx.cond(item.recurring, ui.mark("repeat", "Recurring")),
                gap="s2",
            ),
            ui.row(
                rx.cond(item.pending, ui.badge("Pending", "warning", "clock")),
                rx.cond(item.imported, ui.badge("Imported", "neutral", "file-down")),
                rx.cond(item.note != "", rx.el.span(item.note, class_name="rc-td__sub")),
                gap="s2",
            ),
            place="title",
        ),
        ui.cell(
            rx.cond(item.uncategorised, ui.badge(item.category, "warning", "circle-help"), item.category),
            place="line",
        ),
        ui.money_cell(item.amount, item.tone),
        ui.balance_cell(item.balance, item.balance_tone),
        row_id=item.id,
        pending=item.pending,
    )


def _empty() -> rx.Component:
    return rx.cond(
        State.failure != "",
        ui.error_state(
            "This account can't be shown",
            State.failure,
            ui.button("All accounts", variant="primary", href="/accounts"),
        ),
        ui.empty_state(
            "landmark",
            "Nothing here yet",
            "Import this account's file from the bank, or add a transaction by hand.",
            ui.button(
                "Import a file",
                icon_name="file-up",
                variant="primary",
                href="/import?account=" + State.account_id,
            ),
            ui.button("Add transaction", icon_name="plus", on_click=State.add),
        ),
    )
