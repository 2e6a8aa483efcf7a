"""A Redis that hangs (stopped process, lost network): whoever hands over or asks waits a moment, once."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from redis.connection import AbstractConnection
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from recaller.infra import queue as queue_module
from recaller.infra import redis_outage
from recaller.infra.background import Background, background, forget
from recaller.infra.db import engines
from recaller.infra.embedded.valkey import EmbeddedRedis
from recaller.infra.queue import asking_connection, push, queue_named, redis_connection
from recaller.infra.queue_dashboard import dashboard_app
from recaller.settings import Settings, override_settings
from tests.api.test_auth import signed_up_browser

T = TypeVar("T")
# Longer than usual, so that a busy machine's delays are told from a second wait.
ANSWER_SECONDS = 5.0
ONE_WAIT = 2 * ANSWER_SECONDS


class Hanging:
    """A Redis that can be stopped as SIGSTOP stops it: connections are taken, nothing answers."""

    def __init__(self, server: EmbeddedRedis) -> None:
        assert server._process is not None
        self.url, self._pid = server.url, server._process.pid

    def hang(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._pid, signal.SIGCONT)


@pytest.fixture
def hanging(database: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr(queue_module, "ANSWER_SECONDS", ANSWER_SECONDS)
    with tempfile.TemporaryDirectory(prefix="recaller-hangs-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedRedis(Path(folder)) as server:
            held = Hanging(server)
            with override_settings(database.model_copy(update={"redis_url": server.url})):
                yield held
            held.go_on()


def timed(action: Callable[[], T]) -> tuple[T, float]:
    began = time.monotonic()
    return action(), time.monotonic() - began


def checked_out(engine: Engine) -> int:
    return int(engine.pool.checkedout())  # type: ignore[attr-defined]


def hand_over() -> bool:
    return push("default", uuid4(), uuid4())


def test_writes_wait_once_and_go_on_by_themselves_when_it_returns(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hand_over()
    hanging.hang()
    handed, seconds = timed(hand_over)
    assert not handed
    assert seconds < ONE_WAIT
    handed, seconds = timed(lambda: any(hand_over() for _ in range(50)))
    assert not handed
    assert seconds < ONE_WAIT
    hanging.go_on()
    monkeypatch.setattr(redis_outage, "_next_try", 0.0)
    assert hand_over()
    assert len(queue_named("default").job_ids) >= 2


def test_during_an_outage_one_caller_at_a_time_tries(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging.hang()
    assert not hand_over()
    monkeypatch.setattr(redis_outage, "_next_try", 0.0)
    with ThreadPoolExecutor(8) as threads:
        waits = sorted(threads.map(lambda _: timed(hand_over)[1], range(8)))
    assert waits[-2] < ANSWER_SECONDS, waits
    assert waits[-1] < ONE_WAIT, waits


def test_looking_at_workers_leaves_the_limits_as_they_are(hanging: Hanging) -> None:
    queue = Queue("default", connection=redis_connection(), serializer=JSONSerializer)
    worker = Worker([queue], connection=redis_connection(), serializer=JSONSerializer)
    worker.register_birth()
    assert background() is Background.NO_WORKER  # the other queues have none
    client = dashboard_app().test_client()
    assert client.get("/0/data/workers.json").status_code == 200
    asking_connection().connection_pool.reset()  # connections made from now on
    hanging.hang()
    handed, seconds = timed(hand_over)
    assert not handed
    assert seconds < ONE_WAIT


def test_many_pages_ask_and_only_one_of_them_waits(hanging: Hanging) -> None:
    assert background() is Background.NO_WORKER
    hanging.hang()
    forget()
    with ThreadPoolExecutor(8) as threads:
        waits = sorted(threads.map(lambda _: timed(background)[1], range(8)))
    assert waits[-2] < ANSWER_SECONDS, waits
    assert waits[-1] < ONE_WAIT, waits
    assert background() is Background.NO_QUEUE


def test_who_waits_for_it_holds_no_connection_of_the_database(
    hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_up_browser()
    held: list[tuple[int, int]] = []
    read = AbstractConnection.read_response

    def waiting(connection: AbstractConnection, *arguments: Any, **options: Any) -> Any:
        held.append((checked_out(engines.writer()), checked_out(engines.reader())))
        return read(connection, *arguments, **options)

    monkeypatch.setattr(AbstractConnection, "read_response", waiting)
    monkeypatch.setattr(redis_outage, "begin", lambda: None)  # or the first who waits spares the others
    hanging.hang()
    forget()
    assert browser.get("/status").json()["background"] == "no_queue"
    assert set(held) == {(0, 0)}


def test_the_dashboard_says_so(hanging: Hanging) -> None:
    client = dashboard_app().test_client()
    hanging.hang()
    answer, seconds = timed(lambda: client.get("/"))
    assert answer.status_code == 503
    assert seconds < ONE_WAIT
