"""RQ Dashboard fitted to our queues: our connection, our serializers, a plain page when Redis is away."""

from __future__ import annotations

import io
import json
import pickle
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq_dashboard import web

from recaller.infra.queue import SeenWorker, asking_connection

log = structlog.get_logger(__name__)

POLL_MILLISECONDS = 2500
_AWAY = (
    "<!doctype html><meta charset=utf-8><title>The queue can't be reached</title>"
    "<body style='font-family:system-ui;max-width:40rem;margin:4rem auto;line-height:1.5'>"
    "<h1>The queue can't be reached</h1><p>Redis doesn't answer. Background work is paused and goes on by itself when "
    "it returns; nothing is lost, because what is due lies in PostgreSQL.</p>"
    "<p><a href=''>Try again</a> · <a href='/jobs'>Jobs</a></p>"
)


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, texts and their containers; whatever would name a class or a function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse: nothing that a pickle names is ever looked up."""
        raise pickle.UnpicklingError(f"{module}.{name} is not read here")


class ReadingSerializer:
    """Reads what lies in Redis: JSON of our own jobs, plain pickles of the scheduler's ticks."""

    @staticmethod
    def dumps(*args: Any) -> bytes:
        """Return JSON."""
        return json.dumps(*args).encode()

    @staticmethod
    def loads(stored: bytes) -> Any:
        """Return the value; never runs anything that a pickle asks for."""
        if stored[:1] == b"\x80":
            return _PlainUnpickler(io.BytesIO(stored)).load()
        return json.loads(stored)


class _ReadWorker(SeenWorker):
    """Workers as the dashboard lists them, their current jobs readable whatever queue they are of."""

    @classmethod
    def all(cls, connection: Redis | None = None, **_: Any) -> list[Any]:  # type: ignore[override]
        return super().all(connection=connection, serializer=ReadingSerializer)


def dashboard_app() -> Flask:
    """Return the dashboard as a WSGI application to be mounted anywhere; it has no sign-in of its own."""
    # The library takes these from its module, and would otherwise connect anew for each request.
    web.config.serializer = ReadingSerializer
    web.Worker = _ReadWorker
    hooks = web.blueprint.before_request_funcs.get(None, [])
    if web.push_rq_connection in hooks:
        hooks.remove(web.push_rq_connection)
    app = Flask("recaller_operations", static_folder=str(web.blueprint.static_folder))
    app.config.update(
        # What its menu of instances shows: a name, no address and no password.
        RQ_DASHBOARD_REDIS_URL=("Recaller",),
        RQ_DASHBOARD_POLL_INTERVAL=POLL_MILLISECONDS,
    )
    app.register_blueprint(web.blueprint, url_prefix="/")

    @app.before_request
    def connect() -> None:
        app.redis_conn = asking_connection()  # type: ignore[attr-defined]
        app.redis_conn.ping()  # type: ignore[attr-defined]

    @app.errorhandler(RedisError)
    def away(error: RedisError) -> tuple[str, int]:
        log.warning("queue_unreachable", error=type(error).__name__)
        return _AWAY, 503

    return app
