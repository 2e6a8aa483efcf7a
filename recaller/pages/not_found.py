"""The page for addresses that lead nowhere."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui


def not_found_page() -> rx.Component:
    """Say that there is nothing here, and lead back."""
    return ui.auth_layout(
        ui.empty_state(
            "compass",
            "There is nothing at this address",
            "It may have been moved or deleted, or the link was cut short.",
            rx.el.a("To the dashboard", href="/", class_name="rc-button rc-button--primary"),
        ),
        title="Page not found",
    )
