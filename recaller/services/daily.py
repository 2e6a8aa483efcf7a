"""The contract of daily work: what a household's run gets, and how it names single items that went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from recaller.infra.work import Work


@dataclass(frozen=True, slots=True)
class ItemError:
    """One item that could not be done; the others of its household were."""

    entity: str
    entity_id: UUID
    space_id: UUID
    message: str


@dataclass(slots=True)
class ErrorLog:
    """Collects the items that went wrong in a run; they are kept with the run and shown to the household."""

    items: list[ItemError] = field(default_factory=list)

    def add(self, entity: str, entity_id: UUID, space_id: UUID, message: str) -> None:
        """Note that this item could not be done, and why (a sentence for people, no contents of others)."""
        self.items.append(ItemError(entity, entity_id, space_id, message[:500]))


# Runs one household's share inside one unit of work over all its spaces, whose clock is the tick's and whose zone is
# the household's (so `w.today` is its own date). Returns counts for the log, as in {"posted": 3}. Whatever it raises
# undoes this household's run only; it is recorded and tried again.
DailyRun = Callable[[Work, ErrorLog], Mapping[str, int]]
