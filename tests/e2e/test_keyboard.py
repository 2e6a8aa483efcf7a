"""Everything of the transaction list without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person
from tests.e2e.test_transactions import editor, furnish, go, row, spend, stored


@pytest.fixture
def person(page: Page, sign_up: Callable[..., Person]) -> Person:
    """Somebody with three rows, whose transactions page is open."""
    made = sign_up(page)
    with made.working() as w:
        ids = furnish(w)
        for number in range(3):
            spend(w, ids, -100 - number, f"Shop {number}", None)
    go(page, "/transactions")
    expect(page.locator("[data-row]")).to_have_count(3)
    return made


def test_n_type_enter(page: Page, person: Person) -> None:
    page.keyboard.press("n")
    expect(editor(page).get_by_label("Amount")).to_be_focused()
    page.keyboard.type("4.20")
    page.keyboard.press("Tab")
    payee = editor(page).get_by_role("combobox", name="Payee")
    # Month, day, year and the calendar of the date field are stops of their own.
    for _ in range(8):
        if payee.evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(payee).to_be_focused()
    page.keyboard.type("Bakery")
    page.keyboard.press("Tab")
    page.keyboard.type("Groceries")
    expect(editor(page).get_by_role("option", name="Groceries")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(row(page, "Bakery")).to_contain_text("−$4.20")
    expect(row(page, "Bakery")).to_contain_text("Groceries")


def test_slash_searches_and_escape_leaves(page: Page, person: Person) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Shop 2")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox", name="Search transactions")).not_to_be_focused()


def test_rows_are_walked_selected_categorised_and_deleted(page: Page, person: Person) -> None:
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Shift+X")
    selection = page.get_by_role("region", name="Selection")
    expect(selection).to_contain_text("2 selected")
    page.keyboard.press("c")
    expect(editor(page).get_by_role("combobox", name="Category")).to_be_focused()
    page.keyboard.type("Fuel")
    expect(editor(page).get_by_role("option", name="Fuel")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 transactions moved to Fuel")).to_be_visible()
    expect(row(page, "Fuel")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(row(page, "Uncategorised")).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("Control+a")
    expect(selection).to_contain_text("3 selected")
    page.keyboard.press("d")
    expect(page.locator("[data-row]")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-row]")).to_have_count(3)
    with person.working() as w:
        assert sorted(view.amount for view in stored(w)) == [-102, -101, -100]


def test_enter_opens_the_row_and_saves_it(page: Page, person: Person) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    amount = editor(page).get_by_label("Amount")
    expect(amount).to_be_focused()
    expect(amount).not_to_have_value("")
    page.keyboard.press("Control+a")
    page.keyboard.type("9.99")
    page.keyboard.press("Enter")
    expect(page.get_by_text("−$9.99")).to_be_visible()
    expect(editor(page)).to_be_hidden()


def test_the_pages_are_reached_by_letters(page: Page, person: Person) -> None:
    for letter, heading in (("a", "Accounts"), ("c", "Categories"), ("t", "Transactions")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
