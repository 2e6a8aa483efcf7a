"""What a new household sees first: three ways to begin."""

from __future__ import annotations

import reflex as rx

import recaller.components as ui
from recaller.components.base import Node
from recaller.state.dashboard import DashboardState


def welcome() -> rx.Component:
    """Offer to add an account, to import a file, or to look around with demo data."""
    return ui.stack(
        rx.el.p(
            "Three ways to begin. You can do the others at any time.",
            class_name="rc-muted",
        ),
        ui.grid(
            _way(
                "landmark",
                "Add an account",
                "Checking, savings, a card, cash or a loan, with what is in it today.",
                ui.button("Add account", href="/accounts?new=1", variant="primary", block=True),
            ),
            _way(
                "file-up",
                "Import a bank file",
                "CSV, OFX or QFX as your bank exports it. You see each row before it is booked, and can undo it all.",
                ui.button("Import a file", href="/import", variant="primary", block=True),
            ),
            _way(
                "sparkles",
                "Look around first",
                "Three years of an invented household: salary, rent, cards, transfers, two currencies.",
                rx.cond(
                    DashboardState.demo_percent >= 0,
                    ui.progress_bar(
                        "Adding demo data", DashboardState.demo_percent, detail=DashboardState.demo_message
                    ),
                    ui.button("Load demo data", on_click=DashboardState.load_demo, block=True),
                ),
            ),
            min_width="17rem",
        ),
        gap="s6",
    )


def _way(icon_name: str, title: str, text: str, action: Node) -> rx.Component:
    return ui.card(
        ui.stack(
            ui.glyph(icon_name, "accent"),
            rx.el.h2(title, style={"font-size": "var(--text-lg)"}),
            rx.el.p(text, class_name="rc-muted", style={"min-height": "4rem"}),
            rx.el.div(action, style={"min-height": "3rem"}),
        ),
    )
