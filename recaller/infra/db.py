"""Engines: one pool for the application role, one for the optional read replica; nothing connects elsewhere."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, cast

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from recaller.settings import get_settings

# Past this wait for a free connection, a request fails with "unavailable" rather than piling up.
POOL_TIMEOUT_SECONDS = 15
# A connection that lay for longer is asked whether it lives before it is used again.
TRUSTED_SECONDS = 5
_RETURNED = "recaller returned"


class Engines:
    """Makes each engine at its first use; `dispose` closes all (between tests)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, Engine] = {}

    def writer(self) -> Engine:
        """Return the application role's engine on the primary."""
        return self._engine("writer", lambda: get_settings().app_url)

    def reader(self) -> Engine:
        """Return the replica's engine where one is configured, else the primary's."""
        if get_settings().database_replica_url is None:
            return self.writer()
        return self._engine("reader", lambda: get_settings().replica_url)

    def _engine(self, name: str, url: Callable[[], str]) -> Engine:
        with self._lock:
            if name not in self._made:
                settings = get_settings()
                self._made[name] = engine = create_engine(
                    url(),
                    pool_size=settings.database_pool_size,
                    max_overflow=settings.database_pool_overflow,
                    pool_timeout=POOL_TIMEOUT_SECONDS,
                    pool_recycle=1800,
                    # The driver sends no BEGIN of its own: the unit of work sends it together with the settings that
                    # open the wall, in one round trip. Its commit and rollback end that transaction as ever.
                    isolation_level="AUTOCOMMIT",
                    connect_args={"application_name": "recaller"},
                )
                _check_connections(engine)
            return self._made[name]

    def dispose(self) -> None:
        """Close every pool; the next use opens new connections."""
        with self._lock:
            for engine in self._made.values():
                engine.dispose()
            self._made.clear()

    def forget(self) -> None:
        """Leave every pool to the process that this one was forked from; the next use opens new connections."""
        # Another thread may have held the lock at the fork, and isn't here to release it.
        self._lock = threading.Lock()
        for engine in self._made.values():
            engine.dispose(close=False)
        self._made = {}


def _check_connections(engine: Engine) -> None:
    """Replace dead connections before anybody gets one, without a round trip for each that was used just now.

    A server that ended has closed its sockets, and a closed socket can be read: then, or after a while unused,
    the connection is pinged.
    """

    @event.listens_for(engine, "checkin")
    def note(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_RETURNED] = monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        returned = entry.info.get(_RETURNED)
        if returned is None or (monotonic() - returned < TRUSTED_SECONDS and not _was_told(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError("The connection was lost.") from error


def _was_told(connection: DBAPIConnection) -> bool:
    """Whether the server said something since the last answer: mostly that it ended the connection."""
    driven = cast("psycopg.Connection[Any]", connection)
    if driven.closed:
        return True
    sockets = select.poll()
    sockets.register(driven.fileno(), select.POLLIN)
    return bool(sockets.poll(0))


engines = Engines()
os.register_at_fork(after_in_child=engines.forget)
