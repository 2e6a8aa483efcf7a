"""What was found to recur in the history: confirmed as it is, edited first, or dismissed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.infra.work import Work
from recaller.services.jobs import get_job
from recaller.services.recurring import delete_recurring
from recaller.services.recurring.suggesting import request_look
from recaller.services.recurring.suggestion_views import SuggestionView, list_suggestions
from recaller.services.recurring.suggestions import (
    confirm_suggestion,
    dismiss_suggestion,
    restore_suggestion,
)
from recaller.state.base import event, id_of, in_work
from recaller.state.formatting import Formatter, tone_of
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import formatter_of, put
from recaller.state.recurring import RecurringState
from recaller.state.refreshing import refresh_after_edit

CONFIDENCE = {"sure": ("Sure", "success"), "likely": ("Likely", "info"), "possible": ("Possible", "neutral")}


@dataclass(frozen=True)
class PaymentItem:
    """A payment that a suggestion rests on."""

    date: str
    amount: str
    href: str


@dataclass(frozen=True)
class SuggestionItem:
    """A suggestion as its card shows it."""

    id: str
    is_price: bool
    name: str
    schedule: str
    amount: str
    tone: str
    about: bool
    detail: str
    evidence: str
    next: str
    confidence: str
    confidence_tone: str
    payments: list[PaymentItem]
    private: bool
    recurring_href: str


class SuggestionsState(rx.State):
    """The tab of suggestions; `percent` is that of a look through the history, -1 for none under way."""

    loading: bool = True
    suggestions: list[SuggestionItem] = []
    count: str = ""
    percent: int = -1
    message: str = ""
    _job: str = ""

    @event
    async def load(self) -> None:
        """Show the open suggestions."""

        def read(w: Work) -> list[SuggestionItem]:
            say = formatter_of(w)
            return [suggestion_item(one, say) for one in list_suggestions(w)]

        found = await in_work(self, read, read_only=True)
        put(self, suggestions=found, count=str(len(found)) if found else "", loading=False)

    @event
    async def refresh_page(self) -> Any:
        """Draw the page anew after a change, this tab and the others."""
        return [RecurringState.refresh, SuggestionsState.load]

    @event
    async def look(self) -> Any:
        """Look through the history now, in a worker."""
        job = await in_work(self, request_look)
        self._job, self.percent, self.message = str(job), 2, "Waiting for a worker"
        return None

    @event
    async def follow(self) -> Any:
        """Show how far the look is; the suggestions once it is through."""
        if not self._job:
            put(self, percent=-1)
            return None
        identity = id_of(self._job)
        job = await in_work(self, lambda w: get_job(w, identity), read_only=True)
        if job.open:
            percent = 100 * job.progress // job.total if job.total else 5
            put(self, percent=percent, message=job.message or "Looking through your history")
            return None
        self._job = ""
        put(self, percent=-1, message="")
        if job.status != "done":
            return [
                SuggestionsState.load,
                rx.toast.error(job.error or "The history could not be looked through."),
            ]
        return [SuggestionsState.load, rx.toast.success("Looked through your history")]

    @event
    async def confirm(self, suggestion_id: str) -> Any:
        """Make a suggestion a recurring transaction, its payments so far being its past dates."""
        identity = id_of(suggestion_id)
        made = await in_work(self, lambda w: confirm_suggestion(w, identity))
        undo = undo_action(SuggestionsState.undo_confirm(str(identity), [str(one.id) for one in made]))
        price = next((one.is_price for one in self.suggestions if one.id == str(identity)), False)
        more = {} if price else {"action": undo, "duration": UNDO_MILLISECONDS}
        words = f"{made[0].name} has its new amount" if price else f"{made[0].name} recurs now"
        return [SuggestionsState.load, RecurringState.refresh, rx.toast.success(words, **more)]

    @event
    async def undo_confirm(self, suggestion_id: str, recurring_ids: list[str]) -> Any:
        """Take away what confirming made, and suggest it again."""
        identity = id_of(suggestion_id)
        made = [id_of(one) for one in recurring_ids[:10]] if isinstance(recurring_ids, list) else []

        def take_back(w: Work) -> None:
            for one in made:
                delete_recurring(w, one)
            restore_suggestion(w, identity)

        await in_work(self, take_back)
        return [SuggestionsState.load, RecurringState.refresh, rx.toast.success("Taken back")]

    @event
    async def dismiss(self, suggestion_id: str) -> Any:
        """Never suggest this again."""
        identity = id_of(suggestion_id)
        one = await in_work(self, lambda w: dismiss_suggestion(w, identity))
        undo = undo_action(SuggestionsState.restore(str(identity)))
        return [
            SuggestionsState.load,
            rx.toast.success(f"{one.name} won't be suggested again", action=undo, duration=UNDO_MILLISECONDS),
        ]

    @event
    async def restore(self, suggestion_id: str) -> Any:
        """Suggest again what was dismissed."""
        identity = id_of(suggestion_id)
        await in_work(self, lambda w: restore_suggestion(w, identity))
        return [SuggestionsState.load, rx.toast.success("Suggested again")]


def suggestion_item(one: SuggestionView, say: Formatter) -> SuggestionItem:
    """Return a suggestion as its card shows it."""
    transfer = one.target_id is not None
    where = f"{one.account} → {one.target}" if transfer else one.account
    detail = " · ".join(part for part in (where, "" if transfer else one.category) if part)
    word, tone = CONFIDENCE.get(one.confidence, CONFIDENCE["possible"])
    since = f"{one.times} payments since {say.month(one.first_on)}"
    if one.kind == "price" and one.earlier is not None:
        since = f"{say.money(abs(one.earlier), one.currency)} before"
    elif not one.fixed:
        low, high = sorted((abs(one.lowest), abs(one.highest)))
        since += f", {say.money(low, one.currency)} to {say.money(high, one.currency)}"
    return SuggestionItem(
        id=str(one.id),
        is_price=one.kind == "price",
        name=one.name,
        schedule=one.schedule_words[:1].upper() + one.schedule_words[1:],
        amount=say.money(abs(one.amount) if transfer else one.amount, one.currency, plus=not transfer),
        tone="neutral" if transfer else tone_of(one.amount),
        about=not one.fixed,
        detail=detail,
        evidence=since,
        next=say.full_date(one.next_on),
        confidence=word,
        confidence_tone=tone,
        payments=[
            PaymentItem(
                say.full_date(paid.on),
                say.money(abs(paid.amount), one.currency),
                f"/transactions?open={paid.transaction_id}",
            )
            for paid in one.payments[:4]
        ],
        private=one.private,
        recurring_href="" if one.recurring_id is None else f"/recurring/{one.recurring_id}",
    )


refresh_after_edit("/recurring", SuggestionsState.refresh_page)
