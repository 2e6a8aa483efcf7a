"""What an occurrence is on a given day: expected, due, late, missed; whether an amount is as expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# Banks take a few days, weekends included; after that a bill is late, and then somebody should look.
LATE_AFTER_DAYS = 3
MISSED_AFTER_DAYS = 10


class State(StrEnum):
    """What became of an occurrence. LATE and MISSED are DUE seen from a later day; they are never stored."""

    SCHEDULED = "scheduled"
    DUE = "due"
    LATE = "late"
    MISSED = "missed"
    POSTED = "posted"
    PAID = "paid"
    DIFFERS = "differs"
    SKIPPED = "skipped"


# In the ledger already, so money isn't expected any more.
SETTLED = frozenset({State.POSTED, State.PAID, State.DIFFERS})
# Still expected.
OPEN = frozenset({State.SCHEDULED, State.DUE, State.LATE, State.MISSED})


def state_on(stored: str, posted_on: date, today: date) -> State:
    """Return how an occurrence stands on `today`: an open one is scheduled, due, late or missed by its date."""
    state = State(stored)
    if state not in (State.SCHEDULED, State.DUE):
        return state
    days = (today - posted_on).days
    if days < 0:
        return State.SCHEDULED
    if days <= LATE_AFTER_DAYS:
        return State.DUE
    return State.LATE if days <= MISSED_AFTER_DAYS else State.MISSED


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far an amount may lie from the expected one: minor units or whole percent, whichever allows more."""

    minor: int = 0
    percent: int = 0

    def allows(self, expected: int, actual: int) -> bool:
        """Whether `actual` counts as the expected amount (both signed minor units of one currency)."""
        if (expected > 0) != (actual > 0):
            return False
        return abs(actual - expected) * 100 <= max(self.minor * 100, abs(expected) * self.percent)


def settled_state(expected: int, actual: int, tolerance: Tolerance) -> State:
    """Return PAID when the amount is as expected, DIFFERS otherwise."""
    return State.PAID if tolerance.allows(expected, actual) else State.DIFFERS
