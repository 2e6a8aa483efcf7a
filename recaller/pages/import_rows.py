"""The rows of a bank file on its import's page: what each is, and what happens with it."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.state.import_batch import ImportBatchState

COLUMNS = (
    ui.Column("line", "Row", tight=True),
    ui.Column("state", "State", tight=True),
    ui.Column("date", "Date", tight=True),
    ui.Column("text", "Payee and description"),
    ui.Column("amount", "Amount", align="end", tight=True),
    ui.Column("choice", "What happens", tight=True),
)


def import_rows() -> rx.Component:
    """Draw the rows, by state, a page at a time."""
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
            ui.when(item.becomes != "", rx.el.div(item.becomes, class_name="rc-muted rc-small")),
            ui.when(
                item.reason != "",
                rx.el.div(
                    item.reason,
                    ui.when(
                        item.known_href != "",
                        rx.fragment(
                            " ",
                            ui.link(
                                "See it", href=item.known_href, aria_label="See what row " + item.line + " is like"
                            ),
                        ),
                    ),
                    class_name="rc-small",
                ),
            ),
            ui.when(
                item.details_text != "",
                ui.disclosure(
                    item.details_text,
                    ui.item_list(rx.foreach(item.details, _detail), label="Details of row " + item.line),
                ),
            ),
            place="title",
        ),
        ui.cell(
            ui.money(item.amount, item.tone),
            ui.when(item.foreign != "", rx.el.div(ui.private(item.foreign), class_name="rc-muted rc-small")),
            align="end",
            place="amount",
            tight=True,
        ),
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


def _detail(item: Any) -> rx.Component:
    return ui.list_row(item.text, end=ui.money(item.amount))
