"""/import/[batch_id]: what a file holds, where it goes, each of its rows, the commit, and the way back."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.domain.account_kinds import SUBTYPES
from recaller.pages.frame import framed
from recaller.pages.import_mapping import mapping_dialog
from recaller.state.import_batch import ImportBatchState
from recaller.state.import_mapping import ImportMappingState

UNDO = "undo-import"
ACCOUNT = "import-account"
COLUMNS = (
    ui.Column("line", "Row", tight=True),
    ui.Column("state", "State", tight=True),
    ui.Column("date", "Date", tight=True),
    ui.Column("text", "Payee and description"),
    ui.Column("amount", "Amount", align="end", tight=True),
    ui.Column("choice", "What happens", tight=True),
)


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
        _undo_dialog(),
        _account_dialog(),
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
        _rows(),
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
        _rows(),
        gap="s6",
    )


def _settled(icon_name: str, title: str) -> rx.Component:
    return ui.card(
        ui.empty_state(
            icon_name,
            title,
            "Nothing of it is in the ledger. The file itself is no longer kept: bring it again whenever you like.",
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
        ui.stack(rx.foreach(ImportBatchState.accounts, _file_account)),
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
        ui.grid(rx.foreach(ImportBatchState.facts, _fact), min_width="9rem"),
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


def _rows() -> rx.Component:
    return ui.card(
        ui.toolbar(
            ui.counted_tabs(
                ImportBatchState.tabs,
                ImportBatchState.row_state,
                ImportBatchState.show_state,
                label="Rows by state",
            ),
            ui.when(
                ImportBatchState.adds_text != "",
                rx.el.span(
                    "Adds ",
                    ui.money(ImportBatchState.adds_text, "neutral", strong=True),
                    class_name="rc-muted",
                ),
            ),
        ),
        ui.data_table(
            COLUMNS,
            ImportBatchState.rows,
            _row,
            label="Rows of the file",
            empty=ui.empty_state("inbox", "No rows", "The file has no transactions here."),
        ),
        ui.when(
            ImportBatchState.has_more | ImportBatchState.has_less,
            ui.pager(
                has_newer=ImportBatchState.has_less,
                has_older=ImportBatchState.has_more,
                on_newer=ImportBatchState.previous_rows,
                on_older=ImportBatchState.next_rows,
                summary=ImportBatchState.range_text,
                labels=("Previous", "Next"),
            ),
        ),
        flush=True,
    )


def _row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(rx.el.span(item.line, class_name="rc-muted rc-num"), place="hide", tight=True),
        ui.cell(ui.state_badge(item.state, item.state_tone), place="line", tight=True),
        ui.cell(item.date, place="line", tight=True),
        ui.cell(
            rx.el.div(item.payee, class_name="rc-strong"),
            ui.when(item.memo != "", rx.el.div(item.memo, class_name="rc-muted rc-small rc-truncate")),
            ui.when(item.account != "", rx.el.div(item.account, class_name="rc-muted rc-small")),
            ui.when(item.reason != "", rx.el.div(item.reason, class_name="rc-small")),
            place="title",
        ),
        ui.money_cell(item.amount, item.tone),
        ui.cell(
            rx.cond(
                item.options.length() > 0,
                ui.select(
                    item.options,
                    value=item.choice,
                    on_change=lambda chosen: ImportBatchState.choose_row(item.number, chosen),
                    aria_label="What happens to row " + item.line,
                    width="8.5rem",
                ),
                rx.el.span(
                    rx.cond(item.left_out, "Left out", "Imported"), class_name="rc-muted rc-small"
                ),
            ),
            place="side",
            tight=True,
        ),
        row_id=item.line,
        pending=item.left_out,
    )  # fmt: skip


def _undo_dialog() -> rx.Component:
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
                    ui.callout("These were edited since the import:", tone="warning"),
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
                ui.button("Undo, keep the edited", on_click=ImportBatchState.undo(True)),
            ),
            ui.button("Undo import", variant="danger", on_click=ImportBatchState.undo(False)),
        ),
    )


def _edited(item: Any) -> rx.Component:
    return ui.list_row(item.text, end=ui.money(item.amount))


def _account_dialog() -> rx.Component:
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
