"""The notification centre: a list with the latest on top, each a way to the thing that it is about."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.frame import framed
from recaller.state.notifications import ICONS, NotificationsState

_ITEMS: ListVar = NotificationsState.items
_ANY_UNREAD: Item = NotificationsState.any_unread


def notifications_page() -> rx.Component:
    """Draw the page."""
    return framed(
        rx.cond(
            NotificationsState.failure != "",
            ui.error_state(
                "Your notifications can't be shown",
                NotificationsState.failure,
                ui.button("Try again", icon_name="rotate-cw", on_click=NotificationsState.load),
            ),
            ui.card(
                ui.toolbar(
                    ui.segmented(
                        [("all", "All"), ("unread", "Unread")],
                        NotificationsState.view,
                        NotificationsState.choose_view,
                        label="Which notifications",
                    ),
                ),
                ui.loaded(
                    NotificationsState.loading,
                    ui.skeleton_rows(6),
                    rx.cond(
                        _ITEMS.length() > 0,
                        ui.item_list(rx.foreach(_ITEMS, _notice), label="Notifications"),
                        _nothing(),
                    ),
                ),
                ui.when(
                    NotificationsState.has_more,
                    ui.toolbar(ui.button("Show more", on_click=NotificationsState.show_more)),
                ),
                flush=True,
            ),
        ),
        ui.when_unread_changes(NotificationsState.refresh),
        active="notifications",
        title="Notifications",
        subtitle="What came up, for you alone.",
        width="narrow",
        actions=[
            ui.button(
                "Mark all read",
                icon_name="check-check",
                on_click=NotificationsState.mark_all_read,
                disabled=~_ANY_UNREAD,
            ),
            ui.button(
                "Choose what you are told", icon_name="sliders-horizontal", href="/settings/notifications"
            ),
        ],
    )


def _nothing() -> rx.Component:
    return rx.cond(
        NotificationsState.view == "unread",
        ui.empty_state("check-check", "Nothing unread", "You have seen everything that came up."),
        ui.empty_state(
            "bell",
            "Nothing came up yet",
            "Bills that are due, budgets at their limit and work that needs a look will be told here.",
            ui.button(
                "Choose what you are told", icon_name="sliders-horizontal", href="/settings/notifications"
            ),
        ),
    )


def _notice(item: Item) -> rx.Component:
    return ui.notice_row(
        item.title,
        body=item.body,
        meta=item.meta,
        lead=ui.kind_glyph(item.kind, ICONS),
        unread=item.unread,
        on_open=NotificationsState.open_notification(item.id),
        end=ui.when(
            item.problem != "",
            ui.row(
                rx.el.span(ui.state_badge(item.problem, item.problem_tone), title=item.problem_hint),
                ui.button("Send again", small=True, on_click=NotificationsState.send_again(item.delivery_id)),
            ),
        ),
        row_id=item.id,
    )
