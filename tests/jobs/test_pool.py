"""The pool of workers, with real processes: it grows with the queue, shrinks when idle, and finishes what it began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rq import Worker
from rq.job import Job

from recaller.infra.queue import queue_named, redis_connection
from recaller.settings import Settings
from tests.support.gate import wait_for_file
from tests.support.waiting import PATIENCE_SECONDS, wait_until

POOL = """
from recaller.domain.workers import Bounds
from recaller.jobs.pool import WorkerPool
WorkerPool({"bulk": Bounds(1, 3)}, grow_after=0.2, shrink_after=0.5).run()
"""


@pytest.fixture
def pool(database: Settings) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", POOL],
        env=os.environ | database.child_environment(),
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def workers() -> list[Worker]:
    return [
        worker for worker in Worker.all(connection=redis_connection()) if worker.get_state() != "starting"
    ]


def sleep_in_the_queue(seconds: float) -> Job:
    return queue_named("bulk").enqueue("time.sleep", seconds)


def test_it_grows_with_the_queue_shrinks_when_idle_and_replaces_the_dead(
    pool: subprocess.Popen[bytes],
) -> None:
    wait_until(lambda: len(workers()) == 1, "the first worker")
    jobs = [sleep_in_the_queue(4) for _ in range(6)]
    wait_until(lambda: len(workers()) == 3, "three workers")
    assert len(workers()) <= 3
    wait_until(lambda: all(job.get_status() == "finished" for job in jobs), "the jobs to be done")
    (last,) = wait_until(lambda: len(found := workers()) == 1 and found, "one worker to be left")
    # One that is killed is replaced.
    assert last.pid is not None
    os.kill(last.pid, signal.SIGKILL)
    wait_until(lambda: {worker.name for worker in workers()} - {last.name}, "a new worker")
    assert sleep_in_the_queue(0) and pool.poll() is None


def test_it_finishes_the_job_at_hand_before_it_ends(pool: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (worker,) = wait_until(workers, "the first worker")
    gate = tmp_path / "open"
    job = queue_named("bulk").enqueue(f"{wait_for_file.__module__}.{wait_for_file.__name__}", str(gate))
    left = sleep_in_the_queue(600)
    wait_until(lambda: job.get_status() == "started", "the job to begin")
    pool.send_signal(signal.SIGTERM)
    wait_until(lambda: worker.shutdown_requested_date, "the worker to hear of it")
    gate.touch()
    assert pool.wait(PATIENCE_SECONDS) == 0
    assert job.get_status() == "finished"
    assert left.get_status() in ("queued", "started")


def test_a_second_signal_ends_it_at_once(pool: subprocess.Popen[bytes]) -> None:
    wait_until(workers, "the first worker")
    job = sleep_in_the_queue(600)
    wait_until(lambda: job.get_status() == "started", "the job to begin")
    pool.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        pool.wait(0.5)
    pool.send_signal(signal.SIGTERM)
    assert pool.wait(PATIENCE_SECONDS) == 0
