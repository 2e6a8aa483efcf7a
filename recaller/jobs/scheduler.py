"""Ticks: rq-scheduler holds a few entries with fixed ids; what is due is found by our own rules in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from rq_scheduler import Scheduler

from recaller.infra.queue import redis_connection

TICK_QUEUE = "ticks"
POLL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A named function to be called at a fixed interval."""

    id: str
    function: str
    every_seconds: int


TICKS = (
    Tick("tick-requeue-lost-jobs", "recaller.jobs.sweep.requeue_lost_jobs", 15),
    Tick("tick-forget-old-keys", "recaller.jobs.sweep.forget_old_keys", 3600),
)


def install_ticks(connection: Redis, now: datetime) -> None:
    """Put every tick into the schedule under its fixed id, replacing what an older version left there."""
    scheduler = Scheduler(queue_name=TICK_QUEUE, connection=connection)
    wanted = {tick.id for tick in TICKS}
    for job in scheduler.get_jobs():
        if job.id not in wanted:
            scheduler.cancel(job)
    for tick in TICKS:
        scheduler.cancel(tick.id)
        scheduler.schedule(
            scheduled_time=now.astimezone(UTC).replace(tzinfo=None),
            func=tick.function,
            interval=tick.every_seconds,
            repeat=None,
            id=tick.id,
            queue_name=TICK_QUEUE,
            result_ttl=60,
            timeout=60,
        )


def run_scheduler() -> None:
    """Run rq-scheduler until it is told to end; several may run, a lock in Redis lets one of them tick."""
    connection = redis_connection()
    install_ticks(connection, datetime.now(UTC))
    Scheduler(queue_name=TICK_QUEUE, connection=connection, interval=POLL_SECONDS).run()
