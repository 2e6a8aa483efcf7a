"""Finds out how to read an unknown CSV; what it had to guess stands in the mapping's doubts for the user to
look at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from recaller.domain.statements import csv_columns
from recaller.domain.statements.amounts import looks_like_amount
from recaller.domain.statements.csv_conventions import date_order
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_records import records
from recaller.domain.statements.csv_vocabulary import ROLE_NAMES, keyword_hits, known_header, plain, role_rank
from recaller.domain.statements.dates import looks_like_date
from recaller.domain.statements.encoding import choose_encoding
from recaller.domain.statements.errors import EmptyFile, MalformedStatement
from recaller.domain.statements.model import Doubt
from recaller.domain.statements.names import display_name

_HEAD_RECORDS = 400
_SAMPLE_RECORDS = 20_000
_SAMPLE_CELLS = 400_000
_HEADER_WITHIN = 60
_TRIED_DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to cut the file: the delimiter, its first records, how many look like transactions."""

    delimiter: str
    head: list[list[str]]
    transactions: int
    width: int


def sniff_csv(content: bytes, filename: str = "the file") -> CsvMapping:
    """Return the likeliest mapping; its `doubts` name the guesses.

    Raises EmptyFile, FileTooLarge, and MalformedStatement when no table with a date and an amount is found.
    """
    name = display_name(filename)
    encoding, confidence = choose_encoding(content, keyword_hits)
    doubts = [Doubt("encoding", f"The encoding is probably {encoding}: look at accented letters.")]
    layout = _choose_layout(content, encoding, name)
    header_row = _find_header(layout.head)
    first_row = header_row + 1 if header_row is not None else _first_transaction(layout.head)
    header = (
        tuple(cell.strip().lstrip("\ufeff") for cell in layout.head[header_row])
        if header_row is not None
        else ()
    )
    stream = records(content, encoding, layout.delimiter, '"', name)
    size = min(_SAMPLE_RECORDS, _SAMPLE_CELLS // layout.width)
    sample = [cells for _, cells in itertools.islice(stream, first_row, first_row + size) if any(cells)]
    if not sample and header_row is None:
        raise MalformedStatement(f"{name} is a table without transactions: no row has a date and an amount.")
    preamble = layout.head[: header_row if header_row is not None else first_row]
    mapping, found = csv_columns.assign(
        CsvMapping(
            encoding=encoding,
            delimiter=layout.delimiter,
            header_row=header_row,
            first_row=first_row,
            header=tuple(cell[:80] for cell in header),
        ),
        header,
        sample,
        preamble,
    )
    if mapping.date is not None and next(stream, None) is not None:
        found = [doubt for doubt in found if doubt.field != "date_order"]
        mapping = replace(mapping, date_order=date_order(mapping, _all_dates(content, mapping, name), found))
    if mapping.date is None or (mapping.amount is None and mapping.debit is None and mapping.credit is None):
        lacking = "a date" if mapping.date is None else "an amount"
        found.append(
            Doubt("date" if mapping.date is None else "amount", f"No column with {lacking} was recognised.")
        )
    return csv_columns.with_doubts(mapping, (doubts if confidence < 0.7 else []) + found)


def _all_dates(content: bytes, mapping: CsvMapping, name: str) -> list[str]:
    """Return the texts of the date column from all rows, runs of the same one once."""
    at = mapping.date or 0
    stream = records(content, mapping.encoding, mapping.delimiter, mapping.quote, name)
    rows = itertools.islice(stream, mapping.first_row, None)
    return [text for text, _ in itertools.groupby(cells[at].strip() for _, cells in rows if at < len(cells))]


def _choose_layout(content: bytes, encoding: str, name: str) -> _Layout:
    best: _Layout | None = None
    error: MalformedStatement | None = None
    for delimiter in _TRIED_DELIMITERS:
        head: list[list[str]] = []
        try:
            for _, cells in itertools.islice(records(content, encoding, delimiter, '"', name), _HEAD_RECORDS):
                head.append(cells)
        except MalformedStatement as failure:
            error = failure
            continue
        transactions = sum(map(_is_transaction, head))
        widths = [len(cells) for cells in head if len(cells) > 1]
        layout = _Layout(delimiter, head, transactions, max(set(widths), key=widths.count) if widths else 1)
        if layout.width > 1 and (best is None or _rank(layout) > _rank(best)):
            best = layout
    if best is None:
        if error is not None:
            raise error
        if not content.strip():
            raise EmptyFile(f"{name} is empty.")
        raise MalformedStatement(f"{name} is no table: no column separator was found.")
    return best


def _rank(layout: _Layout) -> tuple[int, int, int]:
    header = max((sum(map(known_header, cells)) for cells in layout.head[:_HEADER_WITHIN]), default=0)
    return layout.transactions, header, layout.width


def _is_transaction(cells: list[str]) -> bool:
    """Tell whether a record has a date and, in another cell, an amount."""
    dates = amounts = 0
    for cell in map(str.strip, cells[:60]):
        if cell and len(cell) <= 40 and any(char.isdecimal() for char in cell):
            if looks_like_date(cell):
                dates += 1
            elif looks_like_amount(cell):
                amounts += 1
    return dates > 0 and amounts > 0


def count_transactions(rows: Iterable[list[str]]) -> int:
    """Return how many records have a date and an amount."""
    return sum(map(_is_transaction, rows))


def _find_header(head: list[list[str]]) -> int | None:
    """Return the record with the column names: known words for a date and more, no dates and amounts."""
    best: tuple[int, int] | None = None
    for position, cells in enumerate(head[:_HEADER_WITHIN]):
        names = [cell.lstrip("\ufeff").strip(' "') for cell in cells]
        known = sum(1 for cell in names if cell and known_header(cell))
        dated = any(role_rank("date", cell) is not None for cell in names)
        if known >= 2 and dated and not _is_transaction(cells) and (best is None or known > best[0]):
            best = known, position
    if best is not None:
        return best[1]
    return _unknown_header(head)


def _unknown_header(head: list[list[str]]) -> int | None:
    """Return the record right above the first transaction when all its cells are distinct words."""
    first = _first_transaction(head)
    above = next((at for at in range(first - 1, -1, -1) if any(head[at])), None)
    if above is None or first >= len(head):
        return None
    names = [cell.strip() for cell in head[above] if cell.strip()]
    wordy = all(any(char.isalpha() for char in name) and not looks_like_date(name) for name in names)
    full = len(names) >= max(2, len([cell for cell in head[first] if cell.strip()]) - 1)
    return above if wordy and full and len({plain(name) for name in names}) == len(names) else None


def _first_transaction(head: list[list[str]]) -> int:
    return next((at for at, cells in enumerate(head) if _is_transaction(cells)), 0)


def header_roles(header: tuple[str, ...]) -> dict[str, list[int]]:
    """Return, per role, the columns whose names can mean it, likeliest first (for a page that offers
    choices).
    """
    roles: dict[str, list[int]] = {}
    for role in ROLE_NAMES:
        ranked = [(rank, at) for at, cell in enumerate(header) if (rank := role_rank(role, cell)) is not None]
        if ranked:
            roles[role] = [at for _, at in sorted(ranked)]
    return roles
