"""One recurring transaction: what it is, every date that it had, how its price went, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.core.figures import ChartPoint, price_figure
from recaller.infra.work import Work
from recaller.services.recurring import (
    OccurrenceView,
    RecurringView,
    delete_recurring,
    get_recurring,
    occurrence_history,
    pause_recurring,
    restore_recurring,
    resume_recurring,
    upcoming,
)
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.charting import ChartRow, axis_of
from recaller.state.formatting import Formatter
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import formatter_of, put
from recaller.state.recurrence_form import words_of
from recaller.state.recurring_view import (
    DueItem,
    due_item,
    key_of,
    recurring_item,
)

AHEAD = timedelta(days=366)
MOST_AHEAD = 6
HISTORY = 100


class RecurringDetailState(rx.State):
    """What `/recurring/ID` shows."""

    loading: bool = True
    failure: str = ""
    item_id: str = ""
    name: str = ""
    rhythm: str = ""
    summary: str = ""
    amount: str = ""
    tone: str = "neutral"
    amount_note: str = ""
    account: str = ""
    next: str = ""
    next_key: str = ""
    standing: str = "upcoming"
    standing_label: str = ""
    monthly: str = ""
    mode: str = ""
    reminders: str = ""
    category: str = ""
    note: str = ""
    tags: list[str] = []
    paused: bool = False
    ended: bool = False
    private: bool = False
    ahead: list[DueItem] = []
    history: list[DueItem] = []
    prices: dict[str, Any] = {}
    price_rows: list[ChartRow] = []
    price_words: str = ""

    @event
    async def load(self) -> None:
        """Show the recurring transaction that the address names."""
        claimed = self.router.url.path.rstrip("/").rpartition("/")[2]
        if claimed != self.item_id:
            self.loading, self.item_id, self.history, self.ahead, self.prices = True, claimed, [], [], {}

        def read(w: Work) -> dict[str, Any]:
            view = get_recurring(w, id_of(claimed, "recurring"))
            history = occurrence_history(w, view.id, limit=HISTORY)
            coming = [one for one in upcoming(w, w.today, w.today + AHEAD, ids=[view.id]) if one.open]
            return _shown(view, history, coming[:MOST_AHEAD], formatter_of(w), w.today)

        try:
            values = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, loading=False, failure=error.message, name="")
            return
        put(self, loading=False, failure="", **values)

    @event
    async def pause(self) -> Any:
        """Stop posting and reminding until it is resumed."""
        view = await self._act(pause_recurring)
        undo = undo_action(RecurringDetailState.resume)
        return [
            RecurringDetailState.load,
            rx.toast.success(f"{view.name} is paused", action=undo, duration=UNDO_MILLISECONDS),
        ]

    @event
    async def resume(self) -> Any:
        """Go on from today."""
        view = await self._act(resume_recurring)
        undo = undo_action(RecurringDetailState.pause)
        return [
            RecurringDetailState.load,
            rx.toast.success(f"{view.name} goes on", action=undo, duration=UNDO_MILLISECONDS),
        ]

    @event
    async def delete(self) -> Any:
        """Take it out of sight; what it posted stays. The toast brings it back."""
        identity, name = id_of(self.item_id), self.name
        await in_work(self, lambda w: delete_recurring(w, identity))
        undo = undo_action(RecurringDetailState.restore(str(identity)))
        return [
            rx.redirect("/recurring?tab=list"),
            rx.toast.success(f"{name} deleted", action=undo, duration=UNDO_MILLISECONDS),
        ]

    @event
    async def restore(self, recurring_id: str) -> Any:
        """Bring a deleted one back, and show it."""
        identity = id_of(text_of(recurring_id, "id", most=36))
        view = await in_work(self, lambda w: restore_recurring(w, identity))
        return [rx.redirect(f"/recurring/{identity}"), rx.toast.success(f"{view.name} is back")]

    async def _act(self, action: Callable[[Work, UUID], RecurringView]) -> RecurringView:
        identity = id_of(self.item_id)
        return await in_work(self, lambda w: action(w, identity))


def _shown(
    view: RecurringView,
    history: Sequence[OccurrenceView],
    coming: Sequence[OccurrenceView],
    say: Formatter,
    today: date,
) -> dict[str, Any]:
    item = recurring_item(view, say)
    settled = [one for one in reversed(history) if one.settled]
    figure, rows, words = _prices(settled, view, say)
    open_ones = [one for one in history if one.open and one.posted_on <= today]
    first = (list(reversed(open_ones)) or list(coming))[:1]
    return {
        "name": view.name,
        "rhythm": item.rhythm,
        "summary": words_of(view.recurrence, say),
        "amount": item.amount,
        "tone": item.tone,
        "amount_note": _amount_note(view, say),
        "account": item.detail,
        "next": item.next,
        "next_key": key_of(first[0]) if first else "",
        "standing": item.state,
        "standing_label": item.state_label if item.state != "upcoming" else "Active",
        "monthly": item.monthly,
        "mode": "Posts by itself" if view.mode == "auto" else "Waits to be confirmed",
        "reminders": _reminders(view.lead_days),
        "category": _category(view),
        "note": view.note,
        "tags": list(view.tags),
        "paused": item.paused,
        "ended": item.ended,
        "private": view.private,
        "ahead": [due_item(one, say) for one in coming if one.posted_on > today],
        "history": [due_item(one, say) for one in history if one.posted_on <= today or not one.open],
        "prices": figure,
        "price_rows": rows,
        "price_words": words,
    }


def _amount_note(view: RecurringView, say: Formatter) -> str:
    if view.amount_kind == "fixed":
        return "Fixed amount"
    parts = []
    if view.tolerance_minor:
        parts.append(say.money(view.tolerance_minor, view.currency))
    if view.tolerance_percent:
        parts.append(f"{view.tolerance_percent} %")
    return "Estimated" + (f", up to {' or '.join(parts)} more or less" if parts else "")


def _reminders(lead_days: tuple[int, ...] | None) -> str:
    if lead_days is None:
        return "Reminders as in your settings"
    if not lead_days:
        return "No reminders"
    said = [_lead(days) for days in sorted(lead_days, reverse=True)]
    return "Reminders " + (said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}")


def _lead(days: int) -> str:
    return {0: "on the day", 1: "a day before"}.get(days, f"{days} days before")


def _category(view: RecurringView) -> str:
    if view.shape == "transfer":
        return "Transfer"
    if len(view.parts) > 1:
        return f"Split in {len(view.parts)}"
    return view.parts[0].category if view.parts and view.parts[0].category else "Uncategorised"


def _prices(
    settled: Sequence[OccurrenceView], view: RecurringView, say: Formatter
) -> tuple[dict[str, Any], list[ChartRow], str]:
    """Return the amounts over time as a figure, as rows (newest first), and what they show in words."""
    if len(settled) < 2:
        return {}, [], ""
    unit = view.currency
    points = [
        ChartPoint(
            one.posted_on.isoformat(),
            abs(one.amount),
            f"{say.full_date(one.posted_on)}: {say.money(abs(one.amount), unit)}",
        )
        for one in settled
    ]
    rows = [
        ChartRow(
            [
                say.full_date(one.posted_on),
                say.money(abs(one.amount), unit),
                say.money(_change(one), unit, plus=True) if one.change else "",
            ],
            f"/transactions?open={one.transaction_id}" if one.transaction_id else "",
        )
        for one in reversed(settled)
    ]
    rise = abs(settled[-1].amount) - abs(settled[0].amount)
    since = say.month(settled[0].posted_on)
    words = f"{say.money(rise, unit, plus=True)} since {since}" if rise else f"Unchanged since {since}"
    return price_figure(points, axis_of(say, unit)), rows, words


def _change(one: OccurrenceView) -> int:
    """Return by how much the size of the amount rose; the view's change has the amount's sign."""
    change = one.change or 0
    return -change if one.amount < 0 else change
