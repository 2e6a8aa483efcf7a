"""A plan against what happened: rows of planned, used and left, with a pace bar; rows become cards on phones."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import Handler, Item, ListVar, Node, Text, classes, icon, joined, link, when
from recaller.components.button import icon_button

_STATES = {"on_track": "circle-check", "ahead": "triangle-alert", "over": "circle-alert"}


def plan_table(*groups: Node, label: Text, columns: tuple[str, ...]) -> rx.Component:
    """Hold groups of plan rows under one head: `plan_table(rx.foreach(State.groups, group), label=..., columns=...)`.

    `columns` are the headings: name, planned, used, left (the rows' actions have none).
    """
    heads = [
        rx.el.span(text, role="columnheader", class_name="rc-plan__num" if at else "rc-plan__name")
        for at, text in enumerate(columns)
    ]
    return rx.el.div(
        rx.el.div(
            *heads,
            rx.el.span("Actions", role="columnheader", class_name="rc-sr"),
            role="row",
            class_name="rc-plan__row rc-plan__row--head",
        ),
        *groups,
        role="table",
        aria_label=label,
        class_name="rc-plan",
    )


def plan_group(name: Text, planned: Node, used: Node, left: Node, rows: ListVar, row: Any) -> rx.Component:
    """Head a group with its sums, and draw its rows with `row`, a named function."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(name, role="rowheader", class_name="rc-plan__name"),
            rx.el.span(planned, role="cell", class_name="rc-plan__num rc-plan__planned"),
            rx.el.span(used, role="cell", class_name="rc-plan__num rc-plan__used"),
            rx.el.span(left, role="cell", class_name="rc-plan__num rc-plan__left"),
            rx.el.span(role="cell"),
            role="row",
            class_name="rc-plan__row rc-plan__row--group",
        ),
        rx.foreach(rows, row),
        role="rowgroup",
        aria_label=name,
    )


def plan_row(
    name: Node,
    planned: Node,
    used: Node,
    left: Node,
    *,
    bar: Node,
    note: Node,
    actions: Node,
    row_id: Text,
    state: Text,
) -> rx.Component:
    """Draw one row: its name over the pace bar and a note, then planned, used and left, and its actions.

    `state` is 'on_track', 'ahead' or 'over'; j and k reach the row.
    """
    return rx.el.div(
        rx.el.div(
            rx.el.div(name, class_name="rc-plan__title"),
            bar,
            rx.el.div(note, class_name="rc-plan__note"),
            role="rowheader",
            class_name="rc-plan__name",
        ),
        rx.el.div(planned, role="cell", class_name="rc-plan__num rc-plan__planned"),
        rx.el.div(used, role="cell", class_name="rc-plan__num rc-plan__used"),
        rx.el.div(left, role="cell", class_name="rc-plan__num rc-plan__left"),
        rx.el.div(actions, role="cell", class_name="rc-plan__actions"),
        role="row",
        data_row=row_id,
        data_state=state,
        tab_index=-1,
        class_name="rc-plan__row",
    )


def pace_bar(fill: Text, marker: Text, state: Text, words: Text) -> rx.Component:
    """Show how much is used (`fill`, a CSS width) and how much time is gone (`marker`, a CSS offset, "" for none).

    `words` say the same to those who don't see it: `pace_bar("62%", "77%", "on_track", "62 % used, 77 % ...")`
    """
    return rx.el.div(
        rx.el.span(class_name="rc-pace__fill", style={"--value": fill}),
        when(marker != "", rx.el.span(class_name="rc-pace__mark", style={"--value": marker})),
        role="img",
        aria_label=words,
        title=words,
        data_state=state,
        class_name="rc-pace",
    )


def pace_badge(state: Text, label: Text) -> rx.Component:
    """Say the pace in a word, with a sign and a colour."""
    signs = [(key, icon(name, 13)) for key, name in _STATES.items()]
    return rx.el.span(
        rx.match(state, *signs, icon("circle", 13)), label, data_state=state, class_name="rc-pace__word"
    )


def pace_list(*rows: Node, label: Text) -> rx.Component:
    """Hold paces under each other: `pace_list(rx.foreach(State.items, item), label="Budget pace")`."""
    return rx.el.ul(*rows, aria_label=label, class_name="rc-paces")


def pace_item(name: Node, figure: Node, bar: Node, note: Node) -> rx.Component:
    """Draw one pace: a name and its figure over the bar, a note below."""
    return rx.el.li(
        rx.el.span(name, class_name="rc-truncate"),
        rx.el.span(figure, class_name="rc-plan__num"),
        bar,
        rx.el.div(note, class_name="rc-plan__note"),
        class_name="rc-paces__row",
    )


def cell_input(
    value: Text, label: Text, *, on_blur: Handler, key: Text, disabled: bool = False
) -> rx.Component:
    """Draw an amount that is typed in place: Enter and Shift Enter go to the next and former one, Esc takes back.

    `on_blur` gets the text as typed (sums such as 12.50+3, too); a new `key` shows a new value.
    """
    return rx.el.input(
        default_value=value,
        on_blur=on_blur,
        aria_label=label,
        auto_complete="off",
        input_mode="text",
        placeholder="0",
        disabled=disabled,
        data_cell="true",
        key=key,
        class_name="rc-cellinput private",
    )


def period_strip(
    periods: ListVar, *, label: str, previous: Text, following: Text, keys: tuple[str, str] = ("[", "]")
) -> rx.Component:
    """Step through periods: objects with `label`, `href` and `current`; two keys (and the arrows) go back and forth.

    `previous` and `following` are addresses, "" where there is no further one.
    """

    def period(item: Item) -> rx.Component:
        return link(
            item.label,
            href=item.href,
            class_name="rc-tab",
            aria_current=rx.cond(item.current, "page", "false"),
        )

    return rx.el.nav(
        _step("chevron-left", "Earlier", previous, keys[0]),
        rx.el.div(rx.foreach(periods, period), class_name="rc-tabs rc-strip__periods"),
        _step("chevron-right", "Later", following, keys[1]),
        aria_label=label,
        class_name="rc-strip",
    )


def _step(icon_name: str, label: str, href: Text, key: str) -> rx.Component:
    return rx.cond(
        href != "",
        icon_button(icon_name, f"{label} ({key})", href=href, shortcut=key),
        icon_button(icon_name, label, disabled=True),
    )


def fund_banner(amount: Text, words: Text, tone: Text, action: Node) -> rx.Component:
    """Say what is left to plan: a large amount with its words and what can be done; tone success, warning or error."""
    signs = [("success", icon("circle-check", 20)), ("error", icon("circle-alert", 20))]
    return rx.el.div(
        rx.match(tone, *signs, icon("coins", 20)),
        rx.el.div(
            rx.el.strong(amount, class_name="rc-fund__amount private"),
            rx.el.span(words, class_name="rc-fund__words"),
            class_name="rc-fund__text",
        ),
        rx.el.div(action, class_name="rc-actions"),
        role="status",
        class_name=classes("rc-fund", joined("rc-fund--", tone)),
    )


def choice_list(*rows: Node, label: Text) -> rx.Component:
    """Hold rows to choose from, in a box of its own that scrolls when they are many."""
    return rx.el.div(*rows, role="group", aria_label=label, class_name="rc-choices")


def choice_row(choice: Node, *fields: Node) -> rx.Component:
    """Draw one choice with the fields that belong to it at its end."""
    return rx.el.div(choice, *fields, class_name="rc-choices__row")


def plain_amount(name: Text, label: Text, *, default_value: Text, currency: Text) -> rx.Component:
    """Draw a small amount field inside a row that has its words already; `label` is for those who can't see it."""
    return rx.el.div(
        rx.el.span(currency, class_name="rc-affix__mark", aria_hidden="true"),
        rx.el.input(
            name=name,
            default_value=default_value,
            aria_label=label,
            auto_complete="off",
            input_mode="text",
            placeholder="0",
        ),
        class_name="rc-input rc-affix rc-affix--money rc-choices__amount",
    )
