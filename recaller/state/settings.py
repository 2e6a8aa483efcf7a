"""The settings page's state."""

from __future__ import annotations

import reflex as rx

from recaller.state.base import event, identity_of


class SettingsState(rx.State):
    """What the settings shows."""

    @event
    async def load(self) -> None:
        """Load it."""
        await identity_of(self)
