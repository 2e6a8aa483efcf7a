"""A limit on the time of one part of a job, inside of RQ's own limit for all of it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Somebody may have swallowed the first exception: it comes again.
_AGAIN_SECONDS = 5.0


class TookTooLong(Exception):
    """The part of the job had its time."""


@dataclass(slots=True)
class TimeLimit:
    """How it stands: whether the time is over, and what ends a statement that runs at that moment.

    A statement must be ended by its server: an exception in the middle of it leaves the connection unusable, and its
    locks with the server. `end_statement` returns False when none runs.
    """

    passed: bool = False
    end_statement: Callable[[], bool] = lambda: False


@contextmanager
def time_limit(seconds: float | None) -> Iterator[TimeLimit]:
    """Raise TookTooLong in the block after so many seconds (the database's own error in a statement); None: never.

    Works by SIGALRM, as RQ's limit does, which goes on counting afterwards. Outside of the main thread, where no signal
    arrives, there is no limit.
    """
    limit = TimeLimit()
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield limit
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        limit.passed = True
        if not limit.end_statement():
            raise TookTooLong

    former = signal.signal(signal.SIGALRM, end)
    began = time.monotonic()
    others, _ = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        yield limit
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
        if others:
            # At once when the outer limit has passed meanwhile.
            signal.setitimer(signal.ITIMER_REAL, max(others - (time.monotonic() - began), 0.001))
