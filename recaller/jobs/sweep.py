"""What ticks over all households do: say that ticks come, hand over again what was lost, forget ended sessions."""

from __future__ import annotations

from recaller.core.clock import utc_now
from recaller.infra.background import note_tick
from recaller.infra.queue import push, waiting_ids
from recaller.infra.sessions import forget_expired
from recaller.infra.work import identity_work
from recaller.services.jobs import find_lost_jobs


def requeue_lost_jobs() -> int:
    """Push every lost job to its queue again; returns how many. Harmless when a job wasn't lost after all.

    A job that waits in its queue still is left there: a second entry would only make the queue look longer.
    Says first that ticks come; this is the tick that comes most often.
    """
    note_tick()
    with identity_work() as identity:
        lost = find_lost_jobs(identity)
    waiting = {queue: waiting_ids(queue) for queue in {job.queue for job in lost}}
    return sum(
        push(job.queue, job.tenant_id, job.job_id)
        for job in lost
        if str(job.job_id) not in waiting[job.queue]
    )


def forget_old_sessions() -> int:
    """Delete sessions that have run out; returns how many."""
    return forget_expired(utc_now())
