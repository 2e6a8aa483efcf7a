"""Every CSV of the shared data gives the expected count and total, without any hint."""

from decimal import Decimal

import pytest

from recaller.core.money import to_decimal
from recaller.domain.statements import CsvMapping, Statement, StatementRow, detect, read_rows, sniff_csv
from tests.unit.statements.shared_data import EXPECTED, content, names, needs_shared

pytestmark = needs_shared


def read(name: str) -> tuple[CsvMapping, list[StatementRow], Statement]:
    data = content(name)
    assert detect(data, name).format == "csv"
    # Through JSON, as a page or a stored profile does it.
    mapping = CsvMapping.from_json(sniff_csv(data, name).to_json())
    statements: list[Statement] = []
    rows = list(read_rows(data, name, mapping=mapping, statements=statements))
    return mapping, rows, statements[0]


def total(rows: list[StatementRow]) -> Decimal:
    return sum((to_decimal(row.amount or 0, row.currency or "") for row in rows), Decimal())


@pytest.mark.parametrize("name", names("csv"))
def test_count_and_total_are_as_expected(name):
    _, rows, _ = read(name)
    counted = [row for row in rows if row.status in ("booked", "pending")]
    expected = EXPECTED[name]["expected"]
    assert (len(counted), total(counted)) == (expected["count"], Decimal(expected["total"]))
    assert not [row for row in rows if row.status == "error"]
    assert all(row.date for row in rows if row.status == "booked")


def test_card_keeps_pending_rows_apart():
    mapping, rows, statement = read("csv/uk_card_pending.csv")
    assert (statement.booked_count, statement.booked_total) == (10, {"GBP": -28580})
    assert statement.pending_count == 3
    assert mapping.sign == "inverted"
    assert "sign" in {doubt.field for doubt in mapping.doubts}
    assert [row.amount for row in rows if "PAYMENT RECEIVED" in row.payee] == [110000]


def test_paypal_counts_neither_holds_nor_what_undoes_them():
    _, rows, statement = read("csv/paypal_de.csv")
    assert (statement.booked_count, statement.booked_total) == (7, {"EUR": -2477})
    assert (statement.pending_count, statement.pending_total) == (4, {"EUR": 0})
    assert statement.closing_balance == 1376
    assert all(row.currency == "EUR" for row in rows)


def test_footer_difference_is_warned_of():
    _, _, statement = read("csv/meta_header_footer.csv")
    assert (statement.opening_balance, statement.closing_balance) == (3000077, 3107011)
    assert [warning.code for warning in statement.warnings] == ["does_not_reconcile"]
    assert "0.02 EUR" in statement.warnings[0].message


def test_balance_and_turnover_rows_are_no_transactions():
    _, rows, statement = read("csv/swedbank_lt.xls")
    assert [row.reason for row in rows if row.status == "skipped"] == [
        "The opening balance, not a transaction.",
        "A row of turnover (Turnover), not a transaction.",
        "A row of turnover (Turnover), not a transaction.",
        "The closing balance, not a transaction.",
    ]
    assert (statement.opening_balance, statement.closing_balance, statement.warnings) == (
        1037404,
        1295297,
        [],
    )
    assert all(row.reference is None for row in rows), "one id for all rows is no id"


def test_xls_ending_does_not_hide_the_csv():
    assert "xls" in (detect(content("csv/swedbank_lt.xls"), "statement.xls").note or "")


def test_polish_letters_and_tags():
    mapping, rows, _ = read("csv/polish_windows1250.csv")
    assert mapping.encoding == "cp1250"
    assert [row.payee for row in rows] == ["Sklep spożywczy", "Kawiarnia Café", "Stacja benzynowa"]
    assert rows[1].tags == ("Kawa", "Śniadanie")
    assert (rows[0].category_hint, rows[0].account_hint) == ("Żywność", "Konto główne")


def test_mint_entities_become_text():
    _, rows, _ = read("csv/mint_us.csv")
    assert rows[0].memo == "AMAZON MARKETPLACE SEATTLE WA<br/>Skydue Letter A4 Paper Expandi"
    assert {row.account_hint for row in rows} == {"Amazon Store Card", "My Credit Card", "My Checking"}
    assert [row.amount for row in rows][-2:] == [6688, -6688]


def test_monzo_minor_units_are_a_doubt_that_can_be_flipped():
    mapping, rows, _ = read("csv/monzo_minor_units.csv")
    assert rows[0].amount == -10
    assert rows[0].reference == "tx_00009TziTeST1NG1ZWIPGS"
    assert "minor_units" in {doubt.field for doubt in mapping.doubts}
    flipped = CsvMapping.from_members({"minor_units": False} | _members(mapping, "minor_units"))
    assert [
        row.amount for row in read_rows(content("csv/monzo_minor_units.csv"), "m.csv", mapping=flipped)
    ] == [-1000]


def _members(mapping: CsvMapping, *without: str) -> dict[str, object]:
    return {name: getattr(mapping, name) for name in CsvMapping.__slots__ if name not in without}


def test_ocbc_rows_over_two_lines():
    _, rows, statement = read("csv/ocbc_sg.csv")
    assert (rows[0].payee, rows[0].memo) == ("DEBIT PURCHASE", "15/04/18  66-6666 UBER EATS AN2GO HELP.UBERh")
    assert statement.closing_balance == 666666
    assert statement.currency == "SGD"


def test_dkb_preamble_and_broken_quote():
    _, rows, statement = read("csv/dkb_de.csv")
    assert (statement.account_hint, statement.closing_balance) == ("DE42120300001033738756", 409332)
    assert [row.payee for row in rows if row.amount == -20700] == ["Firma"]
    assert rows[0].payee == "Max Mustermann"
    assert rows[0].amount == 20000


def test_ambiguous_date_order_is_a_doubt():
    mapping, rows, _ = read("csv/meta_header_footer.csv")
    assert mapping.date_order == "DMY"
    assert "date_order" in {doubt.field for doubt in mapping.doubts}
    assert str(rows[0].date) == "2020-04-01"
    mapping, rows, _ = read("csv/banco_do_brasil_latin1.csv")
    assert mapping.date_order == "MDY"
    assert "date_order" not in {doubt.field for doubt in mapping.doubts}
    assert rows[1].memo.startswith("Transferência on line")
    assert str(rows[1].date) == "2012-11-01"


def test_null_transaction_is_skipped_with_a_reason():
    _, rows, _ = read("csv/raiffeisen_at_nohdr.csv")
    assert [(row.index, row.status) for row in rows if row.status != "booked"] == [(71, "skipped")]


def test_rabobank_line_ends_and_quotes():
    _, rows, statement = read("csv/rabobank_nl.csv")
    assert [row.index for row in rows] == [2, 3, 4]
    assert {row.account_hint for row in rows} == {"NL77RABO0311467415"}
    assert statement.closing_balance == 1233453
