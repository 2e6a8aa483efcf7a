"""Hands jobs to RQ: Redis carries a job's id, PostgreSQL holds everything else about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry as RedisRetry
from rq import Queue, Retry, Worker
from rq.serializers import JSONSerializer

from recaller.infra import redis_outage
from recaller.settings import get_settings

log = structlog.get_logger(__name__)
T = TypeVar("T")

# `ticks` is the scheduler's own: it pickles, the others carry JSON.
# `critical` is for what somebody waits for or must be told in time, and is short: the check of budgets after a write,
# daily work asked for by hand, messages that are due. `default` has the households' bills and reminders, `bulk` what
# takes long: files, rules, the night's work.
JOB_QUEUES = ("critical", "default", "bulk")
TICK_QUEUE = "ticks"
QUEUES = (*JOB_QUEUES, TICK_QUEUE)
# A job writes a heartbeat far more often than this; past it, its worker is taken for dead.
JOB_TIMEOUT_SECONDS = {"critical": 300, "default": 600, "bulk": 3600}
RESULT_TTL_SECONDS = 3600
FAILURE_TTL_SECONDS = 7 * 24 * 3600
MAX_RETRIES = 2
# Redis answers within milliseconds; past this it hangs, or the network is gone.
ANSWER_SECONDS = 2.0
ENTRY = "recaller.jobs.entry.deliver"
RUN_DAILY_BATCH = "recaller.jobs.daily_running.run_batch"


@lru_cache(maxsize=4)
def redis_connection(url: str | None = None) -> Redis:
    """Return the connection pool of workers, which wait for work; RQ bounds their waits itself.

    Whoever only asks something takes `asking_connection`.
    """
    return Redis.from_url(
        url or get_settings().required_redis_url,
        socket_connect_timeout=2,
        health_check_interval=30,
        # Whoever waits for an answer would rather know; RQ's workers retry by themselves.
        retry=RedisRetry(NoBackoff(), 1),
    )


def asking_connection() -> Redis:
    """Return the connection pool for questions and hand-overs: a Redis that hangs fails after ANSWER_SECONDS."""
    return _asking(get_settings().required_redis_url)


@lru_cache(maxsize=4)
def _asking(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=30,
        # A connection that broke while it was idle is made anew once; a time-out is not waited for twice.
        retry=RedisRetry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


def queue_named(name: str) -> Queue:
    """Return one of our queues, to be asked and filled; its jobs are JSON, never pickles."""
    return Queue(name, connection=asking_connection(), serializer=JSONSerializer)


class SeenWorker(Worker):
    """A worker as others see it: looking at one must not change the limits of the connections that it is read by."""

    def _set_connection(self, connection: Redis) -> Redis:
        # RQ would make them wait for minutes, as its own workers do.
        return connection


def ask(question: Callable[[Redis], T], otherwise: T, **about: object) -> T:
    """Return what Redis answers, or `otherwise` while it is away; the log says what the question was `about`.

    During an outage one caller tries every few seconds, all others are sent away at once (`redis_outage`).
    """
    if not redis_outage.may_ask():
        return otherwise
    try:
        answer = question(asking_connection())
    except (RedisError, OSError) as error:
        redis_outage.begin()
        log.warning("queue_unreachable", error=type(error).__name__, **about)
        return otherwise
    redis_outage.end()
    return answer


def waiting_ids(queue: str) -> frozenset[str]:
    """Return the ids of the jobs that wait in a queue's list in Redis; none when Redis is away."""
    return ask(lambda _: frozenset(queue_named(queue).get_job_ids()), frozenset(), queue=queue)


def waiting_count(queue: str) -> int:
    """Return how many jobs wait in a queue's list in Redis; 0 when Redis is away."""
    return ask(lambda _: int(queue_named(queue).count), 0, queue=queue)


def push(queue: str, tenant_id: UUID, job_id: UUID) -> bool:
    """Hand a committed job to its queue; False when Redis is away (the sweep hands it over later)."""

    def hand_over(connection: Redis) -> bool:
        target = queue_named(queue)
        # One that is started again is no failure any more.
        connection.zrem(target.failed_job_registry.key, str(job_id))
        # Its retries are for a worker that dies; what goes wrong in a job is counted in PostgreSQL.
        target.enqueue(ENTRY, str(tenant_id), str(job_id), job_id=str(job_id), **_limits(queue))
        return True

    return ask(hand_over, False, job_id=str(job_id))


def push_call(
    queue: str, function: str, *arguments: Any, description: str, timeout_seconds: int | None = None
) -> bool:
    """Hand a call of a function that may run any number of times to a queue; False when Redis is away.

    For work that PostgreSQL knows to be due: arguments are JSON with ids only, and a call that is lost is made again.
    """

    def hand_over(_: Redis) -> bool:
        limits = _limits(queue, timeout_seconds)
        queue_named(queue).enqueue(function, args=arguments, description=description, **limits)
        return True

    return ask(hand_over, False, function=function)


def _limits(queue: str, timeout_seconds: int | None = None) -> dict[str, Any]:
    """Return how long a job of this queue may take and is kept, and how often RQ starts it."""
    return {
        "job_timeout": timeout_seconds or JOB_TIMEOUT_SECONDS[queue],
        "result_ttl": RESULT_TTL_SECONDS,
        "failure_ttl": FAILURE_TTL_SECONDS,
        "retry": Retry(max=MAX_RETRIES),
    }
