"""A real browser on a real Recaller: one server for all tests here, a fresh browser profile for each.

```
def test_something(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)            # a new user with a household, signed in; the dashboard is open
    page.goto("/accounts")
    with person.working() as w:       # the same services as the pages, as this person
        create_account(w, ...)
    expect(page.get_by_role("heading", name="Accounts", level=1)).to_be_visible()
```
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Playwright, WebError, expect, sync_playwright

from recaller.infra.work import Work, work
from recaller.services import identity
from tests.e2e.browsing import Chromium
from tests.e2e.serving import Server, running_server
from tools.browser import find_browser

PASSWORD = "a fine long phrase"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_HERE = Path(__file__).parent
_numbers = itertools.count(1)
# Nothing takes so long but a machine that is busy with other things, and the first page of a cold server.
PATIENCE_MILLISECONDS = 90_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests here."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker("e2e")


@dataclass(frozen=True)
class Person:
    """Somebody who signed up: what they type, and their way to the services."""

    email: str
    password: str
    server: Server
    cookie: str

    @contextmanager
    def working(self) -> Iterator[Work]:
        """Open a unit of work as this person in their household, on the server's own database."""
        with self.server.services():
            scope = identity.resolve_cookie(self.cookie).scope()
            with work(scope) as w:
                yield w


# Nothing moves any more, but for what moves for ever (skeletons).
_AT_REST = """() => document.getAnimations().every((one) =>
  one.playState !== "running" || one.effect?.getComputedTiming().iterations === Infinity)"""


# Package scope: Playwright's event loop must be gone before asynchronous tests elsewhere run.
@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """The Recaller that all tests here share."""
    with running_server() as running:
        yield running


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Chromium]:
    """The Chromium that all tests here share."""
    path = find_browser()
    assert path is not None, "no Chromium: `make test` installs one"
    chromium = Chromium(playwright, path)
    yield chromium
    chromium.close()


@pytest.fixture
def new_context(browser: Chromium, server: Server) -> Iterator[Callable[..., BrowserContext]]:
    """A way to open further browser profiles, each with cookies of its own."""
    server.forget_tries()
    opened: list[BrowserContext] = []
    errors: list[str] = []

    def note(problem: WebError) -> None:
        errors.append(f"{problem.page.url if problem.page else ''}: {problem.error}")

    def open_context(**options: Any) -> BrowserContext:
        settings = {"base_url": server.url, "viewport": WIDE, "locale": "en-US", "timezone_id": "UTC"}
        context = browser.new_context(**{**settings, **options})
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("weberror", note)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        browser.close_context(context)
    # An uncaught error in a page; #418 is the framework's, which found another page than the server drew.
    assert not errors, errors


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a fresh profile, 1440 pixels wide."""
    return new_context().new_page()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a fresh profile on a phone."""
    return new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()


def sign_up_on(page: Page, server: Server, path: str = "/", **more: str) -> Person:
    """Sign a new person up with a household on this server, and open a page as them."""
    email = more.get("email", f"person{next(_numbers)}@example.org")
    answer = page.context.request.post(
        "/api/v1/auth/sign-up",
        headers={"Origin": server.url, "X-Recaller-CSRF": "1"},
        data={
            "email": email,
            "password": PASSWORD,
            "display_name": "Ann Alder",
            "household_name": "Alder",
            "base_currency": "USD",
            "locale": "en_US",
            "time_zone": "UTC",
            **more,
        },
    )
    assert answer.status == 201, answer.text()
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    page.goto(path)
    ready(page)
    return Person(email, PASSWORD, server, cookie)


@pytest.fixture
def sign_up(server: Server) -> Callable[..., Person]:
    """Sign a new person up with a household and open a page (the dashboard) as them."""

    def signed_up(page: Page, path: str = "/", **more: str) -> Person:
        return sign_up_on(page, server, path, **more)

    return signed_up


def ready(page: Page) -> None:
    """Wait until the page is connected and knows who is signed in."""
    expect(page.locator("[data-ready=true]")).to_be_attached()


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Check the page as it stands with axe: nothing serious or critical may be found."""

    def check(page: Page) -> None:
        # What is still fading in has no contrast of its own yet.
        page.wait_for_function(_AT_REST)
        found = Axe().run(page).response["violations"]
        bad = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not bad, [(one["id"], one["nodes"][0]["html"][:200]) for one in bad]

    return check
