"""The accounts page and the register: groups with subtotals, the form, opening balances, closing, cleared marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from recaller.services import identity
from recaller.services.accounts import get_account
from recaller.services.reports import account_balances
from recaller.services.transactions import TransferDraft, record_transaction
from recaller.state.account_register import PAGE, AccountRegisterState
from recaller.state.accounts import AccountsState
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import DAY, Home, move

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
State = AccountsState
Register = AccountRegisterState


async def loaded(tab: Tab) -> AccountsState:
    page = tab.open(State, "/accounts")
    await fire(State.load.fn, page)
    return page


def account_form(**changes: str) -> dict[str, str]:
    form = {
        "name": "Visa",
        "subtype": "credit_card",
        "currency": "USD",
        "opening_balance": "",
        "opening_date": "2026-10-01",
    }
    return form | changes


async def test_accounts_stand_in_groups_with_subtotals_per_currency(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(100_000, category="Salary")
    home.record(-500, account="Giro")
    page = await loaded(tab)
    checking, savings = page.assets
    assert (checking.label, [one.name for one in checking.accounts]) == ("Checking", ["Checking", "Giro"])
    assert (checking.total, page.assets_total) == ("$1,000.00 · \u2212€5.00", "$1,000.00 · \u2212€5.00")
    assert (
        checking.accounts[1].tone == "negative"
        and page.debts == []
        and savings.accounts[0].fresh == "No transactions yet"
    )


async def test_nobody_has_accounts_at_first(tab: Tab) -> None:
    page = await loaded(tab)
    assert (page.has_accounts, page.loading, page.assets) == (False, False, [])


async def test_an_account_is_added_with_its_opening_balance(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await loaded(tab)
    await fire(State.open_new.fn, page)
    assert page.shown and page.is_new and page.currency == "USD"
    said = await fire(
        State.submit.fn, page, account_form(opening_balance="-250+50", number="4111 1111 4242", private="on")
    )
    assert "Visa added" in said and not page.shown
    await fire(State.load.fn, page)
    (visa,) = page.debts[0].accounts
    assert (visa.balance, visa.private, visa.detail) == ("\u2212$200.00", True, "•••• 4242")
    await fire(State.open_account.fn, page, visa.id)
    assert (page.opening, page.opening_date, page.number_masked) == ("-200.00", "2026-10-01", "•••• 4242")
    same = account_form(name="Visa Gold", opening_balance="-200.00", private="on")
    await fire(State.submit.fn, page, same)
    assert not page.shown, (page.form_errors, page.form_error)
    await fire(State.open_account.fn, page, visa.id)
    await fire(State.submit.fn, page, same | {"opening_balance": ""})
    with home.work() as w:
        assert {str(one.account_id): one.minor for one in account_balances(w)}[visa.id] == 0
        assert get_account(w, UUID(visa.id)).number_masked == "•••• 4242"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"currency": "dollars"}, "currency"),
        ({"subtype": "piggy"}, "subtype"),
        ({"opening_balance": "lots"}, "opening_balance"),
        ({"opening_balance": "5", "opening_date": "x"}, "opening_date"),
        ({"number": "9" * 80}, "number"),
    ],
)
async def test_wrong_input_is_named_and_nothing_is_made(
    place: tuple[Tab, Home], changes: dict[str, str], field: str
) -> None:
    page = await loaded(place[0])
    await fire(State.open_new.fn, page)
    await fire(State.submit.fn, page, account_form(**changes))
    assert list(page.form_errors) == [field] and page.shown and not page.busy
    await fire(State.load.fn, page)
    assert page.debts == []


async def test_a_name_twice_and_an_edit_too_late_are_told(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page, other = await loaded(tab), await loaded(tab)
    await fire(State.open_new.fn, page)
    await fire(State.submit.fn, page, account_form(name="checking", subtype="checking"))
    assert "already an account" in page.form_error
    for one in (page, other):
        await fire(State.open_account.fn, one, str(home.accounts["Savings"]))
    form = account_form(name="Rainy day", subtype="savings")
    await fire(State.submit.fn, other, form)
    await fire(State.submit.fn, page, form)
    assert "changed elsewhere" in page.form_error and page.shown


async def test_closing_reopening_and_deleting(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(-500, account="Savings")
    page = await loaded(tab)
    savings, giro = str(home.accounts["Savings"]), str(home.accounts["Giro"])
    await fire(State.open_account.fn, page, savings)
    await fire(State.close_or_reopen.fn, page)
    assert "still has a balance" in page.form_error
    await fire(State.delete.fn, page)
    assert "has transactions" in page.form_error
    home.record(500, category="Salary", account="Savings")
    assert "Savings closed" in await fire(State.close_or_reopen.fn, page)
    await fire(State.load.fn, page)
    assert page.closed_count == 1 and [one.label for one in page.assets] == ["Checking"]
    await fire(State.toggle_closed.fn, page)
    await fire(State.load.fn, page)
    assert page.assets[1].accounts[0].closed
    await fire(State.open_account.fn, page, savings)
    assert "Savings reopened" in await fire(State.close_or_reopen.fn, page)
    await fire(State.open_account.fn, page, giro)
    assert "Giro deleted" in await fire(State.delete.fn, page)


async def test_the_register_runs_the_balance_and_marks_what_is_cleared(place: tuple[Tab, Home]) -> None:
    tab, home = place
    first = home.record(100_000, category="Salary")
    with home.work() as w:
        record_transaction(
            w, TransferDraft(date(2026, 10, 6), home.accounts["Checking"], home.accounts["Savings"], 500)
        )
    page = tab.open(Register, f"/accounts/{home.accounts['Checking']}")
    await fire(Register.load.fn, page)
    assert (page.name, page.balance, page.kind_label) == ("Checking", "$995.00", "Checking")
    assert [(row.payee, row.amount, row.balance) for row in page.rows] == [
        ("Transfer to Savings", "\u2212$5.00", "$995.00"),
        ("Alder Market", "+$1,000.00", "$1,000.00"),
    ]
    await fire(Register.toggle_cleared.fn, page, first)
    await fire(Register.load.fn, page)
    assert [row.cleared for row in page.rows] == [False, True]
    move(page, f"/accounts/{home.accounts['Checking']}?until=2026-10-05")
    await fire(Register.load.fn, page)
    assert len(page.rows) == 1 and (page.balance_label, page.balance_then) == (
        "Balance on Oct 5, 2026",
        "$1,000.00",
    )
    move(page, f"/accounts/{home.accounts['Savings']}")
    await fire(Register.load.fn, page)
    assert [row.payee for row in page.rows] == ["Transfer from Checking"] and page.balance_label == ""
    assert f"/api/v1/accounts/{home.accounts['Savings']}/register.csv" in await fire(Register.export.fn, page)


async def test_the_register_pages_both_ways(place: tuple[Tab, Home]) -> None:
    tab, home = place
    for number in range(PAGE + 2):
        home.record(-100, on=DAY + timedelta(number))
    path = f"/accounts/{home.accounts['Checking']}"
    page = tab.open(Register, path)
    await fire(Register.load.fn, page)
    assert len(page.rows) == PAGE and page.has_older and not page.has_newer
    said = await fire(Register.older.fn, page)
    move(page, f"{path}?page=" + said.partition("page=")[2].partition('"')[0])
    await fire(Register.load.fn, page)
    assert [row.balance for row in page.rows] == ["\u2212$2.00", "\u2212$1.00"] and page.has_newer


async def test_accounts_of_others_are_out_of_sight(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    _, home = place
    stranger, _ = new_tab("bob@example.org")
    theirs = str(home.accounts["Checking"])
    page = await loaded(stranger)
    assert "There is no account" in await fire(State.open_account.fn, page, theirs)
    page._identity, page._version = theirs, 1
    await fire(State.submit.fn, page, account_form())
    assert "There is no account" in page.form_error
    assert "There is no account" in await fire(State.delete.fn, page)
    for claimed in (theirs, "nonsense"):
        register = stranger.open(Register, f"/accounts/{claimed}")
        await fire(Register.load.fn, register)
        assert register.failure and not register.rows and register.name == ""
