"""An export taken over, a month known again in another format, transfers merged and rates kept, through the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person, ready
from tests.e2e.test_import_pages import add_account, commit, drop
from tests.unit.statements.workbooks import xlsx

APPS = Path(__file__).resolve().parents[1] / "fixtures" / "statements" / "apps"
CSV = b"Date,Payee,Amount\n2026-11-02,Baker,-3.50\n2026-11-09,To savings,-500.00\n"
SAVINGS = b"Date,Payee,Amount\n2026-11-10,From checking,500.00\n2026-11-12,Interest,1.20\n"
OFX = (
    b"OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1"
    b"<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>"
    b"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>20261102<TRNAMT>-3.50<FITID>A<NAME>BAKER</STMTTRN>"
    b"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>20261109<TRNAMT>-500.00<FITID>B<NAME>TO SAVINGS</STMTTRN>"
    b"</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
)


def test_an_export_is_taken_over_with_one_confirmation(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    sign_up(page)
    drop(page, "register.csv", (APPS / "ynab_register.csv").read_bytes())
    expect(page.get_by_text("YNAB")).to_be_visible()
    page.get_by_role("button", name="Create these 3 accounts").click()
    expect(page.get_by_label("Account for Rainy Day")).not_to_have_value("")
    page.locator("summary").filter(has_text="Split in 3").click()
    expect(page.get_by_text("Fun › Games")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Import 7 transactions").click()
    expect(page.get_by_text("5 transactions added").first).to_be_visible()


def test_a_month_in_another_format_is_known_and_transfers_are_merged(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    person = sign_up(page)
    drop(page, "checking.csv", CSV)
    add_account(page, "Checking")
    commit(page, 2)
    drop(page, "checking.ofx", OFX)
    page.get_by_label("Account for").select_option(label="Checking (USD)")
    expect(page.get_by_text("Nothing new")).to_be_visible()
    expect(page.get_by_role("link", name="See what row 1 is like")).to_be_visible()
    drop(page, "savings.csv", SAVINGS)
    add_account(page, "Savings")
    commit(page, 2)
    merge = page.get_by_role("button", name="Merge Checking → Savings")
    expect(merge).to_be_visible()
    assert_accessible(page)
    merge.click()
    expect(merge).to_be_hidden()
    with person.working() as w:
        assert [row.shape for row in w.rows("SELECT shape FROM transaction WHERE shape <> 'simple'")] == [
            "transfer"
        ]
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(merge).to_be_visible()


def test_a_workbooks_other_sheet_is_picked_and_a_rate_is_kept(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    sign_up(page)
    head = ["Date", "Payee", "Amount"]
    book = xlsx(
        {
            "One": [head, ["2026-11-02", "Baker", -3.5]],
            "Two": [head, ["2026-11-02", "A", -1], ["2026-11-03", "B", -2]],
        }
    )
    drop(page, "book.xlsx", book)
    picker = page.get_by_label("Sheet of the workbook")
    expect(picker).to_have_value("Two")
    picker.select_option("One")
    expect(page.get_by_role("button", name="Import 1 transaction")).to_be_visible()
    page.goto("/rates")
    ready(page)
    page.get_by_label("Rate", exact=True).fill("0.92")
    page.get_by_role("button", name="Keep this rate").click()
    expect(page.get_by_text("1 USD = 0.92 EUR").first).to_be_visible()
    assert_accessible(page)
