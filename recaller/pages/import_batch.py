"""/import/[batch_id]: what a file holds, where it goes, each of its rows, the commit, and the way back."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.frame import framed
from recaller.pages.import_dialogs import account_dialog, undo_dialog
from recaller.pages.import_mapping import mapping_dialog
from recaller.pages.import_rows import import_rows
from recaller.pages.transfers import import_transfers
from recaller.state.import_batch import ImportBatchState
from recaller.state.import_mapping import ImportMappingState


def import_batch_page() -> rx.Component:
    """Draw the page."""
    return framed(
        ui.loaded(
            ImportBatchState.loading,
            ui.stack(ui.skeleton_card("6rem"), ui.skeleton_card(), gap="s6"),
            rx.match(
                ImportBatchState.stage,
                ("missing", _missing()),
                ("work", _at_work()),
                ("failed", _failed()),
                ("committed", _committed()),
                ("undone", _settled("undo-2", "This import was taken back")),
                ("discarded", _settled("trash-2", "This import was discarded")),
                _ready(),
            ),
        ),
        mapping_dialog(),
        undo_dialog(),
        account_dialog(),
        active="import",
        title=rx.cond(ImportBatchState.filename != "", ImportBatchState.filename, "Import"),
        crumbs=(("Import", "/import"),),
        actions=[_actions()],
    )


def _actions() -> rx.Component:
    discard = ui.button("Discard", icon_name="trash-2", on_click=ImportBatchState.discard)
    return rx.match(
        ImportBatchState.stage,
        ("ready", rx.fragment(discard, _commit_button())),
        ("failed", discard),
        (
            "work",
            ui.button(
                rx.cond(ImportBatchState.stopping, "Stopping …", "Stop"),
                icon_name="square",
                on_click=ImportBatchState.stop,
                disabled=ImportBatchState.stopping,
            ),
        ),
        (
            "committed",
            ui.button("Undo import", icon_name="undo-2", on_click=ImportBatchState.ask_undo),
        ),
        rx.fragment(),
    )


def _commit_button() -> rx.Component:
    return ui.button(
        ImportBatchState.commit_label,
        icon_name="check",
        variant="primary",
        on_click=ImportBatchState.commit,
        disabled=ImportBatchState.missing_accounts,
    )


def _missing() -> rx.Component:
    return ui.card(
        ui.error_state(
            "This import can't be shown",
            ImportBatchState.failure,
            ui.button("All imports", href="/import", variant="primary"),
        )
    )


def _at_work() -> rx.Component:
    return ui.card(
        ui.poll(ImportBatchState.poll),
        ui.stack(
            ui.progress_bar(
                ImportBatchState.job_title, ImportBatchState.job_percent, detail=ImportBatchState.job_text
            ),
            rx.el.p(
                "You can leave this page: the work goes on, and this page finds it again."
                " Stopped, it leaves nothing behind.",
                class_name="rc-muted rc-small",
            ),
        ),
    )


def _failed() -> rx.Component:
    return ui.stack(
        ui.callout(
            ImportBatchState.error,
            tone="error",
            title="The file can't be imported as it is read now",
            action=_change_button("Change how it is read"),
        ),
        ui.grid(_read_as(), min_width="20rem"),
        gap="s6",
    )


def _ready() -> rx.Component:
    return ui.stack(
        _remarks(),
        ui.when(
            ImportBatchState.adds_nothing,
            ui.callout(
                "Every row is in the ledger already or is no transaction. You can discard this file.",
                title="Nothing new",
            ),
        ),
        ui.grid(_goes_to(), _read_as(), min_width="20rem"),
        import_rows(),
        gap="s6",
    )


def _committed() -> rx.Component:
    return ui.stack(
        ui.callout(
            ImportBatchState.result_note,
            tone="success",
            title=ImportBatchState.result_text,
            action=ui.when(
                ImportBatchState.transactions_href != "",
                ui.button("See them", href=ImportBatchState.transactions_href, icon_name="list", small=True),
            ),
        ),
        rx.foreach(ImportBatchState.balances, _balance),
        rx.foreach(ImportBatchState.warnings, _warning),
        import_transfers(),
        import_rows(),
        gap="s6",
    )


def _settled(icon_name: str, title: str) -> rx.Component:
    return ui.card(
        ui.empty_state(
            icon_name,
            title,
            rx.cond(
                ImportBatchState.error != "",
                ImportBatchState.error,
                "Nothing of it is in the ledger. The file itself is no longer kept: bring it again whenever you like.",
            ),
            ui.button("Import a file", href="/import", variant="primary", icon_name="file-up"),
        )
    )


def _remarks() -> rx.Component:
    return rx.fragment(
        rx.foreach(ImportBatchState.warnings, _warning),
        ui.when(
            ImportBatchState.has_doubts,
            ui.callout(
                rx.el.ul(rx.foreach(ImportBatchState.doubts, _doubt)),
                title="Please look at what was guessed",
                action=_change_button("Check"),
            ),
        ),
    )


def _warning(message: Any) -> rx.Component:
    return ui.callout(message, tone="warning")


def _doubt(message: Any) -> rx.Component:
    return rx.el.li(message)


def _balance(item: Any) -> rx.Component:
    reset = ui.when(
        item.resettable,
        ui.button("Take back", small=True, on_click=ImportBatchState.reset_opening(item.account_id)),
    )
    return rx.cond(
        item.agrees,
        ui.callout(
            rx.el.span("On ", item.on, " both say ", ui.private(item.stated), "."),
            tone="success",
            title=item.name + " agrees with the statement",
            action=reset,
        ),
        ui.callout(
            rx.el.span(
                "On ", item.on, " the statement says ", ui.private(item.stated), ", the ledger ",
                ui.private(item.ledger), ". If nothing older will be imported, an opening balance makes up the ",
                ui.private(item.difference), ".",
            ),
            tone="warning",
            title=item.name + " differs from the statement",
            action=ui.button(
                "Set opening balance", small=True, on_click=ImportBatchState.set_opening(item.account_id)
            ),
        ),
    )  # fmt: skip


def _goes_to() -> rx.Component:
    return ui.card(
        ui.stack(
            ui.when(
                ImportBatchState.choice_error != "", ui.callout(ImportBatchState.choice_error, tone="error")
            ),
            ui.when(
                ImportBatchState.lacking_text != "",
                ui.callout(
                    ImportBatchState.lacking_hint,
                    title=ImportBatchState.lacking_title,
                    action=ui.button(
                        ImportBatchState.lacking_text,
                        icon_name="plus",
                        small=True,
                        variant="primary",
                        on_click=ImportBatchState.make_missing,
                    ),
                ),
            ),
            rx.foreach(ImportBatchState.accounts, _file_account),
            ui.when(
                ImportBatchState.offers_categories,
                ui.switch(
                    "make_categories",
                    "Create categories that the file names and you don't have",
                    hint="Off, such rows come without a category.",
                    checked=ImportBatchState.makes_categories,
                    on_change=ImportBatchState.make_categories,
                ),
            ),
        ),
        title="Where it goes",
        subtitle=rx.cond(
            ImportBatchState.missing_accounts,
            "Choose an account before you import.",
            "You can still change it.",
        ),
    )


def _file_account(item: Any) -> rx.Component:
    return ui.stack(
        ui.row(
            rx.el.div(
                rx.el.strong(item.title),
                rx.el.div(item.detail, class_name="rc-muted rc-small"),
                ui.when(item.check != "", rx.el.div(ui.private(item.check), class_name="rc-muted rc-small")),
                ui.when(item.off != "", ui.state_badge(item.off, "warning")),
            ),
            ui.money(item.total, item.tone, strong=True),
            between=True,
        ),
        ui.select(
            ImportBatchState.choices,
            placeholder="Choose an account",
            value=item.account_id,
            on_change=lambda chosen: ImportBatchState.choose_account(item.hint, chosen),
            aria_label="Account for " + item.title,
        ),
        gap="s2",
    )


def _read_as() -> rx.Component:
    return ui.card(
        ui.stack(
            ui.grid(rx.foreach(ImportBatchState.facts, _fact), min_width="9rem"),
            ui.when(
                ImportBatchState.sheets.length() > 0,  # type: ignore[attr-defined]
                ui.select(
                    ImportBatchState.sheets,
                    value=ImportBatchState.sheet,
                    on_change=ImportBatchState.choose_sheet,
                    aria_label="Sheet of the workbook",
                ),
            ),
        ),
        title="How it is read",
        actions=_change_button("Change"),
    )


def _fact(item: Any) -> rx.Component:
    return ui.stack(rx.el.span(item.label, class_name="rc-muted rc-small"), rx.el.span(item.value), gap="s1")


def _change_button(label: str) -> rx.Component:
    return ui.when(
        ImportBatchState.mappable,
        ui.button(label, icon_name="columns-3", small=True, on_click=ImportMappingState.open_editor),
    )
