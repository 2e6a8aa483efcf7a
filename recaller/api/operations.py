"""What operators see: RQ Dashboard at /ops/rq, for super administrators only, decided on every request."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import quote

import structlog
from a2wsgi import WSGIMiddleware
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from recaller.api.errors import problem
from recaller.core.errors import RecallerError, Unauthenticated
from recaller.infra.queue_dashboard import dashboard_app
from recaller.services import identity
from recaller.services.identity.errors import OriginRefused
from recaller.services.identity.scopes import session_secret

log = structlog.get_logger(__name__)

DASHBOARD_PATH = "/ops/rq"
_THREADS = 4
_READING = ("GET", "HEAD")
# It changes something by GET; the page itself uses POST.
_CHANGES_BY_GET = f"{DASHBOARD_PATH}/requeue/"


class Operations:
    """Serves the dashboard to super administrators; for everybody else there is nothing here.

    It shows jobs of all households by their ids, never what is in them. Strangers who come to its page may sign in
    first. What changes something must come from a page of ours: by its Origin, and by a header that no form sets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @cached_property
    def _dashboard(self) -> WSGIMiddleware:
        return WSGIMiddleware(dashboard_app(), workers=_THREADS)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything that isn't the dashboard's, and whoever may not see it."""
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not (path == DASHBOARD_PATH or path.startswith(f"{DASHBOARD_PATH}/")):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if is_page and session_secret(headers.get("cookie")) is None:
            await RedirectResponse(f"/sign-in?next={quote(DASHBOARD_PATH, safe='')}", status_code=303)(
                scope, receive, send
            )
            return
        user_id = await run_in_threadpool(_super_admin, headers.get("cookie"))
        if user_id is None:
            if is_page:
                await self._app(scope, receive, send)
            else:
                await problem(Request(scope), 404, "There is nothing here.")(scope, receive, send)
            return
        if scope["method"] not in _READING or path.startswith(_CHANGES_BY_GET):
            if not _came_from_our_page(scope["method"], headers):
                await problem(Request(scope), 403, "This didn't come from the dashboard's own page.")(
                    scope, receive, send
                )
                return
            log.info("operator_action", user_id=user_id, path=path)
        below = path[len(DASHBOARD_PATH) :] or "/"
        # The WSGI side finds its own part of the path behind the root path.
        inner = {**scope, "root_path": DASHBOARD_PATH, "path": DASHBOARD_PATH + below}
        await self._dashboard(inner, receive, send)  # type: ignore[arg-type]


def _super_admin(cookie_header: str | None) -> str | None:
    """Return the id of the super administrator who holds this browser session, None for anybody else."""
    try:
        who = identity.resolve_cookie(cookie_header)
    except Unauthenticated:
        return None
    except (RecallerError, SQLAlchemyError, RedisError):
        log.warning("operator_undecided", exc_info=True)
        return None
    return str(who.user_id) if who.super_admin else None


def _came_from_our_page(method: str, headers: Headers) -> bool:
    if method in _READING or headers.get("x-requested-with") != "XMLHttpRequest":
        return False
    try:
        identity.check_origin(headers.get("origin"))
    except OriginRefused:
        return False
    return True
