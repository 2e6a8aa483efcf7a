"""The frame of sign-in, sign-up and the like: one centred card under the brand."""

from __future__ import annotations

import reflex as rx

from recaller.components.base import Node, Text, when_text
from recaller.components.brand import logo_mark
from recaller.components.shell import connection_banner


def auth_layout(
    *content: Node, title: Text, subtitle: Text | None = None, footer: Node | None = None
) -> rx.Component:
    """Frame a page for people who aren't signed in.

    `auth_layout(form(...), title="Sign in", footer=link("Create an account", href="/sign-up"))`
    """
    return rx.fragment(
        connection_banner(),
        rx.el.main(
            rx.el.div(
                rx.el.div(
                    rx.el.span(logo_mark(44), style={"color": "var(--accent)"}),
                    rx.el.div(rx.el.h1(title), when_text(subtitle, rx.el.p)),
                    class_name="rc-auth__brand",
                ),
                rx.el.div(*content, class_name="rc-auth__card"),
                rx.el.p(footer, class_name="rc-auth__foot") if footer is not None else rx.fragment(),
                class_name="rc-auth__box",
            ),
            class_name="rc-auth",
            custom_attrs={"id": "content"},
        ),
    )
