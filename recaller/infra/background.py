"""Tells whether background work goes on: the queue answers, workers listen to it, and ticks come."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from recaller.infra.queue import JOB_QUEUES, TICK_QUEUE, SeenWorker, ask

# A worker writes a heartbeat at least every WORKER_TTL_SECONDS - 15; one silent for longer than this is dead.
WORKER_TTL_SECONDS = 45
SILENCE = timedelta(seconds=60)
# Each process looks at most this often, however many pages ask.
LOOK_SECONDS = 4.0
# Ticks come every 15 seconds; this key lives as long as one of them counts.
TICK_SILENCE_SECONDS = 120
_TICKED = "recaller:ticked"


class Background(StrEnum):
    """How background work stands: it goes on, or what is missing first of all."""

    RUNNING = "running"
    NO_QUEUE = "no_queue"
    # No live worker listens to one of the queues that jobs go to.
    NO_WORKER = "no_worker"
    # Nothing ticks: no live worker listens to the ticks, or nobody sends any.
    NO_TICK_WORKER = "no_tick_worker"
    NO_SCHEDULER = "no_scheduler"


@dataclass(slots=True)
class _Look:
    at: float = -LOOK_SECONDS
    found: Background = Background.RUNNING


_last = _Look()
_lock = threading.Lock()
# Held by the one who looks; nobody waits for it.
_looking = threading.Lock()


def background() -> Background:
    """Return how background work stands, as seen at most a few seconds ago.

    One caller looks, for two seconds at most when Redis hangs; the others get what was seen last meanwhile.
    """
    with _lock:
        fresh = time.monotonic() - _last.at < LOOK_SECONDS and _last.found is Background.RUNNING
        seen = _last.found
    if fresh or not _looking.acquire(blocking=False):
        return seen
    try:
        found = _look()
        with _lock:
            _last.found, _last.at = found, time.monotonic()
        return found
    finally:
        _looking.release()


def forget() -> None:
    """Look anew when asked next."""
    with _lock:
        _last.at = -LOOK_SECONDS


def _look() -> Background:
    seen = ask(lambda redis: (SeenWorker.all(connection=redis), bool(redis.exists(_TICKED))), None)
    if seen is None:
        return Background.NO_QUEUE
    workers, ticked = seen
    alive = datetime.now(UTC) - SILENCE
    served = {
        name
        for worker in workers
        if worker.last_heartbeat is not None and _aware(worker.last_heartbeat) > alive
        for name in worker.queue_names()
    }
    if not served.issuperset(JOB_QUEUES):
        return Background.NO_WORKER
    if ticked:
        return Background.RUNNING
    return Background.NO_SCHEDULER if TICK_QUEUE in served else Background.NO_TICK_WORKER


def note_tick() -> None:
    """Note that a tick was worked off; without another one for two minutes, background work counts as paused."""
    ask(lambda redis: bool(redis.set(_TICKED, 1, ex=TICK_SILENCE_SECONDS)), False)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
