"""The browser script in a real browser: rows, shortcuts, dialogs, menus, comboboxes, without any server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BROWSER = os.environ.get("RECALLER_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")]

PAGE = """
<!doctype html><html lang="en"><body>
<button data-shortcut="n" onclick="log('new')">New</button>
<button data-shortcut="g t" onclick="log('go')">Transactions</button>
<input type="search" id="search" data-shortcut="/">
<button data-pref="private" aria-pressed="false">Hide</button>
<table><tbody>
  <tr data-row="a" tabindex="-1"><td><input type="checkbox" data-row-select onclick="log('pick a')"></td>
    <td><button data-row-open onclick="log('open a')">A</button></td></tr>
  <tr data-row="b" tabindex="-1"><td><input type="checkbox" data-row-select onclick="log('pick b')"></td>
    <td><button data-row-open onclick="log('open b')">B</button></td></tr>
  <tr data-row="c" tabindex="-1"><td><input type="checkbox" data-row-select onclick="log('pick c')"></td>
    <td id="plain">text</td><td><button data-row-open onclick="log('open c')">C</button></td></tr>
</tbody></table>
<button id="opener" data-opens="free">Open</button>
<dialog id="free"><input name="first"><button data-closes>Close</button></dialog>
<dialog id="served" data-open="false"><button hidden data-dismiss onclick="log('dismissed')"></button>
  <div class="rc-dialog__body"><input id="served-input"></div></dialog>
<button id="menu-button" popovertarget="menu" aria-expanded="false">Menu</button>
<div id="menu" popover role="menu"><button role="menuitem" tabindex="-1" onclick="log('edit')">Edit</button>
  <button role="menuitem" tabindex="-1" onclick="log('delete')">Delete</button></div>
<form><div data-combo="browser"><div class="rc-input"><input id="combo" role="combobox" aria-expanded="false"></div>
  <input data-combo-value name="category">
  <div role="listbox" popover="manual">
    <div role="option" id="o0" aria-selected="false" data-value="1" data-label="Groceries">Groceries</div>
    <div role="option" id="o1" aria-selected="false" data-value="2" data-label="Café">Café</div>
    <div data-none hidden>Nothing found</div></div></div></form>
<script>window.seen = []; function log(text) { window.seen.push(text); }</script>
</body></html>
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=BROWSER,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html; charset=utf-8"))
    opened.goto("http://recaller.test/")
    opened.add_script_tag(path=str(ROOT / "assets" / "recaller.js"))
    yield opened
    opened.close()


def seen(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.seen")
    return found


def focused_row(page: Page) -> str | None:
    row: str | None = page.evaluate("document.querySelector('[data-row][data-focused]')?.dataset.row ?? null")
    return row


def test_j_and_k_move_over_rows_and_stop_at_the_ends(page: Page) -> None:
    for key, row in [("k", "c"), ("j", "c"), ("k", "b"), ("k", "a"), ("k", "a"), ("j", "b")]:
        page.keyboard.press(key)
        assert focused_row(page) == row


def test_enter_opens_and_x_selects_the_row_in_focus(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    assert seen(page) == ["open a", "pick b", "pick c"]


def test_shift_x_selects_the_range(page: Page) -> None:
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert seen(page) == ["pick a", "pick b", "pick c"]


def test_a_click_anywhere_in_a_row_opens_it_once(page: Page) -> None:
    page.click("#plain")
    page.click("[data-row=c] button")
    assert seen(page) == ["open c", "open c"]


def test_shortcuts_press_buttons_but_not_while_typing(page: Page) -> None:
    page.keyboard.press("n")
    page.keyboard.press("g")
    page.keyboard.press("t")
    assert seen(page) == ["new", "go"]
    page.keyboard.press("/")
    page.keyboard.type("njg t?")
    assert page.input_value("#search") == "njg t?"
    assert seen(page) == ["new", "go"]
    assert focused_row(page) is None
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert seen(page) == ["new", "go", "new"]


def test_a_key_with_a_modifier_is_left_to_the_browser(page: Page) -> None:
    page.keyboard.press("Control+n")
    page.keyboard.press("Alt+n")
    assert seen(page) == []


def test_a_button_opens_a_dialog_and_focus_returns(page: Page) -> None:
    page.click("#opener")
    assert page.evaluate("document.querySelector('#free').matches(':modal')")
    page.keyboard.press("n")  # outside the open dialog
    assert seen(page) == []
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#free').open")
    assert page.evaluate("document.activeElement.id") == "opener"


def test_the_server_opens_and_closes_its_dialog_and_hears_of_escape(page: Page) -> None:
    page.evaluate("document.querySelector('#served').dataset.open = 'true'")
    page.wait_for_selector("#served[open]")
    assert page.evaluate("document.activeElement.id") == "served-input"
    page.keyboard.press("Escape")
    page.wait_for_function("window.seen.includes('dismissed')")
    page.evaluate("document.querySelector('#served').dataset.open = 'false'")
    page.evaluate("document.querySelector('#served').dataset.open = 'true'")
    page.wait_for_selector("#served[open]")
    page.evaluate("document.querySelector('#served').dataset.open = 'false'")
    page.wait_for_selector("#served:not([open])", state="attached")
    assert seen(page) == ["dismissed"]


def test_a_menu_is_worked_with_arrows_letters_and_escape(page: Page) -> None:
    page.click("#menu-button")
    page.wait_for_function("document.activeElement.textContent === 'Edit'")
    assert page.get_attribute("#menu-button", "aria-expanded") == "true"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") == "Delete"
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    assert seen(page) == ["edit"]
    page.wait_for_function("document.querySelector('#menu-button').ariaExpanded === 'false'")


def test_a_combobox_filters_without_accents_and_takes_with_enter(page: Page) -> None:
    page.click("#combo")
    page.keyboard.type("cafe")
    assert page.is_hidden("#o0")
    assert page.get_attribute("#combo", "aria-activedescendant") == "o1"
    assert page.get_attribute("#o0", "aria-selected") == "false"
    page.keyboard.press("Enter")
    assert page.input_value("#combo") == "Café"
    assert page.input_value("[name=category]") == "2"


def test_a_combobox_puts_unknown_text_back(page: Page) -> None:
    page.click("#combo")
    page.keyboard.type("zzz")
    assert page.is_visible("[data-none]")
    page.focus("#search")
    assert page.input_value("#combo") == ""
    assert page.input_value("[name=category]") == ""


def test_the_privacy_blur_is_kept(page: Page) -> None:
    page.click("[data-pref=private]")
    assert page.get_attribute("html", "data-private") == "on"
    assert page.get_attribute("[data-pref=private]", "aria-pressed") == "true"
    assert page.evaluate("localStorage.getItem('recaller.private')") == "on"
