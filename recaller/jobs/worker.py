"""A worker process: one queue each, restarted by the pool or whoever else supervises it.

RQ forks a work horse for every job. All that a job may call is imported here, once, before the first fork: a horse
that imported it for itself would spend two seconds of processor time on every job. What is open at a fork stays the
worker's own: a horse opens its own connections to PostgreSQL (infra/db.py) and Redis (redis-py looks at the pid).
"""

from __future__ import annotations

import gc
from importlib import import_module

from rq import Queue, Worker
from rq.serializers import DefaultSerializer, JSONSerializer

from recaller.infra.background import WORKER_TTL_SECONDS
from recaller.infra.queue import QUEUES, TICK_QUEUE, redis_connection

MAINTENANCE_SECONDS = 60
# Whatever RQ is given to call lies in one of these, or in what they import; the driver's dialect is looked up by name.
CALLED = (
    "recaller.jobs.daily_running",
    "recaller.jobs.entry",
    "recaller.jobs.notifications",
    "recaller.jobs.sweep",
    "sqlalchemy.dialects.postgresql.psycopg",
)


def import_jobs() -> None:
    """Import whatever jobs need, for the forks of this process."""
    for module in CALLED:
        import_module(module)
    # What is there by now stays: a fork's collector needn't look at it, which would copy every page of it.
    gc.freeze()


def run_worker(queue: str, *, burst: bool = False, name: str | None = None) -> None:
    """Work on one queue until SIGTERM (finishes the job at hand) or, with `burst`, until it is empty."""
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}; choose one of {', '.join(QUEUES)}.")
    import_jobs()
    serializer = DefaultSerializer if queue == TICK_QUEUE else JSONSerializer
    connection = redis_connection()
    worker = Worker(
        [Queue(queue, connection=connection, serializer=serializer)],
        name=name,
        connection=connection,
        serializer=serializer,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_TTL_SECONDS,
    )
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
