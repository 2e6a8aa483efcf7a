"""The filter panel of the transaction list: each choice acts at once and lands in the URL."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.state.filter_chips import PRESETS, SHAPES
from recaller.state.transactions import TransactionsState

# For a type checker the vars of a state are plain values, and lack what Vars can do.
State: Any = TransactionsState
FILTERS_ID = "transaction-filters"
OPERATORS = (
    "In the search box too: category:food, amount:>50, date:2026-10, tag:kids, payee:, account:, is:split."
)


def filter_panel() -> rx.Component:
    """Draw the drawer with all filters."""
    return ui.drawer(
        ui.stack(
            rx.cond(
                State.chips.length() > 0,
                ui.chips(
                    rx.foreach(
                        State.chips,
                        lambda chip: ui.filter_chip(chip.label, on_remove=State.remove_filter(chip.key)),
                    ),
                    label="Filters that are on",
                ),
            ),
            _picks(),
            ui.stack(
                ui.chips(
                    *[ui.chip(label, on_click=State.choose_period(key)) for key, label in PRESETS],
                    label="Ready-made periods",
                ),
                _ranges(),
                gap="s3",
            ),
            _marks(),
            rx.el.p(OPERATORS, class_name="rc-muted rc-small"),
            gap="s5",
        ),
        identity=FILTERS_ID,
        title="Filters",
        footer=rx.fragment(
            ui.button("Clear all", variant="quiet", on_click=State.clear_filters),
            ui.button("Show", variant="primary", closes=True),
        ),
    )


def _picks() -> rx.Component:
    # A new key after each choice empties the pickers again.
    return ui.stack(
        ui.combobox(
            "filter_account",
            "Account",
            State.accounts,
            placeholder="Any",
            on_choose=lambda value: State.add_filter("account", value),
            scope="filter",
        ),
        ui.combobox(
            "filter_category",
            "Category",
            State.categories,
            placeholder="Any",
            on_choose=lambda value: State.add_filter("category", value),
            scope="filter",
        ),
        ui.combobox(
            "filter_payee",
            "Payee",
            State.payees,
            placeholder="Any",
            on_search=State.search_payees,
            on_choose=lambda value: State.add_filter("payee", value),
            scope="filter",
        ),
        ui.combobox(
            "filter_tag",
            "Tag",
            State.tags,
            placeholder="Any",
            on_choose=lambda value: State.add_filter("tag", value),
            scope="filter",
        ),
        gap="s4",
        key=State.chips.length().to_string(),
    )


def _ranges() -> rx.Component:
    return ui.form(
        ui.field_group(
            ui.date_field("from", "From", default_value=State.date_from, error=_error("from"), optional=True),
            ui.date_field("to", "To", default_value=State.date_to, error=_error("to"), optional=True),
            ui.text_field(
                "min",
                "Amount from",
                default_value=State.amount_min,
                error=_error("min"),
                optional=True,
                auto_complete="off",
            ),
            ui.text_field(
                "max",
                "Amount to",
                default_value=State.amount_max,
                error=_error("max"),
                optional=True,
                auto_complete="off",
            ),
        ),
        ui.form_actions(ui.button("Apply dates and amounts", type="submit", small=True)),
        on_submit=State.set_ranges,
        key=State.filter_key.to_string(),
    )


def _marks() -> rx.Component:
    return ui.stack(
        ui.segmented(
            [("", "Any status"), ("booked", "Booked"), ("pending", "Pending")],
            State.status,
            lambda key: State.add_filter("status", key),
            label="Status",
        ),
        ui.select(
            [(key, SHAPES[key]) for key in ("simple", "split", "transfer", "conversion", "opening")],
            placeholder="Any form",
            value=State.shape,
            on_change=lambda value: State.add_filter("shape", value),
            aria_label="Form of the transaction",
        ),
        ui.switch(
            "only_uncategorised",
            "Only uncategorised",
            checked=State.only_uncategorised,
            on_change=lambda _: State.toggle_uncategorised(),
        ),
        gap="s3",
    )


def _error(field: str) -> rx.Var[str]:
    return State.filter_errors.get(field, "")
