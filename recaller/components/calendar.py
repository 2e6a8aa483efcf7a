"""A month as a grid of days with marks on them, an agenda on phones; and how the state of a due item is marked."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import (
    Handler,
    Item,
    ListVar,
    Node,
    Text,
    ValueHandler,
    classes,
    icon,
    private,
    screen_reader_only,
)
from recaller.components.button import icon_button
from recaller.components.money import money

# What became of a due item -> its icon and tone; the word comes from the server and always stands beside.
DUE_STATES: dict[str, tuple[str, str]] = {
    "paid": ("circle-check", "success"),
    "posted": ("circle-check", "success"),
    "differs": ("equal-not", "warning"),
    "confirm": ("hand", "info"),
    "due": ("hand", "info"),
    "late": ("clock-alert", "warning"),
    "missed": ("circle-x", "error"),
    "failed": ("triangle-alert", "error"),
    "upcoming": ("calendar-clock", "neutral"),
    "skipped": ("skip-forward", "neutral"),
    "paused": ("circle-pause", "neutral"),
    "ended": ("circle-stop", "neutral"),
}
_PLAIN = "upcoming"


def due_icon(state: Text, size: int = 13) -> rx.Component:
    """Draw the icon of a state of `DUE_STATES`; decorative, the word must stand beside it."""
    if isinstance(state, str):
        return icon(DUE_STATES.get(state, DUE_STATES[_PLAIN])[0], size)
    cases = [(key, icon(name, size)) for key, (name, _) in DUE_STATES.items()]
    return rx.match(state, *cases, icon(DUE_STATES[_PLAIN][0], size))


def due_badge(state: Text, label: Text) -> rx.Component:
    """Mark what became of a due item, in icon and word: `due_badge(row.state, row.state_label)`."""
    if isinstance(state, str):
        tone: Any = f"rc-badge--{DUE_STATES.get(state, DUE_STATES[_PLAIN])[1]}"
    else:
        cases = [(key, f"rc-badge--{name}") for key, (_, name) in DUE_STATES.items()]
        tone = rx.match(state, *cases, "rc-badge--neutral")
    return rx.el.span(due_icon(state), label, class_name=classes("rc-badge", tone))


def month_calendar(
    weeks: ListVar,
    weekdays: ListVar,
    *,
    title: Text,
    label: Text,
    on_day: ValueHandler,
    on_item: ValueHandler,
    on_previous: Handler,
    on_next: Handler,
    actions: Node | None = None,
    empty: Node | None = None,
) -> rx.Component:
    """Draw a month: arrows walk over the days, Page Up and Page Down turn the month, Enter opens a day.

    `weekdays` are objects with `short` and `long`, in the order of the user's week. `weeks` are objects with `days`;
    a day has `iso`, `number`, `spoken` (the date and what is on it, in words), `heading`, `today`, `outside`,
    `entry` (the one day that Tab reaches), `items` (the first few), `every` (all of them, for the agenda) and `more`
    ("+3 more" or ""). An item has `key`, `title`, `amount`, `tone`, `state` (of `DUE_STATES`) and `state_label`.
    `on_day` is called with `iso`, `on_item` with `key`. On phones the days with items stand below each other;
    `empty` is said there when there are none.

    `month_calendar(State.weeks, State.weekdays, title=State.month, label="Bills", on_day=State.open_day, ...)`
    """
    head = rx.el.div(
        rx.el.h2(title, aria_live="polite", class_name="rc-cal__title"),
        rx.el.div(
            icon_button("chevron-left", "Previous month", on_click=on_previous, data_turn="previous"),
            icon_button("chevron-right", "Next month", on_click=on_next, data_turn="next"),
            actions if actions is not None else rx.fragment(),
            class_name="rc-actions",
        ),
        class_name="rc-cal__head",
    )
    grid = rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.foreach(
                    weekdays,
                    lambda one: rx.el.th(
                        rx.el.span(one.short, aria_hidden="true"),
                        screen_reader_only(one.long),
                        scope="col",
                        class_name="rc-cal__weekday",
                    ),
                ),
            ),
        ),
        rx.el.tbody(
            rx.foreach(
                weeks,
                lambda week: rx.el.tr(
                    rx.foreach(week.days, lambda day: _day(day, on_day, on_item)),
                ),
            ),
        ),
        role="grid",
        aria_label=label,
        class_name="rc-cal__grid",
    )
    return rx.el.div(head, grid, _agenda(weeks, on_item, label, empty), data_days="true", class_name="rc-cal")


def _day(day: Item, on_day: ValueHandler, on_item: ValueHandler) -> rx.Component:
    return rx.el.td(
        rx.el.button(
            day.number,
            type="button",
            aria_label=day.spoken,
            aria_current=rx.cond(day.today, "date", "false"),
            tab_index=rx.cond(day.entry, 0, -1),
            on_click=on_day(day.iso),
            data_day=day.iso,
            class_name="rc-cal__number",
        ),
        rx.foreach(day["items"], lambda item: _chip(item, on_item)),
        rx.cond(
            day.more != "",
            rx.el.button(
                day.more,
                type="button",
                tab_index=-1,
                on_click=on_day(day.iso),
                aria_label=day.more + ", " + day.heading,
                class_name="rc-cal__more",
            ),
        ),
        role="gridcell",
        data_outside=rx.cond(day.outside, "true", "false"),
        class_name="rc-cal__day",
    )


def _chip(item: Item, on_item: ValueHandler) -> rx.Component:
    words = item.title + ", " + item.amount + ", " + item.state_label
    return rx.el.button(
        due_icon(item.state),
        rx.el.span(item.title, class_name="rc-truncate"),
        private(item.amount, class_name="rc-num"),
        type="button",
        tab_index=-1,
        on_click=on_item(item.key),
        aria_label=words,
        title=words,
        data_state=item.state,
        class_name="rc-cal__chip",
    )


def _agenda(weeks: ListVar, on_item: ValueHandler, label: Text, empty: Node | None) -> rx.Component:
    def row(item: Item) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(
                    rx.el.span(item.title, class_name="rc-agenda__name"),
                    due_badge(item.state, item.state_label),
                    class_name="rc-agenda__text",
                ),
                money(item.amount, item.tone),
                type="button",
                on_click=on_item(item.key),
                class_name="rc-agenda__row",
            ),
        )

    def day(one: Item) -> rx.Component:
        shown = rx.el.section(
            rx.el.h3(
                one.heading,
                rx.cond(one.today, rx.el.span(" · today"), rx.fragment()),
                class_name="rc-agenda__day",
            ),
            rx.el.ul(rx.foreach(one.every, row)),
        )
        return rx.cond(~one.outside & (one.every.length() > 0), shown, rx.fragment())

    return rx.el.div(
        rx.foreach(weeks, lambda week: rx.fragment(rx.foreach(week.days, day))),
        empty if empty is not None else rx.fragment(),
        role="region",
        aria_label=label,
        class_name="rc-agenda",
    )
