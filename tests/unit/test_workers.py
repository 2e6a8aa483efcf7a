"""How many workers a queue gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.domain.workers import Bounds, Load, wanted_workers

BOUNDS = Bounds(1, 4)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (Load(queued=0, running=0, busy=0), 1),
        (Load(queued=3, running=1, busy=1, waiting_seconds=0.5), 1),
        (Load(queued=1, running=1, busy=1, waiting_seconds=2), 2),
        (Load(queued=2, running=2, busy=1, waiting_seconds=2), 3),
        (Load(queued=1, running=2, busy=1, waiting_seconds=2), 2),
        (Load(queued=90, running=1, busy=1, waiting_seconds=2), 4),
        (Load(queued=0, running=4, busy=1, idle_seconds=29), 4),
        (Load(queued=0, running=4, busy=1, idle_seconds=31), 3),
        (Load(queued=0, running=4, busy=4, idle_seconds=99), 4),
        (Load(queued=0, running=1, busy=0, idle_seconds=99), 1),
        (Load(queued=0, running=6, busy=5), 5),
    ],
)
def test_the_rule(load: Load, expected: int) -> None:
    assert wanted_workers(load, BOUNDS) == expected


@given(
    queued=st.integers(0, 500),
    running=st.integers(0, 12),
    busy=st.integers(0, 12),
    seconds=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    bounds=st.tuples(st.integers(1, 5), st.integers(0, 5)).map(lambda pair: Bounds(pair[0], sum(pair))),
)
def test_it_stays_within_bounds_and_never_takes_a_busy_worker(
    queued: int, running: int, busy: int, seconds: tuple[float, float], bounds: Bounds
) -> None:
    load = Load(queued, running, min(busy, running), *seconds)
    wanted = wanted_workers(load, bounds)
    assert wanted >= bounds.least
    assert wanted <= bounds.most or wanted == load.busy
    assert wanted >= min(load.busy, running)


def test_bounds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and the most"):
        Bounds(3, 2)
