"""/rates: exchange rates by hand, from the central bank's file, or fetched at night when that is allowed."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.frame import framed
from recaller.state.rates import MAX_FILE_BYTES, UPLOAD, RatesState

State: Any = RatesState
ADD = "rate"
COLUMNS = (
    ui.Column("pair", "Currencies"),
    ui.Column("price", "Rate", align="end"),
    ui.Column("on", "Day", tight=True),
    ui.Column("source", "From", tight=True),
    ui.Column("actions", "Actions", hidden_label=True, align="end", tight=True),
)
ACCEPTED = {"text/csv": [".csv"], "application/xml": [".xml"], "application/zip": [".zip"]}


def rates_page() -> rx.Component:
    """Draw the page."""
    return framed(
        ui.loaded(
            State.loading,
            ui.skeleton_card("14rem"),
            rx.cond(
                State.failure != "",
                ui.error_state(
                    "The rates can't be shown",
                    State.failure,
                    ui.button("Try again", icon_name="rotate-cw", on_click=State.load),
                ),
                ui.stack(ui.grid(_by_hand(), _from_file(), min_width="20rem"), _known(), gap="s6"),
            ),
        ),
        active="rates",
        title="Exchange rates",
        subtitle="Used to show one total over several currencies. No stored amount ever changes.",
    )


def _by_hand() -> rx.Component:
    errors: Any = State.errors
    return ui.card(
        ui.form(
            ui.field_group(
                ui.select_field(
                    "base", "One unit of", State.currencies, default_value=State.base,
                    error=errors.get("base", ""), scope=ADD,
                ),
                ui.select_field(
                    "quote", "Costs in", State.currencies, default_value=State.quote,
                    error=errors.get("quote", ""), scope=ADD,
                ),
            ),
            ui.field_group(
                ui.text_field(
                    "rate", "Rate", error=errors.get("rate", ""), input_mode="decimal", auto_complete="off",
                    placeholder="0.92", scope=ADD,
                ),
                ui.date_field(
                    "date", "Day", default_value=State.today, error=errors.get("date", ""), scope=ADD
                ),
            ),
            ui.form_actions(ui.submit_button("Keep this rate")),
            on_submit=State.add,
            key=State.form_key.to_string(),
        ),
        title="A rate by hand",
    )  # fmt: skip


def _from_file() -> rx.Component:
    return ui.card(
        ui.stack(
            ui.when(State.error != "", ui.callout(State.error, tone="error", title="The file was not taken")),
            ui.dropzone(
                identity=UPLOAD,
                on_drop=State.receive(rx.upload_files(upload_id=UPLOAD, on_upload_progress=State.progressed)),
                title="Drop the reference file here",
                text="eurofxref of the European Central Bank: CSV or XML, zipped or not",
                accept=ACCEPTED,
                max_size_bytes=MAX_FILE_BYTES,
                busy=State.uploading,
                percent=State.percent,
                file_name="Reference rates",
            ),
            ui.switch(
                "fetch_rates",
                "Fetch the reference rates each night",
                hint="Off unless an administrator turns it on: nothing leaves this server otherwise.",
                checked=State.fetching,
                on_change=State.allow_fetching,
                disabled=~State.may_administer,
            ),
        ),
        title="From the central bank",
    )


def _known() -> rx.Component:
    return ui.card(
        ui.data_table(
            COLUMNS,
            State.items,
            _rate,
            label="Known rates",
            empty=ui.empty_state(
                "arrow-left-right",
                "No rate yet",
                "Enter one above or bring the central bank's file; sums in other currencies stay apart until then.",
            ),
        ),
        ui.when(
            State.has_older | State.has_newer,
            ui.pager(
                has_newer=State.has_newer,
                has_older=State.has_older,
                on_newer=State.newer,
                on_older=State.older,
            ),
        ),
        title="Known rates",
        flush=True,
    )


def _rate(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(rx.el.span(item.pair, class_name="rc-strong"), place="title"),
        ui.cell(rx.el.span(item.price, class_name="rc-num"), align="end", place="amount"),
        ui.cell(item.on, place="line", tight=True),
        ui.cell(
            ui.state_badge(item.source, rx.cond(item.by_hand, "accent", "neutral")), place="line", tight=True
        ),
        ui.cell(
            ui.icon_button(
                "trash-2", "Remove the rate " + item.price, small=True, on_click=State.remove(item.id)
            ),
            align="end",
            place="side",
            tight=True,
        ),
        row_id=item.id,
        key=item.id,
    )
