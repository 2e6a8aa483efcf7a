"""The notification centre: what one was told, newest first; opening one marks it read and goes to the thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from recaller.core.errors import RecallerError, Unauthenticated, ValidationFailed
from recaller.core.paging import Page
from recaller.infra.work import Work
from recaller.services import notifications
from recaller.services.notifications import KINDS, NotificationView
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.pickers import formatter_of, put

PAGE = 30
MOST_SHOWN = 300
ICONS = {kind.key: kind.icon for kind in KINDS.values()}
# The browser's script writes the bell's count; this lets it ask at once.
_ASK_AGAIN = "dispatchEvent(new Event('recaller-status'))"

# State of a delivery -> words and tone; what goes well is not talked about.
_PROBLEMS = {"failed": ("not sent", "error"), "uncertain": ("may not have arrived", "warning")}


@dataclass(frozen=True)
class NotificationItem:
    """A notification as listed; `problem` says which delivery didn't go well, and `delivery_id` is that one's."""

    id: str
    kind: str
    title: str
    body: str
    meta: str
    unread: bool
    problem: str
    problem_tone: str
    problem_hint: str
    delivery_id: str


def ask_for_count() -> EventSpec:
    """Return the event that refreshes the bell at once."""
    return rx.call_script(_ASK_AGAIN)


class NotificationsState(rx.State):
    """What /notifications shows: `view` is 'all' or 'unread'."""

    loading: bool = True
    failure: str = ""
    view: str = "all"
    items: list[NotificationItem] = []
    has_more: bool = False
    any_unread: bool = False
    _cursor: str = ""

    @event
    async def load(self) -> Any:
        """Show the latest."""
        try:
            await self._show()
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False)
        return None

    @event
    async def refresh(self) -> Any:
        """Show what came since, unless further pages were opened: those stay as they are."""
        if len(self.items) <= PAGE:
            await self._show()

    @event
    async def choose_view(self, view: str) -> Any:
        """Show all, or the unread ones only."""
        chosen = text_of(view, "view", most=10)
        if chosen not in ("all", "unread"):
            raise ValidationFailed("view", "Choose all or unread.")
        self.view = chosen
        await self._show()

    @event
    async def show_more(self) -> Any:
        """Add the next page."""
        if self._cursor and len(self.items) < MOST_SHOWN:
            page, say, now = await self._read(self._cursor)
            self._put(page, [*self.items, *(_item(one, say, now) for one in page.items)])

    @event
    async def open_notification(self, notification_id: str) -> Any:
        """Mark one read and go to what it is about."""
        wanted = id_of(notification_id)
        view = await in_work(self, lambda w: notifications.mark_read(w, wanted))
        return [rx.redirect(view.href), ask_for_count()]

    @event
    async def mark_all_read(self) -> Any:
        """Mark everything read."""
        count = await in_work(self, notifications.mark_all_read)
        await self._show()
        return [ask_for_count(), rx.toast(f"{count} marked as read" if count else "Nothing was unread")]

    @event
    async def send_again(self, delivery_id: str) -> Any:
        """Send once more what failed, or may not have arrived."""
        wanted = id_of(delivery_id)
        await in_work(self, lambda w: notifications.send_again(w, wanted))
        await self._show()
        return rx.toast("It goes out again within half a minute.")

    async def _show(self) -> None:
        page, say, now = await self._read(None)
        self._put(page, [_item(one, say, now) for one in page.items])

    async def _read(self, cursor: str | None) -> tuple[Page[NotificationView], Formatter, datetime]:
        unread = self.view == "unread"

        def read(w: Work) -> tuple[Page[NotificationView], Formatter, datetime]:
            page = notifications.list_notifications(w, limit=PAGE, cursor=cursor, unread_only=unread)
            return page, formatter_of(w), w.now

        return await in_work(self, read, read_only=True)

    def _put(self, page: Page[NotificationView], items: list[NotificationItem]) -> None:
        self._cursor = page.next_cursor or ""
        put(
            self,
            items=items,
            has_more=page.next_cursor is not None and len(items) < MOST_SHOWN,
            any_unread=any(one.unread for one in items),
            failure="",
            loading=False,
        )


def _item(view: NotificationView, say: Formatter, now: datetime) -> NotificationItem:
    trouble = next((one for one in view.deliveries if one.state in _PROBLEMS), None)
    words, tone = ("", "neutral") if trouble is None else _PROBLEMS[trouble.state]
    label = KINDS[view.kind].label if view.kind in KINDS else ""
    return NotificationItem(
        id=str(view.id),
        kind=view.kind,
        title=view.title,
        body=view.body,
        meta=f"{label} · {say.ago(view.created_at, now)}",
        unread=view.read_at is None,
        problem="" if trouble is None else f"{trouble.channel}: {words}",
        problem_tone=tone,
        problem_hint="" if trouble is None else trouble.error or "",
        delivery_id="" if trouble is None else str(trouble.id),
    )
