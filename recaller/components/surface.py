"""Surfaces that hold content: cards, figures, section headings, list rows."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import (
    Flag,
    Handler,
    Node,
    Text,
    classes,
    icon,
    joined,
    link,
    part,
    when,
    when_text,
)


def card(
    *content: Node,
    title: Node | None = None,
    subtitle: Node | None = None,
    actions: Node | None = None,
    footer: Node | None = None,
    flush: bool = False,
    **props: Any,
) -> rx.Component:
    """Draw a card; `flush` lets a table or list touch its edges.

    `card(chart(...), title="Net worth", actions=tabs(...))`, `card(data_table(...), flush=True)`
    """
    head = []
    if title is not None:
        text = rx.el.div(rx.el.h2(title), part(subtitle, "rc-card__sub"))
        head = [
            rx.el.header(text, actions if actions is not None else rx.fragment(), class_name="rc-card__head")
        ]
    foot = [rx.el.footer(footer, class_name="rc-card__foot")] if footer is not None else []
    return rx.el.section(
        *head,
        rx.el.div(*content, class_name="rc-card__body"),
        *foot,
        class_name=classes("rc-card", "rc-card--flush" if flush else ""),
        **props,
    )


def stat(
    label: Text,
    value: Node,
    *,
    icon_name: str = "",
    change: Text | None = None,
    change_tone: Text = "neutral",
    href: Text | None = None,
    lead: bool = False,
    loading: Flag = False,
) -> rx.Component:
    """Draw one figure with its label; `change` carries its own sign, `href` drills down to what it sums.

    `stat("Spent", State.spent_text, change="−4 % on October", change_tone="positive", href="/transactions?...")`
    """
    body = [
        rx.el.span(
            *([icon(icon_name, 16)] if icon_name else []),
            label,
            *([icon("arrow-up-right", 15, "rc-stat__go")] if href is not None else []),
            class_name="rc-stat__label",
        ),
        when(
            loading,
            rx.el.span(
                rx.el.span(class_name="rc-skeleton", style={"--h": "1.5rem", "--w": "8rem"}),
                class_name="rc-stat__value",
            ),
            rx.el.span(value, class_name="rc-stat__value private"),
        ),
    ]
    if change is not None:
        toned = joined("rc-money--", change_tone)
        body.append(rx.el.span(change, class_name=classes("rc-stat__change private", toned)))
    names = classes("rc-card", "rc-stat", "rc-stat--lead" if lead else "")
    if href is not None:
        return link(*body, href=href, class_name=" ".join(map(str, names)) + " rc-card--link")
    return rx.el.div(*body, class_name=names)


def stat_grid(*stats: Node) -> rx.Component:
    """Lay figures side by side; two in a row on phones, a `lead` one over the whole width."""
    return rx.el.div(*stats, class_name="rc-stats")


def section_heading(title: Text, *actions: Node, description: Text | None = None) -> rx.Component:
    """Open a part of a page with a second-level heading and its actions."""
    return rx.el.div(
        rx.el.div(
            rx.el.h2(title),
            when_text(description, lambda words: rx.el.p(words, class_name="rc-muted rc-small")),
        ),
        rx.el.div(*actions, class_name="rc-actions"),
        class_name="rc-section",
    )


def item_list(*rows: Node, label: Text) -> rx.Component:
    """Hold list rows, separated by lines: `item_list(rx.foreach(State.accounts, account_row), label="Accounts")`."""
    return rx.el.div(*rows, role="list", aria_label=label, class_name="rc-list")


def list_row(
    title: Node,
    *,
    subtitle: Node | None = None,
    lead: Node | None = None,
    end: Node | None = None,
    end_sub: Node | None = None,
    href: Text | None = None,
    on_click: Handler | None = None,
) -> rx.Component:
    """Draw one row of a list: lead (icon, avatar), title over subtitle, and a figure at the end."""
    parts = [
        lead if lead is not None else rx.fragment(),
        rx.el.span(
            rx.el.span(title, class_name="rc-item__title rc-truncate", style={"display": "block"}),
            rx.el.span(subtitle, class_name="rc-item__sub rc-truncate", style={"display": "block"})
            if subtitle is not None
            else rx.fragment(),
            class_name="rc-item__text",
        ),
    ]
    if end is not None:
        below = (
            rx.el.span(end_sub, class_name="rc-item__sub", style={"display": "block"})
            if end_sub is not None
            else rx.fragment()
        )
        parts.append(rx.el.span(end, below, class_name="rc-item__end"))
    if href is not None:
        inner = link(*parts, href=href, class_name="rc-item")
    elif on_click is not None:
        inner = rx.el.button(*parts, type="button", on_click=on_click, class_name="rc-item")
    else:
        inner = rx.el.div(*parts, class_name="rc-item")
    return rx.el.div(inner, role="listitem")


def facts(*pairs: tuple[Text, Node]) -> rx.Component:
    """Say facts as name and value: `facts(("Account", State.account), ("When", State.words))`."""
    rows = [
        rx.el.div(rx.el.dt(name, class_name="rc-facts__name"), rx.el.dd(value, class_name="rc-facts__value"))
        for name, value in pairs
    ]
    return rx.el.dl(*rows, class_name="rc-facts")


def list_heading(title: Text, end: Node) -> rx.Component:
    """Head a part of a list inside a card, with its subtotal at the end."""
    return rx.el.header(rx.el.h3(title), end, class_name="rc-listhead")


def sparkline(points: Text) -> rx.Component:
    """Draw the course of a figure as a small line; `points` are those of an SVG polyline within 64 by 20.

    Decorative: the figure itself stands beside it.
    """
    return rx.el.svg(
        rx.el.svg.polyline(points=points), view_box="0 0 64 20", aria_hidden="true", class_name="rc-spark"
    )


def disclosure(summary: Text, *content: Node) -> rx.Component:
    """Hide details behind a line that opens them: `disclosure("3 payments in one booking", item_list(...))`."""
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 15, class_name="rc-caret"), rx.el.span(summary)),
        *content,
        class_name="rc-disclosure",
    )


def divider() -> rx.Component:
    """Draw a thin line between parts."""
    return rx.el.div(class_name="rc-divider", role="presentation")
