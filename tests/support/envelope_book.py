"""A household's money as plain Python, and a naive way of keeping its envelopes: posting by posting, day by day.

It knows nothing of sums per period or of the rule's formulas: each posting, assignment and period's end is carried
out on a heap of money and some envelopes, as one would do with cash on a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from recaller.domain.budgeting import Rollover

MONTHS = [date(2025 + index // 12, index % 12 + 1, 1) for index in range(24)]


def month_of(day: date) -> date:
    return day.replace(day=1)


@dataclass
class Entry:
    """A journal entry: (account or category, amount), which total zero."""

    day: date
    lines: list[tuple[str, int]]


@dataclass
class EnvelopeBook:
    """`parents`: category -> group (its own name at the top). `envelopes`: categories that have one, in order."""

    inside: set[str]
    parents: dict[str, str]
    envelopes: list[str]
    entries: dict[int, Entry] = field(default_factory=dict)
    given: dict[tuple[str, date], int] = field(default_factory=dict)
    rollovers: dict[str, list[tuple[date, Rollover]]] = field(default_factory=dict)

    def rollover(self, envelope: str, month: date) -> Rollover:
        """What holds at the end of that month."""
        return [one for since, one in self.rollovers[envelope] if since <= month][-1]

    def set_rollover(self, envelope: str, month: date, rollover: Rollover) -> None:
        kept = [(since, one) for since, one in self.rollovers[envelope] if since < month]
        self.rollovers[envelope] = [*kept, (month, rollover)]

    def owner(self, category: str) -> str | None:
        """Its own envelope, else the group's, else none."""
        if category in self.envelopes:
            return category
        parent = self.parents.get(category)
        return parent if parent in self.envelopes else None

    def counted(self, entry: Entry) -> bool:
        """Whether the budget's accounts take part."""
        return any(account in self.inside for account, _ in entry.lines)

    def money_until(self, day: date) -> int:
        """What all the accounts hold, counted anew."""
        return sum(
            amount
            for entry in self.entries.values()
            for account, amount in entry.lines
            if entry.day < day and account in self.inside
        )


def table_of(book: EnvelopeBook) -> list[tuple[int, dict[str, int]]]:
    """Return the heap and the envelopes at the end of every month."""
    heap = 0
    envelopes = dict.fromkeys(book.envelopes, 0)
    days = sorted(book.entries.values(), key=lambda entry: entry.day)
    found: list[tuple[int, dict[str, int]]] = []
    for entry in [one for one in days if one.day < MONTHS[0]]:
        for account, amount in entry.lines:
            heap += amount if account in book.inside else 0
    for month in MONTHS:
        for (envelope, when), amount in book.given.items():
            if when == month and envelope in envelopes:
                heap -= amount
                envelopes[envelope] += amount
        for entry in [one for one in days if month_of(one.day) == month]:
            for account, amount in entry.lines:
                if account in book.inside:
                    heap += amount
                    continue
                envelope = book.owner(account) if book.counted(entry) else None
                if envelope is not None:
                    # What was spent is taken out of the envelope and put back on the heap it was paid from.
                    envelopes[envelope] -= amount
                    heap += amount
        found.append((heap, dict(envelopes)))
        for envelope in book.envelopes:
            rule = book.rollover(envelope, month)
            if rule is Rollover.NONE or (rule is Rollover.SURPLUS and envelopes[envelope] < 0):
                heap += envelopes[envelope]
                envelopes[envelope] = 0
        for envelope in book.envelopes:
            if book.rollover(envelope, month) is not Rollover.POOL:
                continue
            if envelopes[envelope] < 0 and heap > 0:
                enough = heap >= -envelopes[envelope]
                heap, envelopes[envelope] = (
                    (heap + envelopes[envelope], 0) if enough else (0, envelopes[envelope] + heap)
                )
    return found
