"""What a recorded transaction pays, on screen: told with a button that takes it back, or does it after all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recaller.domain.recurrence import Frequency, Recurrence
from recaller.services import identity
from recaller.services.recurring import (
    OccurrenceView,
    RecurringDraft,
    create_recurring,
    get_occurrence,
    post_now,
)
from recaller.state.occurrence import OccurrenceState, read_key
from recaller.state.payments import PaymentState
from recaller.state.transaction_editor import TransactionEditorState
from tests.state.conftest import Tab, fire
from tests.state.test_transactions_editor import filled, opened
from tests.support.ledger_screens import Home

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]


def plan(home: Home, name: str = "Rent", **more: Any) -> str:
    """Make a bill of 950 on Checking that is due today; returns its key in the browser."""
    with home.work() as w:
        recurrence = Recurrence(w.today, Frequency.MONTHLY)
        draft = RecurringDraft(name, home.accounts["Checking"], -95000, recurrence, payee="Oakwood", **more)
        return f"{create_recurring(w, draft).id}_{w.today.isoformat()}"


def occurrence(home: Home, key: str) -> OccurrenceView:
    with home.work() as w:
        return get_occurrence(w, *read_key(key))


async def pay(tab: Tab, home: Home, payee: str = "Oakwood Apartments") -> str:
    page = await opened(tab)
    account = str(home.accounts["Checking"])
    form = filled(page, amount="950", payee_text=payee, account=account)
    return str(await fire(TransactionEditorState.submit.fn, page, form))


async def test_what_it_pays_is_told_and_can_be_let_go(place: tuple[Tab, Home]) -> None:
    tab, home = place
    key = plan(home)
    said = await pay(tab, home)
    assert "It pays Rent, due" in said
    assert "Not this one" in said
    assert key in said
    assert occurrence(home, key).state == "paid"
    dialog = tab.open(OccurrenceState, "/recurring")
    await fire(OccurrenceState.open_occurrence.fn, dialog, key)
    assert (dialog.can_undo, dialog.undo_label) == (True, "Not paid by this")
    assert dialog.payment_label == "Paid by this transaction"
    assert "expected again" in await fire(
        PaymentState.unlink.fn, tab.open(PaymentState, "/transactions"), key
    )
    assert occurrence(home, key).open


async def test_what_was_posted_is_told_and_can_be_replaced(place: tuple[Tab, Home]) -> None:
    tab, home = place
    key = plan(home)
    with home.work() as w:
        posted = post_now(w, read_key(key)[0])
    said = await pay(tab, home)
    assert "is in the accounts already" in said
    assert "Keep only mine" in said
    assert occurrence(home, key).transaction_id == posted.transaction_id
    with home.work() as w:
        mine = w.rows("SELECT id FROM transaction WHERE id <> :id", id=posted.transaction_id)[0].id
    buttons = tab.open(PaymentState, "/transactions")
    assert "is paid by it" in await fire(PaymentState.pay.fn, buttons, key, str(mine))
    assert occurrence(home, key).transaction_id == mine


async def test_what_it_may_be_is_asked(place: tuple[Tab, Home]) -> None:
    tab, home = place
    key = plan(home)
    said = await pay(tab, home, payee="")
    assert "It may be Rent" in said
    assert "It is" in said
    assert occurrence(home, key).open
    plan(home, "Garage")
    said = await pay(tab, home)
    assert "It may be Garage or Rent" in said or "It may be Rent or Garage" in said


async def test_another_household_reaches_nothing(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    tab, home = place
    key = plan(home)
    await pay(tab, home)
    stranger, _ = new_tab("eve@example.org")
    buttons = stranger.open(PaymentState, "/transactions")
    paid = occurrence(home, key)
    assert "error" in await fire(PaymentState.unlink.fn, buttons, key)
    assert "error" in await fire(PaymentState.pay.fn, buttons, key, str(paid.transaction_id))
    for wrong in ("", "x", "x_y", None, {"a": 1}):
        assert "error" in await fire(PaymentState.unlink.fn, buttons, wrong)
    assert occurrence(home, key) == paid


async def test_a_payment_is_chosen_among_what_is_there(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    tab, home = place
    said = await pay(tab, home, payee="Somebody else")
    assert "pays" not in said
    key = plan(home, mode="confirm")
    dialog = tab.open(OccurrenceState, "/recurring")
    await fire(OccurrenceState.open_occurrence.fn, dialog, key)
    assert dialog.can_post and not dialog.searched
    await fire(OccurrenceState.look_for_payment.fn, dialog)
    (only,) = [one for one in dialog.candidates if one.title == "Somebody else"]
    assert "950" in only.amount
    other, _ = new_tab("eve@example.org")
    strange = other.open(OccurrenceState, "/recurring")
    strange.key = key
    await fire(OccurrenceState.look_for_payment.fn, strange)
    assert strange.candidates == []
    assert "paid by it" in await fire(OccurrenceState.choose_payment.fn, dialog, only.id)
    assert occurrence(home, key).state == "paid" and not dialog.shown
    await fire(OccurrenceState.open_occurrence.fn, dialog, key)
    assert not dialog.searched and dialog.undo_label == "Not paid by this"
