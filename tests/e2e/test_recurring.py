"""Recurring transactions in a real browser: by keyboard alone, on a phone, in two tabs, and through the feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from icalendar import Calendar
from playwright.sync_api import BrowserContext, Page, expect

from recaller.domain.recurrence import Frequency, Recurrence
from recaller.infra.work import Work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.recurring import RecurringDraft, RecurringView, create_recurring, list_recurring
from recaller.services.transactions import EntryDraft, record_transaction
from tests.e2e.conftest import Person, ready

SignUp = Callable[..., Person]


def go(page: Page, path: str) -> None:
    """Go to a page and wait until it answers."""
    page.goto(path)
    ready(page)


def account(w: Work, name: str = "Checking") -> Any:
    """Make an account; returns its id."""
    return create_account(w, AccountDraft(name, "checking", "USD")).id


def bill(w: Work, name: str = "Rent", amount: int = -95000, **more: Any) -> RecurringView:
    """Make a bill; monthly from today on if nothing else is said."""
    recurrence = more.pop("recurrence", None) or Recurrence(w.today, Frequency.MONTHLY)
    where = more.pop("where", None) or account(w, f"{name} account")
    return create_recurring(w, RecurringDraft(name, where, amount, recurrence, **more))


def month_after(day: date, months: int) -> date:
    """Return the first day of a later month."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def type_in(page: Page, name: str, text: str) -> None:
    """Walk with Tab to the field of this name, and type."""
    for _ in range(60):
        if page.evaluate("document.activeElement?.getAttribute('name')") == name:
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab reaches no field {name}")


def focused(page: Page) -> str:
    """Return the day of the calendar that has the focus."""
    return str(page.evaluate("document.activeElement?.dataset.day ?? ''"))


def test_a_bill_on_the_31st_by_keyboard_alone(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        account(w)
        today = w.today
    # The 31st, of a month that has one; the dates after it fall on the last days of shorter months.
    start = next(
        day for months in range(1, 4)
        if (day := month_after(today, months + 1) - timedelta(days=1)).day == 31
    )  # fmt: skip
    go(page, "/recurring")
    expect(page.get_by_text("Nothing recurs yet")).to_be_visible()
    page.keyboard.press("n")
    box = page.get_by_role("dialog", name="New recurring transaction")
    expect(box).to_be_visible()
    expect(box.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Rent")
    type_in(page, "amount", "900+50")
    for _ in range(60):
        if page.evaluate("document.activeElement?.getAttribute('name')") == "start":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(f"{start:%m%d%Y}")
    expect(box.get_by_text("Every month on the 31st")).to_be_visible()
    expect(box.get_by_label("Day", exact=True)).to_have_value("31")
    page.keyboard.press("Control+Enter")
    expect(box).to_be_hidden()
    expect(page.get_by_text("Rent added")).to_be_visible()
    with person.working() as w:
        (view,) = list_recurring(w)
    assert (view.amount, view.recurrence.month_day, view.recurrence.start) == (-95000, 31, start)

    # Walk the calendar to the month after, where the bill stands on the clamped day.
    short = next(
        month for months in range(1, 13)
        if (month := month_after(start, months + 1) - timedelta(days=1)).day < 31
    )  # fmt: skip
    page.locator(f"[data-day='{today.isoformat()}']").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == (today + timedelta(days=1)).isoformat() or focused(page)
    turns = (short.year - today.year) * 12 + short.month - today.month
    for turn in range(1, turns + 1):
        page.keyboard.press("PageDown")
        shown = month_after(today, turn)
        expect(page.get_by_role("heading", name=f"{shown:%B %Y}")).to_be_visible()
    cell = page.get_by_role("gridcell").filter(has=page.locator(f"[data-day='{short.isoformat()}']"))
    expect(cell.get_by_role("button", name=re.compile(r"^Rent, −\$950"))).to_be_visible()
    for _ in range(45):
        if focused(page) == short.isoformat():
            break
        page.keyboard.press("ArrowDown" if focused(page) < (short - timedelta(days=6)).isoformat() else
                            "ArrowRight" if focused(page) < short.isoformat() else "ArrowLeft")  # fmt: skip
    assert focused(page) == short.isoformat()
    page.keyboard.press("Enter")
    day = page.get_by_role("dialog").filter(has_text="Rent")
    expect(day).to_be_visible()

    # Skip it, and bring it back.
    day.get_by_role("button", name="Rent").press("Enter")
    one = page.get_by_role("dialog", name="Rent")
    one.get_by_role("button", name="Skip this one").press("Enter")
    expect(page.get_by_text("Rent skipped")).to_be_visible()
    expect(cell.get_by_role("button", name=re.compile(r"^Rent, −\$950.*Skipped"))).to_be_visible()


def test_post_now_shows_the_transaction(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        view = bill(w, recurrence=Recurrence(w.today + timedelta(days=3), Frequency.MONTHLY))
    go(page, f"/recurring/{view.id}")
    page.get_by_role("button", name="Next date").click()
    box = page.get_by_role("dialog", name="Rent")
    box.get_by_label("Amount", exact=True).fill("951.25")
    box.get_by_role("button", name="Post now").click()
    expect(page.get_by_text("Rent posted")).to_be_visible()
    expect(page.get_by_text("$950.00 was expected").first).to_be_visible()
    go(page, "/transactions")
    row = page.get_by_role("row").filter(has_text="−$951.25")
    expect(row).to_be_visible()
    expect(row.get_by_title("Recurring")).to_be_visible()
    go(page, f"/recurring/{view.id}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Rent is paused")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Rent goes on")).to_be_visible()


def test_two_tabs_that_edit_the_same_one(new_context: Callable[..., BrowserContext], sign_up: SignUp) -> None:
    context = new_context()
    one, other = context.new_page(), context.new_page()
    person = sign_up(one)
    with person.working() as w:
        view = bill(w)
    for page in (one, other):
        go(page, f"/recurring/{view.id}")
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_role("dialog").get_by_label("Amount", exact=True)).to_have_value("950.00")
    one.get_by_role("dialog").get_by_label("Amount", exact=True).fill("900")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_text("Rent saved")).to_be_visible()
    box = other.get_by_role("dialog")
    box.get_by_label("Amount", exact=True).fill("800")
    box.get_by_role("button", name="Save").click()
    expect(box.get_by_role("alert")).to_be_visible()
    box.get_by_role("button", name="Reload").click()
    expect(box.get_by_label("Amount", exact=True)).to_have_value("900.00")
    with person.working() as w:
        assert list_recurring(w)[0].amount == -90000


def test_on_a_phone_the_month_is_an_agenda(
    phone: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(phone)
    long = "Family subscription to far more series than anybody could ever watch, paid yearly"
    with person.working() as w:
        bill(w, long, recurrence=Recurrence(w.today, Frequency.MONTHLY), mode="confirm")
        bill(w, "Salary", 300000)
    go(phone, "/recurring")
    expect(phone.get_by_role("grid")).to_be_hidden()
    agenda = phone.get_by_role("region", name="Calendar of recurring transactions")
    expect(agenda.get_by_role("button", name=re.compile("Salary"))).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(phone)
    agenda.get_by_role("button", name=re.compile("Salary")).click()
    expect(phone.get_by_role("dialog", name="Salary")).to_be_visible()
    assert_accessible(phone)
    go(phone, "/recurring?tab=list")
    expect(phone.get_by_role("heading", name="Bills")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(phone)


def test_all_of_it_is_accessible(
    page: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page)
    with person.working() as w:
        view = bill(w)
        where = account(w, "Busy")
        for number in range(6):
            bill(w, f"Bill {number}", -100 - number, where=where)
    go(page, "/recurring")
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"\+\d more")).first).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("n")
    box = page.get_by_role("dialog", name="New recurring transaction")
    expect(box).to_be_visible()
    box.get_by_label("Unit").select_option("week")
    expect(box.get_by_role("group", name="On these weekdays")).to_be_visible()
    box.get_by_label("Ends").select_option("after")
    box.get_by_label("The amount is").select_option("estimated")
    box.get_by_label("Reminders").select_option("days")
    expect(box.get_by_label("Days before")).to_be_visible()
    assert_accessible(page)
    for path in ("/recurring?tab=list", "/recurring?tab=suggestions", f"/recurring/{view.id}", "/"):
        go(page, path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_accessible(page)


def test_the_feed_is_made_read_and_revoked(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        bill(w)
    go(page, "/recurring")
    page.get_by_role("button", name="Calendar feed").click()
    box = page.get_by_role("dialog", name="Calendar feed")
    box.get_by_role("button", name="Make an address").click()
    address = box.get_by_label("Secret address")
    expect(address).to_have_value(re.compile(r"^http://localhost:\d+/api/v1/feeds/[\w-]{86}\.ics$"))
    url = address.input_value()
    answer = page.request.get(url)
    assert answer.status == 200
    assert any(
        str(one["summary"]).startswith("Rent") for one in Calendar.from_ical(answer.body()).walk("VEVENT")
    )
    box.get_by_role("button", name="Revoke").click()
    expect(box.get_by_text("No address has been made yet")).to_be_visible()
    assert page.request.get(url).status == 404


def test_make_recurring_from_a_transaction(page: Page, sign_up: SignUp) -> None:
    person = sign_up(page)
    with person.working() as w:
        record_transaction(w, EntryDraft(w.today - timedelta(days=4), account(w), -1599, "Streamly"))
    go(page, "/transactions")
    page.get_by_role("button", name="Streamly", exact=True).click()
    page.get_by_role("button", name="Make recurring").click()
    box = page.get_by_role("dialog", name="Make recurring")
    expect(box.get_by_label("Name")).to_have_value("Streamly")
    expect(box.get_by_label("Amount", exact=True)).to_have_value("15.99")
    box.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Streamly added")).to_be_visible()
    go(page, "/")
    expect(page.get_by_role("heading", name="Upcoming bills")).to_be_visible()


def test_a_payment_that_is_there_is_chosen_for_a_date(
    page: Page, sign_up: SignUp, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page)
    with person.working() as w:
        checking = account(w)
        record_transaction(w, EntryDraft(w.today, checking, -90_000, "Somebody"))
        record_transaction(w, EntryDraft(w.today, checking, -500, "Kiosk"))
        bill(w, "Rent", where=checking, mode="confirm")
    go(page, "/recurring")
    page.get_by_role("button", name=re.compile("^Rent")).first.click()
    box = page.get_by_role("dialog", name="Rent")
    box.get_by_role("button", name="Paid already").click()
    expect(box.get_by_text("Somebody")).to_be_visible()
    expect(box.get_by_text("Kiosk")).to_be_hidden()
    assert_accessible(page)
    box.get_by_role("button", name="Back").click()
    expect(box.get_by_label("Amount")).to_be_visible()
    box.get_by_role("button", name="Paid already").click()
    box.get_by_role("button", name=re.compile("^Paid by Somebody")).click()
    expect(page.get_by_text("Rent is paid by it")).to_be_visible()
    expect(box).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Rent taken back")).to_be_visible()
