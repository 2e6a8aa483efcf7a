"""What surrounds every request: its id and log line, security headers, the origin wall and the size limit."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recaller.api.errors import problem
from recaller.api.secret_paths import shown_path
from recaller.services.identity.errors import OriginRefused
from recaller.services.rates import MAX_RATES_FILE_BYTES
from recaller.settings import get_settings

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
MAX_BODY_BYTES = 1_000_000
FRAME_BYTES = 100_000
# Paths (inside the API) that take whole files, with the most bytes that each takes of a file.
FILE_PATHS: dict[str, Callable[[], int]] = {
    "/imports": lambda: get_settings().import_max_bytes,
    "/exchange-rates/import": lambda: MAX_RATES_FILE_BYTES,
}

_READABLE_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Reflex writes its start-up script and styles into the page, and runs a server's `call_script` through eval.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data:; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


class SecurityHeaders:
    """Adds the security headers that an answer doesn't carry yet; wraps the API, and the pages as a whole."""

    def __init__(self, app: ASGIApp, policy: str = PAGE_POLICY) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, adding headers to the start of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if get_settings().cookie_secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, with_headers)


class RequestContext:
    """Gives each request its id, in the log's context and in the answer; logs it; answers unforeseen errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request; an exception that nobody handled becomes a problem document and a log entry."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _READABLE_ID.fullmatch(given) else secrets.token_hex(12)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, with_id)
            except Exception:
                log.exception("request_crashed", method=scope["method"], path=shown_path(scope["path"]))
                if status:
                    raise
                answer = problem(
                    Request(scope), 500, "Something went wrong here. The log knows more under the request id."
                )
                await answer(scope, receive, with_id)
            log.info(
                "request",
                method=scope["method"],
                path=shown_path(scope["path"]),
                status=status,
                milliseconds=round((time.perf_counter() - begun) * 1000, 1),
                user_id=state.get("user_id"),
                tenant_id=state.get("tenant_id"),
            )


class OriginWall:
    """Refuses every call that a page of an unlisted origin makes, whatever credential it carries."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass calls without an Origin (no browser, or a plain navigation) and those of our own pages."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or origin in get_settings().allowed_origins:
            await self.app(scope, receive, send)
            return
        refusal = OriginRefused(origin)
        await problem(Request(scope), refusal.status, refusal.message, code=refusal.code)(
            scope, receive, send
        )


def announces_more(headers: Headers, limit: int) -> bool:
    """Tell whether a call says beforehand that its body has more bytes than the limit."""
    announced = headers.get("content-length", "0")
    return announced.isdecimal() and int(announced[:20]) > limit


def counted(receive: Receive, limit: int, detail: str) -> Receive:
    """Return a `receive` that raises HTTPException(413) once more bytes than the limit came, announced or not."""
    read = 0

    async def counting() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(413, detail)
        return message

    return counting


class BodyLimit:
    """Refuses bodies over the limit, by their announced length or while they are read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on with a `receive` that counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        limit = MAX_BODY_BYTES
        if (most := FILE_PATHS.get(path.rstrip("/"))) is not None:
            limit = max(limit, most() + FRAME_BYTES)
        detail = f"The body is larger than {limit} bytes."
        if announces_more(Headers(scope=scope), limit):
            await problem(Request(scope), 413, detail)(scope, receive, send)
            return
        await self.app(scope, counted(receive, limit, detail), send)
