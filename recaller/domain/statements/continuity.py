"""Several statements of one account in one file: put in order, and each held against the one before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from recaller.domain.statements.model import Statement, StatementWarning, written

# A file may hold a thousand statements; whoever has to look at so many breaks looks at the file.
MAX_BREAKS = 50


def in_order(statements: Sequence[Statement]) -> list[Statement]:
    """Return an account's statements, oldest first when all are dated, else as the file has them; copies once."""
    found: list[Statement] = []
    seen: set[tuple[object, ...]] = set()
    for one in statements:
        facts = (one.opening_balance, one.opening_date, one.closing_balance, one.closing_date)
        if facts != (None,) * 4 and facts in seen and not one.booked_count:
            continue
        seen.add(facts)
        found.append(one)
    days = [(one.closing_date, one.opening_date) for one in found]
    if all(closing is not None or opening is not None for closing, opening in days):
        found.sort(key=lambda one: one.closing_date or one.opening_date or dt.date.min)
    return found


def breaks_between(statements: Sequence[Statement]) -> list[StatementWarning]:
    """Return where a statement doesn't open with what the one before it closed with; `statements` are in order.

    Statements are told by their number in this order, from 1. Statements of overlapping days follow no other.
    """
    found: list[StatementWarning] = []
    for number, (before, after) in enumerate(pairwise(statements), start=1):
        if before.closing_balance is None or after.opening_balance is None:
            continue
        if before.currency != after.currency or _overlap(before, after):
            continue
        difference = after.opening_balance - before.closing_balance
        if not difference:
            continue
        if len(found) == MAX_BREAKS:
            found.append(
                StatementWarning("statements_apart", "More statements of the file do not follow each other.")
            )
            break
        currency = after.currency or ""
        apart, closing, opening = (
            written(minor, currency)
            for minor in (abs(difference), before.closing_balance, after.opening_balance)
        )
        found.append(
            StatementWarning(
                "statements_apart",
                f"The file does not reconcile by {apart} {currency}".rstrip()
                + f" between statement {number} and {number + 1}: one closes with {closing}{_on(before.closing_date)},"
                f" the next opens with {opening}{_on(after.opening_date)}. A statement between them may be missing.",
            )
        )
    return found


def _overlap(before: Statement, after: Statement) -> bool:
    return (
        before.closing_date is not None
        and after.opening_date is not None
        and after.opening_date < before.closing_date
    )


def _on(day: dt.date | None) -> str:
    return "" if day is None else f" on {day.isoformat()}"
