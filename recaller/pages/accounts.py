"""The accounts page: what is owned and what is owed, with balances, freshness and the way to each register."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.account_form import account_dialog
from recaller.pages.frame import framed
from recaller.pages.transaction_editor import transaction_editor
from recaller.state.accounts import AccountsState
from recaller.state.transaction_editor import TransactionEditorState as Editor

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = AccountsState


def accounts_page() -> rx.Component:
    """Draw the page."""
    return framed(
        ui.loaded(State.loading, ui.skeleton_card("14rem"), rx.cond(State.has_accounts, _sides(), _empty())),
        account_dialog(),
        transaction_editor(),
        active="accounts",
        title="Accounts",
        actions=[
            rx.cond(
                State.closed_count > 0,
                ui.chip("Closed accounts", pressed=State.show_closed, on_click=State.toggle_closed),
            ),
            ui.button(
                "Add account", icon_name="plus", variant="primary", on_click=State.open_new, shortcut="n"
            ),
        ],
        on_add=Editor.open_new(""),
        shortcuts=((("n",), "Add an account"),),
    )


def _sides() -> rx.Component:
    return ui.stack(
        ui.when(
            State.converted_total != "",
            ui.card(
                ui.list_row(
                    "All together",
                    subtitle=State.converted_note,
                    end=ui.money(State.converted_total, strong=True),
                    href="/rates",
                ),
                flush=True,
            ),
        ),
        _side("Assets", "What you own", State.assets, State.assets_total),
        _side("Debts", "What you owe", State.debts, State.debts_total),
        gap="s5",
    )


def _side(title: str, words: str, groups: Any, total: rx.Var[str]) -> rx.Component:
    return rx.cond(
        groups.length() > 0,
        ui.card(
            rx.foreach(groups, _group),
            title=title,
            subtitle=words,
            actions=ui.money(total, strong=True),
            flush=True,
        ),
    )


def _group(group: Item) -> rx.Component:
    return rx.fragment(
        ui.list_heading(
            group.label, rx.cond(group.accounts.length() > 1, ui.money(group.total, "muted"), rx.fragment())
        ),
        ui.item_list(rx.foreach(group.accounts, _account), label=group.label),
    )


def _account(item: Item) -> rx.Component:
    return ui.list_row(
        ui.row(
            item.name,
            rx.cond(item.private, ui.badge("Private", "neutral", "lock")),
            rx.cond(item.closed, ui.badge("Closed")),
            gap="s2",
        ),
        subtitle=rx.cond(item.detail != "", item.detail + " · " + item.fresh, item.fresh),
        lead=ui.account_icon(item.subtype),
        end=ui.money(item.balance, item.tone, strong=True),
        href=item.href,
    )


def _empty() -> rx.Component:
    return ui.card(
        ui.empty_state(
            "landmark",
            "No accounts yet",
            "Add the accounts that hold your money and your debts, or import a file from your bank: "
            "its account is made on the way.",
            ui.button("Add account", icon_name="plus", variant="primary", on_click=State.open_new),
            ui.button("Import a file", icon_name="file-up", href="/import"),
        )
    )
