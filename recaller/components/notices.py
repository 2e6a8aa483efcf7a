"""Notifications on every page: the bell with its count, rows of the centre, rows of settings with several controls."""

from __future__ import annotations

from collections.abc import Mapping

import reflex as rx

from recaller.components.base import (
    Flag,
    Handler,
    Node,
    Text,
    classes,
    icon,
    link,
    screen_reader_only,
    spoken,
    when,
)


def unread_badge() -> rx.Component:
    """Show how many notifications are unread; hidden at none. The browser script asks the server and writes it."""
    return rx.el.span(
        rx.el.span(data_unread_count="true"),
        screen_reader_only(" unread"),
        hidden=True,
        data_unread="true",
        class_name="rc-badge rc-badge--accent rc-unread",
    )


def bell(href: str = "/notifications") -> rx.Component:
    """Draw the bell of the phone's top bar, with the number of unread notifications."""
    return link(
        icon("bell"),
        screen_reader_only("Notifications"),
        unread_badge(),
        href=href,
        title="Notifications",
        class_name="rc-button rc-button--icon rc-button--quiet rc-bell",
    )


def when_unread_changes(on_change: Handler) -> rx.Component:
    """Call the server when the count of unread notifications has changed while this page is open."""
    return rx.el.button(
        type="button",
        hidden=True,
        tab_index=-1,
        on_click=on_change,
        data_unread_changed="true",
        aria_hidden="true",
    )


def kind_glyph(kind: Text, icons: Mapping[str, str], otherwise: str = "bell") -> rx.Component:
    """Draw the icon of one of several kinds, known only on the server: `kind_glyph(item.kind, ICONS)`."""
    if isinstance(kind, str):
        chosen: Node = icon(icons.get(kind, otherwise))
    else:
        chosen = rx.match(kind, *[(key, icon(name)) for key, name in icons.items()], icon(otherwise))
    return rx.el.span(chosen, aria_hidden="true", class_name="rc-glyph")


def notice_row(
    title: Text,
    *,
    body: Text,
    meta: Text,
    lead: Node,
    unread: Flag,
    on_open: Handler,
    end: Node,
    row_id: Text,
) -> rx.Component:
    """Draw one notification: pressed, it opens what it is about; `end` holds marks and buttons of its own."""
    return rx.el.div(
        rx.el.button(
            lead,
            rx.el.span(
                rx.el.span(title, class_name="rc-notice__title"),
                when(body != "", rx.el.span(body, class_name="rc-notice__body")),
                rx.el.span(meta, class_name="rc-notice__meta"),
                class_name="rc-notice__text",
            ),
            when(unread, rx.el.span(screen_reader_only("Unread"), class_name="rc-notice__dot")),
            type="button",
            on_click=on_open,
            data_row_open="true",
            class_name="rc-notice__main",
        ),
        end,
        role="listitem",
        data_row=row_id,
        data_fresh=spoken(unread),
        tab_index=-1,
        class_name=classes("rc-notice"),
    )


def setting_row(title: Node, hint: Node, *controls: Node) -> rx.Component:
    """Draw one setting with several controls beside its name, under it on phones."""
    return rx.el.div(
        rx.el.div(
            rx.el.div(title, class_name="rc-setting__title"),
            rx.el.div(hint, class_name="rc-setting__hint"),
            class_name="rc-setting__text",
        ),
        rx.el.div(*controls, class_name="rc-setting__controls"),
        role="listitem",
        class_name="rc-setting",
    )
