"""Limit budgets: how much may be spent in a period, with what an earlier period left or lacked.

A limit holds from the period it is set for until another one is set. No money is set aside, so there is nothing to
be unassigned; the rollover `pool` belongs to envelopes and is refused for limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recaller.domain.budgeting.envelopes import Rollover


@dataclass(frozen=True, slots=True)
class LimitState:
    """A limit in a period, in minor units; `limit` None: none is set yet."""

    limit: int | None
    carried: int
    spent: int

    @property
    def allowed(self) -> int:
        """What may be spent in the period, carried amounts included."""
        return (self.limit or 0) + self.carried

    @property
    def left(self) -> int:
        """What may still be spent, negative when it is too much already."""
        return self.allowed - self.spent


def roll_limits(
    limits: Sequence[int | None], spent: Sequence[int], rollovers: Sequence[Rollover]
) -> list[LimitState]:
    """Return one line's state in each consecutive period; nothing is carried out of a period without a limit.

    `limits` has what was set for each period (None: nothing new), `rollovers` what happens at each one's end.
    """
    states: list[LimitState] = []
    standing: int | None = None
    carried = 0
    for given, used, rollover in zip(limits, spent, rollovers, strict=True):
        standing = given if given is not None else standing
        state = LimitState(standing, carried, used)
        states.append(state)
        if standing is None or rollover in (Rollover.NONE, Rollover.POOL):
            carried = 0
        else:
            carried = state.left if rollover is Rollover.BOTH else max(state.left, 0)
    return states
