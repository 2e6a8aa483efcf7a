"""The dialog in which the reading of a CSV is corrected, with what comes of it below."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.state.import_mapping import ROLES, SIGN_CHOICES, ImportMappingState, convention_choices

IDENTITY = "import-mapping"
COLUMN_HEADS = (
    ui.Column("name", "Column"),
    ui.Column("samples", "First values"),
    ui.Column("role", "Means", tight=True),
)
PREVIEW_HEADS = (
    ui.Column("line", "Line", tight=True),
    ui.Column("date", "Date", tight=True),
    ui.Column("text", "Payee and description"),
    ui.Column("amount", "Amount", align="end", tight=True),
)
LINES = 60


def mapping_dialog() -> rx.Component:
    """Draw the editor; it is on the page only while it is open."""
    return ui.dialog(
        ui.when(ImportMappingState.is_open, ui.stack(_conventions(), _columns(), _preview(), gap="s6")),
        identity=IDENTITY,
        title="How the file is read",
        description="What you save is used again for the next file of the same kind.",
        open=ImportMappingState.is_open,
        on_close=ImportMappingState.close_editor,
        shape="wide",
        static=True,
        footer=rx.fragment(
            ui.button("Cancel", closes=True),
            ui.button(
                "Save and read again",
                variant="primary",
                icon_name="check",
                on_click=ImportMappingState.save,
                disabled=ImportMappingState.problem != "",
            ),
        ),
    )


def _conventions() -> rx.Component:
    lines = [(str(number), f"Line {number}") for number in range(1, LINES + 1)]
    return ui.stack(
        ui.field_group(
            _convention("date_order", "Date order", convention_choices("date_order")),
            _convention("decimal_mark", "Decimal mark", convention_choices("decimal_mark")),
            _convention("sign", "Sign", [(one.value, one.label) for one in SIGN_CHOICES]),
            _convention("delimiter", "Columns are cut by", convention_choices("delimiter")),
            _convention("encoding", "Encoding", convention_choices("encoding")),
            ui.select_field(
                "header_line",
                "Column names in",
                [("0", "No line"), *lines],
                value=ImportMappingState.header_line,
                on_change=ImportMappingState.set_header_line,
                scope=IDENTITY,
            ),
            ui.select_field(
                "first_line",
                "First transaction in",
                [*lines, (str(LINES + 1), f"Line {LINES + 1}")],
                value=ImportMappingState.first_line,
                on_change=ImportMappingState.set_first_line,
                scope=IDENTITY,
            ),
        ),
        ui.switch(
            "minor_units",
            "Whole amounts are cents",
            hint="Such as −350 for −3.50.",
            scope=IDENTITY,
            checked=ImportMappingState.minor_units,
            on_change=ImportMappingState.set_minor_units,
        ),
        ui.when(
            ImportMappingState.has_direction,
            ui.field_group(
                _words("in_values", "Words for money in", ImportMappingState.in_words),
                _words("out_values", "Words for money out", ImportMappingState.out_words),
            ),
        ),
    )


def _convention(name: str, label: str, choices: list[tuple[str, str]]) -> rx.Component:
    return ui.select_field(
        name,
        label,
        choices,
        value=getattr(ImportMappingState, name),
        on_change=lambda chosen: ImportMappingState.set_convention(name, chosen),
        scope=IDENTITY,
    )


def _words(name: str, label: str, words: Any) -> rx.Component:
    return ui.text_field(
        name,
        label,
        default_value=words,
        hint="Several are separated by commas.",
        optional=True,
        scope=IDENTITY,
        on_blur=lambda typed: ImportMappingState.set_words(name, typed),
    )


def _columns() -> rx.Component:
    return ui.stack(
        ui.section_heading("Columns", description="Say what each column of the file means."),
        ui.data_table(
            COLUMN_HEADS,
            ImportMappingState.columns,
            _column,
            label="Columns of the file",
            empty=ui.empty_state("columns-3", "No columns", "Try another delimiter or encoding."),
        ),
    )


def _column(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(rx.el.strong(item.name), place="title"),
        ui.cell(rx.el.div(item.samples, class_name="rc-muted rc-small rc-truncate"), place="line"),
        ui.cell(
            ui.select(
                list(ROLES),
                value=item.role,
                on_change=lambda chosen: ImportMappingState.set_role(item.index, chosen),
                aria_label="Meaning of " + item.name,
                width="11rem",
            ),
            place="side",
            tight=True,
        ),
        row_id=item.index.to(str),
    )


def _preview() -> rx.Component:
    return ui.stack(
        ui.section_heading("What comes of it", description="The first rows, read this way."),
        ui.when(ImportMappingState.problem != "", ui.callout(ImportMappingState.problem, tone="error")),
        ui.data_table(
            PREVIEW_HEADS,
            ImportMappingState.preview,
            _preview_row,
            label="Preview of the first rows",
            empty=ui.empty_state("table-2", "No rows", "Nothing can be read this way."),
        ),
    )


def _preview_row(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(rx.el.span(item.line, class_name="rc-muted rc-num"), place="hide", tight=True),
        ui.cell(item.date, place="line", tight=True),
        ui.cell(
            rx.el.div(item.payee, class_name="rc-strong"),
            ui.when(item.memo != "", rx.el.div(item.memo, class_name="rc-muted rc-small rc-truncate")),
            ui.when(item.note != "", rx.el.div(item.note, class_name="rc-small")),
            place="title",
        ),
        ui.money_cell(item.amount, item.tone),
        row_id=item.line,
    )
