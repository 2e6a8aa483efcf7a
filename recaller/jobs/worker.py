"""A worker process: one queue each, restarted by its supervisor."""

from __future__ import annotations

from rq import Queue, Worker
from rq.serializers import DefaultSerializer, JSONSerializer

from recaller.infra.queue import QUEUES, redis_connection
from recaller.jobs.scheduler import TICK_QUEUE

MAINTENANCE_SECONDS = 60


def run_worker(queue: str, *, burst: bool = False) -> None:
    """Work on one queue until SIGTERM (finishes the job at hand) or, with `burst`, until it is empty."""
    if queue not in QUEUES:
        raise ValueError(f"There is no queue {queue!r}; choose one of {', '.join(QUEUES)}.")
    serializer = DefaultSerializer if queue == TICK_QUEUE else JSONSerializer
    connection = redis_connection()
    worker = Worker(
        [Queue(queue, connection=connection, serializer=serializer)],
        connection=connection,
        serializer=serializer,
        maintenance_interval=MAINTENANCE_SECONDS,
    )
    worker.work(burst=burst, logging_level="WARNING", with_scheduler=False)
