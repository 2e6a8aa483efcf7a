"""Bounds on the work that something takes: seconds of a machine like ours, more of them on a slower one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# What the probe takes on the machine whose seconds are meant.
_PROBE_SECONDS = 0.1
_TRIES = 3


def within(seconds: float, action: Callable[[], T]) -> T:
    """Run an action that may take so many seconds of processor time, and return its result.

    Only one that takes longer has the machine measured, at that moment, and is tried again: a processor that others
    use at the same time is slow for a while.
    """
    took, allowed = 0.0, seconds
    for _ in range(_TRIES):
        before = time.process_time()
        result = action()
        took = time.process_time() - before
        if took < seconds:
            return result
        allowed = seconds * max(1.0, _probe() / _PROBE_SECONDS)
        if took < allowed:
            return result
    raise AssertionError(f"it took {took:.2f} s, where {allowed:.2f} s are enough on this machine")


def _probe() -> float:
    before = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.process_time() - before
