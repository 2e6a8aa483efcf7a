"""The tab of what was found to recur in the history."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.state.recurring_editor import RecurringEditorState
from recaller.state.suggestions import SuggestionsState

State: Any = SuggestionsState
Editor: Any = RecurringEditorState


def suggestions_tab() -> rx.Component:
    """Draw the suggestions, or how to get some."""
    return ui.stack(
        rx.cond(
            State.percent >= 0,
            ui.card(
                ui.progress_bar("Looking through your history", State.percent, detail=State.message),
                ui.poll(State.follow, milliseconds=700),
            ),
        ),
        ui.loaded(
            State.loading,
            ui.skeleton_card("16rem"),
            rx.cond(State.suggestions.length() > 0, _found(), _none()),
        ),
    )


def _found() -> rx.Component:
    return ui.stack(
        ui.section_heading(
            "Found in your history",
            _look_button(),
            description="Confirm what recurs: its payments so far become its history. What you dismiss stays away.",
        ),
        ui.grid(rx.foreach(State.suggestions, _card), min_width="22rem"),
    )


def _none() -> rx.Component:
    return rx.cond(
        State.percent >= 0,
        rx.fragment(),
        ui.card(
            ui.empty_state(
                "sparkles",
                "No suggestions",
                "Recaller looks every night for payments that come again and again. It can also look right now.",
                _look_button(),
            )
        ),
    )


def _look_button() -> rx.Component:
    return ui.button(
        "Look now", icon_name="sparkles", small=True, on_click=State.look, disabled=State.percent >= 0
    )


def _card(item: Item) -> rx.Component:
    return ui.card(
        ui.stack(
            ui.row(
                rx.el.span(
                    rx.cond(item.about, rx.el.span("about ", class_name="rc-muted rc-small")),
                    ui.money(item.amount, item.tone, True),
                ),
                rx.cond(
                    item.is_price,
                    ui.badge("New amount", "warning", "trending-up"),
                    ui.state_badge(item.confidence, item.confidence_tone),
                ),
                between=True,
            ),
            ui.facts(
                ("When", item.schedule),
                ("Expected", item.next),
                ("Account", item.detail),
                ("So far", ui.private(item.evidence)),
            ),
            ui.stack(
                rx.foreach(item.payments, _payment), gap="s1", role="list", aria_label="The latest payments"
            ),
            ui.row(
                rx.cond(
                    item.is_price,
                    ui.button("Dismiss", small=True, variant="quiet", on_click=State.dismiss(item.id)),
                    rx.fragment(
                        ui.button("Dismiss", small=True, variant="quiet", on_click=State.dismiss(item.id)),
                        ui.button(
                            "Edit first",
                            small=True,
                            icon_name="pencil",
                            on_click=Editor.open_suggestion(item.id),
                        ),
                    ),
                ),
                ui.button(
                    rx.cond(item.is_price, "Use the new amount", "Confirm"),
                    small=True,
                    variant="primary",
                    icon_name="check",
                    on_click=State.confirm(item.id),
                ),
            ),
        ),
        title=ui.row(item.name, rx.cond(item.private, ui.mark("lock", "Private")), gap="s2"),
    )


def _payment(paid: Item) -> rx.Component:
    row = ui.row(ui.link(paid.date, href=paid.href), ui.money(paid.amount), between=True)
    return rx.el.div(row, role="listitem")
