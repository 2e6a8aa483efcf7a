"""Sends people to the page that they can use before any is loaded: sign-in, sign-up, or where they wanted to go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, quote, urlsplit

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.services import identity
from recaller.services.identity.scopes import session_secret

log = structlog.get_logger(__name__)

SIGN_IN, SIGN_UP, JOIN = "/sign-in", "/sign-up", "/join"
HOME = "/"
_PARAMETER = re.compile(r"\[[^\]]+\]")
# Of these addresses none is a page.
_ELSEWHERE = ("/api", "/assets", "/_", "/ping", "/health", "/ready")
# The built page that draws whatever the address asks for: that of addresses with a part of their own.
_ANY_PAGE = "/__spa-fallback.html"


def safe_target(text: str | None) -> str:
    """Return where to go after signing in: a path of this site, or the dashboard for anything else."""
    if not text or len(text) > 2000 or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return HOME
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path in (SIGN_IN, SIGN_UP) or not text.isprintable():
        return HOME
    return text


class Entrance:
    """Redirects navigations only; whoever gets a page without a session still sees nothing on it.

    Without a session's cookie every page but the three for strangers leads to the sign-in page; with a living
    session that page leads on. A server that has no user yet leads to signing up. `pages` are the routes as Reflex
    writes them (`/accounts/[account_id]`): each is answered where it is, without the detour that a static file
    server makes.
    """

    def __init__(self, app: ASGIApp, pages: Iterable[str]) -> None:
        self._app = app
        self._pages = [re.compile(_PARAMETER.sub("[^/]+", page.rstrip("/") or HOME)) for page in pages]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what isn't somebody coming to a page."""
        if not _is_navigation(scope):
            await self._app(scope, receive, send)
            return
        path = str(scope["path"]).rstrip("/") or HOME
        query = scope["query_string"].decode("latin-1")
        target = await run_in_threadpool(_target, path, query, Headers(scope=scope).get("cookie"))
        if target is None:
            await self._app({**scope, "path": self._file(path)}, receive, send)
            return
        answer = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
        await answer(scope, receive, send)

    def _file(self, path: str) -> str:
        """Return where the static file server has this page; an unknown one gets its own answer, 404."""
        for page in self._pages:
            if page.fullmatch(path):
                return f"{path.rstrip('/')}/" if page.pattern == path else _ANY_PAGE
        return path


def _is_navigation(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = str(scope["path"])
    if path.startswith(_ELSEWHERE) or "." in path.rpartition("/")[2]:
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _target(path: str, query: str, cookie_header: str | None) -> str | None:
    """Return where to send somebody who asks for this page, None to let them have it."""
    if path == JOIN:
        return None
    try:
        if path in (SIGN_IN, SIGN_UP):
            if _is_signed_in(cookie_header):
                return safe_target(parse_qs(query).get("next", [""])[0])
            return SIGN_UP if path == SIGN_IN and identity.sign_up_options().first else None
        if session_secret(cookie_header) is not None:
            return None
        if path == HOME and not query:
            return SIGN_UP if identity.sign_up_options().first else SIGN_IN
    except (RecallerError, SQLAlchemyError, RedisError):
        # The page itself says what is the matter.
        log.warning("entrance_undecided", path=path, exc_info=True)
        return None
    return f"{SIGN_IN}?next={quote(path + ('?' + query if query else ''), safe='')}"


def _is_signed_in(cookie_header: str | None) -> bool:
    if session_secret(cookie_header) is None:
        return False
    try:
        identity.resolve_cookie(cookie_header)
    except Unauthenticated:
        return False
    return True
