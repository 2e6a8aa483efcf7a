"""The tests' own browser: when it hangs, the tests that follow don't."""

from __future__ import annotations

from playwright.sync_api import Playwright

from tests.e2e.browsing import Chromium
from tools.browser import find_browser


def test_a_browser_that_never_answers_is_ended_and_another_follows(playwright: Playwright) -> None:
    path = find_browser()
    assert path is not None
    chromium = Chromium(playwright, path, closing_seconds=1)
    context = chromium.new_context()
    context.new_page().set_content("<p>Open</p>")
    first = chromium.process()
    first.suspend()

    chromium.close_context(context)

    first.wait(timeout=60)
    page = chromium.new_context().new_page()
    page.set_content("<p>Open again</p>")
    assert page.get_by_text("Open again").is_visible()
    assert chromium.process() != first
    chromium.process().suspend()
    chromium.close()
