"""Reads a CSV by its mapping, as a stream: rows, the opening and closing balances around them, what doesn't
add up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from recaller.domain.statements.csv_labels import read_preamble
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_records import records
from recaller.domain.statements.csv_rows import RowBuilder, continued
from recaller.domain.statements.csv_vocabulary import plain
from recaller.domain.statements.model import Statement, StatementRow
from recaller.domain.statements.names import display_name


def read_csv(
    content: bytes, mapping: CsvMapping, filename: str = "the file", statements: list[Statement] | None = None
) -> Iterator[StatementRow]:
    """Yield a row for each record from the mapping's first row on; blank lines are left out.

    Amounts are minor units of the row's currency, else of the mapping's default (two digits when none is
    known), rounded half-even where the bank gave more digits (the row's reason says so). `statements`
    receives one Statement, complete once all rows were read. Raises ValidationFailed for a mapping that
    can't work, FileTooLarge and MalformedStatement; a record that can't be read is an `error` row.
    """
    mapping.check()
    name = display_name(filename)
    statement = Statement(currency=mapping.default_currency)
    if statements is not None:
        statements.append(statement)
    stream = records(content, mapping.encoding, mapping.delimiter, mapping.quote, name)
    before = list(itertools.islice(stream, mapping.first_row))
    preamble = before if mapping.header_row is None else before[: mapping.header_row]
    read_preamble((cells for _, cells in preamble), mapping, statement)
    builder = RowBuilder(mapping, statement, _pending_references(content, mapping, name))
    balances = _BalanceColumn()
    held: StatementRow | None = None
    for line, cells in stream:
        if not any(cells) or not any(cell.strip() for cell in cells):
            continue
        if mapping.continuation and held is not None and (more := builder.continuation(cells)) is not None:
            held = continued(held, more)
            continue
        if held is not None:
            statement.count(held)
            balances.note(held)
            yield held
        held = builder.row(line, cells)
    if held is not None:
        statement.count(held)
        balances.note(held)
        yield held
    if builder.broken_text:
        statement.warn("encoding", f"Some characters don't fit the encoding {mapping.encoding}.")
    if len(statement.booked_total) == 1 and statement.currency is None:
        statement.currency = next(iter(statement.booked_total)) or None
    statement.reconcile()
    balances.close(statement)


def preview(content: bytes, mapping: CsvMapping, limit: int = 20) -> list[StatementRow]:
    """Return the first rows that the mapping gives, for a page where the user corrects it."""
    return list(itertools.islice(read_csv(content, mapping), limit))


def _pending_references(content: bytes, mapping: CsvMapping, filename: str) -> frozenset[str]:
    """Return the references of pending rows, so that the rows that undo them don't count either."""
    status, reference = mapping.status, mapping.reference
    if mapping.related is None or status is None or reference is None:
        return frozenset()
    pending = {plain(value) for value in mapping.pending_values}
    stream = records(content, mapping.encoding, mapping.delimiter, mapping.quote, filename)
    width = max(status, reference)
    found = (
        cells[reference].strip()
        for _, cells in itertools.islice(stream, mapping.first_row, None)
        if len(cells) > width and plain(cells[status]) in pending
    )
    return frozenset(found) - {""}


class _BalanceColumn:
    """The first and last booked rows with a balance: the later one closes the statement."""

    def __init__(self) -> None:
        self._first: StatementRow | None = None
        self._last: StatementRow | None = None

    def note(self, row: StatementRow) -> None:
        if row.status != "booked":
            return
        if self._first is None:
            self._first = row
        self._last = row

    def close(self, statement: Statement) -> None:
        """Set the period, and the closing balance where the file states none but in its rows."""
        first, last = self._first, self._last
        if first is None or last is None or first.date is None or last.date is None:
            return
        early, late = sorted((first, last), key=lambda row: row.date or row.index)
        if statement.period_start is None:
            statement.period_start, statement.period_end = early.date, late.date
        if (
            statement.closing_balance is None
            and late.balance is not None
            and (early.date != late.date or first is last)
        ):
            statement.closing_balance, statement.closing_date = late.balance, late.date
