"""The page that an invitation's link opens: what is offered, and joining as a new or as a known person."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.pages.auth_form import auth_form, email_field, name_field, new_password_field, region_fields
from recaller.state.sign_in import JoinState

_TO_SIGN_IN = "location.assign('/sign-in?next=' + encodeURIComponent('/join' + location.hash))"
_SIGN_OUT = """
fetch("/api/v1/auth/sign-out", {method: "POST", headers: {"X-Recaller-CSRF": "1"}, credentials: "same-origin"})
  .finally(() => location.reload())
"""


def join_page() -> rx.Component:
    """Show the offer and the ways to take it."""
    return ui.auth_layout(
        rx.match(
            JoinState.stage,
            ("offer", _as_new()),
            ("member", _as_member()),
            ("invalid", _invalid()),
            ui.stack(
                ui.screen_reader_only("Loading"),
                ui.skeleton("1rem", "60%"),
                ui.skeleton("2.375rem"),
                ui.skeleton("2.375rem"),
                ui.skeleton("2.375rem"),
            ),
        ),
        title=rx.cond(JoinState.household != "", "Join " + JoinState.household, "Your invitation"),
        subtitle=rx.cond(
            JoinState.household != "",
            rx.cond(
                JoinState.role == "admin",
                "You are invited as an administrator, until " + JoinState.until + ".",
                "You are invited as a member, until " + JoinState.until + ".",
            ),
            "",
        ),
    )


def _as_new() -> rx.Component:
    return ui.stack(
        auth_form(
            email_field(default_value=JoinState.email, read_only=True),
            name_field(),
            new_password_field(),
            region_fields(currency=False),
            posts="sign-up",
            submit="Create account and join",
            invited=True,
            prefill=True,
        ),
        rx.el.p(
            "Have an account with this address? ",
            rx.el.button(
                "Sign in to join", type="button", on_click=rx.call_script(_TO_SIGN_IN), class_name="rc-link"
            ),
            class_name="rc-small rc-muted",
        ),
    )


def _as_member() -> rx.Component:
    return rx.cond(
        JoinState.signed_in_as == JoinState.email,
        ui.stack(
            rx.el.p("You are signed in as ", rx.el.strong(JoinState.signed_in_as), "."),
            ui.button("Join the household", variant="primary", block=True, on_click=JoinState.ask_to_accept),
            rx.el.p(
                "Your own households stay as they are; you can switch between them.",
                class_name="rc-small rc-muted",
            ),
        ),
        ui.stack(
            ui.callout(
                rx.fragment(
                    "This invitation is for ",
                    rx.el.strong(JoinState.email),
                    ", and you are signed in as ",
                    rx.el.strong(JoinState.signed_in_as),
                    ".",
                ),
                tone="warning",
            ),
            ui.button("Sign out and go on", block=True, on_click=rx.call_script(_SIGN_OUT)),
        ),
    )


def _invalid() -> rx.Component:
    return ui.empty_state(
        "link-2-off",
        "This invitation doesn't work",
        "It was used or withdrawn, has run out, or the link is incomplete. Ask for a new one.",
        rx.el.a("Sign in", href="/sign-in", class_name="rc-button rc-button--secondary"),
    )
