"""Makes workbooks for tests: .xlsx by openpyxl, .xls by xlwt."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import xlwt
from openpyxl import Workbook

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: dict[str, Rows], *, change: Callable[[Workbook], None] | None = None) -> bytes:
    """Return a workbook with these sheets; `change` may hide or merge afterwards."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Rows, name: str = "Statement") -> bytes:
    """Return an old workbook with one sheet; dates get a date format."""
    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is None:
                continue
            sheet.write(at, column, cell, *([day] if isinstance(cell, dt.date) else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def replaced(content: bytes, path: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the .xlsx with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            new.writestr(entry.filename, change(part) if entry.filename == path else part)
    return out.getvalue()
