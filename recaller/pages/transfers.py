"""/transfers: pairs of entries that look like one transfer between own accounts, and the same list under an import."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.frame import framed
from recaller.state.transfers import TransfersState

State: Any = TransfersState
COLUMNS = (
    ui.Column("what", "From and to"),
    ui.Column("out", "Money out"),
    ui.Column("in", "Money in"),
    ui.Column("amount", "Amount", align="end", tight=True),
    ui.Column("actions", "Actions", hidden_label=True, align="end", tight=True),
)


def transfers_page() -> rx.Component:
    """Draw the page."""
    return framed(
        ui.loaded(
            State.loading,
            ui.skeleton_card("14rem"),
            rx.cond(
                State.failure != "",
                ui.error_state("The transfers can't be shown", State.failure, _retry()),
                transfer_list(
                    ui.empty_state(
                        "arrow-left-right",
                        "Nothing to decide",
                        "When money leaves one of your accounts and arrives in another, the two entries are "
                        "shown here, so that they count as one transfer and not as spending and income.",
                        ui.button("Import a file", href="/import", icon_name="file-up"),
                    )
                ),
            ),
        ),
        active="transfers",
        title="Transfers",
        subtitle="Entries of two accounts that look like one transfer.",
    )


def transfer_list(empty: rx.Component) -> rx.Component:
    """Draw the pairs with what can be decided about them."""
    return ui.card(
        ui.data_table(COLUMNS, State.pairs, _pair, label="Possible transfers", empty=empty),
        title="Possible transfers",
        subtitle="Merged, they are one transaction; both banks' marks stay, and it can be split again.",
        actions=ui.when(
            State.sure_count > 0,
            ui.button(State.sure_text, icon_name="merge", small=True, on_click=State.merge_sure),
        ),
        flush=True,
    )


def import_transfers() -> rx.Component:
    """Draw the list under an import, when there is anything to decide."""
    return ui.when(State.pairs.length() > 0, transfer_list(rx.fragment()))


def _pair(item: Any) -> rx.Component:
    return ui.table_row(
        ui.cell(
            rx.el.div(item.title, class_name="rc-strong"),
            rx.el.div(item.why, class_name="rc-muted rc-small"),
            place="title",
        ),
        ui.cell(ui.link(item.out_text, href=item.out_href), place="line"),
        ui.cell(ui.link(item.in_text, href=item.in_href), place="line"),
        ui.money_cell(item.amount, "neutral"),
        ui.cell(
            ui.row(
                ui.button(
                    "Merge",
                    icon_name="merge",
                    small=True,
                    variant="primary",
                    on_click=State.merge(item.out_id, item.in_id),
                    aria_label="Merge " + item.title,
                ),
                ui.icon_button(
                    "x",
                    "No transfer: " + item.title,
                    small=True,
                    on_click=State.dismiss(item.out_id, item.in_id),
                ),
                gap="s2",
            ),
            align="end",
            place="side",
            tight=True,
        ),
        row_id=item.key,
        key=item.key,
    )


def _retry() -> rx.Component:
    return ui.button("Try again", icon_name="rotate-cw", on_click=State.load)
