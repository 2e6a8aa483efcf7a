"""Small files in the shapes that banks of many countries deliver; each is read without any hint."""

import datetime as dt
from pathlib import Path

import pytest

from recaller.domain.statements import Statement, read_ofx, read_rows, sniff_csv

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "statements"
DAY = dt.date.fromisoformat

# file: (date, amount in minor units, currency, payee, memo) of each booked row
SHAPES = {
    "comma_foreign_amounts": [
        ("2024-01-03", -1234, "EUR", "REWE", ""),
        ("2024-01-05", 250000, "EUR", "Employer", "Salary"),
    ],
    "states_and_fees": [
        ("2024-01-03", -1230, "GBP", "Tesco", ""),
        ("2024-01-04", -1050, "GBP", "To John", ""),
    ],
    "af_bij_compact_dates": [
        ("2024-01-02", -1234, "EUR", "Albert Heijn", "Pasvolgnr 1"),
        ("2024-01-03", 250000, "EUR", "Werkgever BV", "Salaris"),
    ],
    "two_digit_years_payee_last": [
        ("2023-12-30", -4500, "EUR", "Stadtwerke", "FOLGELASTSCHRIFT Strom"),
        ("2023-12-29", 234567, "EUR", "Arbeitgeber", "LOHN Gehalt"),
    ],
    "us_running_balance": [
        ("2024-01-15", -4567, None, "GROCERY", ""),
        ("2024-01-12", 150000, None, "PAYROLL", ""),
    ],
    "positive_is_spent": [
        ("2024-01-15", -4567, None, "AMAZON", ""),
        ("2024-01-17", -567, None, "SHOP", ""),
        ("2024-01-18", -320, None, "CAFE", ""),
        ("2024-01-20", 50000, None, "ONLINE PAYMENT - THANK YOU", ""),
    ],
    "card_debit_credit": [
        ("2024-01-15", -4567, None, "AMAZON", ""),
        ("2024-01-18", 10000, None, "PAYMENT", ""),
    ],
    "tabs_no_header": [
        ("2024-01-02", -1234, "EUR", "", "BEA Betaalpas Albert Heijn"),
        ("2024-01-03", 250000, "EUR", "", "SEPA Overboeking Salaris"),
    ],
    "hash_headers_currency_in_amount": [
        ("2024-01-02", -1234, "PLN", "", "ZAKUP KARTĄ"),
        ("2024-01-03", 250000, "PLN", "", "PRZELEW"),
    ],
    "preamble_key_values": [
        ("2024-07-27", -35685, "CZK", "Pavel, Novák", "nájem"),
        ("2024-07-28", 135685, "CZK", "Firma", "výplata"),
    ],
    "swedish": [("2024-01-03", -12345, "SEK", "", "ICA"), ("2024-01-02", 100000, "SEK", "", "Lön")],
    "french_debit_credit": [
        ("2024-01-02", -1234, None, "", "CARTE CARREFOUR"),
        ("2024-01-05", 250000, None, "", "VIREMENT SALAIRE"),
        ("2024-01-15", -8000, None, "", "EDF"),
    ],
    "spanish": [
        ("2024-01-02", -1234, "EUR", "", "Mercadona Pago con tarjeta 4 MADRID"),
        ("2024-01-15", 150000, "EUR", "", "Nomina Abono"),
    ],
    "italian": [
        ("2024-01-02", -1234, "EUR", "", "Esselunga Pagamento POS"),
        ("2024-01-27", 150000, "EUR", "", "Stipendio Bonifico"),
    ],
    "dashes_day_first": [
        ("2024-01-02", -1234, "EUR", "Card transaction", ""),
        ("2024-01-13", 10000, "EUR", "Received money", "inv 5"),
    ],
    "japanese": [("2024-01-05", -50000, None, "", "コンビニ"), ("2024-01-25", 25000000, None, "", "給与")],
    "tabs_dollar_signs": [("2024-01-05", -1234, None, "Shop", ""), ("2024-01-15", 150000, None, "Pay", "")],
    "counter_party": [
        ("2024-01-02", -1234, "GBP", "Tesco", "TESCO 123"),
        ("2024-01-13", 100000, "GBP", "Employer", "Pay"),
    ],
    "hungarian_no_header": [
        ("2024-01-02", -125000, "HUF", "", "VÁSÁRLÁS"),
        ("2024-01-10", 25000000, "HUF", "", "MUNKABÉR"),
    ],
    "lithuanian_letters": [("2024-01-02", -1234, "EUR", "IKI", ""), ("2024-01-05", 10000, "EUR", "UAB", "")],
    "thousands_or_decimals": [("2024-02-01", 123400, None, "", "A"), ("2024-02-03", 250000, None, "", "B")],
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_rows(name):
    rows = list(read_rows((FIXTURES / f"{name}.csv").read_bytes(), f"{name}.csv"))
    found = [(str(r.date), r.amount, r.currency, r.payee, r.memo) for r in rows if r.status == "booked"]
    assert found == SHAPES[name]
    assert not [row.reason for row in rows if row.status == "error"]


def test_every_fixture_is_used():
    assert {path.stem for path in FIXTURES.glob("*.csv")} == set(SHAPES)


def test_states():
    rows = list(read_rows((FIXTURES / "states_and_fees.csv").read_bytes(), "x.csv"))
    assert [(row.status, row.date) for row in rows[2:]] == [("pending", None), ("skipped", None)]
    assert rows[3].reason == "There is no date. The bank calls it 'REVERTED': no money moved."


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("positive_is_spent", {"sign", "default_currency"}),
        ("thousands_or_decimals", {"decimal_mark", "date_order", "sign", "default_currency"}),
        ("af_bij_compact_dates", set()),
    ],
)
def test_doubts(name, fields):
    assert {doubt.field for doubt in sniff_csv((FIXTURES / f"{name}.csv").read_bytes()).doubts} == fields


def test_one_line_header_and_forgotten_closing_tags():
    statements: list[Statement] = []
    rows = list(read_ofx((FIXTURES / "one_line_header.qfx").read_bytes(), "x.qfx", statements))
    assert [(row.amount, row.date, row.payee) for row in rows] == [
        (-1234, DAY("2024-01-02"), "Shop"),
        (100050, DAY("2024-01-03"), "Pay & more"),
    ]
    assert (statements[0].closing_balance, statements[0].warnings) == (98816, [])


def test_minor_units_follow_the_currency():
    statements: list[Statement] = []
    rows = list(read_ofx((FIXTURES / "yen_and_dinar.ofx").read_bytes(), "x.ofx", statements))
    assert [(row.amount, row.currency, row.account_hint) for row in rows] == [
        (-500, "JPY", "YEN"),
        (0, "JPY", "YEN"),
        (1234, "KWD", "DINAR"),
    ]
    assert "rounded half-even" in rows[1].reason
    assert [statement.closing_balance for statement in statements] == [9500, None]


def test_the_default_currency_decides_the_minor_unit():
    content = (FIXTURES / "japanese.csv").read_bytes()
    mapping = sniff_csv(content)
    yen = type(mapping).from_members(
        {**{n: getattr(mapping, n) for n in mapping.__slots__}, "default_currency": "JPY"}
    )
    assert [row.amount for row in read_rows(content, "x.csv", mapping=yen)] == [-500, 250000]


def test_date_order_is_read_from_rows_far_down():
    rows = [f"{at % 12 + 1:02}/{at % 12 + 1:02}/2024;{at}.00;x" for at in range(30_000)]
    content = "\n".join(["date;amount;memo", *rows, "01/31/2024;-1.00;late"]).encode()
    mapping = sniff_csv(content)
    assert mapping.date_order == "MDY"
    assert "date_order" not in {doubt.field for doubt in mapping.doubts}
