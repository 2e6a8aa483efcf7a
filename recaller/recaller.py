"""The composition root: the Reflex app, its pages, and the REST API mounted beside them."""

from __future__ import annotations

import reflex as rx
from fastapi import FastAPI, Response, status
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

import recaller.components as ui
from recaller.api.app import API_PREFIX, create_api
from recaller.api.entrance import Entrance
from recaller.api.middleware import SecurityHeaders
from recaller.api.operations import Operations
from recaller.api.upload_wall import UploadWall
from recaller.infra import page_store, state_lock
from recaller.infra.db import engines
from recaller.infra.queue import asking_connection
from recaller.infra.static_cache import StaticCacheHeaders
from recaller.pages.not_found import not_found_page
from recaller.pages.routes import ROUTES

state_lock.install()
page_store.install()
api = FastAPI(title="Recaller", docs_url=None, redoc_url=None, openapi_url=None)


@api.get("/health")
def health() -> dict[str, str]:
    """Tell that this process answers, whatever it depends on."""
    return {"status": "ok"}


@api.get("/ready")
def ready(response: Response) -> dict[str, str]:
    """Tell whether this process can serve people: 503 while PostgreSQL doesn't answer.

    Without Redis people can work all the same (`degraded`): a proxy should go on sending them.
    """
    database, queue = _postgres_answers(), _redis_answers()
    if not database:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return {
        "status": ("ready" if queue else "degraded") if database else "unavailable",
        "postgresql": "ok" if database else "unavailable",
        "redis": "ok" if queue else "unavailable",
    }


def _postgres_answers() -> bool:
    try:
        with engines.writer().connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(asking_connection().ping())
    except RedisError:
        return False


def _entrance(wrapped: ASGIApp) -> Entrance:
    return Entrance(wrapped, [route.path for route in ROUTES])


api.mount(API_PREFIX, create_api())

app = rx.App(
    **ui.app_options(),
    # Each wraps what stands before it.
    api_transformer=[api, StaticCacheHeaders, UploadWall, _entrance, Operations, SecurityHeaders],
)
for route in ROUTES:
    app.add_page(
        route.draw(), route=route.path, title=f"{route.title} · Recaller", on_load=list(route.on_load)
    )
app.add_page(not_found_page(), route="404", title="Not found · Recaller")
