"""Engines: one pool for the application role, one for the optional read replica; nothing connects elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Engine, create_engine

from recaller.settings import get_settings

# Past this wait for a free connection, a request fails with "unavailable" rather than piling up.
POOL_TIMEOUT_SECONDS = 15


class Engines:
    """Makes each engine at its first use; `dispose` closes all (after a fork, between tests)."""

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
                self._made[name] = create_engine(
                    url(),
                    pool_size=settings.database_pool_size,
                    max_overflow=settings.database_pool_overflow,
                    pool_timeout=POOL_TIMEOUT_SECONDS,
                    pool_pre_ping=True,
                    pool_recycle=1800,
                    connect_args={"application_name": "recaller"},
                )
            return self._made[name]

    def dispose(self) -> None:
        """Close every pool; the next use opens new connections."""
        with self._lock:
            for engine in self._made.values():
                engine.dispose()
            self._made.clear()


engines = Engines()
