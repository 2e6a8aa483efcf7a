"""Waiting for what another process or thread does: long enough for any machine that isn't stuck, never by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Only what never happens is waited for so long.
PATIENCE_SECONDS = 180.0


def wait_until(found: Callable[[], T], what: str, every: float = 0.02) -> T:
    """Poll until `found` gives something true, and return it; fail loudly when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (result := found()):
        assert time.monotonic() < deadline, f"still waiting for: {what}"
        time.sleep(every)
    return result
