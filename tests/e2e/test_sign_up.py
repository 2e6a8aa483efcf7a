"""Signing up, in and out in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PASSWORD, Person, ready
from tests.e2e.serving import Server


def fill_sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_new_person_signs_up_and_sees_an_empty_dashboard(page: Page, server: Server) -> None:
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Ann O'Brien <b>")
    page.get_by_label("E-mail").fill("first.ann@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    expect(page.get_by_label("Currency")).to_have_value("USD")
    page.get_by_label("Household").fill("Casa")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(server.url + "/")
    ready(page)
    expect(page.get_by_text("Ann O'Brien <b>").first).to_be_attached()
    cookie = next(one for one in page.context.cookies() if "session" in one["name"])
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"


def test_the_browser_tells_region_and_currency(
    new_context: Callable[..., BrowserContext], server: Server
) -> None:
    page = new_context(locale="de-DE", timezone_id="Europe/Berlin").new_page()
    page.goto("/sign-up")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    expect(page.get_by_label("Language and formats")).to_have_value("de_DE")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")


def test_strangers_are_sent_to_sign_in_and_back(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    page.context.clear_cookies()
    page.goto("/settings?tab=sessions")
    expect(page).to_have_url("/sign-in?next=%2Fsettings%3Ftab%3Dsessions")
    fill_sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**/settings?tab=sessions")
    page.goto("/sign-in")
    page.wait_for_url(person.server.url + "/")


def test_another_site_is_no_target(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    page.context.clear_cookies()
    page.goto("/sign-in?next=//example.org/x")
    fill_sign_in(page, person.email, PASSWORD)
    page.wait_for_url(person.server.url + "/")


def test_a_wrong_password_and_an_unknown_user_get_the_same_words(
    page: Page, sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page)
    page.context.clear_cookies()
    page.goto("/sign-in")
    said = page.get_by_role("alert").filter(has_text="wrong")
    for email in (person.email, "nobody@example.org"):
        fill_sign_in(page, email, "not the password")
        expect(said).to_have_text("The e-mail address or the password is wrong.")
        expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_the_sixth_try_in_a_minute_waits(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    page.context.clear_cookies()
    page.goto("/sign-in")
    for _ in range(5):
        with page.expect_response("**/auth/sign-in"):
            fill_sign_in(page, person.email, "not the password")
        expect(page.get_by_role("button", name="Sign in")).to_have_attribute("aria-busy", "false")
    fill_sign_in(page, person.email, PASSWORD)
    expect(page.get_by_role("alert").filter(has_text="Too many tries. Try again in")).to_be_visible()


def test_a_weak_password_is_named_at_its_field(page: Page, server: Server) -> None:
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label("E-mail").fill("weak@example.org")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Use at least 10 characters.")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")


def test_signing_out_ends_it_in_every_tab_at_the_next_click(
    page: Page, sign_up: Callable[..., Person]
) -> None:
    sign_up(page)
    other = page.context.new_page()
    other.goto("/")
    ready(other)
    page.locator(".rc-usercard:visible").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert not [one for one in page.context.cookies() if "session" in one["name"]]
    other.get_by_role("link", name="Settings").first.click()
    other.wait_for_url("**/sign-in?next=*")
