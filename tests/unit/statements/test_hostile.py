"""Hostile, broken and foreign files end in a clear error or an error row, soon and without a crash."""

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.core.errors import RecallerError, ValidationFailed
from recaller.domain.rates import read_reference_rates
from recaller.domain.statements import (
    CsvMapping,
    EmptyFile,
    FileTooLarge,
    MalformedStatement,
    StatementRejected,
    UnsafeFile,
    UnsupportedFormat,
    detect,
    escape_for_csv_export,
    limits,
    preview,
    read_csv,
    read_ofx,
    read_rows,
    reject_errors,
    sniff_csv,
)
from recaller.domain.statements.amounts import looks_like_amount
from recaller.domain.statements.model import StatementRow
from recaller.domain.statements.workbook import check_workbook
from tests.support.effort import within

OFX = "<OFX><STMTRS><CURDEF>EUR<BANKTRANLIST>{}</BANKTRANLIST></STMTRS></OFX>"
ROW = "<STMTTRN><DTPOSTED>20240102<TRNAMT>-1.00<FITID>{}<NAME>{}</STMTTRN>"


def ofx(*names: str) -> bytes:
    return OFX.format("".join(ROW.format(at, name) for at, name in enumerate(names))).encode()


def everything(content: bytes, name: str = "file") -> list[StatementRow]:
    return list(read_rows(content, name))


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty(content):
    with pytest.raises(EmptyFile, match=r"book\.csv is empty"):
        detect(content, "C:\\bank\\book.csv")


@pytest.mark.parametrize(
    ("content", "looks_like"),
    [
        (b"%PDF-1.7 x", "PDF document"),
        (archive(statement_xml=b"<x/>"), "ZIP archive"),
        (b"PK\x03\x04 and nothing else", "damaged ZIP archive"),
        (bytes(range(256)) * 20, "binary file"),
        (b"<!DOCTYPE html><html><table></table></html>", "HTML page"),
        (b'[{"date": "2024-01-01", "amount": 1}]', "JSON file"),
    ],
)  # fmt: skip
def test_foreign_kinds_are_named(content, looks_like):
    with pytest.raises(UnsupportedFormat) as caught:
        detect(content, "statement.csv")
    assert caught.value.looks_like == looks_like
    assert looks_like in caught.value.message
    assert "statement.csv" in caught.value.message


def test_zip_bomb_is_refused_unopened():
    bomb = archive(a_csv=bytes(60 * 1024 * 1024))
    assert len(bomb) < 100_000
    with pytest.raises(UnsafeFile, match="62,914,560 bytes"):
        within(1, lambda: detect(bomb, "bomb.zip"))


def test_too_large(monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1000)
    with pytest.raises(FileTooLarge, match="1,001 bytes"):
        detect(b"a" * 1001, "large.csv")
    with pytest.raises(FileTooLarge):
        list(read_ofx(io.BytesIO(ofx(*["x"] * 100))))


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 5)
    with pytest.raises(FileTooLarge, match="more than 5"):
        list(read_ofx(ofx(*"abcdef")))
    with pytest.raises(FileTooLarge, match="more than 5"):
        everything(b"date,amount\n" + b"2024-01-01,1.00\n" * 9)


@pytest.mark.parametrize("line", [b"a" * 300_000, b";" * 300_000, b'"' * 300_000, b'"' + b"a" * 300_000])
def test_huge_line(line):
    with pytest.raises(FileTooLarge, match=r"line 2: the line is longer"):
        within(2, lambda: everything(b"date;amount\n" + line + b"\n2024-01-01;1.00\n"))


def test_huge_quoted_text():
    content = b'date;amount;text\n2024-01-01;1.00;"' + b"word word\n" * 50_000
    with pytest.raises(MalformedStatement, match="line 2"):
        within(3, lambda: everything(content))


def test_too_many_columns():
    with pytest.raises(FileTooLarge, match="columns"):
        everything(b"date;amount\n2024-01-01;1.00" + b";" * 1000 + b"\n")


def test_deep_nesting():
    with pytest.raises(FileTooLarge, match="nested deeper"):
        within(2, lambda: list(read_ofx(b"<OFX>" + b"<A>" * 200_000)))
    with pytest.raises(FileTooLarge, match="nested deeper"):
        list(read_ofx(b"<OFX>" + b"<STMTTRNRS>" * 500))


def test_many_empty_unclosed_fields_in_each_row_are_no_nesting():
    row = "<STMTTRN><X.A><X.B><DTPOSTED>20240102<TRNAMT>-1.00<FITID>1<MEMO></STMTTRN>"
    assert len(list(read_ofx(OFX.format(row * 500).encode()))) == 500


def test_unknown_aggregate_does_not_overwrite_the_row():
    row = "<STMTTRN><DTPOSTED>20240102<TRNAMT>-1.00<FITID>1<X.OTHER><NAME>no<TRNAMT>9</X.OTHER><NAME>yes</STMTTRN>"
    (found,) = read_ofx(OFX.format(row).encode())
    assert (found.amount, found.payee) == (-100, "yes")


def test_entities_are_never_expanded():
    laughs = '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    (row,) = read_ofx((laughs + ofx("&b;&f;").decode()).encode())
    assert row.payee == "&b;&f;"


@pytest.mark.parametrize(
    "content",
    [
        b"<OFX>" + b"<!--" * 100_000,
        b"<OFX>" + b"<![CDATA[" * 100_000,
        b"<OFX>" + b"<" * 500_000,
        b"<OFX>" + b"<a " * 200_000,
        b"<OFX>" + b"</STMTTRN>" * 100_000,
        b"<OFX>" + b"<STMTTRN>" * 50_000,
        b"<OFX>" + b"x" * 5_000_000,
        b"<OFX><STMTTRN><NAME>" + b"&lt;" * 200_000,
    ],
    ids=["comments", "cdata", "angles", "half tags", "closings", "openings", "text", "references"],
)
def test_no_quadratic_time(content):
    def attempt():
        try:
            return list(read_ofx(content))
        except RecallerError as error:
            return error

    within(4, attempt)


LARGE = 200_000
# What a pattern that scans on from each of its starts would scan again and again.
REPEATED = [
    b"<c ", b"<x:c ", b"<Cube ", b"currency='EUR' ", b"<a ", b"<", b".", b",", b"'", b"0", b" ", b"\t", b"\n", b"&",
    b"/", b"AB12 ", b"1.", b"(", b"!", b"^", b"[", b"?2", b"EREF+", b":86:", b"<?xml encoding ", b"\xc3",
]  # fmt: skip
MT940 = b"\r\n:20:X\r\n:25:Y\r\n:60F:C240101EUR1,00\r\n"
ENTRY = b":61:2401010101D1,00NMSC\r\n:86:"
AROUND = {
    "bare": (b"", b""),
    "a CSV's amount": (b"date;payee;amount\n2024-01-01;x;", b"\n2024-01-02;y;1,00\n"),
    "a CSV's date": (b"date;payee;amount\n2024-01-02;y;1,00\n", b";x;1,00\n"),
    "a CSV's preamble": (b"Account;", b"\ndate;payee;amount\n2024-01-02;y;1,00\n"),
    "an OFX amount": (b"<OFX><STMTTRN><TRNAMT>", b"</STMTTRN>"),
    "a QIF category": (b"!Type:Bank\nD01/02/2024\nT1.00\nL", b"\n^\n"),
    "a QIF amount": (b"!Type:Bank\nD01/02/2024\nT", b"\n^\n"),
    "an MT940 entry": (MT940 + b":61:", b"\r\n:62F:C240101EUR1,00\r\n-\r\n"),
    "an MT940 text": (MT940 + ENTRY, b"\r\n:62F:C240101EUR1,00\r\n-\r\n"),
}


def repeated(piece: bytes) -> bytes:
    return (piece * (LARGE // len(piece) + 1))[:LARGE]


def refused_or_read(action) -> None:
    try:
        action()
    except RecallerError:
        return


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_no_reader_scans_a_large_file_again_and_again(around):
    before, after = around
    for piece in REPEATED:
        content = before + repeated(piece) + after
        within(2, lambda content=content: refused_or_read(lambda: everything(content)))
        # The same in lines that are not refused for their length.
        lines = content if b"\n" in piece else b"\n".join(repeated(piece)[:4000] for _ in range(50))
        within(2, lambda lines=lines: refused_or_read(lambda: everything(before + lines + after)))


@pytest.mark.parametrize("piece", REPEATED)
def test_a_sheet_is_looked_through_once(piece):
    made = archive(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=repeated(piece))
    within(2, lambda: refused_or_read(lambda: check_workbook(made, "book.xlsx")))


@pytest.mark.parametrize("piece", REPEATED)
def test_rates_are_looked_through_once(piece):
    for head in (b"", b"<", b"Date, USD\n2024-01-01,", b"<Cube time='2024-01-01'><Cube "):
        content = head + repeated(piece)
        within(2, lambda content=content: refused_or_read(lambda: list(read_reference_rates(content))))


@pytest.mark.parametrize("piece", REPEATED)
def test_an_amount_is_told_by_its_length_first(piece):
    within(0.5, lambda: looks_like_amount(repeated(piece).decode("latin-1")))


def test_the_far_cell_of_a_sheet_is_seen_with_or_without_a_prefix():
    for prefix in (b"", b"x:"):
        far = b"<row><" + prefix + b"c s='1' r='XFD1048576' t='n'/></row>"
        made = archive(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=far)
        with pytest.raises(FileTooLarge, match="reaches to row 1,048,576"):
            check_workbook(made, "book.xlsx")


def test_twenty_thousand_transactions_take_about_a_second():
    content = ofx(*[f"Payee {at}" for at in range(20_000)])
    assert len(within(3, lambda: list(read_ofx(content)))) == 20_000


def test_comments_and_cdata():
    row = "<STMTTRN><DTPOSTED>20240102<TRNAMT>-1.00<FITID>1<NAME><![CDATA[A & B <i>]]><!-- <NAME>no --></STMTTRN>"
    (found,) = read_ofx(OFX.format(row).encode())
    assert found.payee == "A & B <i>"


def test_chunks_do_not_cut_values():
    filler = (
        "<STMTTRN><DTPOSTED>20240102<TRNAMT>-1.00<FITID>{0}<NAME>Käufer {0} &amp; Söhne<MEMO>"
        + "m" * 97
        + "</STMTTRN>"
    )
    content = OFX.format("".join(filler.format(at) for at in range(5_000))).encode()
    rows = list(read_ofx(content))
    assert [row.payee for row in rows] == [f"Käufer {at} & Söhne" for at in range(5_000)]
    assert {row.memo for row in rows} == {"m" * 97}


def test_a_cut_file_is_an_error_not_a_loss():
    content = ofx("a", "b").replace(b"<NAME>b</STMTTRN></BANKTRANLIST></STMTRS></OFX>", b"<NA")
    statements = []
    rows = list(read_ofx(content, "cut.ofx", statements))
    assert [row.status for row in rows] == ["booked", "error"]
    assert "ends in the middle" in rows[1].reason
    assert [warning.code for warning in statements[0].warnings] == ["cut_off"]


def test_row_without_date_or_amount():
    rows = list(read_ofx(OFX.format("<STMTTRN><FITID>1<NAME>x</STMTTRN>").encode()))
    assert rows[0].status == "error"
    assert rows[0].reason == "The transaction has no amount (TRNAMT). The date (DTPOSTED) is missing."


@pytest.mark.parametrize("text", ["1e5", "NaN", "inf", "١٢", "1_000", "0x10", "--5", "1.2.3", "", "9" * 40])
def test_amounts_that_are_none(text):
    (row,) = read_ofx(ofx("x").replace(b"-1.00", text.encode()))
    assert row.status == "error"
    (row,) = read_csv(f"d,a\n2024-01-01,{text}\n".encode(), CsvMapping(date=0, amount=1))
    assert row.status == "error"


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1+1", "-2", "@SUM(A1)", "<script>alert(1)</script>"])
def test_formulas_and_markup_stay_text(text):
    content = f'date;payee;amount\n2024-01-01;"{text}";-1,00\n2024-01-02;x;2,00\n'.encode()
    row = everything(content)[0]
    assert (row.payee, row.amount) == (text, -100)
    exported = escape_for_csv_export(text)
    assert exported.lstrip("'") == text
    assert not exported.startswith(("=", "+", "-", "@"))


def test_control_characters_are_cleaned():
    (row,) = read_csv(b"d,p,a\n2024-01-01,a\0b\x07c\td,1.00\n", CsvMapping(date=0, payee=(1,), amount=2))
    assert row.payee == "abc d"
    assert "\0" not in row.raw
    (row,) = read_ofx(ofx("a&#0;b&#xD800;c\0d"))
    assert row.payee == "a�b�cd"


def test_errors_name_file_row_and_reason():
    content = b"date;payee;amount\n2024-01-01;a;1.00\n2024-02-30;b;2.00\n"
    with pytest.raises(
        StatementRejected, match=r"may\.csv, row 3: The date '2024-02-30' can't be read"
    ) as caught:
        list(reject_errors(read_csv(content, sniff_csv(content), "may.csv"), "may.csv"))
    assert (caught.value.row, caught.value.status) == (3, 422)


def test_a_wrong_decimal_mark_is_an_error_not_a_factor():
    content = b"date;amount\n2024-01-01;12,34\n2024-01-02;1.234,56\n"
    rows = list(read_csv(content, CsvMapping(delimiter=";", date=0, amount=1, decimal_mark=".")))
    assert [row.status for row in rows] == ["error", "error"]
    assert "'12,34'" in rows[0].reason


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "date"),
        ({"date": 0}, "amount"),
        ({"date": 0, "amount": 1, "credit": 2}, "amount"),
        ({"date": -1, "amount": 1}, "date"),
        ({"date": True, "amount": 1}, "date"),
        ({"date": 0, "amount": 10**9}, "amount"),
        ({"date": 0, "amount": 1, "delimiter": ""}, "delimiter"),
        ({"date": 0, "amount": 1, "delimiter": "\n"}, "delimiter"),
        ({"date": 0, "amount": 1, "encoding": "rot13"}, "encoding"),
        ({"date": 0, "amount": 1, "encoding": "../x"}, "encoding"),
        ({"date": 0, "amount": 1, "date_order": "YDM"}, "date_order"),
        ({"date": 0, "amount": 1, "decimal_mark": "x"}, "decimal_mark"),
        ({"date": 0, "amount": 1, "sign": "maybe"}, "sign"),
        ({"date": 0, "amount": 1, "default_currency": "EURO"}, "default_currency"),
        ({"date": 0, "amount": 1, "memo": "x"}, "memo"),
        ({"date": 0, "amount": 1, "in_values": ["a"], "out_values": ["A"]}, "in_values"),
        ({"date": 0, "amount": 1, "header_row": 5}, "first_row"),
        ({"date": 0, "amount": 1, "evil": 1}, "evil"),
        ({"date": 0, "amount": 1, "quote": "ab"}, "quote"),
        ({"date": 0, "amount": 1, "minor_units": "yes"}, "minor_units"),
    ],
)
def test_bad_mappings_name_the_member(members, field):
    with pytest.raises(ValidationFailed) as caught:
        CsvMapping.from_json(json.dumps(members))
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["", "[]", "nul", "[" * 50_000, '{"date": 1e999}'])
def test_bad_mapping_json(text):
    with pytest.raises(ValidationFailed):
        CsvMapping.from_json(text)


def test_preview_reads_no_further():
    content = b"date,amount\n" + b"2024-01-01,1.00\n" * 100_000
    rows = within(1, lambda: preview(content, CsvMapping(date=0, amount=1), 3))
    assert [row.index for row in rows] == [2, 3, 4]


fragments = st.sampled_from(
    ["<OFX>", "<STMTRS>", "<STMTTRN>", "</STMTTRN>", "<TRNAMT>", "<DTPOSTED>20240101", "-1.00", "<CURDEF>JPY", "&amp;",
     "<![CDATA[", "]]>", "<!--", "-->", "<", ">", "date", "amount", ";", ",", '"', "\n", "\r", "2024-01-02",
     "31.12.2024",
     "1.234,56", "Opening balance", "Pending", "\t", "é", "\0", "EUR", "credit", "debit", "-", "D", "C"]
)  # fmt: skip


def survives(content: bytes) -> None:
    try:
        rows = everything(content)
    except RecallerError:
        return
    for row in rows:
        assert row.status in ("booked", "pending", "skipped", "error")
        assert row.status != "booked" or (row.date is not None and row.amount is not None)
        assert row.status not in ("error", "skipped") or row.reason
        texts = [
            row.payee,
            row.memo,
            row.raw,
            row.reason or "",
            row.reference or "",
            row.account_hint or "",
            *row.tags,
        ]
        assert not any("\0" in text for text in texts)
        "".join(texts).encode()


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes(content):
    survives(content)
    survives(b"<OFX><STMTTRN>" + content)
    survives(b"date;payee;amount\n2024-01-01;a;1,00\n" + content)


@settings(max_examples=500, deadline=None)
@given(st.lists(fragments, max_size=60), st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_random_fragments(pieces, encoding):
    survives("".join(pieces).encode(encoding, errors="replace"))
    survives(("date;text;amount\n2024-01-01;a;1,00\n" + "".join(pieces)).encode(encoding, errors="replace"))
