"""Daily work that ends its worker, that takes too long, and what it leaves to the households behind it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import structlog

from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra.queue import queue_named
from recaller.infra.work import Work, work
from recaller.jobs import daily_running
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import run_batch, sweep_daily
from recaller.services.daily import ErrorLog
from recaller.settings import Settings, get_settings
from tests.support.fill_daily import plan_with
from tests.support.households import Household
from tests.support.waiting import wait_until

MINUTE = timedelta(minutes=1)


def bill(w: Work) -> None:
    """Leave a trace of a bill that was posted."""
    w.run(
        "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:tenant, :space, :id, :name)",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        id=new_id(),
        name=f"{w.today} {w.scope.request_id}",
    )


def kind_of(run: Callable[[Work, ErrorLog], Mapping[str, int]]) -> DailyWork:
    return DailyWork("test.recurring", "recurring", run, "Post bills")


def posted(household: Household) -> int:
    with work(household.scope) as w:
        return len(w.rows("SELECT 1 FROM tag"))


def runs(household: Household) -> list[str | None]:
    with work(household.scope) as w:
        return [row.error for row in w.rows("SELECT error FROM daily_run ORDER BY id")]


def state(household: Household) -> Any:
    with work(household.scope) as w:
        return w.row("SELECT next_at, attempts, starts, handed_at, error FROM daily_work")


def sweep(one: DailyWork, now: datetime | None = None) -> list[list[Any]]:
    """Sweep, and return the arguments of the batches that were handed over."""
    queue_named("default").empty()
    sweep_daily(now, kinds=(one,))
    return [job.args for job in queue_named("default").jobs]


def plan(households: list[Household], one: DailyWork) -> None:
    """Let the work be due now."""
    for household in households:
        plan_with(household, one, utc_now() - timedelta(days=3))


# ---- A household that kills its worker ----------------------------------------------------------------

WORKER = """
import os, signal
from recaller.core.ids import new_id
from recaller.jobs import daily_running
from recaller.jobs.daily import DailyWork
from recaller.jobs.worker import run_worker

def run(w, errors):
    if str(w.scope.tenant_id) == {killer!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    w.run("INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:tenant, :space, :id, :id)",
          tenant=w.scope.tenant_id, space=w.scope.shared_space_id, id=new_id())
    return {{}}

daily_running.DAILY = (DailyWork("test.recurring", "recurring", run, "Post bills"),)
run_worker("default")
"""


@pytest.fixture
def deadly(household: Household, database: Settings) -> Iterator[None]:
    """A real worker in whose work horses this household's run is the end of the process."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER.format(killer=str(household.tenant_id))],
        env=os.environ | get_settings().child_environment(),
        start_new_session=True,
    ) as process:
        yield
        process.kill()


def test_a_household_that_kills_its_worker_is_given_up_and_the_others_get_their_bills(
    household: Household, new_household: Callable[..., Household], deadly: None
) -> None:
    others = [new_household(f"H{number}") for number in range(4)]
    one = kind_of(lambda _w, _errors: {})
    # The killer is in the middle of the batch.
    plan([others[0], others[1], household, others[2], others[3]], one)
    now = utc_now()
    assert sweep_daily(now, kinds=(one,)) == 5
    wait_until(lambda: all(posted(other) == 1 for other in others), "the others' bills")
    for tick in range(1, 60):
        if runs(household):
            break
        sweep_daily(now + tick * MINUTE, kinds=(one,))
        wait_until(lambda: not queue_named("default").job_ids, "the worker to take it")
        time.sleep(1)
    assert runs(household) == ["Given up for today: its worker died 3 times."]
    left = state(household)
    assert (left.starts, left.attempts, left.error) == (0, 4, "Given up for today: its worker died 3 times.")
    assert left.next_at > now
    assert [runs(other) for other in others] == [[None]] * 4
    assert [posted(other) for other in others] == [1] * 4


def test_what_ended_a_worker_is_handed_over_alone(
    household: Household, new_household: Callable[..., Household], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_household("Birch")
    seen: list[UUID] = []

    def run(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
        seen.append(w.scope.tenant_id)
        return {}

    one = kind_of(run)
    monkeypatch.setattr(daily_running, "DAILY", (one,))
    plan([household, other], one)
    with work(household.scope) as w:
        w.run("UPDATE daily_work SET starts = 1")
    now = utc_now()
    batches = sweep(one, now)
    assert sorted(len(batch) for batch, _ in batches) == [1, 1]
    # RQ delivers the batch once more whose worker died: it leaves alone what may have ended it.
    both = [(str(one.tenant_id), ["test.recurring"]) for one in (household, other)]
    assert run_batch(both) == {"done": 1, "failed": 0, "skipped": 1, "left": 0}
    assert seen == [other.tenant_id]
    assert [batch for batch, _ in sweep(one, now + MINUTE)] == [
        [[str(household.tenant_id), ["test.recurring"]]]
    ]
    assert run_batch(both[:1]) == {"done": 1, "failed": 0, "skipped": 0, "left": 0}
    assert state(household).starts == 0


# ---- Time ---------------------------------------------------------------------------------------------


def test_a_batch_without_time_leaves_the_rest_due_and_blames_nobody(
    new_household: Callable[..., Household], monkeypatch: pytest.MonkeyPatch
) -> None:
    households = [new_household(f"H{number}") for number in range(6)]

    clock = SimpleNamespace(monotonic=lambda: clock.seconds, seconds=0.0)
    monkeypatch.setattr(daily_running, "time", clock)

    def run(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
        clock.seconds += 60.0
        bill(w)
        return {}

    one = kind_of(run)
    monkeypatch.setattr(daily_running, "DAILY", (one,))
    plan(households, one)
    now = utc_now()
    ((batch, _),) = sweep(one, now)
    # The fourth would begin after BATCH_SECONDS.
    ended = run_batch(batch)
    assert ended == {"done": 3, "failed": 0, "skipped": 0, "left": 3}
    assert [runs(household) for household in households].count([]) == ended["left"]
    ((rest, _),) = sweep(one, now + 4 * MINUTE)
    assert len(rest) == ended["left"]
    assert run_batch(rest)["done"] == ended["left"]
    assert [posted(household) for household in households] == [1] * 6


def test_one_household_that_takes_too_long_is_stopped_and_the_others_go_on(
    household: Household, new_household: Callable[..., Household], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_household("Birch")

    def run(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
        bill(w)
        if w.scope.tenant_id == household.tenant_id:
            w.run("SELECT pg_sleep(100)")
        return {}

    one = kind_of(run)
    monkeypatch.setattr(daily_running, "DAILY", (one,))
    monkeypatch.setattr(daily_running, "RUN_SHARE", 1 / 200)
    plan([household, other], one)
    both = [(str(one.tenant_id), ["test.recurring"]) for one in (household, other)]
    assert run_batch(both) == {"done": 1, "failed": 1, "skipped": 0, "left": 0}
    assert (posted(household), posted(other)) == (0, 1)
    assert runs(household) == ["It took too long and was stopped."]


# ---- What a batch is known by -------------------------------------------------------------------------


def test_a_batchs_id_stands_in_its_log_lines_and_goes_on_to_what_comes_of_it(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
        assert structlog.contextvars.get_contextvars()["request_id"] == w.scope.request_id
        w.enqueue("demo.fill", {})
        return {}

    one = kind_of(run)
    monkeypatch.setattr(daily_running, "DAILY", (one,))
    plan([household], one)
    ((batch, batch_id),) = sweep(one)
    assert run_batch(batch, batch_id)["done"] == 1
    with work(household.scope) as w:
        assert [row.request_id for row in w.rows("SELECT request_id FROM job")] == [batch_id]


def test_behind_a_long_queue_nothing_more_is_handed_over(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = kind_of(lambda _w, _errors: {})
    plan([household], one)
    monkeypatch.setattr(daily_running, "MOST_WAITING", 1)
    queue_named("default").enqueue("time.sleep", 0)
    assert sweep_daily(kinds=(one,)) == 0
    queue_named("default").empty()
    assert sweep_daily(kinds=(one,)) == 1
