"""Jobs in real worker processes: killed in the middle, delivered twice, stopped, retried."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from uuid import UUID

import psutil
import pytest

from recaller.core.scope import Scope
from recaller.infra.queue import push, queue_named
from recaller.infra.work import work
from recaller.jobs.entry import run_job
from recaller.jobs.sweep import requeue_lost_jobs
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import ImportView, commit_import, get_import, start_import, stop_import
from recaller.services.jobs import get_job
from recaller.services.verify import verify_all
from recaller.settings import Settings
from tests.support.households import Household
from tests.support.waiting import wait_until

ROWS = 20_000


def big_csv(rows: int) -> bytes:
    lines = ["Date,Payee,Amount,Memo"]
    lines += [
        f"2026-{number % 12 + 1:02}-{number % 28 + 1:02},Payee {number % 500},-{number % 90 + 1}.25,row {number}"
        for number in range(rows)
    ]
    return "\n".join(lines).encode()


class WorkerProcess:
    """A worker in a process group of its own, so that it can be killed with its work horse."""

    def __init__(self, settings: Settings, queue: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from recaller.jobs.worker import run_worker; run_worker({queue!r})"],
            env=os.environ | settings.child_environment(),
            start_new_session=True,
        )

    def kill(self) -> None:
        """End the worker and its work horse at once, with nothing tidied up."""
        with contextlib.suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self._process.pid)
            # Stopped, it starts no other work horse meanwhile; the one it has may end by itself at any moment.
            worker.suspend()
            horses = worker.children(recursive=True)
            worker.kill()
            for horse in horses:
                with contextlib.suppress(psutil.NoSuchProcess):
                    horse.kill()
        self._process.wait()


@pytest.fixture
def worker(database: Settings) -> Iterator[Callable[[], WorkerProcess]]:
    running: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        running.append(WorkerProcess(database, "bulk"))
        return running[-1]

    yield start
    for process in running:
        process.kill()


@pytest.fixture
def batch(scope: Scope) -> ImportView:
    with work(scope) as w:
        account = create_account(w, AccountDraft("Checking", "checking", "USD"))
        batch = start_import(w, "big.csv", big_csv(ROWS), account_id=account.id)
    assert batch.status == "reading"
    return batch


def look(scope: Scope, batch_id: UUID) -> ImportView:
    with work(scope) as w:
        return get_import(w, batch_id)


def fall_silent(scope: Scope) -> None:
    """Make running jobs look as if their worker died some time ago, instead of waiting for it."""
    with work(scope) as w:
        w.run("UPDATE job SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE status = 'running'")


def transactions(scope: Scope) -> tuple[int, int]:
    with work(scope) as w:
        row = w.row("SELECT count(*), coalesce(sum(amount), 0) FROM transaction")
    assert row is not None
    return int(row[0]), int(row[1])


def test_killed_in_the_middle_of_an_import_it_is_complete_once(
    scope: Scope, batch: ImportView, worker: Callable[[], WorkerProcess]
) -> None:
    expected = -sum((number % 90 + 1) * 100 + 25 for number in range(ROWS))
    first = worker()
    wait_until(lambda: look(scope, batch.id).status == "ready", "staged rows")
    with work(scope) as w:
        job_id = commit_import(w, batch.id).job_id
    assert job_id is not None

    def half_written() -> bool:
        with work(scope) as w:
            return get_job(w, job_id).message in ("Transactions", "Postings")

    wait_until(half_written, "the commit to be under way")
    first.kill()
    assert transactions(scope) == (0, 0)
    fall_silent(scope)
    assert requeue_lost_jobs() == 1
    worker()
    wait_until(lambda: look(scope, batch.id).status == "committed", "the import to be committed")
    assert transactions(scope) == (ROWS, expected)
    assert verify_all() == []


def test_delivered_three_times_it_is_done_once(scope: Scope, batch: ImportView) -> None:
    assert batch.job_id is not None
    assert [run_job(str(scope.tenant_id), str(batch.job_id)) for _ in range(3)] == [
        "done",
        "not claimed",
        "not claimed",
    ]
    with work(scope) as w:
        job_id = commit_import(w, batch.id).job_id
    assert job_id is not None
    assert [run_job(str(scope.tenant_id), str(job_id)) for _ in range(3)] == [
        "done",
        "not claimed",
        "not claimed",
    ]
    assert transactions(scope)[0] == ROWS


def test_a_stopped_job_leaves_nothing_and_the_batch_can_be_committed_again(
    scope: Scope, batch: ImportView
) -> None:
    run_job(str(scope.tenant_id), str(batch.job_id))
    with work(scope) as w:
        job_id = commit_import(w, batch.id).job_id
    assert job_id is not None
    with work(scope) as w:
        assert stop_import(w, batch.id).status == "ready"
    assert run_job(str(scope.tenant_id), str(job_id)) == "not claimed"
    assert transactions(scope) == (0, 0)
    with work(scope) as w:
        job_id = commit_import(w, batch.id).job_id
    assert run_job(str(scope.tenant_id), str(job_id)) == "done"
    assert transactions(scope)[0] == ROWS


def test_another_tenants_name_on_a_job_gives_it_nothing(
    scope: Scope, batch: ImportView, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch")
    assert run_job(str(other.tenant_id), str(batch.job_id)) == "gone"
    assert look(scope, batch.id).status == "reading"


def test_a_job_that_redis_lost_is_handed_over_again(scope: Scope, batch: ImportView) -> None:
    queue = queue_named("bulk")
    queue.empty()
    with work(scope) as w:
        w.run("UPDATE job SET created_at = created_at - interval '1 hour'")
    assert requeue_lost_jobs() == 1
    assert queue.job_ids == [str(batch.job_id)]
    assert push("bulk", scope.tenant_id, UUID(str(batch.job_id)))
