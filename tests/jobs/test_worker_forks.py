"""What RQ's fork for each job brings along (the code), and what it must not share (anything open)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rq.job import Job

from recaller.infra.db import engines
from recaller.infra.queue import ENTRY, RUN_DAILY_BATCH, queue_named, redis_connection
from recaller.infra.work import identity_work
from recaller.jobs.notifications import DELIVER
from recaller.jobs.scheduler import TICKS
from recaller.jobs.worker import CALLED
from recaller.settings import Settings
from tests.support import fork_report
from tests.support.waiting import wait_until

REPORT = fork_report.__name__


@pytest.fixture
def worker(database: Settings) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from recaller.jobs.worker import run_worker; run_worker('default')"],
        env=os.environ | database.child_environment(),
    )
    yield
    process.terminate()
    process.wait()


def result(function: str, *arguments: object) -> Any:
    job: Job = queue_named("default").enqueue(f"{REPORT}.{function}", args=arguments)
    wait_until(lambda: job.get_status() in ("finished", "failed"), function)
    assert job.get_status() == "finished"
    return job.return_value()


def test_all_that_is_called_by_name_is_imported_before_the_fork() -> None:
    called = {ENTRY, RUN_DAILY_BATCH, DELIVER, *(tick.function for tick in TICKS)}
    assert {name.rpartition(".")[0] for name in called} <= set(CALLED)


def test_a_fork_finds_the_code_imported(worker: None) -> None:
    loaded = result("modules_loaded")
    assert set(CALLED) - {"sqlalchemy.dialects.postgresql.psycopg"} <= set(loaded)
    assert result("modules_added", RUN_DAILY_BATCH, []) == []


def test_forks_open_their_own_connections(worker: None) -> None:
    first, second = result("connections_used"), result("connections_used")
    assert all(first[kind] != second[kind] for kind in ("process", "redis", "postgres"))


def test_an_open_connection_stays_the_parents(database: Settings) -> None:
    def backend() -> int:
        with identity_work() as identity:
            return int(identity.call("SELECT pg_backend_pid()")[0][0])

    parents = (backend(), redis_connection().client_id())
    # The lock of another thread, which the fork would wait for in vain.
    with engines._lock:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            try:
                os.write(write, f"{backend()} {redis_connection().client_id()}".encode())
            finally:
                os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        childs = tuple(map(int, answer.read().split()))
    assert os.waitpid(child, 0)[1] == 0
    assert len(childs) == 2
    assert not set(childs) & set(parents)
    # The child's end closed nothing of ours.
    assert (backend(), redis_connection().client_id()) == parents
