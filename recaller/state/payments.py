"""What a recorded transaction pays, as toasts tell it: let it go again, or let it be the payment after all."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.domain.occurrences import State
from recaller.services.recurring import (
    OccurrenceView,
    RecordedView,
    link_transaction,
    unlink_transaction,
)
from recaller.state.base import event, id_of, in_work
from recaller.state.formatting import Formatter
from recaller.state.occurrence import UNDO_MILLISECONDS, read_key
from recaller.state.recurring_view import key_of
from recaller.state.refreshing import refresh_for


class PaymentState(rx.State):
    """The buttons of those toasts; it keeps nothing."""

    @event
    async def unlink(self, key: str) -> Any:
        """Let go of the transaction that pays this date."""
        identity, day = read_key(key)
        one = await in_work(self, lambda w: unlink_transaction(w, identity, day))
        return [*refresh_for(self.router.url.path), rx.toast.success(f"{one.name} is expected again")]

    @event
    async def pay(self, key: str, transaction_id: str) -> Any:
        """Let a transaction pay this date, in place of what was posted for it."""
        (identity, day), payment = read_key(key), id_of(transaction_id)
        one = await in_work(self, lambda w: link_transaction(w, identity, day, payment, replace=True))
        return [*refresh_for(self.router.url.path), rx.toast.success(f"{one.name} is paid by it")]


def payment_toasts(recorded: RecordedView, say: Formatter) -> list[Any]:
    """Return what to tell of a transaction that pays something, or looks as if; nothing for any other."""
    if recorded.settles is not None:
        key = key_of(recorded.settles)
        words = f"Transaction added. It pays {_named(recorded.settles, say)}."
        return [rx.toast.success(words, **_button("Not this one", PaymentState.unlink(key)))]
    if not recorded.looks_like:
        return []
    first, *others = recorded.looks_like
    if others:
        names = " or ".join(one.name for one in recorded.looks_like)
        return [rx.toast.info(f"Transaction added. It may be {names}: choose under Recurring.")]
    pay = PaymentState.pay(key_of(first), str(recorded.id))
    if first.open:
        words = f"Transaction added. It may be {_named(first, say)}."
        return [rx.toast.info(words, **_button("It is", pay))]
    words = f"Transaction added, but {_named(first, say)}, is in the accounts already."
    # What a person or the bank has confirmed is not replaced by a click.
    more = _button("Keep only mine", pay) if first.state is State.POSTED else {}
    return [rx.toast.warning(words, **({"duration": UNDO_MILLISECONDS} | more))]


def _named(one: OccurrenceView, say: Formatter) -> str:
    return f"{one.name}, due {say.full_date(one.due_date)}"


def _button(label: str, handler: Any) -> dict[str, Any]:
    return {"action": ToastAction(label=label, on_click=handler), "duration": UNDO_MILLISECONDS}
