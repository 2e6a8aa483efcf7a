"""The sign-in page: small, and working before the rest of the page is there."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.pages.auth_form import auth_form, email_field
from recaller.state.sign_in import EntryState


def sign_in_page() -> rx.Component:
    """Ask for e-mail address and password."""
    return ui.auth_layout(
        auth_form(
            email_field(auto_focus=True),
            ui.password_field("password", "Password"),
            posts="sign-in",
            submit="Sign in",
        ),
        title="Sign in to Recaller",
        subtitle="Your household's money, on your own machine.",
        footer=rx.cond(
            EntryState.stage == "open",
            rx.fragment("New here? ", rx.el.a("Create an account", href="/sign-up", class_name="rc-link")),
            "Access is by invitation. Ask an administrator of your household.",
        ),
    )
