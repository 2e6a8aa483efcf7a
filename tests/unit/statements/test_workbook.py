"""Workbooks: the sheet with the table, exact numbers, dates, preambles, and files that mean harm."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from openpyxl import Workbook

from recaller.domain.statements import (
    FileTooLarge,
    MalformedStatement,
    StatementRow,
    UnsafeFile,
    UnsupportedFormat,
    detect,
    read_csv,
    sniff_csv,
)
from recaller.domain.statements.workbook import check_workbook, read_workbook
from recaller.infra.workbooks import open_workbook
from tests.unit.statements.workbooks import replaced, xls, xlsx

HEADER = ("Date", "Payee", "Amount", "Currency")
ROWS = [
    HEADER,
    (dt.date(2026, 1, 2), "Baker", -3.5, "EUR"),
    (dt.datetime.fromisoformat("2026-01-03T14:05"), "Employer", 2500, "EUR"),
    (dt.date(2026, 1, 4), "=SUM(1)", -0.1 - 0.2, "EUR"),
]


def rows_of(content: bytes, name: str = "statement.xlsx", sheet: str | None = None) -> list[StatementRow]:
    table = open_workbook(content, name, sheet)
    return list(read_csv(table.content, sniff_csv(table.content, name), name))


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_dates_and_numbers_are_read_exactly(kind: str) -> None:
    plain = [*ROWS[:3], (dt.date(2026, 1, 4), "Rest", -0.1 - 0.2, "EUR")]
    content = xlsx({"Sheet": plain}) if kind == "xlsx" else xls(plain)
    assert detect(content, f"a.{kind}").format == kind
    rows = rows_of(content, f"a.{kind}")
    assert [(row.date, row.amount, row.payee) for row in rows] == [
        (dt.date(2026, 1, 2), -350, "Baker"),
        (dt.date(2026, 1, 3), 250000, "Employer"),
        (dt.date(2026, 1, 4), -30, "Rest"),
    ]


def test_no_cent_is_lost_to_binary_fractions() -> None:
    cents = [*range(1, 2000, 37), 999_999_999_999, 123_456_789_012]
    table = [HEADER, *((dt.date(2026, 1, 2), "x", float(Decimal(c) / 100), "EUR") for c in cents)]
    assert [row.amount for row in rows_of(xlsx({"A": table}))] == cents


def test_the_visible_sheet_with_the_table_is_chosen_and_another_can_be() -> None:
    other = [HEADER, *((dt.date(2025, 5, day), "Old", -1, "EUR") for day in range(1, 9))]

    def hide(book: Workbook) -> None:
        book["Archive"].sheet_state = "hidden"

    content = xlsx({"Notes": [("Hello",)], "Archive": other, "January": ROWS[:3]}, change=hide)
    table = open_workbook(content, "a.xlsx")
    assert table.sheet == "January"
    assert [(one.name, one.transactions, one.hidden) for one in table.sheets] == [
        ("Notes", 0, False),
        ("Archive", 8, True),
        ("January", 2, False),
    ]
    assert len(rows_of(content, sheet="Archive")) == 8
    with pytest.raises(MalformedStatement, match="no sheet"):
        open_workbook(content, "a.xlsx", "Nothing")


def test_a_preamble_and_headings_over_two_rows_are_understood() -> None:
    table = [
        ("Account statement", None, None, None),
        ("IBAN", "DE89370400440532013000", None, None),
        (None, None, None, None),
        ("Date", "Payee", "Amount", None),
        (None, None, "Debit", "Credit"),
        (dt.date(2026, 1, 2), "Baker", 3.5, None),
        (dt.date(2026, 1, 5), "Employer", None, 10.25),
    ]

    def merge(book: Workbook) -> None:
        for span in ("A1:D1", "A4:A5", "B4:B5", "C4:D4"):
            book["S"].merge_cells(span)

    rows = rows_of(xlsx({"S": table}, change=merge))
    assert [(row.date, row.amount, row.payee) for row in rows] == [
        (dt.date(2026, 1, 2), -350, "Baker"),
        (dt.date(2026, 1, 5), 1025, "Employer"),
    ]


def test_numbers_beside_amounts_kept_as_text_are_written_like_them() -> None:
    table = [
        ("Buchungstag", "Empfänger", "Betrag", "Saldo"),
        (dt.date(2026, 1, 2), "Bäcker", "-1.234,56", 100.5),
        (dt.date(2026, 1, 3), "Arbeit", "2.000,00", 2100.5),
    ]
    rows = rows_of(xlsx({"Umsätze": table}))
    assert [(row.amount, row.balance) for row in rows] == [(-123456, 10050), (200000, 210050)]


def test_formulas_are_never_run_and_text_that_looks_like_one_stays_text() -> None:
    content = xlsx({"A": [*ROWS[:2], (dt.date(2026, 1, 9), "=1+1", "=2+3", "EUR")]})
    rows = rows_of(content)
    assert (rows[0].status, rows[1].status, rows[1].amount) == ("booked", "error", None)
    csv = rows_of(xls([HEADER, (dt.date(2026, 1, 9), "@cmd", 5, "EUR")]), "a.xls")
    assert csv[0].payee == "@cmd"


def test_bombs_are_refused_before_they_are_parsed() -> None:
    good = xlsx({"A": ROWS})
    sheet = "xl/worksheets/sheet1.xml"
    bomb = replaced(
        good, sheet, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b" " * 80_000_000)
    )
    with pytest.raises(UnsafeFile):
        detect(bomb, "a.xlsx")
    with pytest.raises(UnsafeFile):
        check_workbook(bomb, "a.xlsx")
    lol = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    entities = replaced(good, sheet, lambda part: lol + part.partition(b"?>")[2])
    with pytest.raises(UnsafeFile, match="entities"):
        open_workbook(entities, "a.xlsx")
    far = replaced(good, sheet, lambda part: part.replace(b'r="A2"', b'r="XFD1048576"', 1))
    with pytest.raises(FileTooLarge, match="reaches to row"):
        open_workbook(far, "a.xlsx")


def test_an_old_workbook_with_far_cells_is_refused_for_its_size() -> None:
    rows: list[list[object | None]] = [[] for _ in range(65_535)]
    rows[0], rows[-1] = list(HEADER), [None] * 255 + [1]
    with pytest.raises(FileTooLarge):
        open_workbook(xls(rows), "a.xls")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "can't be opened"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4000, "can't be opened"),
    ],
)
def test_damaged_workbooks_are_told_as_such(content: bytes, message: str) -> None:
    with pytest.raises((MalformedStatement, FileTooLarge)) as caught:
        open_workbook(content, "bad.xls")
    assert message in str(caught.value) or "damaged" in str(caught.value)


def test_every_cut_of_a_workbook_is_refused_with_a_clear_error() -> None:
    for content in (xlsx({"A": ROWS}), xls(ROWS[:3])):
        for share in (3, 5, 8, 9):
            cut = content[: len(content) * share // 10]
            try:
                detect(cut, "cut")
                open_workbook(cut, "cut")
            except (MalformedStatement, UnsupportedFormat, FileTooLarge, UnsafeFile):
                continue


def test_a_page_named_xls_is_told_as_a_page() -> None:
    with pytest.raises(UnsupportedFormat, match="HTML"):
        detect(b"<html><table><tr><td>1</td></tr></table></html>", "statement.xls")
    assert detect(b"Date,Amount\n2026-01-02,5\n", "statement.xls").format == "csv"


def test_a_workbook_without_a_table_is_refused() -> None:
    with pytest.raises(MalformedStatement):
        rows_of(xlsx({"A": [("Hello",), ("World",)]}))
    assert read_workbook(xlsx({"A": ROWS}), "a.xlsx").sheet == "A"
