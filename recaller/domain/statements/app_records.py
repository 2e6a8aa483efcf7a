"""What exports of other applications share: records by column names, categories, tags, and splits joined of parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recaller.domain.statements.csv_vocabulary import plain
from recaller.domain.statements.model import RowPart, StatementRow

MAX_TAGS = 20
_NO_CATEGORY = frozenset({
    "", "uncategorized", "uncategorised", "inflow ready to assign", "inflow to be budgeted", "ready to assign",
    "income available this month", "income available next month", "starting balances", "balance adjustments",
})  # fmt: skip
_MOVES_MONEY = frozenset({"transfer", "transfers", "credit card payment", "credit card payments"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the export: its line, its cells by the plain names of their columns."""

    line: int
    cells: dict[str, str]
    raw: str

    def get(self, *names: str) -> str:
        """Return the first of these cells that has a text."""
        return next((text for name in names if (text := self.cells.get(name, ""))), "")


def category_of(path: str) -> str | None:
    """Return "group:category" or "category", None for the many ways to say that there is none."""
    return None if plain(path) in _NO_CATEGORY else ":".join(part.strip() for part in path.split(":"))[:255]


def category_or_transfer(category: str) -> dict[str, object]:
    """Return the members of a row whose category may only say that money moved between accounts."""
    moves = plain(category) in _MOVES_MONEY
    return {"category_hint": None if moves else category_of(category), "kind": "TRANSFER" if moves else None}


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a cell that parts them by commas."""
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in text.split(",")))))[:MAX_TAGS]


def belong_together(group: Sequence[Record], column: str, pattern: re.Pattern[str], count: int) -> bool:
    """Tell whether these records are all parts of one split: numbered through, of one account and day."""
    found = [pattern.match(record.get(column)) for record in group]
    numbers = {int(match[1]) for match in found if match and int(match[2]) == count}
    places = {(record.get("account"), record.get("date")) for record in group}
    return len(group) == count and numbers == set(range(1, count + 1)) and len(places) == 1


def joined(rows: Sequence[StatementRow], memo: str) -> StatementRow:
    """Return one split of the rows; an error among them makes the whole an error."""
    wrong = next((row for row in rows if row.status == "error"), None)
    if wrong is not None:
        return wrong
    first = next((row for row in rows if row.payee), rows[0])
    whole = replace(
        first,
        index=rows[0].index,
        memo=memo,
        amount=sum(row.amount or 0 for row in rows),
        foreign_amount=None,
        foreign_currency=None,
        transfer_hint=None,
        tags=tuple(dict.fromkeys(tag for row in rows for tag in row.tags))[:MAX_TAGS],
        raw=rows[0].raw,
    )
    return with_parts(whole, rows)


def with_parts(whole: StatementRow, rows: Sequence[StatementRow]) -> StatementRow:
    """Return the row with the others as its parts, when they add up to it."""
    parts: tuple[RowPart, ...] = tuple(
        (
            f"[{row.transfer_hint}]" if row.transfer_hint else row.category_hint,
            row.amount or 0,
            row.note or row.memo,
        )
        for row in rows
    )
    if whole.status == "error" or any(row.status == "error" for row in rows):
        return next((row for row in rows if row.status == "error"), whole)
    if not parts or sum(part[1] for part in parts) != whole.amount:
        return replace(whole, reason="The parts of the split don't add up to it: it is read as a whole.")
    return replace(whole, parts=parts, category_hint=None, transfer_hint=None)
