"""The settings page."""

from __future__ import annotations

import reflex as rx

from recaller.pages.frame import framed


def settings_page() -> rx.Component:
    """Draw the page."""
    return framed(active="settings", title="Settings")
