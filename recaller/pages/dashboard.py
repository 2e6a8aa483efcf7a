"""The dashboard page."""

from __future__ import annotations

import reflex as rx

from recaller.pages.frame import framed


def dashboard_page() -> rx.Component:
    """Draw the page."""
    return framed(active="dashboard", title="Dashboard")
