"""Envelopes under 24 months of random use: nothing is ever lost or made, and a naive table agrees to the cent."""

from __future__ import annotations

import sys
from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from recaller.domain.budgeting import Envelope, PeriodFlows, PeriodState, Rollover, envelopes, roll_envelopes
from tests.support.envelope_book import MONTHS, Entry, EnvelopeBook, month_of, table_of

EXAMPLES = 500
AMOUNTS = st.integers(1, 200_000)
MONTH = st.integers(0, 23)
PICK = st.integers(0, 10**6)
ROLLOVERS = st.sampled_from(Rollover)
PARENTS = {
    "Food": "Food", "Groceries": "Food", "Restaurants": "Food", "Home": "Home", "Rent": "Home", "Gifts": "Gifts",
    "Salary": "Salary",
}  # fmt: skip


def worked_out(book: EnvelopeBook) -> list[PeriodState[str]]:
    """Sum the book up per month, as the services do, and let the rule work it out."""
    spent: list[dict[str, int]] = [defaultdict(int) for _ in MONTHS]
    changes, opening = [0] * len(MONTHS), 0
    for entry in book.entries.values():
        change = sum(amount for account, amount in entry.lines if account in book.inside)
        if entry.day < MONTHS[0]:
            opening += change
            continue
        number = MONTHS.index(month_of(entry.day))
        changes[number] += change
        for account, amount in entry.lines:
            owner = None if account in book.inside or not book.counted(entry) else book.owner(account)
            if owner is not None:
                spent[number][owner] += amount
    flows = [
        PeriodFlows(
            changes[number], {key: book.given.get((key, month), 0) for key in book.envelopes}, spent[number]
        )
        for number, month in enumerate(MONTHS)
    ]
    rolled = [Envelope(key, [book.rollover(key, month) for month in MONTHS]) for key in book.envelopes]
    return roll_envelopes(rolled, opening, flows)


def check(book: EnvelopeBook) -> None:
    states, table = worked_out(book), table_of(book)
    for number, (state, (heap, naive)) in enumerate(zip(states, table, strict=True)):
        available = {key: one.available for key, one in state.envelopes.items()}
        after = MONTHS[number + 1] if number < 23 else date(2027, 1, 1)
        assert state.funds == book.money_until(after)
        assert state.unassigned == state.funds - sum(available.values())
        assert (state.unassigned, available) == (heap, naive)


class EnvelopeMachine(RuleBasedStateMachine):
    """Each rule is one thing that a household does with its money or its envelopes, in any month, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.book = EnvelopeBook({"Checking", "Cash"}, dict(PARENTS), ["Groceries", "Home", "Gifts"])
        for key in self.book.envelopes:
            self.book.rollovers[key] = [(MONTHS[0], Rollover.SURPLUS)]
        self.book.entries[0] = Entry(date(2024, 12, 15), [("Checking", 100_000), ("Opening", -100_000)])
        self.made = 0

    def record(self, month: int, pick: int, *lines: tuple[str, int]) -> None:
        first = MONTHS[month]
        day = first.replace(day=pick % monthrange(first.year, first.month)[1] + 1)
        self.made += 1
        self.book.entries[self.made] = Entry(day, list(lines))

    @rule(month=MONTH, pick=PICK, amount=AMOUNTS, category=st.sampled_from(["Salary", "Opening", "Savings"]))
    def money_comes_in(self, month: int, pick: int, amount: int, category: str) -> None:
        self.record(month, pick, ("Checking", amount), (category, -amount))

    @rule(month=MONTH, pick=PICK, amount=AMOUNTS, category=st.sampled_from([*PARENTS]))
    def spend(self, month: int, pick: int, amount: int, category: str) -> None:
        self.record(month, pick, ("Cash" if pick % 2 else "Checking", -amount), (category, amount))

    @rule(month=MONTH, pick=PICK, amount=AMOUNTS, other=AMOUNTS)
    def spend_for_two_things(self, month: int, pick: int, amount: int, other: int) -> None:
        self.record(month, pick, ("Checking", -amount - other), ("Groceries", amount), ("Gifts", other))

    @rule(month=MONTH, pick=PICK, amount=AMOUNTS, category=st.sampled_from(["Groceries", "Rent"]))
    def get_a_refund(self, month: int, pick: int, amount: int, category: str) -> None:
        self.record(month, pick, ("Checking", amount), (category, -amount))

    @rule(month=MONTH, pick=PICK, amount=AMOUNTS, category=st.sampled_from(["Savings", "Cash", "Groceries"]))
    def pay_from_elsewhere_or_transfer(self, month: int, pick: int, amount: int, category: str) -> None:
        payer = "Savings" if category == "Groceries" else "Checking"
        self.record(month, pick, (payer, -amount), (category, amount))

    @rule(pick=PICK, month=MONTH, amount=AMOUNTS)
    def edit_late(self, pick: int, month: int, amount: int) -> None:
        entry = self.book.entries.get(pick % (self.made + 1))
        if entry is not None and len(entry.lines) == 2:
            sign = 1 if entry.lines[0][1] > 0 else -1
            entry.lines = [(entry.lines[0][0], sign * amount), (entry.lines[1][0], -sign * amount)]
            entry.day = MONTHS[month]

    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        self.book.entries.pop(pick % (self.made + 1), None)

    @rule(month=MONTH, pick=PICK, amount=st.integers(-50_000, 200_000))
    def assign(self, month: int, pick: int, amount: int) -> None:
        if self.book.envelopes:
            self.book.given[self._one(pick), MONTHS[month]] = amount

    @rule(month=MONTH, source=PICK, goal=PICK, amount=AMOUNTS)
    def move(self, month: int, source: int, goal: int, amount: int) -> None:
        if not self.book.envelopes:
            return
        for key, change in ((self._one(source), -amount), (self._one(goal), amount)):
            at = (key, MONTHS[month])
            self.book.given[at] = self.book.given.get(at, 0) + change

    @rule(month=MONTH, pick=PICK)
    def cover(self, month: int, pick: int) -> None:
        if not self.book.envelopes:
            return
        key, state = self._one(pick), worked_out(self.book)[month]
        missing = -state.envelopes[key].available
        covered = min(missing, state.unassigned)
        if covered > 0:
            at = (key, MONTHS[month])
            self.book.given[at] = self.book.given.get(at, 0) + covered
            after = worked_out(self.book)[month]
            assert after.unassigned == state.unassigned - covered
            assert after.envelopes[key].available == covered - missing

    @rule(month=MONTH, pick=PICK, chosen=ROLLOVERS)
    def change_rollover(self, month: int, pick: int, chosen: Rollover) -> None:
        if self.book.envelopes:
            self.book.set_rollover(self._one(pick), MONTHS[month], chosen)

    @rule(
        category=st.sampled_from(["Groceries", "Restaurants", "Rent"]),
        group=st.sampled_from(["Food", "Home"]),
    )
    def move_category(self, category: str, group: str) -> None:
        self.book.parents[category] = group

    @rule(category=st.sampled_from([*PARENTS]), chosen=ROLLOVERS)
    def add_or_remove_an_envelope(self, category: str, chosen: Rollover) -> None:
        if category in self.book.envelopes:
            self.book.envelopes.remove(category)
        else:
            self.book.envelopes.append(category)
            self.book.rollovers.setdefault(category, [(MONTHS[0], chosen)])

    @invariant()
    def nothing_is_lost(self) -> None:
        check(self.book)

    def _one(self, pick: int) -> str:
        return self.book.envelopes[pick % len(self.book.envelopes)]


def run(examples: int, phases: Sequence[Phase] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        EnvelopeMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(1200)
def test_unassigned_is_always_funds_without_the_envelopes() -> None:
    run(EXAMPLES)


@pytest.mark.parametrize(
    ("rollover", "wrong"),
    [
        (Rollover.NONE, Rollover.SURPLUS),
        (Rollover.SURPLUS, Rollover.BOTH),
        (Rollover.BOTH, Rollover.SURPLUS),
        (Rollover.POOL, Rollover.SURPLUS),
    ],
)
def test_a_wrong_rollover_is_found(
    monkeypatch: pytest.MonkeyPatch, rollover: Rollover, wrong: Rollover
) -> None:
    carry = envelopes._carry

    def broken(kinds: Sequence[Envelope[str]], number: int, ended: PeriodState[str]) -> dict[str, int]:
        swapped = [
            Envelope(one.key, [wrong if rule is rollover else rule for rule in one.rollovers])
            for one in kinds
        ]
        return carry(swapped, number, ended)

    monkeypatch.setattr(envelopes, "_carry", broken)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run(EXAMPLES, [Phase.generate])


def test_what_is_carried_and_not_released_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what rollover gives back: money disappears, so unassigned is not what funds leave."""
    rolled = roll_envelopes

    def broken(kinds: Any, opening: int, flows: Any) -> list[PeriodState[str]]:
        found = rolled(kinds, opening, flows)
        lost = list(accumulate(state.released for state in found))
        return [
            replace(state, unassigned=state.unassigned - gone)
            for state, gone in zip(found, lost, strict=True)
        ]

    monkeypatch.setattr(sys.modules[__name__], "roll_envelopes", broken)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run(EXAMPLES, [Phase.generate])


def test_each_rollover_by_hand() -> None:
    """100 in, 60 to each envelope; the first keeps 10, the second lacks 40."""
    for rollover, carried, unassigned in (
        (Rollover.NONE, (0, 0), -50),
        (Rollover.SURPLUS, (10, 0), -60),
        (Rollover.BOTH, (10, -40), -20),
        # Nothing is unassigned (-20), so nothing can be covered.
        (Rollover.POOL, (10, -40), -20),
    ):
        rolled = [Envelope(key, [rollover] * 2) for key in ("a", "b")]
        first = PeriodFlows(-150, {"a": 60, "b": 60}, {"a": 50, "b": 100})
        ended, after = roll_envelopes(rolled, 100, [first, PeriodFlows(0, {}, {})])
        assert (ended.unassigned, ended.funds, ended.inflow) == (-20, -50, 0)
        assert tuple(one.carried for one in after.envelopes.values()) == carried
        assert after.unassigned == unassigned


def test_a_pool_covers_in_the_order_of_the_envelopes_as_far_as_it_reaches() -> None:
    rolled = [Envelope(key, [Rollover.POOL] * 2) for key in ("a", "b", "c")]
    first = PeriodFlows(-90, {}, {"a": 30, "b": 40, "c": 20})
    ended, after = roll_envelopes(rolled, 50, [first, PeriodFlows(0, {}, {})])
    assert (ended.unassigned, ended.funds) == (50, -40)
    assert [one.carried for one in after.envelopes.values()] == [0, -20, -20]
    assert (after.unassigned, after.released) == (0, -50)
