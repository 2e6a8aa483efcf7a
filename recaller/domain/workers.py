"""How many workers a queue gets: more when work waits longer than its idle workers explain, fewer when idle."""

from __future__ import annotations

from dataclasses import dataclass

# A queue that is long for a moment only isn't worth the second that a worker takes to start.
GROW_AFTER_SECONDS = 1.0
SHRINK_AFTER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many workers a queue has at least and at most (on one machine)."""

    least: int
    most: int

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError("the least number of workers lies between 1 and the most")


@dataclass(frozen=True, slots=True)
class Load:
    """What a queue looks like now.

    `queued` jobs wait; of `running` workers (those that start included) `busy` have a job. `waiting_seconds` tells
    for how long more jobs have waited than idle workers could take, `idle_seconds` for how long none has waited
    while a worker was idle.
    """

    queued: int
    running: int
    busy: int
    waiting_seconds: float = 0.0
    idle_seconds: float = 0.0

    @property
    def idle(self) -> int:
        """Workers without a job."""
        return self.running - self.busy

    @property
    def waits(self) -> bool:
        """Whether more jobs wait than the idle workers take next."""
        return self.queued > self.idle

    @property
    def rests(self) -> bool:
        """Whether a worker has nothing to do."""
        return self.queued == 0 and self.idle > 0


def wanted_workers(
    load: Load,
    bounds: Bounds,
    *,
    grow_after: float = GROW_AFTER_SECONDS,
    shrink_after: float = SHRINK_AFTER_SECONDS,
) -> int:
    """Return how many workers there should be: grown at once to what waits, shrunk one by one, within the bounds."""
    if load.running > bounds.most:
        return max(bounds.most, load.busy)
    if load.waits and load.waiting_seconds >= grow_after:
        return max(bounds.least, min(bounds.most, load.busy + load.queued))
    if load.rests and load.idle_seconds >= shrink_after:
        return max(bounds.least, load.running - 1)
    return max(bounds.least, load.running)
