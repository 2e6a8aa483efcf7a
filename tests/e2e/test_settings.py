"""Settings in a real browser: preferences, password, sessions, members and households."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PASSWORD, Person, ready
from tests.e2e.test_sign_up import fill_sign_in


def second_browser(new_context: Callable[..., BrowserContext], person: Person, path: str = "/") -> Page:
    page = new_context().new_page()
    page.goto("/sign-in?next=" + path)
    fill_sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**" + path)
    ready(page)
    return page


def test_preferences_survive_signing_in_again(
    page: Page, new_context: Callable[..., BrowserContext], sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page, "/settings")
    page.get_by_label("Your name").fill("Ann Birch")
    page.get_by_label("Language and formats").select_option("de_DE")
    page.get_by_label("Time zone").first.fill("Europe/Berlin")
    page.get_by_label("Theme").select_option("dark")
    page.get_by_label("First day of the week").select_option("6")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("html")).to_have_class("dark")
    expect(page.get_by_text("Saved.")).to_be_visible()
    other = second_browser(new_context, person, "/settings")
    expect(other.locator("html")).to_have_class("dark")
    expect(other.get_by_label("Your name")).to_have_value("Ann Birch")
    expect(other.get_by_label("Language and formats")).to_have_value("de_DE")
    expect(other.get_by_label("Time zone").first).to_have_value("Europe/Berlin")
    expect(other.get_by_label("First day of the week")).to_have_value("6")


def test_ending_a_session_ends_it_at_its_next_click(
    page: Page, new_context: Callable[..., BrowserContext], sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page)
    other = second_browser(new_context, person)
    page.goto("/settings")
    page.get_by_role("button", name="End Chrome", exact=False).click()
    expect(page.get_by_text("The session ended.")).to_be_visible()
    other.get_by_role("link", name="Settings").first.click()
    other.wait_for_url("**/sign-in?next=*")
    expect(page.get_by_text("This browser")).to_be_visible()


def test_another_password_ends_the_other_sessions(
    page: Page, new_context: Callable[..., BrowserContext], sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page)
    other = second_browser(new_context, person)
    page.goto("/settings")
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill("another fine phrase")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("1 other session ended.", exact=False)).to_be_visible()
    other.get_by_role("link", name="Settings").first.click()
    other.wait_for_url("**/sign-in?next=*")
    fill_sign_in(other, person.email, "another fine phrase")
    other.wait_for_url("**/settings")


def test_an_invited_person_joins_and_both_see_each_other(
    page: Page,
    new_context: Callable[..., BrowserContext],
    sign_up: Callable[..., Person],
    assert_accessible: Callable[[Page], None],
) -> None:
    sign_up(page, "/settings", household_name="Birch House")
    page.get_by_label("Invite somebody").fill("guest@example.org")
    page.get_by_role("button", name="Make invitation").click()
    link = page.locator("code", has_text="/join#").inner_text()
    assert_accessible(page)
    guest = new_context().new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Join Birch House")).to_be_visible()
    expect(guest.get_by_label("E-mail")).to_have_value("guest@example.org")
    assert_accessible(guest)
    guest.get_by_label("Your name").fill("Gus Guest")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_role("button", name="Create account and join").click()
    guest.wait_for_url("**/")
    ready(guest)
    guest.goto("/settings")
    expect(guest.get_by_text("Only an administrator can change these.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Gus Guest").first).to_be_visible()
    page.get_by_role("button", name="Actions for Gus Guest").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog", name="Remove Gus Guest?").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The member is removed.")).to_be_visible()
    guest.get_by_role("link", name="Dashboard").first.click()
    expect(guest.get_by_text("You belong to no household").first).to_be_visible()


def test_a_used_or_wrong_link_says_so(page: Page) -> None:
    page.goto("/join#nonsense")
    expect(page.get_by_text("This invitation doesn't work")).to_be_visible()


def test_a_second_household_is_made_and_left_again(page: Page, sign_up: Callable[..., Person]) -> None:
    sign_up(page, "/settings")
    page.get_by_role("button", name="New household").click()
    page.get_by_role("dialog", name="New household").get_by_label("Name").fill("Cabin")
    page.get_by_role("button", name="Create household").click()
    page.wait_for_url("**/")
    ready(page)
    expect(page.locator(".rc-usercard:visible")).to_contain_text("Cabin")
    page.locator(".rc-usercard:visible").click()
    page.get_by_role("menuitemradio", name="Alder").click()
    expect(page.locator(".rc-usercard:visible")).to_contain_text("Alder")
    ready(page)
