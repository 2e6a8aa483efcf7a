"""Envelopes on the real database under random use, always equal to the naive table of cash and envelopes."""

from __future__ import annotations

import os
import random
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict
from recaller.domain.budgeting import Rollover
from recaller.infra.work import work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    assign,
    budget_period,
    cover_overspending,
    create_budget,
    edit_line,
    list_moves,
    monthly,
    move_money,
    read_lines,
    remove_line,
    restore_line,
    undo_move,
)
from recaller.services.categories import create_category, edit_category, get_category
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    delete_transaction,
    record_transaction,
)
from tests.support.envelope_book import MONTHS, Entry, EnvelopeBook, table_of
from tests.support.households import Household

SEEDS = int(os.environ.get("RECALLER_WALK_SEEDS", "2"))
STEPS = int(os.environ.get("RECALLER_WALK_STEPS", "250")) // 2
ENVELOPES = ("Food", "Groceries", "Rent")
LOOKS = (0, 1, 7, 13, 23)
PARENTS = {
    "Food": "Food",
    "Groceries": "Food",
    "Snacks": "Food",
    "Home": "Home",
    "Rent": "Home",
    "Gifts": "Gifts",
}


class Walk:
    """One household, beside its plain book."""

    def __init__(self, household: Household, rng: random.Random) -> None:
        self.scope, self.rng = household.scope, rng
        self.book = EnvelopeBook({"Checking", "Cash"}, dict(PARENTS), list(ENVELOPES))
        self.keys: list[UUID] = []
        self.undoable: dict[UUID, dict[tuple[str, date], int]] = {}
        with self.work() as w:
            self.ids = {
                name: create_account(w, AccountDraft(name, "checking", "USD", private=name == "Own")).id
                for name in ("Checking", "Cash", "Savings", "Own")
            }
            for name in ("Food", "Home", "Gifts"):
                self.ids[name] = create_category(w, f"{name} of the walk", "expense").id
            for name in ("Groceries", "Snacks", "Rent"):
                parent = self.ids[PARENTS[name]]
                self.ids[name] = create_category(w, f"{name} of the walk", "expense", parent_id=parent).id
            self.ids["Salary"] = create_category(w, "Salary of the walk", "income").id
            covered = (self.ids["Checking"], self.ids["Cash"])
            lines = tuple(LineDraft(self.ids[name], None, Rollover.SURPLUS) for name in self.book.envelopes)
            draft = BudgetDraft(
                "Walk",
                "envelope",
                monthly(),
                starts_on=MONTHS[0],
                account_ids=covered,
                alert_percents=(),
                lines=lines,
            )
            self.budget = create_budget(w, draft).id
            for name, line in zip(self.book.envelopes, read_lines(w, self.budget), strict=True):
                self.ids["line " + name] = line.id
                self.book.rollovers[name] = [(MONTHS[0], Rollover.SURPLUS)]

    def work(self) -> Any:
        return work(self.scope, clock=lambda: datetime(2026, 12, 15, 12, tzinfo=UTC))

    def step(self) -> None:
        """Do one random thing in both."""
        names = ["earn", "spend", "spend", "spend", "transfer", "delete", "assign", "assign", "move", "cover", "undo",
                 "roll", "regroup", "take_out", "bring_back"]  # fmt: skip
        getattr(self, self.rng.choice(names))()

    def day(self) -> date:
        month = self.rng.choice([date(2024, 12, 1), *MONTHS])
        return month.replace(day=self.rng.randint(1, monthrange(month.year, month.month)[1]))

    def keep(self, made: UUID, day: date, *lines: tuple[str, int]) -> None:
        self.keys.append(made)
        self.book.entries[len(self.keys) - 1] = Entry(day, list(lines))

    def earn(self) -> None:
        self.entry("Checking", "Salary", self.rng.randint(1, 200_000))

    def spend(self) -> None:
        payer = self.rng.choice(["Checking", "Cash", "Savings", "Own"])
        sign = 1 if self.rng.random() < 0.1 else -1
        self.entry(payer, self.rng.choice(sorted(PARENTS)), sign * self.rng.randint(1, 40_000))

    def entry(self, account: str, category: str, amount: int) -> None:
        day = self.day()
        part = Part(self.ids[category], amount)
        with self.work() as w:
            made = record_transaction(w, EntryDraft(day, self.ids[account], amount, "x", (part,))).id
        self.keep(made, day, (account, amount), (category, -amount))

    def transfer(self) -> None:
        source, target = self.rng.sample(["Checking", "Cash", "Savings", "Own"], 2)
        day, amount = self.day(), self.rng.randint(1, 50_000)
        with self.work() as w:
            made = record_transaction(w, TransferDraft(day, self.ids[source], self.ids[target], amount)).id
        self.keep(made, day, (source, -amount), (target, amount))

    def delete(self) -> None:
        if self.book.entries:
            number = self.rng.choice(sorted(self.book.entries))
            del self.book.entries[number]
            with self.work() as w:
                delete_transaction(w, self.keys[number])

    def give(self, move: UUID, changes: dict[tuple[str, date], int]) -> None:
        for at, change in changes.items():
            self.book.given[at] = self.book.given.get(at, 0) + change
        self.undoable[move] = changes

    def assign(self) -> None:
        name, month, amount = (
            self.rng.choice(self.book.envelopes),
            self.rng.choice(MONTHS),
            self.rng.randint(-5_000, 40_000),
        )
        with self.work() as w:
            move = assign(w, self.ids["line " + name], month, amount)
        self.give(move.id, {(name, month): amount - self.book.given.get((name, month), 0)})

    def move(self) -> None:
        places = self.rng.sample([None, *self.book.envelopes], 2)
        month, amount = self.rng.choice(MONTHS), self.rng.randint(1, 20_000)
        source, target = (None if one is None else self.ids["line " + one] for one in places)
        with self.work() as w:
            move = move_money(w, self.budget, month, source=source, target=target, amount=amount)
        signs = zip(places, (-amount, amount), strict=True)
        self.give(move.id, {(one, month): change for one, change in signs if one is not None})

    def cover(self) -> None:
        name, month = self.rng.choice(self.book.envelopes), self.rng.choice(MONTHS)
        heap, envelopes = table_of(self.book)[MONTHS.index(month)]
        covered = min(-envelopes[name], heap)
        try:
            with self.work() as w:
                move = cover_overspending(w, self.ids["line " + name], month)
        except Conflict:
            assert covered <= 0
        else:
            self.give(move.id, {(name, month): covered})

    def undo(self) -> None:
        if self.undoable:
            move = self.rng.choice(sorted(self.undoable))
            for at, change in self.undoable.pop(move).items():
                self.book.given[at] -= change
            with self.work() as w:
                undo_move(w, move)
                assert next(one for one in list_moves(w, self.budget, limit=200) if one.id == move).undone

    def roll(self) -> None:
        name, month, chosen = (
            self.rng.choice(self.book.envelopes),
            self.rng.choice(MONTHS),
            self.rng.choice(list(Rollover)),
        )
        with self.work() as w:
            line = next(one for one in read_lines(w, self.budget) if one.id == self.ids["line " + name])
            edit_line(w, line.id, rollover=chosen, template=None, version=line.version, since=month)
        self.book.set_rollover(name, month, chosen)

    def take_out(self) -> None:
        if len(self.book.envelopes) > 1:
            name = self.rng.choice(self.book.envelopes)
            with self.work() as w:
                remove_line(w, self.ids["line " + name])
            self.book.envelopes.remove(name)

    def bring_back(self) -> None:
        gone = [name for name in ENVELOPES if name not in self.book.envelopes]
        if gone:
            name = self.rng.choice(gone)
            with self.work() as w:
                restore_line(w, self.ids["line " + name])
            there = {name, *self.book.envelopes}
            self.book.envelopes[:] = [one for one in ENVELOPES if one in there]

    def regroup(self) -> None:
        name, group = self.rng.choice(["Snacks", "Groceries"]), self.rng.choice(["Food", "Home"])
        with self.work() as w:
            now = get_category(w, self.ids[name])
            edit_category(
                w, now.id, name=now.name, parent_id=self.ids[group], icon="tag", version=now.version
            )
        self.book.parents[name] = group

    def check(self) -> None:
        """Compare some months: each envelope, what is unassigned, and that nothing is lost."""
        table = table_of(self.book)
        with self.work() as w:
            for number in LOOKS:
                view = budget_period(w, self.budget, MONTHS[number])
                heap, naive = table[number]
                found = {line.line_id: line.available for line in view.lines}
                assert {name: found[self.ids["line " + name]] for name in naive} == naive
                assert view.unassigned == heap == view.funds - sum(found.values())


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.timeout(1800)
def test_long_walks(new_household: Callable[..., Household], seed: int) -> None:
    walk = Walk(new_household(f"Walk {seed}"), random.Random(seed))
    for step in range(STEPS):
        walk.step()
        if step % 10 == 0:
            walk.check()
    walk.check()
