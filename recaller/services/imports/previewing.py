"""Shows what a column mapping would make of an uploaded CSV, before anything is staged."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from recaller.core.errors import RecallerError, ValidationFailed
from recaller.domain.statements import TABLE_FORMATS, CsvMapping, StatementRow, preview
from recaller.domain.statements.csv_records import records
from recaller.infra.work import Work
from recaller.services.imports.staging import with_account_currency
from recaller.services.imports.uploading import read_content, table_of
from recaller.services.imports.views import batch_row

PREVIEW_ROWS = 8
SAMPLES = 3
_SAMPLED_ROWS = 60
_SAMPLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column of the file: its heading (empty without a header row) and its first values, as written."""

    index: int
    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappingPreview:
    """The file's columns and its first rows under a mapping; `field` and `message` say what is wrong with it."""

    columns: tuple[ColumnSample, ...]
    rows: tuple[StatementRow, ...]
    header: tuple[str, ...]
    field: str = ""
    message: str = ""


def preview_mapping(w: Work, batch_id: UUID, members: Mapping[str, Any]) -> MappingPreview:
    """Return the first rows that the mapping gives; what is wrong with the mapping is told, not raised.

    Raises Conflict once the import is settled, ValidationFailed for members that no file could be cut with.
    """
    row = batch_row(w, batch_id)
    if row.format not in TABLE_FORMATS:
        raise ValidationFailed("mapping", "Only a CSV or a workbook has columns to map.")
    sheet = (row.options or {}).get("sheet")
    content, _ = table_of(read_content(w, batch_id), row.filename, row.format, sheet)
    cut = CsvMapping.from_members(dict(members) | _ANY_COLUMNS)
    try:
        head = [
            cells
            for _, cells in itertools.islice(
                records(content, cut.encoding, cut.delimiter, cut.quote, row.filename),
                cut.first_row + _SAMPLED_ROWS,
            )
        ]
    except RecallerError as error:
        return MappingPreview((), (), (), "delimiter", error.message)
    header = head[cut.header_row] if cut.header_row is not None and cut.header_row < len(head) else []
    columns = _columns(header, [cells for cells in head[cut.first_row :] if any(cells)])
    names = tuple(name.strip()[:80] for name in header)
    try:
        mapping = with_account_currency(w, CsvMapping.from_members(dict(members)), row.account_id)
        rows = tuple(preview(content, mapping, PREVIEW_ROWS))
    except ValidationFailed as error:
        return MappingPreview(columns, (), names, error.field, error.message)
    except RecallerError as error:
        return MappingPreview(columns, (), names, "mapping", error.message)
    wrong = next((one for one in rows if one.status == "error"), None)
    if wrong is not None:
        return MappingPreview(columns, rows, names, "mapping", f"Row {wrong.index}: {wrong.reason}")
    return MappingPreview(columns, rows, names)


def with_header(members: Mapping[str, Any], header: tuple[str, ...]) -> dict[str, Any]:
    """Return the mapping with the column names that its header row has."""
    mapping = CsvMapping.from_members(dict(members))
    return dict(members) | {"header": list(replace(mapping, header=header).header)}


# Cutting the file into columns needs none of them chosen; a mapping that lacks one is still shown.
_ANY_COLUMNS: dict[str, Any] = {
    "date": 0,
    "amount": 0,
    "debit": None,
    "credit": None,
    "in_values": [],
    "out_values": [],
}


def _columns(header: list[str], rows: list[list[str]]) -> tuple[ColumnSample, ...]:
    width = max([len(header), *(len(cells) for cells in rows)], default=0)
    return tuple(
        ColumnSample(
            index,
            header[index].strip().lstrip("\ufeff")[:_SAMPLE_CHARS] if index < len(header) else "",
            tuple(
                itertools.islice(
                    dict.fromkeys(
                        cells[index].strip()[:_SAMPLE_CHARS]
                        for cells in rows
                        if index < len(cells) and cells[index].strip()
                    ),
                    SAMPLES,
                )
            ),
        )
        for index in range(width)
    )
