"""The dialogs of an import: taking it back, and making an account that the file speaks of."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.domain.account_kinds import SUBTYPES
from recaller.state.import_batch import ImportBatchState

UNDO = "undo-import"
ACCOUNT = "import-account"


def undo_dialog() -> rx.Component:
    """Draw what is asked before an import is taken back."""
    has_edited = ImportBatchState.has_edited
    return ui.dialog(
        ui.stack(
            rx.el.p(
                "Its transactions leave the ledger, with the payees and tags that nothing else uses. Links to your own "
                "transactions are undone."
            ),
            ui.when(
                has_edited,
                ui.stack(
                    ui.callout(
                        "These were edited since the import. Choose which of them stay.", tone="warning"
                    ),
                    ui.item_list(rx.foreach(ImportBatchState.edited, _edited), label="Edited transactions"),
                ),
            ),
        ),
        identity=UNDO,
        title="Undo this import?",
        open=ImportBatchState.undo_open,
        on_close=ImportBatchState.close_undo,
        footer=rx.fragment(
            ui.button("Cancel", closes=True),
            ui.when(
                has_edited,
                ui.button("Undo, keep all edited", on_click=ImportBatchState.undo(True)),
            ),
            ui.button("Undo import", variant="danger", on_click=ImportBatchState.undo(False)),
        ),
    )


def _edited(item: Any) -> rx.Component:
    return rx.cond(
        item.id != "",
        ui.list_row(
            ui.link(item.text, href=item.href),
            end=ui.row(
                ui.money(item.amount),
                ui.chip(
                    rx.cond(ImportBatchState.kept_edited.contains(item.id), "Stays", "Goes"),  # type: ignore[attr-defined]
                    pressed=ImportBatchState.kept_edited.contains(item.id),  # type: ignore[attr-defined]
                    on_click=ImportBatchState.keep_edited(item.id),
                ),
                gap="s2",
            ),
        ),
        ui.list_row(item.text),
    )


def account_dialog() -> rx.Component:
    """Draw the form of a new account."""
    kinds = [(key, label) for key, (_, label) in SUBTYPES.items()]
    errors: Any = ImportBatchState.account_errors
    return ui.dialog(
        ui.when(
            ImportBatchState.account_open,
            ui.form(
                ui.text_field(
                    "name",
                    "Name",
                    default_value=ImportBatchState.account_name,
                    error=errors.get("name", ""),
                    scope=ACCOUNT,
                    max_length=120,
                ),
                ui.field_group(
                    ui.select_field(
                        "subtype",
                        "Kind",
                        kinds,
                        default_value=ImportBatchState.account_subtype,
                        error=errors.get("subtype", ""),
                        scope=ACCOUNT,
                    ),
                    ui.select_field(
                        "currency",
                        "Currency",
                        ImportBatchState.currencies,
                        default_value=ImportBatchState.account_currency,
                        error=errors.get("currency", ""),
                        scope=ACCOUNT,
                    ),
                ),
                ui.switch("private", "Only I can see it", scope=ACCOUNT),
                ui.form_actions(ui.button("Cancel", closes=True), ui.submit_button("Add account")),
                on_submit=ImportBatchState.add_account,
            ),
        ),
        identity=ACCOUNT,
        title="New account",
        description="Filled in from what the file says.",
        open=ImportBatchState.account_open,
        on_close=ImportBatchState.close_account_form,
    )
