"""The very first visit to a new server, and how much the sign-in page weighs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.e2e.browsing import Chromium
from tests.e2e.conftest import PASSWORD, Person, ready
from tests.e2e.serving import Server, running_server

MOST_BYTES = 450_000


def test_the_first_visitor_becomes_administrator_and_later_ones_need_an_invitation(browser: Chromium) -> None:
    with running_server(RECALLER_SIGN_UP="invite") as server:
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
        page.goto("/")
        expect(page).to_have_url("/sign-up")
        expect(page.get_by_text("You are the first")).to_be_visible()
        page.get_by_label("Your name").fill("Ann")
        page.get_by_label("E-mail").fill("ann@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        page.wait_for_url(server.url + "/")
        ready(page)
        page.goto("/settings")
        expect(page.get_by_text("Administrator", exact=True).first).to_be_visible()
        context.clear_cookies()
        page.goto("/sign-up")
        expect(page.get_by_text("Sign-up is by invitation")).to_be_visible()
        page.goto("/")
        expect(page).to_have_url("/sign-in")
        browser.close_context(context)


def test_the_sign_in_page_is_small_and_draws_no_charts(
    page: Page,
    server: Server,
    new_context: Callable[..., BrowserContext],
    sign_up: Callable[..., Person],
    assert_accessible: Callable[[Page], None],
) -> None:
    sign_up(new_context().new_page())  # a server without anybody shows the sign-up page instead
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.wait_for_load_state("networkidle")
    # Nothing is asked for that somebody who isn't signed in doesn't get.
    assert all(one.ok for one in answers), [(one.status, one.url) for one in answers if not one.ok]
    weights = {
        one.url.removeprefix(server.url): one.request.sizes()["responseBodySize"]
        for one in answers
        if one.url.startswith(server.url)
    }
    total = sum(weights.values())
    print(f"sign-in page: {total} bytes compressed in {len(weights)} answers")
    assert total < MOST_BYTES, sorted(weights.items(), key=lambda one: -one[1])[:10]
    assert not [url for url in weights if "plotly" in url.lower()]
    assert_accessible(page)
