"""The dashboard in a real browser: its figures, where they lead, and its first steps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.transactions import EntryDraft, Part, record_transaction
from tests.e2e.conftest import Person, ready


def book(person: Person) -> None:
    """One checking account: 2,000.00 earned and 150.50 spent today, 49.50 spent 40 days ago."""
    with person.working() as w:
        account = create_account(w, AccountDraft(name="Everyday", subtype="checking", currency="USD")).id
        categories = {one.name: one.id for one in list_categories(w)}
        for amount, category, days in (
            (200_000, "Salary", 0),
            (-15_050, "Groceries", 0),
            (-4_950, "Groceries", 40),
        ):
            record_transaction(
                w,
                EntryDraft(
                    account_id=account,
                    amount=amount,
                    date=w.today - timedelta(days),
                    payee=f"{category} payee",
                    parts=(Part(categories[category], amount),),
                ),
            )


def stat(page: Page, label: str) -> str:
    return page.locator("a.rc-stat", has_text=label).locator(".rc-stat__value").inner_text()


def test_figures_equal_the_ledger_and_lead_to_it(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page)
    expect(page.get_by_role("heading", name="Import a bank file")).to_be_visible()
    assert_accessible(page)
    book(person)
    page.reload()
    expect(page.locator("a.rc-stat", has_text="Net worth")).to_contain_text("$1,800.00")
    assert stat(page, "Income this month") == "$2,000.00"
    assert stat(page, "Spent this month") == "$150.50"
    assert stat(page, "Left this month") == "+$1,849.50"
    row = page.get_by_label("Spending by category").get_by_role("link")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("$150.50")
    assert_accessible(page)
    page.locator("summary", has_text="Show as table").nth(1).click()
    expect(page.get_by_role("table").filter(has_text="Left")).to_contain_text("+$1,849.50")
    page.locator("a.rc-stat", has_text="Spent this month").click()
    page.wait_for_url(re.compile(r"/transactions\?.*kind=expense"))


def test_period_and_month_stand_in_the_address(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    book(person)
    page.goto("/")
    page.get_by_role("button", name="3Y").click()
    page.wait_for_url("**/?period=3y")
    expect(page.get_by_role("button", name="3Y")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Month", exact=True).select_option(index=1)
    page.wait_for_url(re.compile(r"month="))
    page.reload()
    expect(page.get_by_role("button", name="3Y")).to_have_attribute("aria-pressed", "true")


def test_demo_data_comes_in_one_click(page: Page, sign_up: Callable[..., Person]) -> None:
    sign_up(page)
    page.get_by_role("button", name="Load demo data").click()
    expect(page.get_by_role("heading", name="Recent transactions")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


def test_keyboard(page: Page, sign_up: Callable[..., Person]) -> None:
    sign_up(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/settings")
    # The address changes before the page does, and the palette belongs to a page.
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("dashb")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()


def test_it_fits_a_phone(phone: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(phone)
    book(person)
    for path in ("/", "/settings"):
        phone.goto(path)
        ready(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="More").click()
    expect(phone.get_by_role("dialog", name="More")).to_be_visible()
