"""MT940 files: the shared ones to the cent and as another parser reads them, texts, code pages, hostile bytes."""

import datetime as dt
import io
import logging
import re
from decimal import Decimal
from pathlib import Path

import mt940
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.core.errors import RecallerError
from recaller.core.money import to_decimal
from recaller.domain.statements import (
    FileTooLarge,
    MalformedStatement,
    Statement,
    UnsupportedFormat,
    detect,
    limits,
    read_mt940,
    read_rows,
)
from recaller.domain.statements.model import StatementRow
from tests.unit.statements.shared_data import EXPECTED, content, names, needs_shared

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "statements"
DAY = dt.date.fromisoformat
HEAD = ":20:STARTUMS\r\n:25:{0}\r\n:28C:1/1\r\n:60F:C240101EUR0,00\r\n"


def read(data: bytes) -> tuple[list[StatementRow], list[Statement]]:
    statements: list[Statement] = []
    assert detect(data, "x.sta").format == "mt940"
    return list(read_rows(data, "x.sta", statements=statements)), statements


def one(entry: str, info: str = "", encoding: str = "utf-8") -> StatementRow:
    body = f"{HEAD.format('123/456')}:61:{entry}\r\n" + (f":86:{info}\r\n" if info else "") + "-\r\n"
    (row,), _ = read(body.encode(encoding))
    return row


@needs_shared
@pytest.mark.parametrize("name", names("mt940"))
def test_figures_are_as_expected(name):
    rows, statements = read(content(name))
    expected = EXPECTED[name]["expected"]
    assert (len(statements), len(rows)) == (expected["statements"], expected["count"])
    assert {row.status for row in rows} == {"booked"}
    for statement, figures in zip(statements, expected["per_statement"], strict=True):
        opening, currency = figures["open"].split()
        assert statement.currency == currency
        assert statement.booked_count == figures["n"]
        assert to_decimal(statement.booked_total[currency], currency) == Decimal(figures["total"])
        assert to_decimal(statement.opening_balance, currency) == Decimal(opening)
        assert to_decimal(statement.closing_balance, currency) == Decimal(figures["close"].split()[0])
        told = [w for w in statement.warnings if w.code == "does_not_reconcile"]
        assert bool(told) != figures["reconciles"]
        if told:
            closing = Decimal(figures["close"].split()[0])
            difference = abs(closing - Decimal(opening) - Decimal(figures["total"]))
            assert f"does not reconcile by {difference:,} {currency}" in told[0].message


@needs_shared
@pytest.mark.parametrize("name", names("mt940"))
def test_agrees_with_another_parser(name):
    logging.disable(logging.CRITICAL)
    try:
        data = content(name).decode().replace("\r\n", "\n")
        theirs = list(mt940.parse(io.StringIO(data)))
    finally:
        logging.disable(logging.NOTSET)
    rows, _ = read(content(name))
    assert [to_decimal(row.amount, row.currency) for row in rows] == [
        other.data["amount"].amount for other in theirs if other.data.get("amount") is not None
    ]
    if "february" not in name:
        assert [row.value_date for row in rows] == [other.data["date"] for other in theirs]


@needs_shared
def test_the_thirtieth_of_february_is_booked_on_its_entry_date_and_said():
    (row,), (statement,) = read(content("mt940/february_30.sta"))
    assert (row.date, row.value_date, row.status, row.amount) == (DAY("2016-03-01"), None, "booked", -600)
    assert row.reason == "The value date 160230 is no date: booked on its entry date 2016-03-01."
    assert (row.memo, row.kind) == ("Pauschalen", "ENTGELTABSCHLUSS")
    assert statement.warnings == []


@needs_shared
def test_texts_of_the_shared_files():
    rows, _ = read(content("mt940/three_currencies.sta"))
    assert (rows[12].payee, rows[12].memo) == ("MUELLER", "Gehalt Oktober FirmaMustermannGmbH")
    assert rows[13].payee == "HUTA SZKLA TOPIC UL PRZEMY SLOWA 67 32-669 WROCLAW"
    assert rows[13].reference == "8327000090031789"
    assert rows[15].kind == "Uznanie kwotą odsetek"
    rows, (statement,) = read(content("mt940/sberbank_hu.sta"))
    assert rows[0].payee == "ERGO Versicherung AG Fioktelep"
    assert [w.code for w in statement.warnings] == ["encoding"]
    rows, _ = read(content("mt940/mbank_pl.sta"))
    assert [row.reference for row in rows] == ["MB170119012058", "MB170119012085", "MB170119012121"]
    assert rows[0].memo.startswith("911 TRANSAKCJA COLLECT; ID IPH: XX000000000001;")


def test_german_and_dutch_texts_marks_and_two_currencies_of_one_account():
    rows, statements = read((FIXTURES / "german_structured.sta").read_bytes())
    assert [(s.account_hint, s.currency, s.opening_balance, s.warnings) for s in statements] == [
        ("10020030/1234567", "EUR", 100000, []),
        ("10020030/1234567 USD", "USD", -1000, []),
    ]
    power, gift, credit_back, debit_back, other = rows
    assert (power.payee, power.memo) == (
        "STADTWERKE MUSTERSTADT GMBH & CO KG",
        "Electricity for January 2024",
    )
    assert (power.reference, power.kind) == ("BANKREF1", "SEPA-LASTSCHRIFT")
    assert (gift.date, gift.value_date, gift.amount) == (DAY("2024-01-02"), DAY("2023-12-31"), 10000)
    assert (credit_back.amount, debit_back.amount) == (-500, 700)
    assert (debit_back.payee, debit_back.memo, debit_back.check_number) == (
        "Jan Jansen",
        "Rent February",
        "4711",
    )
    assert (other.account_hint, other.amount, other.index) == ("10020030/1234567 USD", 1000, 25)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250", "cp852", "iso8859_2"])
def test_polish_code_pages(encoding):
    text = "Przelew środków za żywność i łóżko, Łódź, ulica Świętokrzyska"
    row = one(
        "2401020102C1,00NTRFNONREF",
        f"020~00Wpłata~20{text[:27]}~21{text[27:54]}~22{text[54:]}~32Jan Żółć",
        encoding,
    )
    assert (row.memo, row.payee, row.kind) == (text, "Jan Żółć", "Wpłata")


@pytest.mark.parametrize(
    ("entry", "day", "value", "amount"),
    [
        ("2401020102C1,00NTRFX", "2024-01-02", "2024-01-02", 100),
        ("240102C1,NTRFX", "2024-01-02", "2024-01-02", 100),
        ("2312290103D1,5NTRFX", "2024-01-03", "2023-12-29", -150),
        ("2401021229D1,50NTRFX", "2023-12-29", "2024-01-02", -150),
        ("240102    CR1234567,89NTRFX", "2024-01-02", "2024-01-02", 123456789),
        ("240230C1,00NTRFX", "2024-02-29", "2024-02-29", 100),
        ("2402300230C1,00NTRFX", "2024-02-29", "2024-02-29", 100),
        ("2401020000C1.50NTRFX", "2024-01-02", "2024-01-02", 150),
        ("990102C1,00NTRFX", "1999-01-02", "1999-01-02", 100),
    ],
)
def test_entry_lines(entry, day, value, amount):
    row = one(entry)
    assert (row.status, str(row.date), str(row.value_date), row.amount) == ("booked", day, value, amount)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("garbage", r"The entry line \(:61:\) 'garbage' can't be read"),
        ("241301C1,00NTRFX", "The value date 241301 is no date"),
        ("2401020102C1,0,0NTRFX", "'1,0,0'"),
        ("2401020102CNTRFX", "can't be read"),
        ("2401020102C" + "9" * 20 + ",00NTRFX", "too large"),
    ],
)
def test_broken_entries_are_error_rows(entry, reason):
    row = one(entry)
    assert row.status == "error"
    assert re.search(reason, row.reason)


def test_digits_beyond_the_currency_are_rounded_and_said():
    row = one("2401020102C1,125NTRFX")
    assert (row.amount, "rounded half-even" in row.reason) == (112, True)
    (row,), (statement,) = read(
        b":20:A\n:25:1\n:60F:C240101JPY100,\n:61:240102D30,NTRFX\n:62F:C240102JPY70,\n-\n"
    )
    assert (row.amount, statement.warnings) == (-30, [])


def test_interim_reports_are_pending():
    data = b":20:A\n:25:1\n:28C:1\n:34F:EUR0,\n:13D:2401021200+0100\n:61:2401020102C1,00NTRFX\n:86:x\n-\n"
    (row,), (statement,) = read(data)
    assert (row.status, row.currency, statement.pending_total) == ("pending", "EUR", {"EUR": 100})


def test_a_missing_end_is_said():
    rows, (statement,) = read((HEAD.format("1") + ":61:2401020102C1,00NTRFX\r\n").encode())
    assert len(rows) == 1
    assert [w.code for w in statement.warnings] == ["cut_off"]


def test_unreadable_balances_are_said():
    _, (statement,) = read(b":20:A\n:25:1\n:60F:lots\n:61:240102D30,NTRFX\n:62F:C240102EUR70,\n-\n")
    assert [w.code for w in statement.warnings] == ["balance"]


def test_limits(monkeypatch):
    assert len(one("240102C1,00NTRFX", "\r\n".join(["x" * 200] * 5000)).memo) == limits.MAX_TEXT_CHARS
    monkeypatch.setattr(limits, "MAX_ROWS", 3)
    with pytest.raises(FileTooLarge, match="more than 3"):
        read((HEAD.format("1") + ":61:2401020102C1,00NTRFX\r\n" * 4).encode())
    monkeypatch.setattr(limits, "MAX_STATEMENTS", 3)
    with pytest.raises(FileTooLarge, match="more than 3 statements"):
        read(HEAD.format("1").encode() * 4)
    with pytest.raises(MalformedStatement):
        list(read_mt940(b"nothing"))


entries = st.lists(
    st.tuples(
        st.dates(dt.date(1971, 1, 1), dt.date(2069, 12, 31)),
        st.integers(-(10**12), 10**12),
        st.text("abcABC äöß.,+()'", max_size=80).map(str.strip),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(entries, st.sampled_from(["EUR", "JPY", "KWD"])), min_size=1, max_size=4),
    st.booleans(),
)
def test_generated_files_come_back_and_reconcile(blocks, envelope):
    lines: list[str] = []

    def money(minor: int, currency: str) -> str:
        whole, _, fraction = f"{to_decimal(abs(minor), currency):f}".partition(".")
        return f"{whole},{fraction}"

    for rows, currency in blocks:
        lines += ["{1:F01X}{2:O940}{4:"] if envelope else []
        lines += [":20:S", ":25:DE1", ":28C:1/1", f":60F:D240101{currency}{money(500, currency)}"]
        for day, amount, text in rows:
            lines.append(
                f":61:{day:%y%m%d%m%d}{'D' if amount < 0 else 'C'}{money(amount, currency)}NTRFNONREF"
            )
            lines += [":86:" + text[:65], text[65:]]
        total = sum(amount for _, amount, _ in rows) - 500
        mark = "D" if total < 0 else "C"
        lines += [f":62F:{mark}240101{currency}{money(total, currency)}", "-}" if envelope else "-"]
    found, statements = read("\r\n".join(lines).encode())
    assert [s.warnings for s in statements] == [[]] * len(blocks)
    assert [s.booked_total.get(s.currency, 0) for s in statements] == [
        sum(r[1] for r in b) for b, _ in blocks
    ]
    flat = [(day, amount, currency) for rows, currency in blocks for day, amount, _ in rows]
    assert [(row.date, row.amount, row.currency) for row in found] == flat
    assert len({s.account_hint for s in statements}) == len({currency for _, currency in blocks})


fragments = st.sampled_from(
    [":20:X", ":25:1/2", ":60F:C240101EUR1,00", ":60F:", ":61:2401010101C1,00NTRFX", ":61:", ":61:2402300230D1,NTRF",
     ":86:",
     ":86:105?00A?20B?32C", ":86:?", ":86:105?", "?20x", "/NAME/a/REMI/b", ":NS:15x", ":62F:C240101EUR2,00", ":62F:D",
     "-",
     "-}", "{4:", "{1:F01}{4:", ":99:x", "\x01", "\x00", "é", "", ":34F:EUR1,", "~00", ":86:105~00a~20b"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(fragments, max_size=40), st.binary(max_size=60))
def test_hostile_files_end_in_rows_or_a_named_error(pieces, tail):
    statements: list[Statement] = []
    data = "\r\n".join([":20:A", ":25:1", *pieces]).encode() + tail
    try:
        rows = list(read_mt940(data, "x.sta", statements))
    except RecallerError:
        return
    for row in rows:
        assert row.status != "booked" or (row.date is not None and row.amount is not None)
        assert row.status != "error" or row.reason
        "".join((row.memo, row.payee, row.raw)).encode()
    assert sum(s.booked_count for s in statements) == sum(row.status == "booked" for row in rows)


def test_a_csv_that_speaks_of_tags_is_no_mt940():
    assert detect(b"date;text;amount\n2024-01-01;see :20: and :61:;1,00\n", "x.csv").format == "csv"
    with pytest.raises(UnsupportedFormat, match="binary file"):
        detect(b":20:A\n:25:1\n" + b"\0\1\2" * 50, "x.sta")
