"""The mark and name of the product."""

from __future__ import annotations

import reflex as rx

from recaller.components.base import link


def logo_mark(size: int = 28) -> rx.Component:
    """Draw the mark: a ledger line that turns back on itself, in the accent colour."""
    return rx.el.svg(
        rx.el.svg.rect(width="32", height="32", rx="9", fill="currentColor"),
        rx.el.svg.path(
            d="M10 23V9.5h7.25a4.6 4.6 0 0 1 0 9.2H14l7.5 4.8",
            fill="none",
            stroke="var(--on-accent)",
            stroke_width="2.6",
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        view_box="0 0 32 32",
        width=str(size),
        height=str(size),
        aria_hidden="true",
    )


def brand(href: str = "/", size: int = 28) -> rx.Component:
    """Draw mark and name as a link home."""
    return link(
        logo_mark(size),
        rx.el.span("Recaller", class_name="rc-brand__name"),
        href=href,
        class_name="rc-brand",
        aria_label="Recaller, home",
    )
