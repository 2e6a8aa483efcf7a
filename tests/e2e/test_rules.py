"""Rules in a real browser: written with groups and patterns, seen before they act, applied, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from recaller.core.scope import Source
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.rules import list_rules
from recaller.services.transactions import (
    EntryDraft,
    categorise_transactions,
    get_transaction,
    record_transaction,
)
from tests.e2e.conftest import Person
from tests.e2e.test_transactions import editor, furnish, go, row
from tests.support.recurring import make_recurring
from tests.support.ruled_household import make_rule

SignUp = Callable[..., Person]
Check = Callable[[Page], None]


def bank_rows(person: Person, ids: dict[str, UUID], *rows: tuple[str, int]) -> list[UUID]:
    """Record what a bank reported today: nothing in it was set by hand."""
    with person.server.services():
        scope = replace(identity.resolve_cookie(person.cookie).scope(), source=Source.IMPORT)
        with work(scope) as w:
            return [
                record_transaction(w, EntryDraft(w.today, ids["Checking"], amount, payee)).id
                for payee, amount in rows
            ]


def line(box: Any, name: str) -> Any:
    """Return a row of the rule's editor."""
    return box.get_by_role("group", name=name, exact=True)


def dark(page: Page, check: Check) -> None:
    """Look at the page in the other theme, too."""
    page.evaluate("document.documentElement.classList.add('dark')")
    check(page)
    page.evaluate("document.documentElement.classList.remove('dark')")


def test_a_rule_from_the_first_condition_to_its_reversal(
    page: Page, sign_up: SignUp, assert_accessible: Check
) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
    rows = bank_rows(
        person, ids, ("Rewe Mitte", -1250), ("REWE City", -999), ("Edeka Nord", -20_000), ("Kiosk", -300)
    )
    by_hand = rows[1]
    with person.working() as w:
        categorise_transactions(w, [by_hand], ids["Fuel"])
    go(page, "/rules")
    expect(page.get_by_text("No rules yet")).to_be_visible()
    assert_accessible(page)
    dark(page, assert_accessible)

    # Out, and (a pattern, or none of (above 100)).
    page.keyboard.press("n")
    box = editor(page)
    expect(box.get_by_text("Fill in the conditions")).to_be_visible()
    line(box, "Condition 1").get_by_label("Condition 1 looks at").select_option("direction")
    box.get_by_role("button", name="Add group", exact=True).click()
    line(box, "Group 2").get_by_label("How group 2 joins").select_option("all")
    pattern = line(box, "Condition 2.1")
    pattern.get_by_label("Condition 2.1 compares").select_option("matches")
    pattern.get_by_label("Condition 2.1: pattern").fill("^(rewe|edeka")
    expect(pattern.get_by_text("can't be used")).to_be_visible()
    expect(pattern.get_by_label("Condition 2.1: pattern")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
    pattern.get_by_label("Condition 2.1: pattern").fill("")
    pattern.get_by_label("Condition 2.1: pattern").press_sequentially("^(rewe|edeka)", delay=15)
    expect(pattern.get_by_text("can't be used")).to_have_count(0)
    expect(box.get_by_text("Matches 3 transactions")).to_be_visible()
    box.get_by_role("button", name="Add group to group 2").click()
    line(box, "Group 2.2").get_by_label("How group 2.2 joins").select_option("none")
    above = line(box, "Condition 2.2.1")
    above.get_by_label("Condition 2.2.1 looks at").select_option("size")
    above.get_by_label("Condition 2.2.1: amount").fill("90+10")
    expect(box.get_by_text("Matches 2 transactions")).to_be_visible()
    expect(box.get_by_text("Fill in what is done")).to_be_visible()

    # What it would do: one of the two was categorised by hand.
    line(box, "Action 1").get_by_label("Action 1: category").select_option(label="Food › Groceries")
    expect(box.get_by_text("would change 1.")).to_be_visible()
    before_after = box.get_by_role("list", name="Before and after")
    expect(before_after.get_by_role("listitem")).to_have_count(1)
    expect(before_after).to_contain_text("Rewe Mitte")
    expect(before_after).to_contain_text("Groceries")
    box.get_by_role("button", name="Add action").click()
    line(box, "Action 2").get_by_label("Action 2", exact=True).select_option("add_tags")
    line(box, "Action 2").get_by_label("Action 2: tags, separated by commas").fill("food, weekly")
    expect(box.get_by_text("would change 2.")).to_be_visible()
    expect(before_after).to_contain_text("#food #weekly")
    assert_accessible(page)
    dark(page, assert_accessible)
    box.get_by_label("Name").fill("Groceries")
    box.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Rule saved")).to_be_visible()
    expect(row(page, "Groceries")).to_contain_text("amount without sign is above 100.00 USD")

    # Applied, seen in the log row by row, and taken back.
    page.get_by_role("button", name="Apply now").click()
    expect(editor(page).get_by_text("2 transactions would change")).to_be_visible()
    assert_accessible(page)
    editor(page).get_by_role("button", name="Apply", exact=True).click()
    log = page.get_by_role("table", name="Runs")
    expect(log).to_contain_text("2 of 4 changed")
    expect(log).to_contain_text("Groceries (2)")
    with person.working() as w:
        assert get_transaction(w, rows[0]).category_id == ids["Groceries"]
        assert get_transaction(w, by_hand).category_id == ids["Fuel"], "set by hand, left alone"
        assert get_transaction(w, by_hand).tags == ("food", "weekly")
        # Changed since: its reversal is a conflict.
        categorise_transactions(w, [rows[0]], ids["Fuel"])
    page.get_by_role("button", name="2 of 4 changed").click()
    expect(editor(page).get_by_role("listitem")).to_have_count(2)
    expect(editor(page)).to_contain_text("by Groceries")
    assert_accessible(page)
    editor(page).get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name=re.compile("Reverse the run")).click()
    expect(log).to_contain_text("1 taken back, 1 left alone because they were changed since")
    page.get_by_role("button", name="Left alone", exact=True).click()
    expect(editor(page).get_by_role("listitem")).to_have_count(1)
    expect(editor(page)).to_contain_text("Rewe Mitte")
    with person.working() as w:
        assert get_transaction(w, by_hand).tags == ()
        assert get_transaction(w, rows[0]).category_id == ids["Fuel"]


def test_a_rule_from_a_transaction_and_back_to_it(
    page: Page, sign_up: SignUp, assert_accessible: Check
) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
    rows = bank_rows(person, ids, ("Streamly", -1599), ("Oakwood", -80_000))
    with person.working() as w:
        categorise_transactions(w, rows[:1], ids["Fuel"])
        make_recurring(
            w, ids["Checking"], "FREQ=MONTHLY", w.today, amount=-80_000, name="Rent", mode="confirm"
        )
    go(page, "/transactions")
    row(page, "Streamly").get_by_role("checkbox").click()
    page.get_by_role("button", name="Make a rule").click()
    box = editor(page)
    expect(box.get_by_label("Condition 1: text")).to_have_value("Streamly")
    expect(box.get_by_label("Action 1: category").locator("option:checked")).to_have_text(re.compile("Fuel"))
    expect(box.get_by_text("Matches 1 transaction, would change 0.")).to_be_visible()
    expect(box.get_by_text("set them by hand")).to_be_visible()
    expect(page).to_have_url(re.compile("/rules$"))

    # The same for a bill: linked, which the transaction then tells.
    box.get_by_label("Condition 1: text").fill("Oakwood")
    line(box, "Action 1").get_by_label("Action 1", exact=True).select_option("link_recurring")
    box.get_by_label("Action 1: recurring item").select_option(label="Rent")
    expect(box.get_by_role("list", name="Before and after")).to_contain_text("Rent, due")
    box.get_by_label("Name").fill("The rent")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Rule saved")).to_be_visible()
    page.get_by_role("button", name="Actions of The rent").click()
    page.get_by_role("menuitem", name="Apply this rule").click()
    expect(editor(page).get_by_text("1 transaction would change")).to_be_visible()
    editor(page).get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("table", name="Runs")).to_contain_text("1 of 2 changed")
    go(page, f"/transactions?open={rows[1]}")
    box = editor(page)
    expect(box.get_by_role("list", name="Fields set by rules")).to_contain_text(
        "Recurring item set by The rent"
    )
    assert_accessible(page)
    box.get_by_role("link", name="The rent").click()
    expect(editor(page).get_by_label("Action 1: recurring item").locator("option:checked")).to_have_text(
        "Rent"
    )


def test_rules_on_a_phone(phone: Page, sign_up: SignUp, assert_accessible: Check) -> None:
    person = sign_up(phone)
    with person.working() as w:
        ids = furnish(w)
        for name in ("One", "Two"):
            make_rule(
                w, [{"field": "payee", "op": "contains", "value": name}], [{"do": "add_tags", "tags": [name]}],
                name=name,
            )  # fmt: skip
    bank_rows(person, ids, ("One", -100), ("Two", -200))
    go(phone, "/rules")
    rules = phone.get_by_role("table", name="Rules")
    expect(rules.get_by_role("button", name="Move down One")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(phone)
    dark(phone, assert_accessible)
    for name in ("Move down One", "Actions of One"):
        size = rules.get_by_role("button", name=name).bounding_box()
        assert size is not None and size["height"] >= 44 and size["width"] >= 44
    # A phone shows no row of headings.
    expect(rules.get_by_role("row").first).to_contain_text("One")
    rules.get_by_role("button", name="Move down One").click()
    expect(rules.get_by_role("row").first).to_contain_text("Two")
    rules.get_by_role("switch", name="Run Two").click()
    expect(phone.get_by_text("Two is off")).to_be_visible()
    phone.get_by_role("button", name="Apply now").click()
    expect(editor(phone).get_by_text("1 transaction would change")).to_be_visible()
    assert_accessible(phone)
    editor(phone).get_by_role("button", name="Apply", exact=True).click()
    phone.get_by_role("button", name=re.compile("Reverse the run")).click()
    expect(phone.get_by_role("table", name="Runs")).to_contain_text("1 taken back")
    rules.get_by_role("button", name="One", exact=True).click()
    box = editor(phone)
    expect(box.get_by_label("Condition 1: text")).to_have_value("One")
    box.get_by_role("button", name="Add group", exact=True).click()
    field = box.get_by_label("Condition 2.1 looks at").bounding_box()
    assert field is not None and field["width"] >= 100 and field["x"] + field["width"] <= 390
    assert_accessible(phone)
    box.get_by_role("button", name="Cancel").click()
    rules.get_by_role("button", name="Actions of Two").click()
    phone.get_by_role("menuitem", name="Delete").click()
    expect(rules).not_to_contain_text("Two")
    phone.get_by_role("button", name="Undo").last.click()
    expect(rules).to_contain_text("Two")


def test_a_rule_with_the_keyboard_alone(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        ids = furnish(w)
    bank_rows(person, ids, ("Kiosk", -300), ("Bakery", -500))
    go(page, "/rules")
    page.keyboard.press("n")
    box = editor(page)
    box.get_by_label("Condition 1: text").focus()
    page.keyboard.type("kios")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    # The button after the row: take it back by adding a second condition with its letter.
    expect(box.get_by_text("Matches 1 transaction")).to_be_visible()
    page.keyboard.press("a")
    expect(line(box, "Action 2").get_by_label("Action 2", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(box.get_by_label("Action 2: payee")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("The kiosk")
    page.keyboard.press("Control+Enter")
    expect(box.get_by_text("Some rows aren't finished")).to_be_visible()
    expect(box.get_by_label("Action 1: category")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(line(box, "Action 2")).to_have_count(0)
    expect(box.get_by_role("list", name="Before and after")).to_contain_text("The kiosk")
    box.get_by_label("Name").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Rule saved")).to_be_visible()
    with person.working() as w:
        (kept,) = list_rules(w)
    assert kept.actions == ({"do": "set_payee", "payee": "The kiosk"},)
    # Rows are reached and opened, and moved, by keys.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(box.get_by_label("Condition 1: text")).to_have_value("kios")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_what_was_typed_last_is_saved_by_the_keyboard(page: Page, sign_up: SignUp) -> None:
    sign_up(page)
    go(page, "/rules")
    page.keyboard.press("n")
    box = editor(page)
    box.get_by_label("Action 1: category").select_option(label="Refunds")
    box.get_by_label("Condition 1: text").fill("kiosk")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("table", name="Rules")).to_contain_text("If payee contains 'kiosk'")
