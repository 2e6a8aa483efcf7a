"""The dialog of the calendar feed: make the secret address, show it once, replace it, revoke it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.services.feeds import FeedView, close_feed, get_feed, open_feed
from recaller.state.base import event, in_work
from recaller.state.formatting import Formatter
from recaller.state.pickers import formatter_of, put

FEED_PATH = "/api/v1/feeds"


class CalendarFeedState(rx.State):
    """What the dialog shows. `address` is there right after it was made, and never again."""

    shown: bool = False
    active: bool = False
    address: str = ""
    created: str = ""
    read: str = ""

    @event
    async def open_feed(self) -> None:
        """Show whether there is an address."""
        found, say = await in_work(self, lambda w: (get_feed(w), formatter_of(w)), read_only=True)
        self.address, self.shown = "", True
        self._show(found, say)

    @event
    async def close(self) -> None:
        """Put the dialog away; the address is not kept."""
        self.shown, self.address = False, ""

    @event
    async def make(self) -> Any:
        """Make an address, or replace the one there is."""
        made, found, say = await in_work(self, lambda w: (open_feed(w), get_feed(w), formatter_of(w)))
        self._show(found, say)
        origin = (self.router.headers.origin or "").rstrip("/")
        self.address = f"{origin}{FEED_PATH}/{made.token}.ics"
        return rx.toast.success("The address is made. Copy it now: it is shown only once.")

    @event
    async def revoke(self) -> Any:
        """Make the address worthless at once."""
        await in_work(self, close_feed)
        put(self, active=False, address="", created="", read="")
        return rx.toast.success("The address is revoked")

    @event
    async def copied(self) -> Any:
        """Say that the address is in the clipboard."""
        return rx.toast.success("Address copied")

    def _show(self, found: FeedView | None, say: Formatter) -> None:
        self.active = found is not None
        self.created = "" if found is None else say.moment(found.created_at)
        self.read = "" if found is None or found.read_at is None else say.moment(found.read_at)
