"""Ticks, each once; and lost jobs, which are handed over again once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import DefaultSerializer
from rq.utils import import_attribute
from rq_scheduler import Scheduler

from recaller.infra.queue import TICK_QUEUE, queue_named, redis_connection
from recaller.infra.work import work
from recaller.jobs.scheduler import TICKS, TickScheduler, install_ticks
from recaller.jobs.sweep import requeue_lost_jobs
from recaller.services import jobs
from recaller.settings import Settings
from tests.support.households import Household


def test_ticks_are_installed_once_under_their_names(database: Settings) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    install_ticks(redis_connection(), now)
    install_ticks(redis_connection(), now)
    # Each name leads to a function.
    assert all(callable(import_attribute(tick.function)) for tick in TICKS)
    scheduled = Scheduler(queue_name=TICK_QUEUE, connection=redis_connection()).get_jobs()
    assert sorted(job.id for job in scheduled) == sorted(tick.id for tick in TICKS)


def test_one_tick_of_each_waits_while_nobody_takes_them(database: Settings) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    install_ticks(redis_connection(), now)
    scheduler = TickScheduler(queue_name=TICK_QUEUE, connection=redis_connection())
    ticks = Queue(TICK_QUEUE, connection=redis_connection())
    for _ in range(3):
        scheduler.enqueue_jobs()
        assert sorted(ticks.job_ids) == sorted(tick.id for tick in TICKS)
        assert list(scheduler.get_jobs_to_queue()) == []
        # Time passes: all of them are due once more.
        for tick in TICKS:
            assert tick.id in scheduler
            redis_connection().zadd(scheduler.scheduled_jobs_key, {tick.id: 0})
    redis_connection().delete(ticks.key)
    scheduler.enqueue_jobs()
    assert sorted(ticks.job_ids) == sorted(tick.id for tick in TICKS)


def test_a_tick_that_ran_stays_in_the_schedule_however_late_it_is_looked_at(database: Settings) -> None:
    connection = redis_connection()
    install_ticks(connection, datetime(2026, 11, 23, tzinfo=UTC))
    scheduler = TickScheduler(queue_name=TICK_QUEUE, connection=connection)
    scheduler.enqueue_jobs()
    ticks = Queue(TICK_QUEUE, connection=connection)
    assert SimpleWorker([ticks], connection=connection, serializer=DefaultSerializer).work(burst=True)
    assert ticks.job_ids == []
    for tick in TICKS:
        job = Job.fetch(tick.id, connection=connection)
        assert job.get_status() == "finished"
        # Nothing of it ever expires: what the schedule can't fetch, it forgets.
        assert connection.ttl(job.key) == -1
        assert tick.id in scheduler


def test_a_job_that_waits_in_a_long_queue_has_one_place_there(household: Household) -> None:
    with work(household.scope) as w:
        waiting = w.enqueue("demo.fill", {})
        lost = w.enqueue("demo.fill", {})
    queue = queue_named("default")
    queue.remove(str(lost))
    with work(household.scope) as w:
        w.run("UPDATE job SET created_at = created_at - interval '1 hour'")
    assert requeue_lost_jobs() == 1
    assert queue.job_ids == [str(waiting), str(lost)]
    # Lost once more: nobody had the time to fetch it yet, so it isn't handed over again at once.
    queue.remove(str(lost))
    assert requeue_lost_jobs() == 0
    with work(household.scope) as w:
        w.run("UPDATE job SET handed_at = handed_at - interval '2 minutes'")
    assert requeue_lost_jobs() == 1


def test_lost_jobs_behind_many_waiting_ones_have_their_turn(
    household: Household, new_household: Callable[..., Household], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SWEEP_BATCH", 3)
    with work(household.scope) as w:
        for _ in range(3):
            w.enqueue("demo.fill", {})
    birch = new_household("Birch")
    with work(birch.scope) as w:
        lost = w.enqueue("demo.fill", {})
    for one, hours in ((household, 2), (birch, 1)):
        with work(one.scope) as w:
            w.run("UPDATE job SET created_at = created_at - make_interval(hours => :hours)", hours=hours)
    queue_named("default").remove(str(lost))
    assert [requeue_lost_jobs() for _ in range(3)] == [0, 1, 0]
