"""Transactions in a real browser: added, edited, split, moved, deleted and brought back, filtered through the URL."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import BrowserContext, Page, expect

from recaller.infra.work import Work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.transactions import EntryDraft, Part, TransactionView, record_transaction
from recaller.services.transactions.views import get_transactions
from tests.e2e.conftest import Person, ready

SignUp = Callable[..., Person]


def furnish(w: Work) -> dict[str, UUID]:
    """Create three accounts; returns these and the categories by name."""
    made = {
        name: create_account(w, AccountDraft(name, "checking", currency)).id
        for name, currency in (("Checking", "USD"), ("Savings", "USD"), ("Giro", "EUR"))
    }
    return made | {one.name: one.id for one in list_categories(w) if not one.system}


def spend(
    w: Work, ids: dict[str, UUID], amount: int, payee: str, category: str | None, on: date | None = None
) -> UUID:
    """Record an expense (minor units of USD, negative) on Checking."""
    parts = () if category is None else (Part(ids[category], amount),)
    draft = EntryDraft(on or w.today, ids["Checking"], amount, payee, parts)
    return record_transaction(w, draft).id


def stored(w: Work) -> list[TransactionView]:
    """Return every transaction."""
    return get_transactions(w, [row.id for row in w.rows("SELECT id FROM transaction")])


def row(page: Page, name: str) -> Any:
    """Return the table row that this text is in."""
    return page.get_by_role("row").filter(has_text=name)


def editor(page: Page) -> Any:
    """Return the open editor."""
    return page.get_by_role("dialog")


def choose(box: Any, label: str, text: str) -> None:
    """Type into a search select and take its first suggestion."""
    field = box.get_by_role("combobox", name=label)
    field.fill(text)
    expect(box.get_by_role("option", name=text).first).to_be_visible()
    field.press("Enter")


def go(page: Page, path: str) -> None:
    """Go to a page and wait until it answers."""
    page.goto(path)
    ready(page)


def test_add_edit_delete_and_bring_back(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        furnish(w)
    go(page, "/transactions")
    expect(page.get_by_text("No transactions yet")).to_be_visible()
    page.get_by_role("button", name="Add transaction").first.click()
    box = editor(page)
    box.get_by_label("Amount").fill("12.50+3")
    box.get_by_label("Amount").press("Tab")
    expect(box.get_by_text("= $15.50")).to_be_visible()
    box.get_by_role("combobox", name="Payee").fill("Alder Market")
    choose(box, "Category", "Groceries")
    box.get_by_label("Tags").fill("kids")
    # Somebody clicks twice: it is recorded once.
    box.get_by_role("button", name="Save", exact=True).dblclick()
    expect(box).to_be_hidden()
    expect(row(page, "Alder Market")).to_contain_text("−$15.50")
    expect(row(page, "Alder Market")).to_contain_text("#kids")

    page.get_by_role("button", name="Alder Market", exact=True).click()
    box.get_by_label("Amount").fill("nonsense")
    box.get_by_role("button", name="Save", exact=True).click()
    expect(box.get_by_text("is not an amount")).to_be_visible()
    box.get_by_label("Amount").fill("20")
    box.get_by_role("button", name="Save", exact=True).click()
    expect(row(page, "Alder Market")).to_contain_text("−$20.00")

    page.get_by_role("button", name="Alder Market", exact=True).click()
    box.get_by_role("button", name="Delete").click()
    expect(row(page, "Alder Market")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Alder Market")).to_contain_text("−$20.00")
    with person.working() as w:
        (view,) = stored(w)
    assert (view.amount, view.payee, view.tags) == (-2000, "Alder Market", ("kids",))


def test_a_split_and_a_transfer_across_currencies(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        furnish(w)
    go(page, "/transactions?new=1")
    box = editor(page)
    box.get_by_label("Amount").fill("10")
    choose(box, "Category", "Groceries")
    box.get_by_role("button", name="Split").click()
    shares = box.get_by_label("Share")
    expect(shares).to_have_count(2)
    shares.first.fill("7")
    shares.first.press("Tab")
    expect(box.get_by_text("$3.00 is not assigned")).to_be_visible()
    box.get_by_role("button", name="Rest to this line").last.click()
    expect(shares.last).to_have_value("3.00")
    expect(box.get_by_text("The lines add up.")).to_be_visible()
    box.get_by_role("button", name="Save and add another").click()
    expect(row(page, "Split in 2")).to_have_count(1)

    box.get_by_role("button", name="Transfer", exact=True).click()
    box.get_by_label("Amount sent").fill("100")
    box.get_by_label("To account").select_option(label="Giro (EUR)")
    box.get_by_label("Amount that arrives").fill("92.40")
    box.get_by_role("button", name="Save", exact=True).click()
    expect(row(page, "Checking → Giro")).to_have_count(1)
    page.get_by_role("button", name="Show lines").click()
    expect(page.get_by_role("list", name="Lines of the split")).to_contain_text("−$7.00")
    with person.working() as w:
        views = {view.shape: view for view in stored(w)}
    assert [line.amount for line in views["split"].lines] == [-1000, 700, 300]
    assert {line.amount for line in views["conversion"].lines} == {-10000, 10000, -9240, 9240}


def test_filters_live_in_the_url_and_the_back_button_works(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "Alder Market", "Groceries")
        spend(w, ids, -2500, "Corner Shop", "Restaurants", w.today - timedelta(400))
        spend(w, ids, -300, "Starbucks", None)
    go(page, "/transactions")
    expect(page.locator("[data-row]")).to_have_count(3)
    page.get_by_role("button", name="Uncategorised", exact=True).click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("uncategorised=1"))
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(3)
    page.get_by_role("searchbox", name="Search transactions").fill("starbcuks")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=starbcuks"))
    page.get_by_role("searchbox", name="Search transactions").fill("")
    expect(page.locator("[data-row]")).to_have_count(3)

    page.get_by_role("button", name="Filters").click()
    panel = page.get_by_role("dialog", name="Filters")
    choose(panel, "Category", "Food")
    expect(panel.get_by_text("Category: Food")).to_be_visible()
    panel.get_by_role("button", name="This year").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    panel.get_by_role("button", name="Show").click()
    expect(page.get_by_text("1 transaction", exact=True)).to_be_visible()
    page.reload()
    ready(page)
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("group", name="Active filters").get_by_role(
        "button", name=re.compile("^Remove filter .*2026|Jan")
    ).click()
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_role("button", name="Amount", exact=True).click()
    expect(page.locator("[data-row]").first).to_contain_text("−$10.00")
    page.goto("/transactions?category=nonsense")
    ready(page)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("[data-row]")).to_have_count(3)


def test_many_are_categorised_at_once_and_that_undone(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        for number in range(3):
            spend(w, ids, -100 - number, f"Shop {number}", None)
    go(page, "/transactions")
    page.get_by_role("checkbox", name="Select all rows").click()
    expect(page.get_by_role("region", name="Selection")).to_contain_text("3 selected · −$3.03")
    page.get_by_role("button", name="Categorise", exact=True).click()
    choose(editor(page), "Category", "Pets")
    editor(page).get_by_role("button", name="Apply").click()
    expect(page.get_by_text("3 transactions moved to Pets")).to_be_visible()
    expect(row(page, "Uncategorised")).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(row(page, "Uncategorised")).to_have_count(3)
    page.get_by_role("button", name="change the category of Shop 1").click()
    page.get_by_role("combobox", name="Category of Shop 1").fill("Fuel")
    page.get_by_role("combobox", name="Category of Shop 1").press("Enter")
    expect(row(page, "Shop 1")).to_contain_text("Fuel")


def test_two_tabs_on_one_row(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "Alder Market", "Groceries")
    other = page.context.new_page()
    for one in (page, other):
        go(one, "/transactions")
        one.get_by_role("button", name="Alder Market", exact=True).click()
        expect(editor(one).get_by_label("Amount")).to_have_value("10.00")
    editor(other).get_by_label("Amount").fill("11")
    editor(other).get_by_role("button", name="Save", exact=True).click()
    expect(row(other, "Alder Market")).to_contain_text("−$11.00")
    editor(page).get_by_label("Amount").fill("12")
    editor(page).get_by_role("button", name="Save", exact=True).click()
    expect(editor(page).get_by_text("changed elsewhere meanwhile")).to_be_visible()
    editor(page).get_by_role("button", name="Reload").click()
    expect(editor(page).get_by_label("Amount")).to_have_value("11.00")


def test_a_page_of_rows_leads_to_older_ones_and_all_are_exported(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        for number in range(53):
            spend(w, ids, -100 - number, "=cmd|Shop", "Groceries", w.today - timedelta(number))
    go(page, "/transactions")
    expect(page.locator("[data-row]")).to_have_count(50)
    page.get_by_role("button", name="Older").click()
    expect(page.locator("[data-row]")).to_have_count(3)
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(50)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    text = download.value.path().read_text()
    assert text.count("\n") == 54
    assert "'=cmd|Shop" in text and ",=cmd|Shop" not in text


def test_on_a_phone(phone: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]) -> None:
    person = sign_up(phone)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "A payee with quite a long name that must not push the page", "Groceries")
        spend(w, ids, -1250, "Corner Shop", None)
    go(phone, "/transactions")
    expect(phone.locator("[data-row]")).to_have_count(2)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    assert_accessible(phone)
    phone.get_by_role("navigation", name="Quick").get_by_role("button", name="Add transaction").click()
    expect(editor(phone).get_by_label("Amount")).to_be_visible()
    phone.wait_for_timeout(300)
    assert_accessible(phone)
    editor(phone).get_by_label("Amount").fill("4")
    editor(phone).get_by_role("button", name="Save", exact=True).click()
    expect(phone.locator("[data-row]")).to_have_count(3)


def test_markup_is_only_text(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -1000, "<script>window.hacked=1</script><b>O'Brien</b>", "Groceries")
    go(page, "/transactions?q=O'Brien")
    expect(row(page, "<script>window.hacked=1</script><b>O'Brien</b>")).to_have_count(1)
    assert page.evaluate("window.hacked") is None


def test_another_households_rows_are_out_of_reach(
    page: Page, new_context: Callable[..., BrowserContext], sign_up: SignUp
) -> None:
    ann = sign_up(page)
    with ann.working() as w:
        ids = furnish(w)
        foreign = spend(w, ids, -1000, "Alder Market", "Groceries")
    theirs = new_context().new_page()
    sign_up(theirs)
    go(theirs, f"/transactions?open={foreign}")
    expect(theirs.get_by_text("There is no transaction")).to_be_visible()
    go(theirs, f"/accounts/{ids['Checking']}")
    expect(theirs.get_by_text("There is no account")).to_be_visible()
