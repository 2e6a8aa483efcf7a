"""One date of a recurring transaction, in a dialog: confirm it with its amount, post it now, skip it, take it back."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.domain.amount_input import parse_amount
from recaller.infra.work import Work
from recaller.services.recurring import (
    OccurrenceView,
    PaymentCandidate,
    confirm_occurrence,
    get_occurrence,
    get_recurring,
    link_transaction,
    payment_candidates,
    post_now,
    skip_occurrence,
    undo_occurrence,
    unskip_occurrence,
)
from recaller.services.transactions import get_transaction
from recaller.state.base import date_of, event, id_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import formatter_of
from recaller.state.recurring_view import STATE_WORDS, amount_of, state_of
from recaller.state.refreshing import refresh_for

UNDO_MILLISECONDS = 10_000


def undo_action(handler: Any) -> Any:
    """Return the undo button of a toast."""
    return ToastAction(label="Undo", on_click=handler)


def read_key(key: object) -> tuple[UUID, date]:
    """Return the recurring transaction and nominal date that a key from the browser claims."""
    identity, _, day = text_of(key, "key", most=60).partition("_")
    return id_of(identity, "key"), date_of(day, "key")


@dataclass(frozen=True)
class Candidate:
    """A transaction that may be this date's payment, as the list shows it."""

    id: str
    title: str
    when: str
    amount: str


class OccurrenceState(FormState, rx.State):
    """The dialog of one date. `key` is the recurring transaction's id and the nominal date."""

    shown: bool = False
    key: str = ""
    recurring_id: str = ""
    name: str = ""
    day_words: str = ""
    due_note: str = ""
    state: str = "upcoming"
    state_label: str = ""
    amount: str = ""
    tone: str = "neutral"
    expected: str = ""
    payee: str = ""
    problem: str = ""
    transaction_id: str = ""
    can_post: bool = False
    can_skip: bool = False
    can_unskip: bool = False
    can_undo: bool = False
    undo_label: str = "Take back"
    payment_label: str = ""
    ahead: bool = False
    currency: str = ""
    target_currency: str = ""
    amount_value: str = ""
    target_value: str = ""
    on_value: str = ""
    candidates: list[Candidate] = []
    searched: bool = False

    @event
    async def open_occurrence(self, key: str) -> None:
        """Show one date."""
        identity, day = read_key(key)
        await self._load(identity, day)
        self.shown = True

    @event
    async def close(self) -> None:
        """Put the dialog away."""
        self.shown = False

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Post or confirm the date with the amount and day that the form gives."""
        identity, day = read_key(self.key)

        def save(w: Work) -> OccurrenceView:
            say = formatter_of(w)
            view = get_recurring(w, identity)
            sign = -1 if view.shape == "entry" and view.amount < 0 else 1
            amount = sign * _amount(fields.get("amount"), "amount", view.currency, say)
            arrives = None
            if view.target_currency and view.target_currency != view.currency:
                arrives = _amount(fields.get("target_amount"), "target_amount", view.target_currency, say)
            on = date_of(fields.get("on"), "on")
            now = get_occurrence(w, identity, day)
            settle = post_now if now.posted_on > w.today else confirm_occurrence
            return settle(w, identity, day, amount=amount, on=on, target_amount=arrives)

        done = await in_work(self, save)
        self.shown = False
        return self._done(f"{done.name} posted", OccurrenceState.undo(self.key))

    @event
    async def look_for_payment(self) -> None:
        """List transactions that may have paid this date already."""
        identity, day = read_key(self.key)

        def read(w: Work) -> tuple[tuple[PaymentCandidate, ...], Formatter]:
            return payment_candidates(w, identity, day), formatter_of(w)

        found, say = await in_work(self, read, read_only=True)
        self.candidates, self.searched = [_candidate(one, say) for one in found], True

    @event
    async def choose_payment(self, transaction_id: str) -> Any:
        """Let a transaction of the ledger be this date's payment."""
        key, payment = self.key, id_of(transaction_id)
        try:
            one = await self._change(
                key, lambda w, template, day: link_transaction(w, template, day, payment)
            )
        except (ValidationFailed, Conflict, NotFound) as error:
            self.form_error = error.message
            return None
        return self._done(f"{one.name} is paid by it", OccurrenceState.undo(key))

    @event
    async def skip(self, key: str) -> Any:
        """Leave this date out."""
        one = await self._change(key, skip_occurrence)
        return self._done(f"{one.name} skipped", OccurrenceState.unskip(text_of(key, "key", most=60)))

    @event
    async def unskip(self, key: str) -> Any:
        """Expect a skipped date again."""
        one = await self._change(key, unskip_occurrence)
        return self._done(f"{one.name} is expected again")

    @event
    async def undo(self, key: str) -> Any:
        """Take a date back: what was posted for it is deleted, another transaction that pays it is let go."""
        one = await self._change(key, undo_occurrence)
        return self._done(f"{one.name} taken back")

    async def _change(
        self, key: object, action: Callable[[Work, UUID, date], OccurrenceView]
    ) -> OccurrenceView:
        identity, day = read_key(key)
        done = await in_work(self, lambda w: action(w, identity, day))
        self.shown = False
        return done

    def _shown_fields(self) -> Container[str]:
        return ("amount", "target_amount", "on")

    def _done(self, words: str, undo: Any = None) -> list[Any]:
        more = {} if undo is None else {"action": undo_action(undo), "duration": UNDO_MILLISECONDS}
        return [*refresh_for(self.router.url.path), rx.toast.success(words, **more)]

    async def _load(self, identity: UUID, day: date) -> None:
        def read(w: Work) -> None:
            one, view, say = get_occurrence(w, identity, day), get_recurring(w, identity), formatter_of(w)
            state = state_of(one)
            self.key, self.recurring_id = f"{identity}_{day.isoformat()}", str(identity)
            self.name, self.payee = one.name, one.payee
            self.day_words = say.weekday_date(one.posted_on)
            moved = one.posted_on != one.due_date
            self.due_note = f"Due on {say.full_date(one.due_date)}, no business day" if moved else ""
            self.state, self.state_label = state, STATE_WORDS[state]
            self.amount, self.tone = amount_of(one, say), "positive" if one.amount > 0 else "neutral"
            differs = one.actual_amount is not None and one.actual_amount != one.expected_amount
            self.expected = say.money(abs(one.expected_amount), one.currency) if differs else ""
            self.problem = one.error or "" if one.open else ""
            self.transaction_id = "" if one.transaction_id is None else str(one.transaction_id)
            over = view.state != "active"
            self.can_post, self.can_skip = one.open, one.open and not over
            self.can_unskip = one.state.value == "skipped"
            self.can_undo = one.settled and one.transaction_id is not None
            ours = one.transaction_id is None or get_transaction(w, one.transaction_id).source == "recurring"
            self.undo_label = "Take back" if ours else "Not paid by this"
            self.payment_label = "Open the transaction" if ours else "Paid by this transaction"
            self.ahead = one.posted_on > w.today
            self.currency = one.currency
            other = view.target_currency or ""
            self.target_currency = other if other != one.currency else ""
            self.amount_value = say.number(abs(one.expected_amount), one.currency)
            self.target_value = say.number(view.target_amount or 0, other) if self.target_currency else ""
            self.on_value = min(one.posted_on, w.today).isoformat()
            self.candidates, self.searched = [], False
            self._begin_form()

        await in_work(self, read, read_only=True)


def _candidate(one: PaymentCandidate, say: Formatter) -> Candidate:
    return Candidate(
        str(one.transaction_id),
        one.payee or one.note or "Without a payee",
        say.full_date(one.date),
        say.money(one.amount, one.currency),
    )


def _amount(value: object, field: str, currency: str, say: Formatter) -> int:
    """Return the typed amount in minor units; raise ValidationFailed unless it is above zero."""
    amount = parse_amount(text_of(value, field, most=200), currency, say.locale, field)
    if amount <= 0:
        raise ValidationFailed(field, "Give an amount above zero.")
    return amount
