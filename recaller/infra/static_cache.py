"""Tells browsers how long to keep what the built front end consists of."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The bundler puts a hash of the content into these files' names, so their content never changes.
_HASHED_PREFIX = "/assets/"
_FOREVER = "public, max-age=31536000, immutable"
# Pages and other files may change with the next build: ask each time, and get a 304 while they haven't.
_ASK = "no-cache"


class StaticCacheHeaders:
    """Middleware that adds Cache-Control to static answers which have none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but GET and HEAD over HTTP passes through untouched."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return

        async def send_with_cache(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_found = message["status"] in (200, 206, 304)
                if "cache-control" not in headers:
                    is_hashed = scope["path"].startswith(_HASHED_PREFIX) and is_found
                    headers["cache-control"] = _FOREVER if is_hashed else _ASK
            await send(message)

        await self._app(scope, receive, send_with_cache)
