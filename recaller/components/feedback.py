"""What the product says back: callouts, progress, steps, empty, error and loading states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from recaller.components.base import (
    Flag,
    Handler,
    Node,
    Text,
    icon,
    link,
    screen_reader_only,
    when,
    when_text,
)
from recaller.components.token import glyph

CalloutTone = Literal["info", "success", "warning", "error"]
_CALLOUT_ICONS = {
    "info": "info",
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-alert",
}


def callout(
    text: Node, *, tone: CalloutTone = "info", title: Text | None = None, action: Node | None = None
) -> rx.Component:
    """Say something about the part it stands in; errors are announced at once.

    `callout(State.error, tone="error")`, `callout("37 have no category.", tone="warning", action=link(...))`
    """
    return rx.el.div(
        icon(_CALLOUT_ICONS[tone], 18),
        rx.el.div(
            screen_reader_only({"error": "Error: ", "warning": "Warning: "}.get(tone, "")),
            when_text(title, lambda words: rx.el.p(words, class_name="rc-callout__title")),
            rx.el.div(text, class_name="rc-callout__text"),
            class_name="rc-callout__body",
        ),
        rx.el.div(action, class_name="rc-callout__action") if action is not None else rx.fragment(),
        role="alert" if tone == "error" else "status",
        class_name=f"rc-callout rc-callout--{tone}",
    )


def progress_bar(
    label: Text, percent: int | rx.Var[int] | None, *, detail: Text = "", action: Node | None = None
) -> rx.Component:
    """Show live work, 0 to 100 percent; None for work of unknown length.

    `progress_bar("Importing", State.percent, detail="12,400 of 20,000 rows", action=button("Stop", ...))`
    """
    values: dict[str, Any] = {} if percent is None else {"aria_valuenow": percent}
    width = (
        None if percent is None else (percent.to(str) + "%" if isinstance(percent, rx.Var) else f"{percent}%")
    )
    fill = (
        rx.el.span(class_name="rc-bar__fill rc-bar__fill--busy")
        if width is None
        else rx.el.span(class_name="rc-bar__fill", style={"--value": width})
    )
    head = rx.el.div(rx.el.span(label), rx.el.span(detail), class_name="rc-progress__text")
    bar = rx.el.div(
        fill,
        role="progressbar",
        aria_label=label,
        aria_valuemin=0,
        aria_valuemax=100,
        class_name="rc-bar",
        **values,
    )
    return rx.el.div(head, bar, action if action is not None else rx.fragment(), class_name="rc-progress")


def poll(on_tick: Handler, *, milliseconds: int = 500) -> rx.Component:
    """Ask the server again and again while this is on the page: put it inside `when(State.at_work, ...)`.

    Paused while the page is hidden or offline. `when(State.at_work, poll(State.follow))`
    """
    return rx.el.button(
        type="button",
        hidden=True,
        tab_index=-1,
        on_click=on_tick,
        data_poll=str(milliseconds),
        aria_hidden="true",
    )


def steps(labels: Sequence[str], current: int | rx.Var[int], *, label: str = "Steps") -> rx.Component:
    """Show where in a short sequence the user is; `current` counts from 0."""
    items = []
    for index, text in enumerate(labels):
        if isinstance(current, rx.Var):
            done: Any = current
            state: Any = rx.cond(current == index, "now", rx.cond(done > index, "done", "next"))
            extra: dict[str, Any] = {"aria_current": rx.cond(current == index, "step", "false")}
        else:
            state = "now" if current == index else "done" if current > index else "next"
            extra = {"aria_current": "step"} if current == index else {}
        mark = rx.el.span(str(index + 1), class_name="rc-step__mark", aria_hidden="true")
        words = rx.el.span(text, class_name="rc-step__text")
        items.append(rx.el.li(mark, words, data_state=state, class_name="rc-step", **extra))
    return rx.el.ol(*items, aria_label=label, class_name="rc-steps")


def empty_state(icon_name: str, title: Text, text: Text, *actions: Node) -> rx.Component:
    """Say why there is nothing here and what to do next.

    `empty_state("inbox", "No transactions yet", "Import a bank file or add one by hand.", button(...))`
    """
    return rx.el.div(
        glyph(icon_name, "accent"),
        rx.el.div(
            rx.el.p(title, class_name="rc-empty__title"),
            rx.el.p(text, class_name="rc-empty__text"),
            class_name="rc-stack",
            style={"--gap": "var(--s1)", "align-items": "center"},
        ),
        rx.el.div(*actions, class_name="rc-actions") if actions else rx.fragment(),
        class_name="rc-empty",
    )


def error_state(title: Text, text: Text, *actions: Node) -> rx.Component:
    """Say what failed, that nothing was lost, and how to go on."""
    return rx.el.div(
        glyph("circle-alert", "error"),
        rx.el.div(
            rx.el.p(title, class_name="rc-empty__title"),
            rx.el.p(text, class_name="rc-empty__text"),
            class_name="rc-stack",
            style={"--gap": "var(--s1)", "align-items": "center"},
        ),
        rx.el.div(*actions, class_name="rc-actions") if actions else rx.fragment(),
        role="alert",
        class_name="rc-empty",
    )


def skeleton(height: str = "0.875rem", width: str = "100%") -> rx.Component:
    """Hold the place of a line that is still loading, in its size."""
    return rx.el.span(class_name="rc-skeleton", style={"--h": height, "--w": width}, aria_hidden="true")


def skeleton_rows(count: int = 6) -> rx.Component:
    """Hold the place of table rows."""
    widths = ("38%", "52%", "30%", "46%", "34%", "42%")
    rows = [
        rx.el.div(
            skeleton("0.75rem", "4.5rem"),
            skeleton("0.75rem", widths[index % len(widths)]),
            rx.el.span(style={"flex": "1"}),
            skeleton("0.75rem", "5rem"),
            class_name="rc-skeleton-row",
        )
        for index in range(count)
    ]
    return rx.el.div(screen_reader_only("Loading"), *rows, role="status")


def skeleton_card(height: str = "17rem") -> rx.Component:
    """Hold the place of a card with a chart."""
    body = rx.el.div(skeleton("0.875rem", "9rem"), skeleton(height), class_name="rc-stack")
    return rx.el.div(
        screen_reader_only("Loading"),
        rx.el.div(body, class_name="rc-card__body"),
        role="status",
        class_name="rc-card",
    )


def bar_row(
    label: Node,
    amount: Node,
    share: Text,
    *,
    href: Text | None = None,
    color: Text = "var(--accent)",
    note: Text = "",
) -> rx.Component:
    """Draw one row of a ranked list with a bar: `share` is a CSS width such as "42%", made by the server.

    Use inside `bar_list(...)`: the light way to show spending by category, without a chart library.
    """
    style = {"--tone": color}
    parts = [
        rx.el.span(
            rx.el.span(class_name="rc-dot", aria_hidden="true", style=style), label, class_name="rc-truncate"
        ),
        rx.el.span(amount, when(note != "", rx.el.span(" ", note, class_name="rc-muted rc-small"))),
        rx.el.span(
            rx.el.span(class_name="rc-bar__fill", style=style | {"--value": share}),
            class_name="rc-bar",
            aria_hidden="true",
        ),
    ]
    if href is not None:
        return rx.el.li(link(*parts, href=href, class_name="rc-bars__row"))
    return rx.el.li(rx.el.div(*parts, class_name="rc-bars__row"))


def bar_list(*rows: Node, label: Text) -> rx.Component:
    """Hold ranked rows with bars."""
    return rx.el.ul(*rows, aria_label=label, class_name="rc-bars")


def loaded(loading: Flag, skeleton_part: Node, content: Node) -> rx.Component:
    """Show the skeleton while loading and the content after, in the same place."""
    return when(loading, skeleton_part, content)
