"""Whether background work goes on, as pages ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from recaller.infra import background
from recaller.infra.queue import redis_connection
from recaller.jobs.sweep import requeue_lost_jobs
from recaller.settings import Settings, override_settings
from tests.api.test_auth import signed_up_browser
from tests.support.api import new_client


@contextmanager
def listening(*queues: str) -> Iterator[None]:
    """Let workers be alive, one for each queue, as Redis knows them."""
    connection = redis_connection()
    workers = [
        Worker(
            [Queue(name, connection=connection, serializer=JSONSerializer)],
            connection=connection,
            serializer=JSONSerializer,
        )
        for name in queues
    ]
    for worker in workers:
        worker.register_birth()
    yield
    for worker in workers:
        worker.register_death()


def test_status_says_what_is_missing(database: Settings) -> None:
    client = signed_up_browser()
    assert new_client().get("/status").status_code == 401

    def status() -> str:
        background.forget()
        return str(client.get("/status").json()["background"])

    assert client.get("/status").json() == {"background": "no_worker", "unread": 0}
    with listening("default", "bulk"):
        assert status() == "no_worker"
    with listening("critical", "default", "bulk"):
        assert status() == "no_tick_worker"
    with listening("critical", "default", "bulk", "ticks"):
        assert status() == "no_scheduler"
        assert requeue_lost_jobs() == 0
        assert status() == "running"
        assert 100 < redis_connection().ttl("recaller:ticked") <= 120
        redis_connection().delete("recaller:ticked")
        assert status() == "no_scheduler"


def test_status_says_that_the_queue_is_away(database: Settings) -> None:
    client = signed_up_browser()
    with override_settings(database.model_copy(update={"redis_url": "unix:///nonexistent/redis.sock"})):
        redis_connection.cache_clear()
        assert client.get("/status").json() == {"background": "no_queue", "unread": 0}
