"""Hands over again what was lost between PostgreSQL and Redis, or with a dead worker."""

from __future__ import annotations

from recaller.infra.queue import push
from recaller.infra.work import identity_work
from recaller.services.jobs import find_lost_jobs


def requeue_lost_jobs() -> int:
    """Push every lost job to its queue again; returns how many. Harmless when a job wasn't lost after all."""
    with identity_work() as identity:
        lost = find_lost_jobs(identity)
    return sum(push(job.queue, job.tenant_id, job.job_id) for job in lost)
