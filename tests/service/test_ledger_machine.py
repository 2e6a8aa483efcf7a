"""The ledger under random use: a state machine, and long walks, always equal to a plain model."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from recaller.settings import Settings, libpq_url
from tests.support.households import Household, make_household
from tests.support.ledger_walk import LedgerWalk

# `make soak` walks 2,000 steps with 20 seeds; every test run walks less far.
SEEDS = int(os.environ.get("RECALLER_WALK_SEEDS", "2"))
STEPS = int(os.environ.get("RECALLER_WALK_STEPS", "250"))
CHECK_EVERY = 25
ENTROPY = st.integers(0, 2**32 - 1)


class LedgerMachine(RuleBasedStateMachine):
    """Each rule is one thing that a household does; hypothesis looks for the shortest way to a wrong sum."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = LedgerWalk(make_household("Machine").scope)

    @rule(seed=ENTROPY)
    def add_account(self, seed: int) -> None:
        self.walk.add_account(random.Random(seed))

    @rule(seed=ENTROPY)
    def record_entry(self, seed: int) -> None:
        self.walk.record_entry(random.Random(seed))

    @rule(seed=ENTROPY)
    def record_transfer(self, seed: int) -> None:
        self.walk.record_transfer(random.Random(seed))

    @rule(seed=ENTROPY)
    def edit(self, seed: int) -> None:
        self.walk.edit(random.Random(seed))

    @rule(seed=ENTROPY)
    def delete(self, seed: int) -> None:
        self.walk.delete(random.Random(seed))

    @rule(seed=ENTROPY)
    def restore(self, seed: int) -> None:
        self.walk.restore(random.Random(seed))

    @rule(seed=ENTROPY)
    def categorise(self, seed: int) -> None:
        self.walk.categorise(random.Random(seed))

    @rule(seed=ENTROPY)
    def import_file(self, seed: int) -> None:
        self.walk.import_file(random.Random(seed))

    @rule(seed=ENTROPY)
    def import_again(self, seed: int) -> None:
        self.walk.import_again(random.Random(seed))

    @rule(seed=ENTROPY)
    def undo_import(self, seed: int) -> None:
        self.walk.undo_import(random.Random(seed))

    @rule(seed=ENTROPY)
    def set_opening(self, seed: int) -> None:
        self.walk.set_opening(random.Random(seed))

    @invariant()
    def equals_the_model(self) -> None:
        self.walk.check()


def test_short_walks_that_hypothesis_chooses(database: Settings) -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.timeout(1800)
def test_long_walks(new_household: Callable[..., Household], seed: int) -> None:
    rng = random.Random(seed)
    walk = LedgerWalk(new_household(f"Walk {seed}").scope)
    for step in range(STEPS):
        walk.step(rng)
        if step % CHECK_EVERY == 0:
            walk.check()
    walk.check()
    print(f"seed {seed}: {STEPS} steps, {len(walk.model.transactions)} transactions, {dict(walk.done)}")


@pytest.mark.parametrize("trigger", ["posting_inserted", "posting_deleted"])
def test_without_the_balance_trigger_the_walk_fails(
    household: Household, database: Settings, trigger: str
) -> None:
    walk = LedgerWalk(household.scope)
    with psycopg.connect(libpq_url(database.owner_url), autocommit=True) as owner:
        owner.execute(f"DROP TRIGGER {trigger} ON posting")
    rng = random.Random(7)
    with pytest.raises(AssertionError):
        go_on(walk, rng, 60)


def go_on(walk: LedgerWalk, rng: random.Random, steps: int) -> None:
    """Walk and check after every step."""
    for _ in range(steps):
        walk.step(rng)
        walk.check()
