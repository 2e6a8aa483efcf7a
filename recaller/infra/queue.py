"""Hands jobs to RQ: Redis carries a job's id, PostgreSQL holds everything else about it."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from recaller.settings import get_settings

log = structlog.get_logger(__name__)

# `ticks` is the scheduler's own: it pickles, the others carry JSON.
QUEUES = ("critical", "default", "bulk", "ticks")
# A job writes a heartbeat far more often than this; past it, its worker is taken for dead.
JOB_TIMEOUT_SECONDS = {"critical": 120, "default": 600, "bulk": 3600}
RESULT_TTL_SECONDS = 3600
FAILURE_TTL_SECONDS = 7 * 24 * 3600
ENTRY = "recaller.jobs.entry.run_job"


@lru_cache(maxsize=4)
def redis_connection(url: str | None = None) -> Redis:
    """Return the shared connection pool to the queue's Redis."""
    return Redis.from_url(
        url or get_settings().required_redis_url, socket_connect_timeout=2, health_check_interval=30
    )


def queue_named(name: str) -> Queue:
    """Return one of our queues; its jobs are JSON, never pickles."""
    return Queue(name, connection=redis_connection(), serializer=JSONSerializer)


def push(queue: str, tenant_id: UUID, job_id: UUID) -> bool:
    """Hand a committed job to its queue; False when Redis is away (the sweep hands it over later)."""
    try:
        queue_named(queue).enqueue(
            ENTRY,
            str(tenant_id),
            str(job_id),
            job_id=str(job_id),
            job_timeout=JOB_TIMEOUT_SECONDS[queue],
            result_ttl=RESULT_TTL_SECONDS,
            failure_ttl=FAILURE_TTL_SECONDS,
        )
    except RedisError as error:
        log.warning("queue_unreachable", job_id=str(job_id), error=type(error).__name__)
        return False
    return True
