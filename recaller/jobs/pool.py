"""The workers of one machine: for each queue as many processes as its length asks for, restarted when they crash.

The pool imports what jobs need and forks its workers, so that a further one is there at once: an interpreter of its own
would take seconds of processor time just when there is too little of it, and its own copy of all the code.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from types import FrameType

import structlog
from redis import Redis
from redis.exceptions import RedisError

from recaller.domain.workers import (
    GROW_AFTER_SECONDS,
    SHRINK_AFTER_SECONDS,
    Bounds,
    Load,
    wanted_workers,
)
from recaller.infra.embedded.process import die_with_parent, kill_forks_with_this_process
from recaller.infra.queue import QUEUES, TICK_QUEUE, asking_connection
from recaller.jobs.worker import import_jobs, run_worker
from recaller.settings import CHECKOUT, Settings

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
# A worker that ran this long was healthy: its queue's next crash counts as the first.
_HEALTHY_SECONDS = 60.0
_ENDS = (signal.SIGINT, signal.SIGTERM)
_fork = get_context("fork")
_numbers = itertools.count(1)


def bounds_of(settings: Settings) -> dict[str, Bounds]:
    """Return the bounds of each queue; ticks do nothing but hand out work, one worker is enough for them."""
    usual = Bounds(settings.workers_min, settings.workers_max)
    return {queue: Bounds(1, 1) if queue == TICK_QUEUE else usual for queue in QUEUES}


@dataclass
class _Member:
    """One worker process; `name` is what RQ knows it as."""

    name: str
    process: ForkProcess
    started_at: float
    busy: bool = False


@dataclass
class _Queue:
    """One queue with its workers."""

    name: str
    bounds: Bounds
    members: list[_Member] = field(default_factory=list)
    # Asked to end; each finishes the job that it may just have fetched.
    retiring: list[_Member] = field(default_factory=list)
    queued: int = 0
    waits_since: float | None = None
    rests_since: float | None = None
    crashes: int = 0
    not_before: float = 0.0

    def load(self, now: float) -> Load:
        """Describe the queue, and note since when it has waited or rested."""
        seen = Load(self.queued, len(self.members), sum(member.busy for member in self.members))
        self.waits_since = (self.waits_since or now) if seen.waits else None
        self.rests_since = (self.rests_since or now) if seen.rests else None
        return Load(
            seen.queued,
            seen.running,
            seen.busy,
            waiting_seconds=0.0 if self.waits_since is None else now - self.waits_since,
            idle_seconds=0.0 if self.rests_since is None else now - self.rests_since,
        )


class WorkerPool:
    """Runs workers until SIGTERM or SIGINT, then lets each finish its job; a second signal ends them at once."""

    def __init__(
        self,
        bounds: Mapping[str, Bounds],
        *,
        grow_after: float = GROW_AFTER_SECONDS,
        shrink_after: float = SHRINK_AFTER_SECONDS,
    ) -> None:
        self._queues = [_Queue(name, limits) for name, limits in bounds.items()]
        self._grow_after, self._shrink_after = grow_after, shrink_after
        self._ending = threading.Event()
        self._hurry = threading.Event()
        self._unreachable = False

    def run(self) -> None:
        """Keep the workers running (call it in the main thread of a process that has no other)."""
        former = {number: signal.signal(number, self._end) for number in _ENDS}
        import_jobs()
        connection = asking_connection()
        try:
            while not self._ending.is_set():
                self._look(connection)
                now = time.monotonic()
                for queue in self._queues:
                    self._tend(queue, now)
                self._ending.wait(_LOOK_SECONDS)
        finally:
            self._end_workers()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if self._ending.is_set():
            self._hurry.set()
        self._ending.set()

    def _look(self, connection: Redis) -> None:
        """Read the queues' lengths and the workers' states; what can't be read stays as it was."""
        members = [member for queue in self._queues for member in queue.members]
        try:
            with connection.pipeline(transaction=False) as pipe:
                for queue in self._queues:
                    pipe.llen(f"rq:queue:{queue.name}")
                for member in members:
                    pipe.hget(f"rq:worker:{member.name}", "state")
                answers = pipe.execute()
        except RedisError as error:
            if not self._unreachable:
                log.warning("queue_unreachable", error=type(error).__name__)
            self._unreachable = True
            return
        self._unreachable = False
        for queue, length in zip(self._queues, answers, strict=False):
            queue.queued = int(length)
        for member, state in zip(members, answers[len(self._queues) :], strict=True):
            member.busy = state == b"busy"

    def _tend(self, queue: _Queue, now: float) -> None:
        """Notice ended workers, then start or retire as many as the rule says."""
        queue.retiring = [member for member in queue.retiring if member.process.is_alive()]
        for member in list(queue.members):
            code = member.process.exitcode
            if code is None:
                continue
            queue.members.remove(member)
            queue.crashes = 1 if now - member.started_at > _HEALTHY_SECONDS else queue.crashes + 1
            delay = min(_FIRST_DELAY_SECONDS * 2 ** (queue.crashes - 1), _LONGEST_DELAY_SECONDS)
            queue.not_before = now + delay
            log.warning("worker ended", queue=queue.name, exit_code=code, restart_in_seconds=delay)
        load = queue.load(now)
        wanted = wanted_workers(
            load, queue.bounds, grow_after=self._grow_after, shrink_after=self._shrink_after
        )
        if wanted > load.running and now >= queue.not_before:
            for _ in range(wanted - load.running):
                queue.members.append(self._start(queue.name, now))
            log.info("workers", queue=queue.name, running=wanted, queued=load.queued)
        elif wanted < load.running:
            for member in [member for member in queue.members if not member.busy][: load.running - wanted]:
                # RQ ends at once when idle, and after its job when it fetched one in this moment.
                member.process.terminate()
                queue.members.remove(member)
                queue.retiring.append(member)
            queue.rests_since = now
            log.info("workers", queue=queue.name, running=len(queue.members), queued=load.queued)

    def _start(self, queue: str, now: float) -> _Member:
        parent = os.getpid()
        name = f"{queue}.{socket.gethostname()}.{parent}.{next(_numbers)}.{time.time_ns():x}"
        process = _fork.Process(target=_be_worker, args=(queue, name, parent), name=name)
        # A signal that came between the fork and the worker's first line would go to the pool's own handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
        return _Member(name, process, now)

    def _end_workers(self) -> None:
        left = [member for queue in self._queues for member in queue.members + queue.retiring]
        for member in left:
            if member.process.is_alive():
                member.process.terminate()
        while left:
            left = [member for member in left if member.process.is_alive()]
            if self._hurry.is_set():
                for member in left:
                    member.process.kill()
            self._hurry.wait(0.1)


def _be_worker(queue: str, name: str, parent: int) -> None:
    """Turn this fork of the pool into a worker."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    die_with_parent(signal.SIGKILL, parent)
    kill_forks_with_this_process()
    # A session of its own: a signal to the terminal's group reaches the pool alone.
    os.setsid()
    os.chdir(CHECKOUT)
    run_worker(queue, name=name)


def run_pool(settings: Settings) -> None:
    """Run this machine's workers for all queues until told to end; they have this process's settings."""
    WorkerPool(bounds_of(settings)).run()
