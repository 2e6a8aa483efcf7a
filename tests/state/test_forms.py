"""Forms are sent once: a second click finds a form that was sent, a refused one can be sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from recaller.services import identity
from recaller.services.budgets import list_moves
from recaller.state import transaction_editor
from recaller.state.budget_dialogs import BudgetDialogState
from recaller.state.household import HouseholdState
from recaller.state.recurring_editor import RecurringEditorState
from recaller.state.rule_editor import RuleEditorState
from recaller.state.transaction_editor import TransactionEditorState
from tests.state import test_budgets as budgets
from tests.state import test_recurring_pages as recurring
from tests.state import test_transactions_editor as transactions
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import Home
from tests.support.people import who

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
Editor = TransactionEditorState


def count(home: Home, table: str) -> int:
    with home.work() as w:
        row = w.row(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row.n)


async def test_a_transaction_is_recorded_once(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await transactions.opened(tab)
    form, number = transactions.filled(page, amount="5"), page.form_key
    assert "Transaction added" in await fire(Editor.submit.fn, page, form, number)
    assert await fire(Editor.submit.fn, page, form, number) == ""
    assert count(home, "transaction") == 1
    # The next form is another one.
    await fire(Editor.open_new.fn, page, "")
    assert "added" in await fire(Editor.submit.fn, page, form, page.form_key)
    assert count(home, "transaction") == 2


async def test_the_form_that_follows_is_another_one(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await transactions.opened(tab)
    form, number = transactions.filled(page, amount="5"), page.form_key
    for _ in range(2):
        await fire(Editor.then_another.fn, page, number)
        await fire(Editor.submit.fn, page, form, number)
        assert page.shown and page.form_key == number + 1
        assert count(home, "transaction") == 1
    await fire(Editor.submit.fn, page, form | {"amount": "7"}, page.form_key)
    assert count(home, "transaction") == 2 and not page.shown


async def test_a_form_that_was_refused_can_be_sent_again(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await transactions.opened(tab)
    form, number = transactions.filled(page, amount="x"), page.form_key
    await fire(Editor.submit.fn, page, form, number)
    assert list(page.form_errors) == ["amount"] and page.form_key == number and not page.busy
    await fire(Editor.submit.fn, page, form | {"amount": "5"}, number)
    assert not page.form_errors and count(home, "transaction") == 1


async def test_a_form_outlives_a_database_that_was_away(
    place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, home = place
    page = await transactions.opened(tab)
    form = transactions.filled(page, amount="5")
    with monkeypatch.context() as away:

        async def fails(*_: object, **__: object) -> None:
            raise OperationalError("", {}, Exception("gone"))

        away.setattr(transaction_editor, "in_work", fails)
        assert "can't reach its database" in await fire(Editor.submit.fn, page, form, page.form_key)
    assert page.shown and not page.busy
    assert "added" in await fire(Editor.submit.fn, page, form, page.form_key)
    assert count(home, "transaction") == 1


async def test_the_form_is_busy_while_it_is_saved(place: tuple[Tab, Home]) -> None:
    page = await transactions.opened(place[0])
    steps = Editor.submit.fn(page, transactions.filled(page, amount="5"), page.form_key)
    assert await anext(steps) is None and page.busy
    assert await anext(steps) is not None and not page.busy


async def test_something_that_recurs_is_made_once(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = tab.open(RecurringEditorState, "/recurring")
    await fire(RecurringEditorState.open_new.fn, page)
    form, number = recurring.filled(page, name="Rent", amount="950"), page.form_key
    assert "added" in await fire(RecurringEditorState.submit.fn, page, form, number), page.form_errors
    assert await fire(RecurringEditorState.submit.fn, page, form, number) == ""
    assert count(home, "recurring") == 1


async def test_a_rule_is_made_once(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = tab.open(RuleEditorState, "/rules")
    await fire(RuleEditorState.open_new.fn, page)
    for row, parts in (
        (page.conditions[0], {"value": "x"}),
        (page.actions[0], {"do": "set_note", "value": "y"}),
    ):
        for part, value in parts.items():
            await fire(RuleEditorState.write.fn, page, row.key, part, value)
    form: dict[str, Any] = {"name": "Twice"}
    assert "Rule saved" in await fire(RuleEditorState.save.fn, page, form, page.form_key), page.form_error
    assert await fire(RuleEditorState.save.fn, page, form, page.form_key) == ""
    assert count(home, "rule") == 1


async def test_money_moves_once(place: tuple[Tab, Home], monkeypatch: pytest.MonkeyPatch) -> None:
    tab, home = place
    page = await budgets.a_budget(tab, "envelope", "Groceries", "Fuel")
    dialog = tab.open(BudgetDialogState, "/budgets")
    budgets.beside(monkeypatch, page)
    fuel, groceries = (budgets.rows(page)[name].id for name in ("Fuel", "Groceries"))
    await fire(BudgetDialogState.open_move.fn, dialog, fuel)
    form = {"source": fuel, "target": groceries, "amount": "5"}
    assert "Moved" in await fire(BudgetDialogState.submit_move.fn, dialog, form, dialog.form_key)
    assert await fire(BudgetDialogState.submit_move.fn, dialog, form, dialog.form_key) == ""
    with home.work() as w:
        assert [one.kind for one in list_moves(w, budgets.page_id(page))] == ["move"]


async def test_a_household_is_created_once(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    page = tab.open(HouseholdState, "/settings")
    await fire(HouseholdState.load.fn, page)
    form, number = {"household_name": "Cabin", "new_currency": "EUR"}, page.form_key
    assert "location.assign" in await fire(HouseholdState.create_household.fn, page, form, number)
    assert await fire(HouseholdState.create_household.fn, page, form, number) == ""
    names = [one.tenant_name for one in who(signed).memberships]
    assert names.count("Cabin") == 1
