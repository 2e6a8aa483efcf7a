"""Small marks: badges, filter chips, tabs, avatars, account icons, key hints."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx

from recaller.components.base import (
    Flag,
    Handler,
    Item,
    ListVar,
    Node,
    Text,
    Tone,
    ValueHandler,
    classes,
    icon,
    joined,
    link,
    screen_reader_only,
    spoken,
)

ACCOUNT_ICONS = {
    "checking": "landmark",
    "savings": "piggy-bank",
    "cash": "banknote",
    "credit_card": "credit-card",
    "investment": "chart-line",
    "brokerage": "chart-line",
    "retirement": "sprout",
    "loan": "hand-coins",
    "mortgage": "house",
    "property": "house",
    "vehicle": "car",
    "receivable": "user-round",
    "crypto": "bitcoin",
}


def badge(label: Node, tone: Tone = "neutral", icon_name: str = "") -> rx.Component:
    """Mark a state in a word: `badge("Pending", "warning", "clock")`."""
    glyph = [icon(icon_name, 13)] if icon_name else []
    return rx.el.span(
        *glyph, label, class_name=classes("rc-badge", f"rc-badge--{tone}" if tone != "neutral" else "")
    )


def mark(icon_name: str, label: str) -> rx.Component:
    """Mark what most rows share with a quiet icon; the word is for the pointer and for screen readers."""
    return rx.el.span(
        icon(icon_name, 14), screen_reader_only(label), title=label, class_name="rc-muted rc-mark"
    )


def state_badge(label: Text, tone: Text) -> rx.Component:
    """Mark a state whose word and tone (see `badge`) both come from the server."""
    return rx.el.span(label, class_name=classes("rc-badge", joined("rc-badge--", tone)))


def chip(label: Node, *, on_click: Handler, pressed: Flag = False, icon_name: str = "") -> rx.Component:
    """Draw a chip that switches a filter on and off."""
    glyph = [icon(icon_name, 15)] if icon_name else []
    return rx.el.button(
        *glyph,
        label,
        type="button",
        on_click=on_click,
        aria_pressed=spoken(pressed),
        class_name="rc-chip",
    )


def filter_chip(label: Text, *, on_remove: Handler, verb: str = "Remove filter ") -> rx.Component:
    """Show a filter that is on, with a button that removes it: `filter_chip("Category: Food", on_remove=...)`."""
    return rx.el.span(
        rx.el.span(label, class_name="rc-truncate"),
        rx.el.button(
            icon("x", 14),
            type="button",
            on_click=on_remove,
            aria_label=joined(verb, label),
            class_name="rc-chip__remove",
        ),
        class_name="rc-chip rc-chip--on",
    )


def chips(*content: Node, label: str = "Filters") -> rx.Component:
    """Hold chips in a wrapping line."""
    return rx.el.div(*content, role="group", aria_label=label, class_name="rc-chips")


def segmented(
    choices: Sequence[tuple[str, str]], value: Text, on_change: ValueHandler, *, label: str
) -> rx.Component:
    """Choose one of a few:

    `segmented([("3m", "3 months"), ("1y", "Year")], State.period, State.set_period, label="Period")`.

    `on_change` is called with the chosen key.
    """
    buttons = [
        rx.el.button(
            text,
            type="button",
            on_click=on_change(key),
            aria_pressed=spoken(value == key),
            class_name="rc-tab",
        )
        for key, text in choices
    ]
    return rx.el.div(*buttons, role="group", aria_label=label, class_name="rc-tabs")


def counted_tabs(tabs: ListVar, value: Text, on_change: ValueHandler, *, label: str) -> rx.Component:
    """Choose one of some parts of a list, each with its number: objects with `key`, `label` and `count`.

    `counted_tabs(State.tabs, State.row_state, State.show_state, label="Rows by state")`
    """

    def tab(item: Item) -> rx.Component:
        return rx.el.button(
            item.label,
            " ",
            rx.el.span(item.count, class_name="rc-num rc-muted"),
            type="button",
            on_click=on_change(item.key),
            aria_pressed=spoken(value == item.key),
            class_name="rc-tab",
        )

    return rx.el.div(rx.foreach(tabs, tab), role="group", aria_label=label, class_name="rc-tabs")


def tab_links(choices: Sequence[tuple[str, str]], active: str, *, label: str) -> rx.Component:
    """Navigate between sibling pages, as (href, label): the active one is marked."""
    links = [
        link(text, href=href, class_name="rc-tab", **({"aria_current": "page"} if href == active else {}))
        for href, text in choices
    ]
    return rx.el.nav(*links, aria_label=label, class_name="rc-tabs")


def avatar(initials: Text, *, size: str = "2rem") -> rx.Component:
    """Draw a person or household as initials (at most two letters, made by the server)."""
    return rx.el.span(initials, aria_hidden="true", class_name="rc-avatar", style={"--size": size})


def glyph(icon_name: str, tone: Tone = "neutral") -> rx.Component:
    """Draw an icon in a soft square, as the lead of a list row."""
    return rx.el.span(
        icon(icon_name),
        aria_hidden="true",
        class_name=classes("rc-glyph", f"rc-glyph--{tone}" if tone != "neutral" else ""),
    )


def account_icon(subtype: Text) -> rx.Component:
    """Draw the icon of an account's subtype (checking, credit_card, ...), a wallet when it is unknown."""
    if isinstance(subtype, str):
        return glyph(ACCOUNT_ICONS.get(subtype, "wallet"))
    cases = [(key, icon(name)) for key, name in ACCOUNT_ICONS.items()]
    return rx.el.span(rx.match(subtype, *cases, icon("wallet")), aria_hidden="true", class_name="rc-glyph")


def kbd(*keys: str) -> rx.Component:
    """Show keys to press, one after the other: `kbd("g", "t")`, `kbd("Ctrl", "K")`."""
    return rx.el.span(*[rx.el.kbd(key, class_name="rc-kbd") for key in keys], class_name="rc-keys")
