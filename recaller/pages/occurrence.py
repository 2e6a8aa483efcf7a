"""The dialog of one date of a recurring transaction."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.state.occurrence import OccurrenceState

Occurrence: Any = OccurrenceState
_CANDIDATES: ListVar = Occurrence.candidates
FORM_ID = "occurrence-form"


def occurrence_dialog() -> rx.Component:
    """Draw the dialog; open it with `OccurrenceState.open_occurrence(key)`."""
    return ui.dialog(
        ui.stack(
            _head(),
            rx.cond(Occurrence.can_post, rx.cond(Occurrence.searched, _payments(), _form())),
            _links(),
        ),
        identity="occurrence",
        title=Occurrence.name,
        description=Occurrence.day_words,
        open=Occurrence.shown,
        on_close=Occurrence.close,
        footer=rx.cond(Occurrence.shown, _actions()),
    )


def due_row(item: Item) -> rx.Component:
    """Draw one date as a row of a list that opens the dialog."""
    return ui.list_row(
        item.title,
        subtitle=rx.fragment(item.date, rx.cond(item.note != "", " · " + item.note, "")),
        end=ui.money(item.amount, item.tone),
        end_sub=ui.due_badge(item.state, item.state_label),
        on_click=Occurrence.open_occurrence(item.key),
    )


def date_row(item: Item) -> rx.Component:
    """Draw one date of an item whose name stands above the list."""
    return ui.list_row(
        item.date,
        subtitle=item.note,
        end=ui.money(item.amount, item.tone),
        end_sub=ui.due_badge(item.state, item.state_label),
        on_click=Occurrence.open_occurrence(item.key),
    )


def _head() -> rx.Component:
    return rx.fragment(
        ui.row(
            ui.money(Occurrence.amount, Occurrence.tone, True),
            ui.due_badge(Occurrence.state, Occurrence.state_label),
            between=True,
        ),
        rx.cond(
            Occurrence.expected != "",
            ui.callout(rx.fragment(Occurrence.expected, " was expected."), tone="warning"),
        ),
        rx.cond(Occurrence.due_note != "", rx.el.p(Occurrence.due_note, class_name="rc-muted rc-small")),
        rx.cond(
            Occurrence.problem != "",
            ui.callout(Occurrence.problem, tone="error", title="It could not be posted"),
        ),
        rx.cond(Occurrence.form_error != "", ui.callout(Occurrence.form_error, tone="error")),
    )


def _form() -> rx.Component:
    return ui.form(
        ui.field_group(
            ui.money_input(
                "amount",
                "Amount",
                currency=Occurrence.currency,
                default_value=Occurrence.amount_value,
                error=_error("amount"),
            ),
            ui.date_field("on", "In the accounts on", default_value=Occurrence.on_value, error=_error("on")),
        ),
        rx.cond(
            Occurrence.target_currency != "",
            ui.money_input(
                "target_amount",
                "Amount that arrives",
                currency=Occurrence.target_currency,
                default_value=Occurrence.target_value,
                error=_error("target_amount"),
            ),
        ),
        on_submit=Occurrence.submit,
        number=Occurrence.form_key,
        key=Occurrence.form_key.to_string(),
        custom_attrs={"id": FORM_ID},
    )


def _payments() -> rx.Component:
    return rx.cond(
        _CANDIDATES.length() > 0,
        ui.item_list(rx.foreach(_CANDIDATES, _payment), label="Transactions that may have paid it"),
        ui.empty_state(
            "search-x",
            "Nothing fits",
            "No transaction of this account around that day goes this way and pays nothing else.",
        ),
    )


def _payment(item: Item) -> rx.Component:
    return ui.list_row(
        item.title,
        subtitle=item.when,
        end=ui.money(item.amount),
        end_sub=ui.button(
            "This one",
            small=True,
            on_click=Occurrence.choose_payment(item.id),
            aria_label="Paid by " + item.title + ", " + item.when,
        ),
    )


def _links() -> rx.Component:
    return ui.row(
        ui.link("All dates and the price history", href="/recurring/" + Occurrence.recurring_id),
        rx.cond(
            Occurrence.transaction_id != "",
            ui.link(Occurrence.payment_label, href="/transactions?open=" + Occurrence.transaction_id),
        ),
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(
            Occurrence.can_skip,
            ui.button("Skip this one", icon_name="skip-forward", on_click=Occurrence.skip(Occurrence.key)),
        ),
        rx.cond(
            Occurrence.can_unskip,
            ui.button(
                "Expect it again",
                icon_name="undo-2",
                variant="primary",
                on_click=Occurrence.unskip(Occurrence.key),
            ),
        ),
        rx.cond(
            Occurrence.can_undo,
            ui.button(Occurrence.undo_label, icon_name="undo-2", on_click=Occurrence.undo(Occurrence.key)),
        ),
        rx.cond(
            Occurrence.searched,
            ui.button("Back", icon_name="arrow-left", on_click=Occurrence.open_occurrence(Occurrence.key)),
        ),
        rx.cond(
            Occurrence.can_post & ~Occurrence.searched,
            ui.button("Paid already", icon_name="link", on_click=Occurrence.look_for_payment),
        ),
        rx.cond(
            Occurrence.can_post & ~Occurrence.searched,
            ui.submit_button(
                rx.cond(Occurrence.ahead, "Post now", "Confirm"), busy=Occurrence.busy, form=FORM_ID
            ),
        ),
    )


def _error(field: str) -> Any:
    return Occurrence.form_errors.get(field, "")
