"""Ticks: rq-scheduler holds a few entries with fixed ids; what is due is found by our own rules in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from rq.job import Job
from rq_scheduler import Scheduler

from recaller.infra.queue import TICK_QUEUE, asking_connection

POLL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """A named function to be called at a fixed interval."""

    id: str
    function: str
    every_seconds: int


TICKS = (
    Tick("tick-requeue-lost-jobs", "recaller.jobs.sweep.requeue_lost_jobs", 15),
    Tick("tick-daily-work", "recaller.jobs.daily_running.sweep_daily", 60),
    Tick("tick-deliver-notifications", "recaller.jobs.notifications.hand_over_deliveries", 15),
    Tick("tick-forget-old-sessions", "recaller.jobs.sweep.forget_old_sessions", 3600),
)


class TickScheduler(Scheduler):  # type: ignore[misc]
    """Pushes a tick only when the one before was fetched: while no worker takes ticks, one of each waits."""

    def enqueue_job(self, job: Job) -> None:
        """Push a tick that is due and put it back into the schedule; one that waits still is only put back."""
        if self.connection.lpos(self.get_queue_for_job(job).key, job.id) is None:
            super().enqueue_job(job)
        else:
            again = datetime.now(UTC).timestamp() + int(job.meta["interval"])
            self.connection.zadd(self.scheduled_jobs_key, {job.id: again})


def install_ticks(connection: Redis, now: datetime) -> None:
    """Put every tick into the schedule under its fixed id, replacing what an older version left there."""
    scheduler = TickScheduler(queue_name=TICK_QUEUE, connection=connection)
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
            # The entry is the job itself: were it to expire after a run, the schedule would lose it for good.
            result_ttl=-1,
            timeout=60,
        )


def run_scheduler() -> None:
    """Run rq-scheduler until it is told to end; several may run, a lock in Redis lets one of them tick.

    A Redis that doesn't answer ends it; whoever supervises it starts it again.
    """
    connection = asking_connection()
    install_ticks(connection, datetime.now(UTC))
    TickScheduler(queue_name=TICK_QUEUE, connection=connection, interval=POLL_SECONDS).run()
