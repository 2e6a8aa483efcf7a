"""/import: drop a bank file, and go back to the files brought before."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.frame import framed
from recaller.state.imports import UPLOAD, ImportsState

COLUMNS = (
    ui.Column("file", "File"),
    ui.Column("when", "When", tight=True),
    ui.Column("status", "Status", tight=True),
    ui.Column("summary", "What it brought"),
    ui.Column("actions", "Actions", hidden_label=True, tight=True, align="end"),
)
# Files by their kinds and endings; what a file really is, the server tells by its content.
ACCEPTED = {
    "text/csv": [".csv", ".tsv", ".txt", ".xls"],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": [".xlsx"],
    "application/vnd.ms-excel": [".xls", ".csv"],
    "application/x-ofx": [".ofx", ".qfx"],
    "application/x-qif": [".qif"],
    "application/xml": [".xml", ".zip"],
    "application/octet-stream": [".csv", ".ofx", ".qfx", ".qif", ".sta", ".mt940", ".940"],
}


def imports_page() -> rx.Component:
    """Draw the page."""
    return framed(
        rx.cond(
            ImportsState.failure != "",
            ui.error_state("The imports can't be shown", ImportsState.failure, _retry()),
            ui.stack(_upload(), _former(), gap="s6"),
        ),
        active="import",
        title="Import",
        subtitle="Bring in what your bank gives you (CSV, Excel, OFX, QIF, MT940, CAMT), or what YNAB, Actual, Mint, "
        "Monarch or Firefly III exported.",
    )


def _upload() -> rx.Component:
    return ui.card(
        ui.stack(
            ui.when(
                ImportsState.error != "",
                ui.callout(
                    ImportsState.error,
                    tone="error",
                    title="The file was not taken",
                    action=ui.icon_button("x", "Dismiss", small=True, on_click=ImportsState.dismiss_error),
                ),
            ),
            ui.dropzone(
                identity=UPLOAD,
                on_drop=ImportsState.receive(
                    rx.upload_files(upload_id=UPLOAD, on_upload_progress=ImportsState.progressed)
                ),
                on_rejected=ImportsState.rejected,
                title="Drop a bank file here",
                text=ImportsState.limit_text,
                accept=ACCEPTED,
                max_size_bytes=25_000_000,
                busy=ImportsState.uploading,
                percent=ImportsState.percent,
                file_name="Your file",
            ),
            ui.select_field(
                "account",
                "Where its transactions go",
                ImportsState.accounts,
                placeholder="Let the file say, or ask me",
                hint="A file that names its account, or looks like one you brought before, finds it by itself.",
                optional=True,
                value=ImportsState.account_id,
                on_change=ImportsState.choose_account,
            ),
        ),
    )


def _former() -> rx.Component:
    return ui.card(
        ui.data_table(
            COLUMNS,
            ImportsState.items,
            _former_row,
            label="Files brought before",
            loading=ImportsState.loading,
            empty=ui.empty_state(
                "file-up",
                "No file yet",
                "Download a statement from your bank's site and drop it above. You see each row before it counts, "
                "and can take a whole file back.",
            ),
        ),
        ui.when(
            ImportsState.has_older | ImportsState.has_newer,
            ui.pager(
                has_newer=ImportsState.has_newer,
                has_older=ImportsState.has_older,
                on_newer=ImportsState.newer,
                on_older=ImportsState.older,
            ),
        ),
        title="Files brought before",
        flush=True,
    )


def _former_row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.stack(
                ui.open_link(item.filename, href=item.href),
                ui.when(item.accounts != "", rx.el.span(item.accounts, class_name="rc-muted rc-small")),
                gap="s1",
            ),
            place="title",
        ),
        ui.cell(item.when, place="line", tight=True),
        ui.cell(_status(item.status, item.tone), place="amount", tight=True),
        ui.cell(item.summary, place="line"),
        ui.cell(
            ui.menu(
                ui.menu_item(item.open_label, "arrow-right", href=item.href),
                ui.when(
                    item.transactions_href != "",
                    ui.menu_item("See the transactions", "list", href=item.transactions_href),
                ),
                ui.when(
                    item.discardable,
                    ui.menu_item("Discard", "trash-2", on_click=ImportsState.discard(item.id), danger=True),
                ),
                identity="import-" + item.id,
                label="Actions for " + item.filename,
                small=True,
            ),
            align="end",
            place="side",
            tight=True,
        ),
        row_id=item.id,
        # A list that grows while somebody points at a row must not put another row under the pointer.
        key=item.id,
    )


def _status(label: Any, tone: Any) -> rx.Component:
    return ui.state_badge(label, tone)


def _retry() -> rx.Component:
    return ui.button("Try again", icon_name="rotate-cw", on_click=ImportsState.load)
