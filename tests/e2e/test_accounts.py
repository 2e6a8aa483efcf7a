"""Accounts, a register and categories in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person
from tests.e2e.test_transactions import editor, furnish, go, row, spend

SignUp = Callable[..., Person]


def test_an_account_is_added_read_and_closed(
    page: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    sign_up(page)
    go(page, "/accounts")
    expect(page.get_by_text("No accounts yet")).to_be_visible()
    page.keyboard.press("n")
    box = editor(page)
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_text("Give the account a name")).to_be_visible()
    box.get_by_label("Name").fill("Everyday")
    box.get_by_label("Opening balance").fill("100+20.50")
    box.get_by_label("Account number").fill("DE02 1203 0000 0000 2020 51")
    assert_accessible(page)
    box.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Everyday")).to_contain_text("$120.50")
    expect(page.get_by_role("link", name="Everyday")).to_contain_text("•••• 2051")
    assert_accessible(page)
    page.get_by_role("link", name="Everyday").click()
    expect(page.get_by_role("heading", name="Everyday", level=1)).to_be_visible()
    expect(row(page, "Opening balance")).to_contain_text("$120.50")

    page.get_by_role("button", name="Add transaction").first.click()
    box.get_by_label("Amount").fill("20.50")
    box.get_by_role("button", name="Save", exact=True).click()
    expect(row(page, "Uncategorised")).to_contain_text("$100.00")
    page.get_by_role("checkbox", name=re.compile("^Cleared: No payee")).click()
    expect(page.get_by_role("checkbox", name=re.compile("^Cleared: No payee"))).to_be_checked()
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert "-20.50,100.00,USD,yes" in download.value.path().read_text()
    page.get_by_role("button", name="Edit").click()
    box.get_by_role("button", name="Close account").click()
    expect(box.get_by_text("still has a balance")).to_be_visible()


def test_categories_drill_down_and_are_edited(
    page: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "Alder Market", "Groceries")
    go(page, "/categories")
    assert_accessible(page)
    row(page, "Groceries").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/transactions\?.*category="))
    expect(row(page, "Alder Market")).to_have_count(1)
    page.go_back()
    page.get_by_role("button", name="Groceries", exact=True).click()
    editor(page).get_by_label("Name").fill("Daily food")
    editor(page).get_by_role("button", name="Save").click()
    expect(row(page, "Daily food")).to_contain_text("−$10.00")
    page.get_by_role("button", name="Daily food", exact=True).click()
    editor(page).get_by_role("button", name="Delete").click()
    expect(editor(page).get_by_text("has transactions")).to_be_visible()


def test_the_pages_fit_a_phone(
    phone: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(phone)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "Alder Market", "Groceries")
    for path in ("/accounts", "/categories", f"/accounts/{ids['Checking']}"):
        go(phone, path)
        expect(phone.get_by_text("Loading")).to_have_count(0)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        assert_accessible(phone)
