"""Rows in which a rule is written, inputs that tell the server of typing, and changes before and after."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import Handler, Item, Node, Text, classes, icon, joined, link, when_text
from recaller.components.button import icon_button
from recaller.components.money import money


def rule_rows(*rows: Node, label: Text) -> rx.Component:
    """Hold the rows of conditions or actions: `rule_rows(rx.foreach(State.lines, row), label="Conditions")`."""
    return rx.el.div(*rows, role="group", aria_label=label, class_name="rc-rule")


def rule_row(
    *controls: Node,
    label: Text,
    line: Text,
    on_remove: Handler,
    error: Text = "",
    depth: Text | rx.Var[int] = "1",
    below: Node | None = None,
    head: bool = False,
) -> rx.Component:
    """Draw one row: what it looks at, how, with what, and a button that takes it away; `below` stands under it.

    `line` is the row's key (the script finds it by `data-line`), `depth` how deep it stands in groups, from 1. The
    error is read out as soon as it is there; controls point to it by `describes(line)`. `head` marks a group's head.
    """
    return rx.el.div(
        rx.el.div(
            *controls,
            rx.el.span(
                icon_button("x", joined("Remove ", label), small=True, on_click=on_remove),
                class_name="rc-rule__end",
            ),
            class_name=classes("rc-rule__line", "rc-rule__line--head" if head else ""),
        ),
        below if below is not None else rx.fragment(),
        rx.el.div(
            when_text(
                error,
                lambda words: rx.el.span(
                    icon("circle-alert", 14), rx.el.span(words), class_name="rc-field__error"
                ),
            ),
            aria_live="polite",
            custom_attrs={"id": joined(line, "-error")},
        ),
        role="group",
        aria_label=label,
        data_line=line,
        key=line,
        style={"--depth": depth},
        class_name="rc-rule__row",
    )


def rule_value(*controls: Node, **props: Any) -> rx.Component:
    """Hold the inputs of a row's value, which take the room that is left."""
    return rx.el.div(*controls, class_name="rc-rule__value", **props)


def describes(line: Text, error: Text) -> dict[str, Any]:
    """Return the attributes that tie a control to its row's error."""
    invalid: Any = (
        rx.cond(error != "", "true", "false") if isinstance(error, rx.Var) else str(bool(error)).lower()
    )
    return {"aria_describedby": joined(line, "-error"), "aria_invalid": invalid}


def live_input(
    label: Text,
    *,
    value: Text,
    on_change: Handler,
    multiline: bool = False,
    delay: int = 250,
    mark: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a bare input that holds what the server says and tells it of typing, at most every `delay` milliseconds.

    What is typed is told at once when the field is left or Enter is pressed. `mark` stands before the text, such as a
    currency: `live_input("Amount", value=line.value, on_change=State.write(line.key, "value"), mark=line.currency)`.
    """
    marked = isinstance(mark, rx.Var) or bool(mark)
    plain: dict[str, Any] = {} if marked else {"class_name": "rc-input"}
    kind: dict[str, Any] = {"rows": 2} if multiline else {"type": "text", "auto_complete": "off"}
    element = rx.el.textarea if multiline else rx.el.input
    control = rx.debounce_input(
        element(value=value, on_change=on_change, aria_label=label, **(kind | plain | props)),
        debounce_timeout=delay,
    )
    if not marked:
        return control
    return rx.el.div(
        rx.el.span(mark, class_name="rc-affix__mark", aria_hidden="true"),
        control,
        class_name="rc-input rc-affix rc-affix--money",
    )


def changed_rows(rows: Any, *, label: Text) -> rx.Component:
    """List transactions with each field before and after.

    Objects with `payee`, `href`, `date`, `account`, `amount`, `conflict` and `fields`, each field with `label`,
    `before`, `after` and `rule` (the rule that sets it, "" where that is plain).
    """
    return rx.el.ul(rx.foreach(rows, _changed_row), aria_label=label, class_name="rc-changes")


def _changed_row(item: Item) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(item.payee, href=item.href, class_name="rc-link"),
            rx.el.span(
                item.date,
                rx.cond(item.account != "", " · " + item.account, ""),
                class_name="rc-muted rc-small",
            ),
            class_name="rc-changes__what",
        ),
        rx.el.div(money(item.amount), class_name="rc-changes__amount"),
        rx.el.dl(rx.foreach(item.fields, _field), class_name="rc-changes__fields"),
        class_name="rc-changes__row",
    )


def _field(one: Item) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one.label),
        rx.el.dd(
            rx.el.del_(one.before),
            rx.el.span(" → ", aria_label=" becomes ", role="img"),
            rx.el.ins(one.after),
            rx.cond(one.rule != "", rx.el.span(" by ", one.rule, class_name="rc-muted rc-small"), ""),
        ),
    )
