"""Forms: the form itself, groups and actions, and the frame (label, hint, error) around each control."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import Flag, Node, Text, icon, when, when_text
from recaller.components.feedback import callout


def form(
    *content: Node,
    on_submit: Any,
    number: rx.Var[int] | int | None = None,
    error: Text | None = None,
    reset_on_submit: bool = False,
    **props: Any,
) -> rx.Component:
    """Draw a form; `on_submit` gets a dict of the fields by name. `error` is about the form as a whole.

    `number` goes to `on_submit` as well where a form must not be sent twice (`form_event` of `recaller.state.forms`).

    Fields are uncontrolled: they start from `default_value` and are read once, on submit.

    ```
    form(
        text_field("email", "E-mail", type="email", error=State.errors["email"]),
        form_actions(submit_button("Save", busy=State.saving)),
        on_submit=State.save, error=State.error,
    )
    ```
    """
    return rx.el.form(
        when_text(error, lambda words: callout(words, tone="error")),
        *content,
        on_submit=on_submit if number is None else lambda fields: on_submit(fields, number),
        reset_on_submit=reset_on_submit,
        no_validate=True,
        class_name="rc-form",
        **props,
    )


def field_group(*fields: Node, legend: Text | None = None) -> rx.Component:
    """Lay related fields side by side where there is room, under one legend."""
    head = [rx.el.legend(legend)] if legend is not None else []
    return rx.el.fieldset(*head, *fields, class_name="rc-fields")


def form_actions(*buttons: Node) -> rx.Component:
    """Close a form: secondary buttons first, the submit button last."""
    return rx.el.div(*buttons, class_name="rc-form-actions")


def field_id(name: str, scope: Text = "") -> str:
    """Return the element id of a field; `scope` keeps two forms on a page apart, or rows (then it is their id)."""
    if isinstance(scope, rx.Var):
        # Text with the Var marked inside of it, which the framework takes apart again.
        return f"field-{scope}-{name}"
    return f"field-{scope}-{name}" if scope else f"field-{name}"


def describe(identity: str, error: Text | None) -> dict[str, Any]:
    """Return the attributes that tie a control to its hint and error text."""
    invalid: Any = (
        rx.cond(error != "", "true", "false") if isinstance(error, rx.Var) else str(bool(error)).lower()
    )
    return {"aria_describedby": f"{identity}-hint {identity}-error", "aria_invalid": invalid}


def field_frame(
    label: Text,
    control: Node,
    *,
    identity: str,
    hint: Node | None = None,
    error: Text | None = None,
    optional: bool = False,
    label_end: Node | None = None,
) -> rx.Component:
    """Put label, hint and error around a control whose id is `identity`."""
    return rx.el.div(
        rx.el.div(
            rx.el.label(
                label,
                rx.el.span(" (optional)", class_name="rc-field__optional") if optional else rx.fragment(),
                html_for=identity,
                class_name="rc-field__label",
            ),
            label_end if label_end is not None else rx.fragment(),
            class_name="rc-field__head",
        ),
        control,
        rx.el.div(
            hint if hint is not None else rx.fragment(),
            class_name="rc-field__hint",
            custom_attrs={"id": f"{identity}-hint"},
        ),
        rx.el.div(
            when_text(
                error,
                lambda words: rx.el.span(
                    icon("circle-alert", 14), rx.el.span(words), class_name="rc-field__error"
                ),
            ),
            aria_live="polite",
            custom_attrs={"id": f"{identity}-error"},
        ),
        class_name="rc-field",
    )


def toggle_frame(
    control: Node, label: Node, hint: Text | None, error: Text | None, identity: str
) -> rx.Component:
    """Put label and hint beside a checkbox or switch, the whole of it one target."""
    words = rx.el.span(label, when_text(hint, lambda text: rx.el.span(text, class_name="rc-check__hint")))
    return rx.el.div(
        rx.el.label(control, words, class_name="rc-check"),
        when_text(
            error,
            lambda text: rx.el.div(
                icon("circle-alert", 14),
                text,
                class_name="rc-field__error",
                custom_attrs={"id": f"{identity}-error"},
            ),
        ),
        class_name="rc-field",
    )


def busy_line(busy: Flag, text: Text) -> rx.Component:
    """Say that something is under way, without moving what is around."""
    return rx.el.div(
        when(
            busy,
            rx.el.span(
                rx.el.span(class_name="rc-spinner", aria_hidden="true"), " ", text, class_name="rc-row"
            ),
        ),
        role="status",
        class_name="rc-small rc-muted",
    )
