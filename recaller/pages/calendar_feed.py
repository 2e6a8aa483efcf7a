"""The dialog of the calendar feed."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.state.calendar_feed import CalendarFeedState

Feed: Any = CalendarFeedState


def feed_button() -> rx.Component:
    """Draw the button that opens the dialog."""
    return ui.button("Calendar feed", icon_name="calendar-days", on_click=Feed.open_feed)


def feed_dialog() -> rx.Component:
    """Draw the dialog; a page draws it once."""
    return ui.dialog(
        ui.stack(
            rx.el.p(
                "Subscribe to your bills in the calendar of your phone or computer. It shows what you see here: the"
                " last 3 and the next 12 months, your private items included.",
                class_name="rc-muted",
            ),
            rx.cond(Feed.address != "", _address(), rx.cond(Feed.active, _present(), _absent())),
        ),
        identity="calendar-feed",
        title="Calendar feed",
        open=Feed.shown,
        on_close=Feed.close,
        footer=rx.cond(
            Feed.active,
            rx.fragment(
                ui.button("Revoke", icon_name="trash-2", on_click=Feed.revoke),
                rx.cond(
                    Feed.address == "",
                    ui.button("Make a new address", icon_name="refresh-cw", on_click=Feed.make),
                    ui.button("Done", variant="primary", on_click=Feed.close),
                ),
            ),
            ui.button("Make an address", icon_name="link-2", variant="primary", on_click=Feed.make),
        ),
    )


def _address() -> rx.Component:
    return ui.stack(
        ui.text_field(
            "feed_address",
            "Secret address",
            value=Feed.address,
            read_only=True,
            hint="Shown only now. Whoever has it can read your bills: give it to your calendar only.",
            auto_complete="off",
            spell_check=False,
        ),
        ui.row(
            ui.button(
                "Copy",
                icon_name="copy",
                variant="primary",
                on_click=[rx.set_clipboard(Feed.address), Feed.copied],
            ),
        ),
    )


def _present() -> rx.Component:
    return ui.callout(
        rx.fragment(
            "Made on ",
            Feed.created,
            ". ",
            rx.cond(Feed.read != "", "Last fetched around " + Feed.read + ". ", "Not fetched yet. "),
            "The address itself can't be shown again; a new one makes the old one worthless.",
        ),
        title="An address is in use",
    )


def _absent() -> rx.Component:
    return ui.callout("No address has been made yet.", title="Off")
