"""Envelope budgeting: every unit of money that the accounts hold lies in one envelope or is still unassigned.

The method is the household's cash in labelled envelopes, known as envelope or zero-based budgeting. Its algebra,
all in minor units of the budget's one currency, for each period t and envelope e:

    funds(t)        = funds(t-1) + change(t)               change: what the accounts' balances gained
    available(e, t) = carried(e, t) + assigned(e, t) - spent(e, t)
    inflow(t)       = change(t) + sum over e of spent(e, t)
    released(t)     = sum over e of (available(e, t-1) - carried(e, t))
    unassigned(t)   = unassigned(t-1) + released(t) + inflow(t) - sum over e of assigned(e, t)

`spent` is what left through an envelope's categories, refunds negative. `inflow` is every other movement of the
accounts: income, opening balances, transfers with accounts outside the budget, spending without an envelope. Money
that is moved is assigned once with + and once with -. Before the first period, unassigned = funds and each envelope
is empty. Adding the second and the last line over all envelopes gives, by induction and whatever the rollover,

    unassigned(t) = funds(t) - sum over e of available(e, t)      in every period, to the last minor unit,

because each rollover only decides which part of available(t-1) is carried on, and the rest is released.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Rollover(StrEnum):
    """What becomes of an envelope when its period ends.

    none: it starts empty; what was left goes back to unassigned, what was missing is taken from there.
    surplus: what was left stays in it; what was missing is taken from unassigned.
    both: what was left or missing stays in it.
    pool: what was left stays in it; what was missing is covered from unassigned as far as that reaches, in the
    order of the envelopes, and the rest stays missing in the envelope.
    """

    NONE = "none"
    SURPLUS = "surplus"
    BOTH = "both"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Envelope(Generic[Key]):
    """An envelope with the rollover at the end of each period, in the order in which a pool covers."""

    key: Key
    rollovers: Sequence[Rollover]


@dataclass(frozen=True, slots=True)
class PeriodFlows(Generic[Key]):
    """What happened in a period: `change` of the accounts' balances, money assigned (net of moves) and spent."""

    change: int
    assigned: Mapping[Key, int]
    spent: Mapping[Key, int]


@dataclass(frozen=True, slots=True)
class EnvelopeState:
    """An envelope at the end of a period; available = carried + assigned - spent."""

    carried: int
    assigned: int
    spent: int

    @property
    def available(self) -> int:
        """What is left in it, negative when it is overspent."""
        return self.carried + self.assigned - self.spent


@dataclass(frozen=True, slots=True)
class PeriodState(Generic[Key]):
    """A budget at the end of a period; `released` came back (+) or was taken (-) at the period's beginning."""

    funds: int
    inflow: int
    released: int
    unassigned: int
    envelopes: Mapping[Key, EnvelopeState]


def roll_envelopes(
    envelopes: Sequence[Envelope[Key]], opening_funds: int, flows: Sequence[PeriodFlows[Key]]
) -> list[PeriodState[Key]]:
    """Return the budget's state at the end of each consecutive period.

    `opening_funds` is what the accounts held before the first period. Each envelope's `rollovers` has an entry
    for every period (the last one is not used).
    """
    states: list[PeriodState[Key]] = []
    funds = unassigned = opening_funds
    carried = {envelope.key: 0 for envelope in envelopes}
    for number, flow in enumerate(flows):
        released = 0
        if states:
            carried = _carry(envelopes, number - 1, states[-1])
            released = sum(states[-1].envelopes[key].available - carried[key] for key in carried)
        found = {
            key: EnvelopeState(kept, flow.assigned.get(key, 0), flow.spent.get(key, 0))
            for key, kept in carried.items()
        }
        inflow = flow.change + sum(state.spent for state in found.values())
        funds += flow.change
        unassigned += released + inflow - sum(state.assigned for state in found.values())
        states.append(PeriodState(funds, inflow, released, unassigned, found))
    return states


def _carry(envelopes: Sequence[Envelope[Key]], number: int, ended: PeriodState[Key]) -> dict[Key, int]:
    """Return what each envelope takes into the next period; pools are covered last, from what all others left."""
    carried: dict[Key, int] = {}
    pool = ended.unassigned
    for envelope in envelopes:
        available, rollover = ended.envelopes[envelope.key].available, envelope.rollovers[number]
        kept = {
            Rollover.NONE: 0,
            Rollover.SURPLUS: max(available, 0),
            Rollover.BOTH: available,
            Rollover.POOL: available,
        }[rollover]
        carried[envelope.key] = kept
        pool += available - kept
    for envelope in envelopes:
        missing = -carried[envelope.key]
        if envelope.rollovers[number] is Rollover.POOL and missing > 0:
            covered = min(missing, max(pool, 0))
            carried[envelope.key] += covered
            pool -= covered
    return carried
