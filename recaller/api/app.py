"""Builds the REST application: routers, middleware, errors and its own documentation page."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, Response
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from recaller.api import (
    accounts,
    administration,
    auth,
    budgets,
    categories,
    daily_work,
    feeds,
    imports,
    jobs,
    members,
    notifications,
    payees,
    rates,
    recurring,
    recurring_suggestions,
    reports,
    rules,
    status,
    tags,
    transactions,
    transfers,
)
from recaller.api.dependencies import CSRF_HEADER
from recaller.api.errors import Problem, install_error_handlers
from recaller.api.idempotency import REPLAYED
from recaller.api.middleware import (
    API_POLICY,
    REQUEST_ID,
    BodyLimit,
    OriginWall,
    RequestContext,
    SecurityHeaders,
)
from recaller.settings import get_settings

API_PREFIX = "/api/v1"
GZIP_MINIMUM_BYTES = 1024

ROUTERS: tuple[APIRouter, ...] = (
    auth.router,
    members.router,
    administration.router,
    accounts.router,
    categories.router,
    budgets.router,
    payees.router,
    tags.router,
    transactions.router,
    imports.router,
    rules.router,
    reports.router,
    feeds.router,
    jobs.router,
    transfers.router,
    rates.router,
    notifications.router,
    status.router,
    daily_work.router,
    recurring.router,
    recurring_suggestions.router,
)

DESCRIPTION = f"""
The same services as the pages, over HTTP. Sign in with `POST /auth/sign-in` and mode `token`, send the access token
as `Authorization: Bearer ...`, and trade the refresh token at `POST /auth/refresh` before it runs out.

* Amounts are integers in **minor units** of their currency (cents of EUR, yen of JPY).
* Errors are problem documents (RFC 9457); `request_id` finds the entry in the log.
* Lists come in pages: pass `next_cursor` on as `cursor`. `fields=id,name` shrinks an answer.
* Send `Idempotency-Key` with a POST to make repeating it safe.
* `X-Tenant-ID` picks one of your households for one call.
* Pages use the session cookie; calls that change something then need the header `{CSRF_HEADER}: 1`.
"""

_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_DOCS = {"docs.js": "text/javascript", "docs.css": "text/css"}


def create_api() -> FastAPI:
    """Return the REST application; the composition root mounts it at `API_PREFIX`."""
    app = FastAPI(
        title="Recaller",
        version="1",
        summary="A household's money, tasks and people.",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        middleware=[
            Middleware(SecurityHeaders, policy=API_POLICY),
            Middleware(RequestContext),
            Middleware(OriginWall),
            Middleware(
                CORSMiddleware,
                allow_origins=list(get_settings().allowed_origins),
                allow_credentials=True,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=[
                    "Authorization", "Content-Type", "Idempotency-Key", "X-Tenant-ID", CSRF_HEADER, REQUEST_ID,
                ],
                expose_headers=[REQUEST_ID, REPLAYED, "Retry-After"],
                max_age=600,
            ),
            Middleware(BodyLimit),
            Middleware(GZipMiddleware, minimum_size=GZIP_MINIMUM_BYTES, compresslevel=6),
        ],
    )  # fmt: skip
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/health", health, include_in_schema=False)
    app.add_api_route("/docs", docs_page, include_in_schema=False, response_class=HTMLResponse)
    app.add_api_route("/docs/{name}", docs_asset, include_in_schema=False)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


async def health() -> dict[str, str]:
    """Tell that this process answers; on the event loop, so that busy threads don't delay it."""
    return {"status": "ok"}


def docs_page() -> Response:
    """Return the documentation page, which reads openapi.json and loads nothing from elsewhere."""
    return _asset("docs.html", "text/html")


def docs_asset(name: str) -> Response:
    """Return the page's script or style."""
    if name not in _DOCS:
        return Response(status_code=404)
    return _asset(name, _DOCS[name])


def _asset(name: str, media_type: str) -> Response:
    content = files("recaller.api").joinpath("static", name).read_text(encoding="utf-8")
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": _DOCS_POLICY})


def _openapi(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            servers=[{"url": API_PREFIX}],
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {}) | {"Problem": problem}
        app.openapi_schema = document
    return app.openapi_schema
