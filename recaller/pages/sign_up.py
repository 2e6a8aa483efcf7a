"""The sign-up page: the first person makes the administrator and the household, later ones as the setting says."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.pages.auth_form import auth_form, email_field, name_field, new_password_field, region_fields
from recaller.state.sign_in import EntryState


def sign_up_page() -> rx.Component:
    """Ask for the person and their household."""
    return rx.cond(EntryState.stage == "closed", _closed(), _open())


def _open() -> rx.Component:
    return ui.auth_layout(
        auth_form(
            name_field(),
            email_field(),
            new_password_field(),
            ui.divider(),
            ui.text_field(
                "household_name", "Household", default_value="Home", auto_complete="off", max_length=100,
                hint="Everyone you invite shares it. You can make more later.",
            ),
            region_fields(currency=True),
            posts="sign-up",
            submit="Create account",
            prefill=True,
        ),
        title=rx.cond(EntryState.stage == "first", "Welcome to Recaller", "Create your account"),
        subtitle=rx.cond(
            EntryState.stage == "first",
            "You are the first: this creates the administrator and your household.",
            "With a household of your own, which nobody else can see.",
        ),
        footer=rx.cond(
            EntryState.stage == "first",
            "Everything stays on this machine. Nothing is sent anywhere.",
            rx.fragment("Have an account? ", rx.el.a("Sign in", href="/sign-in", class_name="rc-link")),
        ),
    )  # fmt: skip


def _closed() -> rx.Component:
    return ui.auth_layout(
        ui.empty_state(
            "mail",
            "Sign-up is by invitation",
            "Ask an administrator of your household for an invitation, and open its link here.",
            rx.el.a("Sign in", href="/sign-in", class_name="rc-button rc-button--primary"),
        ),
        title="Recaller",
    )
