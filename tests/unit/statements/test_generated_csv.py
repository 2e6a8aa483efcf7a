"""Generated bank files of any delimiter, encoding, date order, decimal mark and sign come back as they were."""

import csv
import datetime as dt
import io
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.domain.statements import CsvMapping, read_csv, sniff_csv

LETTERS = {
    "utf-8": "äöüßéèçñłżőřåøčşžабв日本",
    "utf-8-sig": "äöüßéèçñłżőřåøčşžабв日本",
    "utf-16": "äöüßéèłżабв日本",
    "cp1252": "äöüßéèçñåøæ",
    "cp1250": "łżśćńőűřčž",
}
FORMATS = {"DMY": "%d{0}%m{0}%Y", "MDY": "%m{0}%d{0}%Y", "YMD": "%Y{0}%m{0}%d"}


@dataclass(frozen=True)
class Style:
    encoding: str
    delimiter: str
    order: str
    separator: str
    short_year: bool
    mark: str
    grouped: bool
    sign: str
    line_end: str
    preamble: int


@dataclass(frozen=True)
class Booking:
    date: dt.date
    amount: int
    payee: str
    memo: str


styles = st.builds(
    Style,
    encoding=st.sampled_from(sorted(LETTERS)),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    order=st.sampled_from(sorted(FORMATS)),
    separator=st.sampled_from([".", "/", "-"]),
    short_year=st.booleans(),
    mark=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    sign=st.sampled_from(["signed", "inverted", "debit_credit", "direction", "trailing", "parentheses"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r\r\n"]),
    preamble=st.integers(0, 4),
)


def bookings(encoding: str) -> st.SearchStrategy[list[Booking]]:
    letters = LETTERS[encoding] + "abcdefgh ABC=+-@'&<>\";,|/0123456789"
    text = st.text(letters, max_size=30).map(str.strip)
    return st.lists(
        st.builds(
            Booking,
            date=st.dates(dt.date(1971, 1, 1), dt.date(2069, 12, 31)),
            amount=st.integers(-(10**9), 10**9).filter(bool),
            payee=text,
            memo=text,
        ),
        min_size=1,
        max_size=8,
    )


def unquoted(text: str) -> str:
    return text.replace('"', "").strip()


def money(minor: int, style: Style) -> str:
    whole, fraction = divmod(abs(minor), 100)
    group = "." if style.mark == "," else ","
    shown = f"{whole:,}".replace(",", group) if style.grouped else str(whole)
    return f"{shown}{style.mark}{fraction:02}"


def render(rows: list[Booking], style: Style) -> bytes:
    pattern = FORMATS[style.order].format(style.separator)
    if style.short_year and style.order != "YMD":
        pattern = pattern.replace("%Y", "%y")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=style.delimiter, lineterminator=style.line_end)
    for number in range(style.preamble):
        writer.writerow([f"Export {number}"])
    kinds = {"debit_credit": ["Debit", "Credit"], "direction": ["Amount", "D/C"]}
    writer.writerow(["Booking date", "Payee", "Memo", *kinds.get(style.sign, ["Amount"])])
    for row in rows:
        text = money(row.amount, style)
        minus = "-" if row.amount < 0 else ""
        cells = {
            "signed": [minus + text],
            "inverted": [("" if row.amount < 0 else "-") + text],
            "debit_credit": [text, ""] if row.amount < 0 else ["", text],
            "direction": [text, "D" if row.amount < 0 else "C"],
            "trailing": [text + minus],
            "parentheses": [f"({text})" if row.amount < 0 else text],
        }[style.sign]
        writer.writerow([row.date.strftime(pattern), row.payee, row.memo, *cells])
    return out.getvalue().encode(style.encoding)


def truth(style: Style) -> CsvMapping:
    split = style.sign == "debit_credit"
    return CsvMapping(
        encoding=style.encoding,
        delimiter=style.delimiter,
        header_row=style.preamble,
        first_row=style.preamble + 1,
        date=0,
        payee=(1,),
        memo=(2,),
        amount=None if split else 3,
        debit=3 if split else None,
        credit=4 if split else None,
        direction=4 if style.sign == "direction" else None,
        in_values=("C",),
        out_values=("D",),
        date_order=style.order,
        decimal_mark=style.mark,
        sign="inverted" if style.sign == "inverted" else "normal",
        default_currency="EUR",
    )


def seen(content: bytes, mapping: CsvMapping) -> list[tuple[object, ...]]:
    return [
        (row.status, row.date, row.amount, row.payee, row.memo)
        for row in read_csv(content, replace(mapping, default_currency="EUR"))
    ]


def expected(rows: list[Booking]) -> list[tuple[object, ...]]:
    return [("booked", row.date, row.amount, row.payee, row.memo) for row in rows]


@settings(max_examples=250, deadline=None)
@given(st.data(), styles)
def test_reads_what_was_written(data, style):
    rows = data.draw(bookings(style.encoding))
    # A lone quote at an end of a text is repaired as a broken export, on purpose.
    rows = [replace(row, payee=unquoted(row.payee), memo=unquoted(row.memo)) for row in rows]
    mapping = CsvMapping.from_json(truth(style).to_json())
    assert seen(render(rows, style), mapping) == expected(rows)


@settings(max_examples=150, deadline=None)
@given(st.data(), styles.filter(lambda style: style.sign != "inverted" and style.encoding.startswith("utf")))
def test_finds_the_mapping_by_itself(data, style):
    rows = data.draw(bookings(style.encoding))
    # Words only, a day that no other order can read, and one negative amount: nothing is left to guess.
    style = replace(style, short_year=False)
    rows = [replace(row, payee=f"Shop {at}", memo="") for at, row in enumerate(rows)]
    rows = [
        Booking(dt.date(2024, 3, 31), -123456, "Rent", ""),
        Booking(dt.date(2024, 3, 30), 4, "Interest", ""),
        *rows,
    ]
    mapping = sniff_csv(render(rows, style))
    assert (mapping.delimiter, mapping.header_row) == (style.delimiter, style.preamble)
    assert seen(render(rows, style), mapping) == expected(rows)


@settings(max_examples=200, deadline=None)
@given(styles)
def test_mapping_survives_json(style):
    mapping = truth(style)
    assert CsvMapping.from_json(mapping.to_json()) == mapping
