"""Remembers that Redis doesn't answer, so that nobody waits for it again and again while it is away.

A circuit breaker of this process: whoever fails to be answered calls `begin`; until somebody is answered again (`end`)
`may_ask` lets one caller try every PAUSE_SECONDS, and sends all others away at once.
"""

from __future__ import annotations

import threading
import time

# A hanging Redis costs whoever tries it a time-out: nobody else waits meanwhile.
PAUSE_SECONDS = 5.0

_lock = threading.Lock()
# When the next one may try; None while Redis answers.
_next_try: float | None = None


def begin() -> None:
    """Note that Redis has just failed to answer."""
    global _next_try  # noqa: PLW0603 - one fact about this process
    with _lock:
        _next_try = time.monotonic() + PAUSE_SECONDS


def is_on() -> bool:
    """Tell whether Redis failed, and nobody was answered since."""
    return _next_try is not None


def may_ask() -> bool:
    """Tell whether the caller may ask Redis now; during an outage that is one caller every PAUSE_SECONDS.

    Who was let through says how it went: by `begin` or `end`.
    """
    global _next_try  # noqa: PLW0603 - one fact about this process
    with _lock:
        if _next_try is None:
            return True
        now = time.monotonic()
        if now < _next_try:
            return False
        _next_try = now + PAUSE_SECONDS
        return True


def end() -> None:
    """Note that Redis has answered."""
    global _next_try  # noqa: PLW0603 - one fact about this process
    with _lock:
        _next_try = None
