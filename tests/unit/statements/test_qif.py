"""QIF files: the shared ones to the cent, several accounts, date orders, splits, broken records, hostile bytes."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.core.errors import RecallerError
from recaller.core.money import to_decimal
from recaller.domain.statements import (
    FileTooLarge,
    MalformedStatement,
    Statement,
    detect,
    limits,
    read_qif,
    read_rows,
)
from recaller.domain.statements.model import StatementRow
from tests.unit.statements.shared_data import EXPECTED, content, names, needs_shared

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "statements"
TOTALS = {
    "qif/quiffen_mixed.qif": "-35.50",
    "qif/us_two_digit_year.qif": "-1896.09",
    "qif/targobank_de.qif": "-611.23",
}


def read(data: bytes, currency: str | None = None) -> tuple[list[StatementRow], list[Statement]]:
    statements: list[Statement] = []
    assert detect(data, "x.qif").format == "qif"
    return list(read_rows(data, "x.qif", statements=statements, currency=currency)), statements


def bank(*records: str, header: str = "!Type:Bank") -> bytes:
    return "\n".join([header, *(record + "\n^" for record in records)]).encode()


@needs_shared
@pytest.mark.parametrize("name", names("qif"))
def test_figures_are_as_expected(name):
    rows, statements = read(content(name))
    expected = EXPECTED[name]["expected"]
    booked = [row for row in rows if row.status == "booked"]
    assert len(booked) == expected["T_lines"]
    assert len(rows) == expected["quiffen"]
    assert to_decimal(sum(row.amount for row in booked), "EUR") == Decimal(TOTALS[name])
    assert sum(s.booked_count for s in statements) == len(booked)


@needs_shared
def test_the_mixed_file_in_detail():
    rows, (statement,) = read(content("qif/quiffen_mixed.qif"))
    assert statement.account_hint == "TestExport"
    assert [len(row.parts) for row in rows] == [0, 2, 0, 2, 0, 4, 0]
    assert all(sum(part[1] for part in row.parts) == row.amount for row in rows if row.parts)
    assert [row.category_hint for row in rows[1:6]] == [
        "Bills:Cell Phone", "Miscellaneous", "Food:Groceries", "Food:Groceries", None,
    ]  # fmt: skip
    assert rows[1].tags == ("Test class",)
    assert rows[5].memo.startswith("test order 1; Food:Groceries: 50%; Transportation:Automobile: 25%")
    assert (rows[0].date, rows[0].kind) == (dt.date(2020, 2, 10), "OPENING")
    assert (rows[6].status, rows[6].amount) == ("skipped", None)
    assert statement.warnings[0].message.endswith(
        "categories (2), classes (2), investment transactions (1), securities (4)."
    )


@needs_shared
def test_the_german_file_is_day_first_and_finds_the_payee():
    rows, (statement,) = read(content("qif/targobank_de.qif"))
    assert [row.date for row in rows][::9] == [dt.date(2025, 11, 3), dt.date(2025, 11, 10)]
    assert rows[2].payee == "Aktion e.V."
    assert "1378522305" in rows[2].memo
    assert statement.warnings == []


def test_several_accounts():
    rows, statements = read((FIXTURES / "several_accounts.qif").read_bytes(), "USD")
    assert [(s.account_hint, s.account_kind, s.booked_total, s.closing_balance) for s in statements] == [
        ("Checking", None, {"USD": -79450}, 190050),
        ("Visa", "CREDITCARD", {"USD": -1999}, None),
    ]
    assert statements[0].closing_date == dt.date(2024, 2, 28)
    assert [(str(row.date), row.amount, row.account_hint) for row in rows] == [
        ("2024-02-03", -123450, "Checking"),
        ("2024-02-15", 50000, "Checking"),
        ("2024-02-28", -6000, "Checking"),
        ("2024-02-09", -1999, "Visa"),
    ]
    rent, transfer, market, _ = rows
    assert (rent.category_hint, rent.tags, rent.check_number) == ("Housing:Rent", ("Flat 2",), "1041")
    assert (transfer.category_hint, transfer.kind, transfer.memo) == (None, "TRANSFER", "[Savings]")
    assert market.parts == (("Food", -4000, "Bread"), ("Household:Cleaning", -2000, ""))
    assert rows[0].index == 17


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["31/12/2023", "01/02/2024"], ["2023-12-31", "2024-02-01"]),
        (["12/31/2023", "01/02/2024"], ["2023-12-31", "2024-01-02"]),
        (["2023-12-31", "2024-02-01"], ["2023-12-31", "2024-02-01"]),
        (["1/ 2' 4", "12/31'05"], ["2004-01-02", "2005-12-31"]),
        (["1/2/98", "12/31/99"], ["1998-01-02", "1999-12-31"]),
        (["03.11.25", "04.11.25"], ["2025-11-03", "2025-11-04"]),
        (["31.1.24"], ["2024-01-31"]),
        (["2/14'2020", "2/10'2020"], ["2020-02-14", "2020-02-10"]),
        (
            ["05/01/24", "06/01/24", "07/01/24", "13/01/24"],
            ["2024-01-05", "2024-01-06", "2024-01-07", "2024-01-13"],
        ),
        (["4 Feb 2024"], ["2024-02-04"]),
    ],
)
def test_date_orders(texts, days):
    rows, _ = read(bank(*(f"D{text}\nT1.00\nPx" for text in texts)))
    assert [str(row.date) for row in rows] == days


def test_an_order_that_is_guessed_is_said_once():
    rows, statements = read(
        bank("D1/2/2024\nT1.00", "D3/4/2024\nT1.00") + b"\n!Type:CCard\nD5/6/2024\nT1.00\n^\n"
    )
    assert [str(row.date) for row in rows] == ["2024-01-02", "2024-03-04", "2024-05-06"]
    warnings = [warning for statement in statements for warning in statement.warnings]
    assert [w.code for w in warnings] == ["date_order"]
    assert "'1/2/2024' is read as 02 January 2024" in warnings[0].message
    assert [s.account_hint for s in statements] == [None, "CCard"]


@pytest.mark.parametrize(
    ("texts", "amounts"),
    [
        (["-1,000.00", "12.5"], [-100000, 1250]),
        (["-1.000,00", "12,5"], [-100000, 1250]),
        (["-1,234,567.89"], [-123456789]),
        (["1,000"], [100000]),
        (["-98,40"], [-9840]),
    ],
)
def test_decimal_marks(texts, amounts):
    rows, _ = read(bank(*(f"D2024-01-31\nT{text}\nPx" for text in texts)))
    assert [row.amount for row in rows] == amounts


def test_the_account_says_how_many_digits():
    rows, _ = read(bank("D2024-01-31\nT-1500"), "JPY")
    assert (rows[0].amount, rows[0].currency) == (-1500, "JPY")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("D2024-13-41\nT1.00", "The date '2024-13-41' can't be read."),
        ("T1.00\nPx", "There is no date"),
        ("D2024-01-31\nPx", "There is no amount"),
        ("D2024-01-31\nTabc", "'abc' is not an amount."),
        ("D2024-01-31\nT1.00\nD2024-02-01\nT2.00", "a line with \\^ is missing"),
        ("D2024-01-31\nT1.00\nSx\n$oops", "In a split: 'oops'"),
    ],
)
def test_broken_records_are_error_rows(record, reason):
    rows, statements = read(bank(record))
    assert [row.status for row in rows] == ["error"]
    assert re.search(reason, rows[0].reason)
    assert statements[0].error_count == 1


def test_splits_that_do_not_add_up_are_text_only():
    (row,), _ = read(bank("D2024-01-31\nT-10.00\nSFood\n$-4.00\nSHome\n$-5.00"))
    assert (row.status, row.parts, row.category_hint) == ("booked", (), None)
    assert "don't add up" in row.reason
    assert row.memo == "Food; Home"


def test_the_last_record_needs_no_mark():
    rows, _ = read(b"!Type:Bank\r\nD2024-01-31\r\nT1.00\r\nPx")
    assert [(row.status, row.payee) for row in rows] == [("booked", "x")]


def test_lists_alone_hold_no_transactions():
    with pytest.raises(
        MalformedStatement, match=r"x\.qif holds no transactions; it holds categories \(1\)\."
    ):
        read(b"!Type:Cat\nNFood\n^\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "cp1250"])
def test_encodings(encoding):
    text = "Łódź śledź żółć" if encoding == "cp1250" else "Bäckerei Größe Überweisung"
    rows, _ = read(f"!Type:Bank\nD31.01.2024\nT-1,00\nP{text}\n^\n".encode(encoding))
    assert rows[0].payee == text


def test_limits(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 3)
    with pytest.raises(FileTooLarge, match="more than 3"):
        read(bank(*["D2024-01-31\nT1.00"] * 4))
    with pytest.raises(FileTooLarge, match="line 2: the line is longer"):
        list(read_qif(b"!Type:Bank\nP" + b"a" * 300_000))
    (row,), _ = read(bank("D2024-01-31\nT1.00" + "\nSa\n$1.00" * 1500))
    assert "more than 1,000 splits" in row.reason


records = st.builds(
    tuple,
    st.tuples(
        st.dates(dt.date(1971, 1, 1), dt.date(2069, 12, 31)),
        st.integers(-(10**9), 10**9),
        st.text("abc äöß&<>;,.'\"-/", max_size=40).map(str.strip),
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(records, min_size=1, max_size=20),
    st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%m/%d'%Y"]),
    st.sampled_from(["", ","]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_generated_files_come_back(rows, pattern, group, end):
    # One day above 12 leaves the order of American dates in no doubt.
    rows = [(dt.date(2024, 3, 31), -1, "sure"), *rows]
    lines = ["!Type:Bank"]
    for day, amount, payee in rows:
        lines += [f"D{day.strftime(pattern)}", f"T{Decimal(amount) / 100:{group}.2f}", f"P{payee}", "^"]
    found, (statement,) = read(end.join(lines).encode())
    assert [(row.date, row.amount, row.status) for row in found] == [(d, a, "booked") for d, a, _ in rows]
    assert [row.payee for row in found] == [payee for _, _, payee in rows]
    assert statement.booked_total == {"": sum(amount for _, amount, _ in rows)}


fragments = st.sampled_from(
    ["!Type:Bank", "!Type:CCard", "!Type:Invst", "!Account", "!Option:AutoSwitch", "!Clear:AutoSwitch", "!Type:Cat",
     "!", "D1/2/2024", "D", "T-1.00", "T", "U1", "$1.00", "Sx", "S[y]", "Ez", "^", "^^", "N1", "NVisa", "L[A]", "La/b",
     "Ax", "POpening Balance", "\x00", "é", "", " ", "/1/1'24"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(fragments, max_size=40), st.binary(max_size=60))
def test_hostile_files_end_in_rows_or_a_named_error(pieces, tail):
    statements: list[Statement] = []
    try:
        rows = list(read_qif("\n".join(["!Type:Bank", *pieces]).encode() + tail, "x.qif", statements))
    except RecallerError:
        return
    for row in rows:
        assert row.status != "booked" or (row.date is not None and row.amount is not None)
        assert row.status == "booked" or row.reason
        assert not row.parts or sum(part[1] for part in row.parts) == row.amount
    assert sum(s.booked_count for s in statements) == sum(row.status == "booked" for row in rows)
