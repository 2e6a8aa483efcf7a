"""One entrance for every format: what was detected decides which reader yields the rows."""

from __future__ import annotations

from collections.abc import Iterator

from recaller.domain.statements.app_exports import read_app
from recaller.domain.statements.camt import read_camt
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_read import read_csv
from recaller.domain.statements.csv_sniff import sniff_csv
from recaller.domain.statements.detect import detect
from recaller.domain.statements.model import Detection, Statement, StatementRow
from recaller.domain.statements.mt940 import read_mt940
from recaller.domain.statements.ofx import read_ofx
from recaller.domain.statements.qif import read_qif


def read_rows(
    content: bytes,
    filename: str,
    *,
    detection: Detection | None = None,
    mapping: CsvMapping | None = None,
    statements: list[Statement] | None = None,
    currency: str | None = None,
    app: str | None = None,
) -> Iterator[StatementRow]:
    """Yield the rows of a bank file of any format that can be read; CSV by `mapping`, else by a sniffed one.

    Of a workbook (xlsx, xls), `content` is a sheet of it as CSV (`read_workbook`).
    `app` names the application whose export a CSV is (a key of APPS). `currency` is that of amounts in formats that
    name none (QIF). `statements` receives what the file says about each account, complete once all rows were read.
    Raises the errors of `detect` and of the format's reader.
    """
    found = detection or detect(content, filename)
    match found.format:
        case "ofx":
            return read_ofx(content, filename, statements)
        case "qif":
            return read_qif(content, filename, statements, currency)
        case "mt940":
            return read_mt940(content, filename, statements)
        case "camt":
            return read_camt(content, filename, statements)
        case _:
            if app is not None:
                return read_app(app, content, mapping or sniff_csv(content, filename), filename, statements)
            return read_csv(content, mapping or sniff_csv(content, filename), filename, statements)
