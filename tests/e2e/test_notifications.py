"""Notifications in a real browser: the bell in every open tab, the centre, and the settings with a real test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from recaller.services.notifications import Notice, list_notifications, notify
from tests.e2e.conftest import Person, ready
from tests.e2e.serving import Server, running_server
from tests.support.mail import MailServer, running_mail_server, text_of_mail
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as started:
        yield started


@pytest.fixture(scope="module")
def server(mail: MailServer) -> Iterator[Server]:
    """A Recaller of this module's own, which has a mail server."""
    with running_server(
        RECALLER_SMTP_HOST=mail.host,
        RECALLER_SMTP_PORT=str(mail.port),
        RECALLER_SMTP_SECURITY="none",
        RECALLER_SMTP_FROM="Recaller <recaller@example.org>",
    ) as running:
        yield running


def tell(person: Person, title: str, thing: str = "1", kind: str = "bill.reminder") -> None:
    with person.working() as w:
        space = w.scope.shared_space_id
        notify(w, Notice(kind, thing, date(2026, 11, 24), title, "900.00 from Checking", "/accounts", space))


def test_the_badge_changes_in_a_second_tab_without_reload(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    other = page.context.new_page()
    other.goto("/accounts")
    ready(other)
    loaded = other.evaluate("performance.timeOrigin")
    badge = other.locator(".rc-sidebar [data-unread]")
    expect(badge).to_be_hidden()
    tell(person, "Rent is due")
    expect(badge).to_have_text(re.compile(r"^1"))
    page.bring_to_front()
    page.goto("/notifications")
    expect(page.get_by_role("listitem").get_by_text("Rent is due")).to_be_visible()
    # The list, too, shows what comes while it is open.
    tell(person, "Power is due", "2")
    expect(page.get_by_role("listitem").get_by_text("Power is due")).to_be_visible()
    page.get_by_role("button", name="Mark all read").click()
    expect(page.get_by_text("2 marked as read")).to_be_visible()
    expect(page.locator(".rc-sidebar [data-unread]")).to_be_hidden()
    other.bring_to_front()
    expect(badge).to_be_hidden()
    assert other.evaluate("performance.timeOrigin") == loaded


def test_opening_one_marks_it_read_and_goes_to_the_thing(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page, "/notifications")
    expect(page.get_by_text("Nothing came up yet")).to_be_visible()
    assert_accessible(page)
    tell(person, "<script>alert(1)</script> is due")
    page.reload()
    row = page.get_by_role("listitem").get_by_text("<script>alert(1)</script> is due")
    expect(row).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts")
    with person.working() as w:
        assert list_notifications(w).items[0].read_at is not None


def test_the_bell_counts_on_a_phone(phone: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(phone)
    for number in range(3):
        tell(person, f"Bill {number}", str(number))
    expect(phone.locator(".rc-topbar [data-unread]")).to_have_text(re.compile(r"^3"))
    phone.locator(".rc-topbar .rc-bell").click()
    phone.wait_for_url("**/notifications")
    expect(phone.get_by_role("listitem")).to_have_count(3)


def test_settings_send_a_real_test_and_keep_what_was_chosen(
    page: Page, sign_up: Callable[..., Person], mail: MailServer, assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page, "/settings/notifications")
    expect(page.get_by_text("Ready")).to_be_visible()
    page.get_by_role("button", name="Send test to E-mail").click()
    expect(page.get_by_text("Sent. Look whether it arrived.")).to_be_visible()
    assert [one["Subject"] for one in mail.sent_to(person.email)] == ["Recaller can reach you here"]
    mail.refuse = "550 no such box"
    page.get_by_role("button", name="Send test to E-mail").click()
    expect(page.get_by_text("Last message failed")).to_be_visible()
    expect(page.get_by_text("550 no such box").first).to_be_visible()
    mail.refuse = ""
    page.get_by_role("button", name="Add channel").click()
    page.get_by_label("Address").fill("other@example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("A code is on its way")).to_be_visible()
    code = re.search(r"\b\d{6}\b", text_of_mail(mail.sent_to("other@example.org")[-1], "plain"))
    assert code is not None
    page.get_by_label("Code from the e-mail").fill(code[0])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("is confirmed.")).to_be_visible()
    assert_accessible(page)
    box = page.get_by_label("Bill posted: Other e-mail")
    box.click()  # it shows what the server kept
    expect(box).to_be_checked()
    page.get_by_label("Days before").fill("7, 1")
    page.get_by_label("Days before").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Quiet hours").check()
    page.get_by_label("From").fill("21:30")
    page.get_by_role("button", name="Save hours").click()
    # A page that is left at once may not have said it to the server yet.
    expect(page.get_by_text("The hours are saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Bill posted: Other e-mail")).to_be_checked()
    expect(page.get_by_label("Days before")).to_have_value("7, 1")
    expect(page.get_by_label("Quiet hours")).to_be_checked()
    expect(page.get_by_label("From")).to_have_value("21:30")
    page.get_by_role("button", name="Remove Other e-mail").click()
    page.get_by_role("dialog", name="Remove Other e-mail?").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The channel is removed.")).to_be_visible()
    expect(page.get_by_label("Bill posted: Other e-mail")).to_have_count(0)
    assert [one["Subject"] for one in mail.sent_to(person.email)] == ["Recaller can reach you here"]


def test_a_reminder_arrives_by_mail_by_itself(
    page: Page, sign_up: Callable[..., Person], mail: MailServer
) -> None:
    person = sign_up(page, "/notifications")
    tell(person, "Water is due")
    wait_until(lambda: mail.sent_to(person.email), "the mail")
    assert [one["Subject"] for one in mail.sent_to(person.email)] == ["Water is due"]
