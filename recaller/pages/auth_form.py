"""The form of the sign-in pages: posted by the browser itself, so that it works before anything else is there."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Node, Text
from recaller.state.region import common_currencies, locales


def auth_form(
    *fields: Node, posts: str, submit: Text, invited: bool = False, prefill: bool = False
) -> rx.Component:
    """Draw a form that `sign-in.js` posts to `/api/v1/auth/<posts>`.

    `invited` sends the invitation's token along; `prefill` fills in locale, time zone and currency from the browser.
    """
    marks: dict[str, Any] = {"data-auth": posts}
    if invited:
        marks["data-auth-invited"] = "true"
    if prefill:
        marks["data-auth-prefill"] = "true"
    return rx.el.form(
        rx.el.script(src="/sign-in.js", custom_attrs={"async": True}),
        *fields,
        rx.el.p(hidden=True, role="alert", data_auth_error="true", class_name="rc-callout rc-callout--error"),
        ui.submit_button(
            rx.fragment(
                rx.el.span(
                    class_name="rc-spinner", hidden=True, aria_hidden="true", data_auth_spinner="true"
                ),
                submit,
            ),
            block=True,
        ),
        # Never in the address bar, whatever happens before the script is there.
        method="post",
        no_validate=True,
        class_name="rc-form",
        custom_attrs=marks,
    )


def email_field(**props: Any) -> rx.Component:
    """Draw the e-mail field as password managers expect it."""
    return ui.text_field(
        "email",
        "E-mail",
        type="email",
        auto_complete="username",
        input_mode="email",
        auto_capitalize="none",
        spell_check=False,
        **props,
    )


def name_field() -> rx.Component:
    """Draw the field for the person's own name."""
    return ui.text_field("display_name", "Your name", auto_complete="name", max_length=100)


def new_password_field() -> rx.Component:
    """Draw the field for a new password."""
    return ui.password_field(
        "password", "Password", new=True, hint="At least 10 characters; a few words make a good one."
    )


def region_fields(*, currency: bool) -> rx.Component:
    """Draw locale, time zone and, for a new household, its currency; the browser fills them in."""
    formats = rx.el.details(
        rx.el.summary("Language and time zone", class_name="rc-small rc-muted"),
        rx.el.div(
            ui.select_field("locale", "Language and formats", locales(), default_value="en_US"),
            ui.text_field(
                "time_zone", "Time zone", default_value="UTC", auto_complete="off", spell_check=False
            ),
            class_name="rc-form",
            style={"margin-top": "var(--s4)"},
        ),
    )
    if not currency:
        return formats
    choices = common_currencies()
    return rx.fragment(ui.select_field("base_currency", "Currency", choices, default_value="USD"), formats)
