"""Transactions as columns, the form in which rules run over thousands of them: one list per fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from recaller.core.text import fold
from recaller.domain.rules.model import Field
from recaller.domain.rules.splitting import Part

# What rules may change of a transaction. 'category' is its whole other side: category, split or transfer; 'recurring'
# the date of a recurring item that it settles.
CHANGEABLE = ("category", "payee", "note", "tags", "recurring")

# A recurring item and one of its nominal dates.
Link = tuple[UUID, date]


@dataclass(frozen=True, slots=True)
class Content:
    """What rules can change of one transaction. Exactly one of the first three is set for a row that rules may touch.

    `parts` are (category, share of the amount in minor units, memo); `counter_id` is the other account of a transfer.
    `tags` are names, sorted; `link` is what it settles. A transfer across currencies, or a free journal, has neither.
    """

    shape: str
    category_id: UUID | None
    parts: tuple[Part, ...] | None
    counter_id: UUID | None
    payee: str
    note: str
    tags: tuple[str, ...]
    link: Link | None = None

    def side(self) -> tuple[object, ...]:
        """What 'category' stands for: everything but the own account's posting."""
        return self.shape, self.category_id, self.parts, self.counter_id


@dataclass(slots=True)
class Rows:
    """A batch of transactions. All lists have one length; `amount` is minor units of `currency`, signed.

    `by_hand` holds, for the rows that have any, which of CHANGEABLE somebody set by hand. `spent` holds the once-only
    rules that a row has seen already, `mirrored` the accounts in which the same money seems to be recorded already, the
    other way round, `links` what a row settles (read only where a rule links). Columns of what rules change are changed
    in place while the rules run.
    """

    ids: list[UUID]
    dates: list[date]
    amounts: list[int]
    currencies: list[str]
    accounts: list[UUID]
    shapes: list[str]
    counters: list[UUID | None]
    categories: list[UUID | None]
    payees: list[str]
    notes: list[str]
    bank_texts: list[str]
    parts: dict[int, tuple[Part, ...]] = field(default_factory=dict)
    tags: dict[int, tuple[str, ...]] = field(default_factory=dict)
    by_hand: dict[int, frozenset[str]] = field(default_factory=dict)
    spent: dict[int, frozenset[UUID]] = field(default_factory=dict)
    mirrored: dict[int, frozenset[UUID]] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    _folded: dict[Field, list[str]] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, which: Field) -> list[str]:
        """Return a text column in folded form; it is made when first asked for and kept up to date."""
        column = self._folded.get(which)
        if column is None:
            source = {
                Field.PAYEE: self.payees,
                Field.NOTE: self.notes,
                Field.BANK_TEXT: self.bank_texts,
            }[which]
            column = self._folded[which] = [self._fold(text) for text in source]
        return column

    def _fold(self, text: str) -> str:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = fold(text)
        return known

    def set_payee(self, index: int, payee: str) -> None:
        """Change the payee of one row."""
        self.payees[index] = payee
        if Field.PAYEE in self._folded:
            self._folded[Field.PAYEE][index] = self._fold(payee)

    def set_note(self, index: int, note: str) -> None:
        """Change the note of one row."""
        self.notes[index] = note
        if Field.NOTE in self._folded:
            self._folded[Field.NOTE][index] = self._fold(note)

    def content(self, index: int) -> Content:
        """Return what rules could change of one row, as it is now."""
        return Content(
            self.shapes[index],
            self.categories[index],
            self.parts.get(index),
            self.counters[index],
            self.payees[index],
            self.notes[index],
            self.tags.get(index, ()),
            self.links.get(index),
        )
