"""Pooled connections: those that the server ended are replaced before anybody works with one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text

from recaller.infra import db
from recaller.infra.db import engines
from recaller.settings import get_settings, libpq_url
from tests.support.households import Household
from tests.support.waiting import PATIENCE_SECONDS

_TOGETHER = 4


def _process_id() -> int:
    with engines.writer().connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def _several() -> set[int]:
    barrier = Barrier(_TOGETHER)

    def run(_: int) -> int:
        with engines.writer().connect() as connection:
            barrier.wait(PATIENCE_SECONDS)
            return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    with ThreadPoolExecutor(_TOGETHER) as pool:
        return set(pool.map(run, range(_TOGETHER)))


def _end_all(ids: set[int]) -> None:
    with psycopg.connect(libpq_url(get_settings().app_url), autocommit=True) as connection:
        for one in ids:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [one])


@pytest.mark.parametrize("trusted_seconds", [0, 60])
def test_connections_that_the_server_ended_are_replaced_unseen(
    household: Household, monkeypatch: pytest.MonkeyPatch, trusted_seconds: int
) -> None:
    monkeypatch.setattr(db, "TRUSTED_SECONDS", trusted_seconds)
    before = _several()
    assert len(before) == _TOGETHER
    _end_all(before)
    after = _several()
    assert len(after) == _TOGETHER
    assert not before & after


def test_a_connection_used_just_now_is_given_out_without_a_question(household: Household) -> None:
    asked: list[object] = []
    engine = engines.writer()
    ping = engine.dialect.do_ping
    first = _process_id()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.dialect, "do_ping", lambda one: asked.append(one) or ping(one))
        assert _process_id() == first
        assert not asked
        patch.setattr(db, "TRUSTED_SECONDS", 0)
        assert _process_id() == first
        assert len(asked) == 1
