"""Budgets in a real browser: with the keyboard alone, on a phone, and the alert that comes by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from playwright.sync_api import Page, expect

from recaller.infra.work import Work
from recaller.services.budgets import BudgetDraft, LineDraft, create_budget, list_budgets, monthly
from recaller.services.transactions import EntryDraft, Part, record_transaction
from tests.e2e.conftest import Person
from tests.e2e.test_transactions import editor, furnish, go, row, spend

SignUp = Callable[..., Person]
Check = Callable[[Page], None]


def envelopes(w: Work) -> dict[str, UUID]:
    """Leave 1,000 on the account and two envelopes, of which one is overspent."""
    ids = furnish(w)
    record_transaction(
        w, EntryDraft(w.today, ids["Checking"], 100_000, "Work", (Part(ids["Salary"], 100_000),))
    )
    lines = (LineDraft(ids["Groceries"], 10_000), LineDraft(ids["Fuel"], 5_000))
    create_budget(w, BudgetDraft("Envelopes", "envelope", monthly(), lines=lines))
    spend(w, ids, -12_000, "Alder Market", "Groceries")
    return ids


def test_a_first_budget_with_the_keyboard_alone(
    page: Page, sign_up: SignUp, assert_accessible: Check
) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        spend(w, ids, -3_000, "Alder Market", "Groceries")
    go(page, "/budgets")
    expect(page.get_by_text("Give your money a plan")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("n")
    box = editor(page)
    expect(box.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Home")
    assert_accessible(page)
    groceries = box.get_by_role("checkbox", name=re.compile("Groceries"))
    groceries.focus()
    page.keyboard.press("Space")
    box.get_by_label("Amount for Food › Groceries").focus()
    page.keyboard.type("50+10")
    fuel = box.get_by_role("checkbox", name=re.compile("Fuel"))
    fuel.focus()
    page.keyboard.press("Space")
    box.get_by_label("Name").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("table", name=re.compile("Budget of"))).to_be_visible()
    expect(row(page, "Groceries").last).to_contain_text("$30.00")
    amount = page.get_by_label("Limit of Groceries")
    expect(amount).to_have_value("60.00")
    assert_accessible(page)

    # Typed in place: a sum, saved by Enter, which goes on to the next amount; Esc takes back.
    amount.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("70+5.50")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Limit of Fuel")).to_be_focused()
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(page.get_by_label("Limit of Groceries")).to_have_value("75.50")
    expect(page.get_by_role("row").filter(has=page.get_by_label("Limit of Groceries"))).to_contain_text(
        "$45.50"
    )
    # Undone while the offer stands.
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_label("Limit of Groceries")).to_have_value("60.00")
    page.get_by_label("Limit of Fuel").focus()
    page.keyboard.type("99")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Limit of Fuel")).to_have_value("0.00")

    # One period on and back.
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile("on="))
    expect(page.get_by_role("link", name=re.compile("Earlier"))).to_be_visible()
    expect(row(page, "Groceries").last).to_contain_text("$0.00")
    page.keyboard.press("[")
    expect(row(page, "Groceries").last).to_contain_text("$30.00")


def test_envelopes_are_covered_and_moved(page: Page, sign_up: SignUp, assert_accessible: Check) -> None:
    person = sign_up(page)
    with person.working() as w:
        envelopes(w)
    go(page, "/budgets")
    expect(page.get_by_text("is ready to assign")).to_be_visible()
    groceries = page.get_by_role("row").filter(has=page.get_by_label("Assigned to Groceries"))
    expect(groceries).to_have_attribute("data-state", "over")
    expect(groceries).to_contain_text("Over")
    page.get_by_role("button", name="Actions of Groceries").click()
    page.get_by_role("menuitem", name="Cover the overspending").click()
    box = editor(page)
    expect(box.get_by_text("$20.00 is missing")).to_be_visible()
    assert_accessible(page)
    box.get_by_role("button", name="Cover", exact=True).click()
    expect(groceries).to_contain_text("$0.00")
    page.keyboard.press("m")
    box.get_by_label("From").select_option(index=0)
    box.get_by_label("To", exact=True).select_option(label="Fuel ($50.00)")
    box.get_by_label("Amount").fill("25.50+3")
    box.get_by_role("button", name="Move", exact=True).dblclick()
    fuel = page.get_by_role("row").filter(has=page.get_by_label("Assigned to Fuel"))
    expect(fuel).to_contain_text("$78.50")
    page.get_by_role("button", name="Actions of Fuel").click()
    page.get_by_role("menuitem", name="Rollover and template").click()
    box.get_by_label("Template").select_option(label="A fixed amount")
    box.get_by_label("Amount").fill("44")
    box.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Actions", exact=True).click()
    page.get_by_role("menuitem", name="Apply templates", exact=True).click()
    expect(page.get_by_label("Assigned to Fuel")).to_have_value("44.00")
    # A figure opens to its transactions; the dashboard shows the pace.
    groceries.get_by_role("link", name=re.compile("120")).last.click()
    expect(row(page, "Alder Market")).to_be_visible()
    go(page, "/")
    expect(page.get_by_role("list", name="Budget pace")).to_contain_text("Groceries")
    assert_accessible(page)


def test_a_budget_on_a_phone(phone: Page, sign_up: SignUp, assert_accessible: Check) -> None:
    person = sign_up(phone)
    with person.working() as w:
        envelopes(w)
    go(phone, "/budgets")
    amount = phone.get_by_label("Assigned to Groceries")
    expect(amount).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(phone)
    box = amount.bounding_box()
    assert box is not None and box["height"] >= 44
    amount.fill("200")
    phone.get_by_label("Assigned to Fuel").focus()
    expect(phone.get_by_role("row").filter(has=amount)).to_contain_text("$80.00")
    phone.get_by_role("button", name="Actions of Fuel").click()
    phone.get_by_role("menuitem", name="Move money").click()
    expect(editor(phone).get_by_label("Amount")).to_be_visible()
    assert_accessible(phone)


def test_an_expense_over_the_limit_tells_by_itself(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
        lines = (LineDraft(ids["Groceries"], 10_000),)
        create_budget(w, BudgetDraft("Limits", "limit", monthly(), lines=lines))
        assert len(list_budgets(w)) == 1
    with person.working() as w:
        spend(w, ids, -15_000, "Alder Market", "Groceries")
    # No night, no click: a worker of the running server checks the budget.
    for _ in range(100):
        with person.working() as w:
            found = w.rows("SELECT title FROM notification WHERE kind = 'budget.alert'")
        if found:
            break
        page.wait_for_timeout(200)
    assert [one.title for one in found] == ["Groceries is over its budget"]
