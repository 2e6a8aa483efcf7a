"""Opens Excel workbooks (.xlsx, .xls): checks them before parsing, picks the sheet with the table, gives it as CSV.

The CSV then goes through the same mapping as any other: dates are ISO, numbers are written exactly as Excel shows
them at its 15 digits, so that no cent is lost to binary fractions. Parsed by python-calamine, which runs no formulas:
a formula counts with the value stored beside it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from recaller.domain.statements import limits
from recaller.domain.statements.amounts import infer_decimal_mark, looks_like_amount
from recaller.domain.statements.csv_sniff import count_transactions
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement, UnsafeFile

MAX_CELLS = 4_000_000
MAX_SHEETS = 50
_MAX_PADDING = 200
_MERGED_WITHIN = 60
_PART = re.compile(r"xl/worksheets/[^/]+\.xml|xl/[A-Za-z]+\.xml")
# Never beyond the next "<": a text full of them is looked through once, not once for each.
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_BLANK = re.compile(r"[\r\n\t\x0b\x0c\x00]+")


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """A sheet as the user may pick it: how many rows look like transactions, whether the workbook hides it."""

    name: str
    transactions: int
    hidden: bool


@dataclass(frozen=True, slots=True)
class WorkbookTable:
    """The chosen sheet as CSV (UTF-8, comma), and all sheets there are."""

    sheet: str
    sheets: tuple[SheetFacts, ...]
    content: bytes


def check_workbook(content: bytes, name: str) -> None:
    """Raise UnsafeFile or FileTooLarge for an .xlsx that unpacks to too much or has cells too far out.

    Everything is unpacked once, counting: what the archive says of its own sizes may be a lie.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            left = limits.MAX_FILE_BYTES
            for entry in archive.infolist():
                if entry.is_dir() or not _PART.fullmatch(entry.filename):
                    continue
                with archive.open(entry) as stream:
                    part = stream.read(left + 1)
                left -= len(part)
                if left < 0:
                    raise UnsafeFile(
                        f"{name} unpacks to more than {limits.MAX_FILE_BYTES:,} bytes; it is refused."
                    )
                if b"<!DOCTYPE" in part[:65_536] or b"<!ENTITY" in part[:65_536]:
                    raise UnsafeFile(f"{name} declares XML entities, which no workbook needs; it is refused.")
                if entry.filename.startswith("xl/worksheets/"):
                    _check_extent(part, name)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as error:
        raise MalformedStatement(f"{name} is a damaged workbook.") from error


def _check_extent(part: bytes, name: str) -> None:
    """Refuse a sheet whose cells span more than can be held: one far cell makes a parser fill all before it."""
    right = bottom = 0
    for match in _CELL.finditer(part):
        column = 0
        for letter in match[1]:
            column = column * 26 + letter - 64
        right, bottom = max(right, column), max(bottom, int(match[2]))
    if right > limits.MAX_COLUMNS or bottom > limits.MAX_ROWS or right * bottom > MAX_CELLS:
        raise FileTooLarge(
            f"{name}: a sheet reaches to row {bottom:,}, column {right:,}; that is more than can be read."
        )


def read_workbook(content: bytes, name: str, sheet: str | None = None) -> WorkbookTable:
    """Return a sheet of the workbook as CSV: the one named, else the visible one with most transactions.

    Raises MalformedStatement when it can't be opened or has no such sheet, FileTooLarge past the limits. Memory isn't
    bounded here for .xls: run it where the process is (`recaller.infra.workbooks`).
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        metadata = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    except (CalamineError, OSError, ValueError) as error:
        raise MalformedStatement(f"{name} can't be opened as an Excel workbook ({_short(error)}).") from error
    if len(metadata) > MAX_SHEETS:
        raise FileTooLarge(f"{name} has {len(metadata)} sheets; the limit is {MAX_SHEETS}.")
    tables: dict[str, list[list[str]]] = {}
    facts: list[SheetFacts] = []
    for one in metadata:
        try:
            rows = _rows(book, one.name, name)
        except (CalamineError, OSError, ValueError) as error:
            raise MalformedStatement(
                f"{name}: sheet {one.name!r} can't be read ({_short(error)})."
            ) from error
        tables[one.name] = rows
        facts.append(
            SheetFacts(one.name[:100], count_transactions(rows), one.visible != SheetVisibleEnum.Visible)
        )
    if not facts:
        raise MalformedStatement(f"{name} has no sheet with a table.")
    chosen = (
        sheet or max(facts, key=lambda one: (one.transactions > 0 and not one.hidden, one.transactions)).name
    )
    if chosen not in tables:
        raise MalformedStatement(f"{name} has no sheet {chosen[:60]!r}.")
    return WorkbookTable(chosen, tuple(facts), _as_csv(tables[chosen]))


def _rows(book: CalamineWorkbook, sheet_name: str, name: str) -> list[list[str]]:
    sheet = book.get_sheet_by_name(sheet_name)
    if sheet.height * sheet.width > MAX_CELLS or sheet.width > limits.MAX_COLUMNS:
        raise FileTooLarge(f"{name}: sheet {sheet_name!r} has {sheet.height:,} x {sheet.width:,} cells.")
    cells = sheet.to_python(skip_empty_area=True)
    top, left = sheet.start or (0, 0)
    _fill_headings(cells, sheet.merged_cell_ranges or [], top, left)
    mark = _decimal_mark(cells)
    rows = [[_text(cell, mark) for cell in row] for row in cells]
    return [[] for _ in range(min(top, _MAX_PADDING))] + rows


def _fill_headings(cells: list[list[Any]], merged: Iterable[Any], top: int, left: int) -> None:
    """Repeat a heading that spans several rows in each of them: "Date" beside "Amount" over "Debit" and "Credit"."""
    for (first_row, column), (last_row, _) in merged:
        if last_row - top > _MERGED_WITHIN or first_row < top or column < left:
            continue
        for at in range(first_row - top + 1, last_row - top + 1):
            if at < len(cells) and column - left < len(cells[at]) and cells[at][column - left] == "":
                cells[at][column - left] = cells[first_row - top][column - left]


def _decimal_mark(cells: Sequence[Sequence[Any]]) -> str:
    """Return the mark that amounts kept as text use, so that numbers beside them are written alike."""
    texts = [
        cell for row in cells[:2000] for cell in row
        if isinstance(cell, str) and len(cell) < 30 and "," in cell and looks_like_amount(cell)
    ]  # fmt: skip
    mark, sure = infer_decimal_mark(texts)
    return "," if mark == "," and sure else "."


def _text(cell: Any, mark: str) -> str:
    if isinstance(cell, str):
        return _BLANK.sub(" ", cell).strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        # Excel keeps and shows 15 significant digits; what binary fractions add behind them is no part of the amount.
        number = format(Decimal(f"{cell:.15g}"), "f")
        if "." in number:
            number = number.rstrip("0").rstrip(".")
        return number.replace(".", mark)
    if isinstance(cell, dt.datetime):
        whole = cell.time() == dt.time()
        return cell.date().isoformat() if whole else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
