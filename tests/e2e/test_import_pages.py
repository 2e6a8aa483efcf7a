"""Bank files through the browser: from the drop to the dashboard's figures, large files, hostile files, strangers."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from recaller.services.imports import list_imports
from recaller.services.verify import verify_all
from tests.e2e.conftest import PASSWORD, Person, ready
from tests.e2e.serving import Server

BATCH = re.compile(r"/import/[0-9a-f-]{36}")
CHECKING_CSV = (
    b"Date;Payee;Amount;Currency;Memo\n"
    b"03.11.2026;Alder Works;2.400,00;USD;salary\n"
    b"04.11.2026;Green Grocer;-54,30;USD;food\n"
    b"05.11.2026;Rent;-1.100,00;USD;november\n"
)


def drop(page: Page, filename: str, content: bytes) -> None:
    """Choose a file on /import and wait for its page."""
    page.goto("/import")
    ready(page)
    page.locator("input[type=file]").set_input_files(
        {"name": filename, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.wait_for_url(BATCH)


def add_account(page: Page, name: str) -> None:
    """Make a new account for the only account of the file."""
    page.get_by_label("Account for").select_option("new")
    dialog = page.get_by_role("dialog", name="New account")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Add account").click()
    expect(dialog).to_be_hidden()


def commit(page: Page, count: int) -> None:
    page.get_by_role("button", name=f"Import {count:,} transactions").click()
    expect(page.get_by_role("status").filter(has_text=f"{count:,} transactions added").first).to_be_visible()


def big_csv(rows: int) -> bytes:
    lines = ["Date,Payee,Amount,Memo"]
    lines += [
        f"2025-{n % 12 + 1:02}-{n % 28 + 1:02},Payee {n % 300},-{n % 90 + 1}.25,row {n}" for n in range(rows)
    ]
    return "\n".join(lines).encode()


def test_from_signing_up_to_the_figures_on_the_dashboard(
    page: Page, server: Server, shared_data: Path, assert_accessible: Callable[[Page], None]
) -> None:
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("E-mail").fill("importer@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(server.url + "/")
    ready(page)
    drop(page, "bofa_creditcard_27tx.ofx", (shared_data / "ofx/bofa_creditcard_27tx.ofx").read_bytes())
    expect(page.get_by_role("button", name="Import 27 transactions")).to_be_disabled()
    add_account(page, "Travel card")
    expect(page.get_by_text("−$989.26").first).to_be_visible()
    assert_accessible(page)
    commit(page, 27)
    expect(page.get_by_text("Travel card differs from the statement")).to_be_visible()
    # A toast that is still fading in has the contrast of neither state.
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
    assert_accessible(page)
    drop(page, "giro.csv", CHECKING_CSV)
    add_account(page, "Checking")
    commit(page, 3)
    page.goto("/")
    ready(page)
    shown = page.get_by_role("main")
    expect(shown.get_by_text("−$989.26").filter(visible=True).first).to_be_visible()
    expect(shown.get_by_text("$1,245.70").filter(visible=True).first).to_be_visible()
    # 2,400.00 − 54.30 − 1,100.00 − 989.26
    expect(shown.get_by_text("$256.44").filter(visible=True).first).to_be_visible()
    page.goto("/import")
    ready(page)
    expect(page.get_by_role("link", name="giro.csv")).to_be_visible()
    page.get_by_role("link", name="bofa_creditcard_27tx.ofx").click()
    page.get_by_role("link", name="See them").click()
    page.wait_for_url(re.compile(r"/transactions.*batch="))
    expect(page.get_by_text("JEFFREY'S 0252").first).to_be_visible()


def test_the_same_file_again_is_all_duplicates_and_an_undo_takes_it_back(
    page: Page, sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page)
    drop(page, "giro.csv", CHECKING_CSV)
    add_account(page, "Checking")
    commit(page, 3)
    drop(page, "giro.csv", CHECKING_CSV)
    expect(page.get_by_text("Nothing new")).to_be_visible()
    expect(page.get_by_role("button", name="Duplicate 3")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    page.wait_for_url("**/import")
    expect(page.get_by_role("link", name="giro.csv")).to_have_count(2)
    page.get_by_role("link", name="giro.csv").last.click()
    page.get_by_role("button", name="Undo import").click()
    page.get_by_role("dialog", name="Undo this import?").get_by_role("button", name="Undo import").click()
    expect(page.get_by_text("This import was taken back")).to_be_visible()
    with person.working() as w:
        assert w.rows("SELECT 1 FROM transaction") == []


def test_a_large_file_shows_its_progress_and_comes_in_by_a_worker(
    page: Page, sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page)
    drop(page, "large.csv", big_csv(5000))
    expect(page.get_by_role("progressbar").or_(page.get_by_text("Where it goes")).first).to_be_visible()
    expect(page.get_by_text("Where it goes")).to_be_visible()
    add_account(page, "Checking")
    expect(page.get_by_role("button", name="Import 5,000 transactions")).to_be_enabled()
    page.get_by_role("button", name="Import 5,000 transactions").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(page.get_by_text("5,000 transactions added").first).to_be_visible()
    with person.working() as w:
        total = -sum((n % 90 + 1) * 100 + 25 for n in range(5000))
        row = w.row("SELECT count(*), sum(amount) FROM transaction")
        assert row is not None and (row[0], row[1]) == (5000, total)
    with person.server.services():
        assert verify_all() == []
    drop(page, "large.csv", big_csv(5000))
    expect(page.get_by_role("button", name="Duplicate 5,000")).to_be_visible()


def test_the_stop_button_ends_the_work_and_leaves_nothing(page: Page, sign_up: Callable[..., Person]) -> None:
    person = sign_up(page)
    drop(page, "huge.csv", big_csv(60_000))
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Reading was stopped.")).to_be_visible()
    with person.working() as w:
        assert list_imports(w).items[0].status == "failed"
        assert w.rows("SELECT 1 FROM import_row") == []


def test_hostile_texts_are_texts(page: Page, sign_up: Callable[..., Person], shared_data: Path) -> None:
    sign_up(page)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    markup, formula = "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0"
    drop(
        page,
        "evil.csv",
        f'Date,Payee,Amount\n2026-01-02,{markup},-1.00\n2026-01-03,"{formula}",-2.00\n'.encode(),
    )
    expect(page.get_by_text(markup, exact=True)).to_be_visible()
    expect(page.get_by_text(formula, exact=True)).to_be_visible()
    assert page.locator("main img").count() == 0
    drop(page, "html.qfx", (shared_data / "ofx/html_entities.qfx").read_bytes())
    expect(page.get_by_text("TPAY &lt;DEFTPYMT&gt;")).to_be_visible()


def test_the_reading_of_a_csv_is_corrected_with_a_preview(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    sign_up(page)
    drop(page, "card.csv", b"Date,Payee,Amount\n2026-01-02,Baker,3.50\n2026-01-03,Cinema,12.00\n")
    page.get_by_role("button", name="Change", exact=True).click()
    dialog = page.get_by_role("dialog", name="How the file is read")
    expect(dialog.get_by_text("+$3.50")).to_be_visible()
    dialog.get_by_label("Sign").select_option("inverted")
    expect(dialog.get_by_text("−$3.50")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Save and read again").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("−$15.50").first).to_be_visible()


def test_what_is_wrong_with_a_file_is_said(
    page: Page, sign_up: Callable[..., Person], shared_data: Path
) -> None:
    sign_up(page)
    page.goto("/import")
    ready(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "photo.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n" + b"\x00" * 400}
    )
    expect(page.get_by_role("alert").filter(has_text="looks like a PNG image")).to_be_visible()
    expect(page.get_by_text("Drop a bank file here")).to_be_visible()
    drop(page, "reject.ofx", (shared_data / "ofx/reject_bad_decimal.ofx").read_bytes())
    expect(page.get_by_role("alert").filter(has_text="$120")).to_be_visible()


def test_the_upload_address_is_closed_to_strangers_and_to_floods(
    page: Page, sign_up: Callable[..., Person], server: Server
) -> None:
    person = sign_up(page, "/import")
    request = page.context.request
    event = {"reflex-client-token": "x", "reflex-event-handler": "y"}
    own = {"Origin": server.url, **event}
    # Refused by what it announces, before its body comes.
    host = urlsplit(server.url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=10)
    connection.putrequest("POST", "/_upload")
    flood = {"Cookie": person.cookie, "Content-Length": str(server.settings.import_max_bytes + 200_000)}
    for name, value in {**own, **flood}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert request.post("/_upload", headers={**own, "Origin": "https://evil.example"}, data="x").status == 403
    assert request.post("/_upload", headers=event, data="x").status == 403
    assert request.get("/_upload/anything").status == 404
    page.context.clear_cookies()
    assert request.post("/_upload", headers=own, data="x").status == 401
    with person.working() as w:
        assert list_imports(w).items == ()


def test_on_a_phone_nothing_is_cut_off(
    phone: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None], shared_data: Path
) -> None:
    sign_up(phone)
    drop(phone, "uk.csv", (shared_data / "csv/uk_card_pending.csv").read_bytes())
    expect(phone.get_by_role("button", name="Pending 3")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(phone)
