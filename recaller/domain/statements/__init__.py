"""Readers of bank files: pure functions from bytes to rows, statements and warnings, the same for every
format.
"""

from __future__ import annotations

from recaller.domain.statements.app_shapes import APPS, recognise_app
from recaller.domain.statements.camt import read_camt
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_read import preview, read_csv
from recaller.domain.statements.csv_sniff import header_roles, sniff_csv
from recaller.domain.statements.detect import detect
from recaller.domain.statements.errors import (
    EmptyFile,
    FileTooLarge,
    MalformedStatement,
    StatementError,
    StatementRejected,
    UnsafeFile,
    UnsupportedFormat,
)
from recaller.domain.statements.model import (
    TABLE_FORMATS,
    Detection,
    Doubt,
    Statement,
    StatementRow,
    StatementWarning,
    reject_errors,
)
from recaller.domain.statements.mt940 import read_mt940
from recaller.domain.statements.ofx import read_ofx
from recaller.domain.statements.qif import read_qif
from recaller.domain.statements.read import read_rows
from recaller.domain.statements.text import escape_for_csv_export

__all__ = [
    "APPS",
    "TABLE_FORMATS",
    "CsvMapping",
    "Detection",
    "Doubt",
    "EmptyFile",
    "FileTooLarge",
    "MalformedStatement",
    "Statement",
    "StatementError",
    "StatementRejected",
    "StatementRow",
    "StatementWarning",
    "UnsafeFile",
    "UnsupportedFormat",
    "detect",
    "escape_for_csv_export",
    "header_roles",
    "preview",
    "read_camt",
    "read_csv",
    "read_mt940",
    "read_ofx",
    "read_qif",
    "read_rows",
    "recognise_app",
    "reject_errors",
    "sniff_csv",
]
