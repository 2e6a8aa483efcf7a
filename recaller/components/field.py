"""Form controls: text, password, number-like text, date, textarea, select, checkbox, switch, money, search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from recaller.components.base import Handler, Item, ListVar, Node, Text, icon
from recaller.components.form import describe, field_frame, field_id, toggle_frame

TextType = Literal["text", "email", "url", "tel", "number", "date", "month", "time"]


def text_field(
    name: str,
    label: Text,
    *,
    type: TextType = "text",
    hint: Node | None = None,
    error: Text | None = None,
    optional: bool = False,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a one-line field. `props` go to the input (default_value, placeholder, auto_complete, on_blur ...).

    `text_field("name", "Name", default_value=State.draft.name, error=State.errors["name"], auto_focus=True)`
    """
    identity = field_id(name, scope)
    control = _input(name, identity, error, type=type, required=not optional, class_name="rc-input", **props)
    return field_frame(label, control, identity=identity, hint=hint, error=error, optional=optional)


def date_field(name: str, label: Text, **props: Any) -> rx.Component:
    """Draw a date field (the browser's own picker); its value is an ISO date such as 2026-11-23."""
    return text_field(name, label, type="date", **props)


def password_field(
    name: str,
    label: Text,
    *,
    hint: Node | None = None,
    error: Text | None = None,
    new: bool = False,
    label_end: Node | None = None,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a password field with a button that shows it; `new` tells password managers to offer one."""
    identity = field_id(name, scope)
    props.setdefault("auto_complete", "new-password" if new else "current-password")
    control = rx.el.div(
        _input(name, identity, error, type="password", required=True, **props),
        rx.el.button(
            icon("eye", 18, "rc-eye"),
            icon("eye-off", 18, "rc-eye-off"),
            type="button",
            aria_label="Show password",
            aria_pressed="false",
            data_reveal="true",
        ),
        class_name="rc-input rc-affix",
    )
    return field_frame(label, control, identity=identity, hint=hint, error=error, label_end=label_end)


def money_input(
    name: str,
    label: Text,
    *,
    currency: Text,
    result: Text | None = None,
    hint: Node = "You can type sums, such as 12.50+3.",
    error: Text | None = None,
    optional: bool = False,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw an amount field. The text goes to the server as typed; the server evaluates sums and answers.

    `result` is the server's display-ready answer ("= 15.50"), shown in place of the hint once it is there:
    `money_input("amount", "Amount", currency="EUR", result=State.sum_text, on_blur=State.evaluate_amount)`.
    """
    identity = field_id(name, scope)
    props.setdefault("placeholder", "0.00")
    control = rx.el.div(
        rx.el.span(currency, class_name="rc-affix__mark", aria_hidden="true"),
        _input(
            name,
            identity,
            error,
            type="text",
            input_mode="text",
            auto_complete="off",
            required=not optional,
            data_money="true",
            **props,
        ),
        class_name="rc-input rc-affix rc-affix--money",
    )
    if result is None:
        shown: Node = hint
    elif isinstance(result, rx.Var):
        shown = rx.cond(result != "", rx.el.strong(result, class_name="rc-num"), hint)
    else:
        shown = rx.el.strong(result, class_name="rc-num") if result else hint
    return field_frame(label, control, identity=identity, hint=shown, error=error, optional=optional)


def textarea_field(
    name: str,
    label: Text,
    *,
    hint: Node | None = None,
    error: Text | None = None,
    optional: bool = False,
    rows: int = 3,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a field for several lines."""
    identity = field_id(name, scope)
    control = rx.el.textarea(
        name=name,
        rows=rows,
        class_name="rc-input",
        custom_attrs={"id": identity},
        **describe(identity, error),
        **props,
    )
    return field_frame(label, control, identity=identity, hint=hint, error=error, optional=optional)


def select_field(
    name: str,
    label: Text,
    options: Sequence[tuple[str, str]] | ListVar,
    *,
    placeholder: str = "",
    hint: Node | None = None,
    error: Text | None = None,
    optional: bool = False,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a native select. `options` are (value, label) pairs, or a Var of objects with `value` and `label`.

    `select_field("currency", "Currency", State.currencies, default_value=State.draft.currency)`
    """
    identity = field_id(name, scope)
    control = select(
        options,
        placeholder=placeholder,
        name=name,
        required=not optional,
        custom_attrs={"id": identity},
        **describe(identity, error),
        **props,
    )
    return field_frame(label, control, identity=identity, hint=hint, error=error, optional=optional)


def select(
    options: Sequence[tuple[str, str]] | ListVar, *, placeholder: str = "", width: str = "", **props: Any
) -> rx.Component:
    """Draw a bare select for toolbars and table cells; give it an `aria_label`, and in a table its least `width`."""
    if width:
        props["style"] = {"min-width": width}
    blank = [rx.el.option(placeholder, value="")] if placeholder else []
    if isinstance(options, rx.Var):
        choices: list[rx.Component] = [rx.foreach(options, _option)]
    else:
        choices = [rx.el.option(text, value=value) for value, text in options]
    return rx.el.select(*blank, *choices, class_name="rc-input", **props)


def checkbox(
    name: str,
    label: Node,
    *,
    hint: Text | None = None,
    error: Text | None = None,
    scope: Text = "",
    **props: Any,
) -> rx.Component:
    """Draw a checkbox with its label; pass `default_checked` in a form, or `checked` with `on_change`."""
    identity = field_id(name, scope)
    box = rx.el.input(
        type="checkbox", name=name, class_name="rc-check__box", custom_attrs={"id": identity}, **props
    )
    return toggle_frame(box, label, hint, error, identity)


def switch(
    name: str, label: Node, *, hint: Text | None = None, scope: Text = "", **props: Any
) -> rx.Component:
    """Draw a switch, for settings that act at once: `switch("weekly", "Weekly e-mail", checked=..., on_change=...)`."""
    identity = field_id(name, scope)
    box = rx.el.input(
        type="checkbox",
        role="switch",
        name=name,
        class_name="rc-switch__box",
        custom_attrs={"id": identity},
        **props,
    )
    return toggle_frame(box, label, hint, None, identity)


def bare_switch(label: Text, **props: Any) -> rx.Component:
    """Draw a switch without words beside it, for table rows: `bare_switch("Run " + row.name, checked=...)`."""
    return rx.el.span(
        rx.el.input(
            type="checkbox",
            role="switch",
            aria_label=label,
            title=label,
            class_name="rc-switch__box",
            **props,
        ),
        class_name="rc-check rc-check--bare",
    )


def search_input(
    label: str = "Search",
    *,
    value: Text | None = None,
    on_change: Handler | None = None,
    delay: int = 250,
    **props: Any,
) -> rx.Component:
    """Draw a search box that `/` focuses; `on_change` comes at most every `delay` milliseconds.

    `search_input("Search transactions", value=State.query, on_change=State.search)`
    """
    props = {"placeholder": label, "aria_label": label, "data_shortcut": "/", "type": "search"} | props
    if value is not None:
        props["default_value" if on_change is None else "value"] = value
    if on_change is not None:
        control = rx.debounce_input(rx.el.input(on_change=on_change, **props), debounce_timeout=delay)
    else:
        control = rx.el.input(**props)
    return rx.el.div(
        rx.el.span(icon("search", 17), class_name="rc-affix__mark", aria_hidden="true"),
        control,
        class_name="rc-input rc-affix rc-search",
        role="search",
    )


def hidden_field(name: str, value: Text) -> rx.Component:
    """Carry a value through a form, such as the id of what is edited; the server checks it again."""
    return rx.el.input(type="hidden", name=name, value=value)


def _input(name: str, identity: str, error: Text | None, **props: Any) -> rx.Component:
    attributes = {"id": identity} | props.pop("custom_attrs", {})
    return rx.el.input(name=name, custom_attrs=attributes, **describe(identity, error), **props)


def _option(choice: Item) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value)


__all__ = [
    "bare_switch", "checkbox", "date_field", "hidden_field", "money_input", "password_field", "search_input", "select",
    "select_field", "switch", "text_field", "textarea_field",
]  # fmt: skip
