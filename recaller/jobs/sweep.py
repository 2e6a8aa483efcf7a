"""What the ticks do: hand over again what was lost with a dead worker or in Redis, and forget what is old."""

from __future__ import annotations

from datetime import timedelta

from recaller.core.clock import utc_now
from recaller.infra.queue import push
from recaller.infra.work import identity_work
from recaller.services.households import forget_idempotency_keys
from recaller.services.jobs import find_lost_jobs

# A client that repeats a write does so within minutes; a week leaves room for a long outage.
IDEMPOTENCY_KEPT = timedelta(days=7)


def requeue_lost_jobs() -> int:
    """Push every lost job to its queue again; returns how many. Harmless when a job wasn't lost after all."""
    with identity_work() as identity:
        lost = find_lost_jobs(identity)
    return sum(push(job.queue, job.tenant_id, job.job_id) for job in lost)


def forget_old_keys() -> int:
    """Delete idempotency keys that no client will repeat any more; returns how many."""
    return forget_idempotency_keys(utc_now() - IDEMPOTENCY_KEPT)
