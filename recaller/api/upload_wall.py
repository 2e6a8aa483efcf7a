"""Guards the address that pages upload files to: signed-in people of this site only, and no more than an import."""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from recaller.api.errors import problem
from recaller.api.middleware import announces_more, counted
from recaller.core.errors import RecallerError, Unavailable
from recaller.services.identity import resolve_browser
from recaller.services.identity.errors import OriginRefused
from recaller.settings import get_settings

log = structlog.get_logger(__name__)

UPLOAD_PATH = "/_upload"
# Room for the multipart frame around the file.
FRAME_BYTES = 100_000


class UploadWall:
    """The framework's own upload address takes any size from anybody and spools it to disk before an event sees it.

    Here the caller is resolved before a byte of the body is read, and the body is counted while it is. Files are
    never served from this address: what is uploaded goes to the database, encrypted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on all else; of uploads those that may be."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(UPLOAD_PATH):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["method"] != "POST" or scope["path"].rstrip("/") != UPLOAD_PATH:
            await problem(request, 404, "There is nothing here.")(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = get_settings().import_max_bytes + FRAME_BYTES
        refusal = await self._refusal(headers)
        if refusal is not None:
            await problem(request, refusal.status, refusal.message, code=refusal.code)(scope, receive, send)
            return
        too_large = f"The file is larger than {get_settings().import_max_bytes:,} bytes."
        if announces_more(headers, limit):
            await problem(request, 413, too_large)(scope, receive, send)
            return
        await self._app(scope, counted(receive, limit, too_large), send)

    async def _refusal(self, headers: Headers) -> RecallerError | None:
        """Return why this caller may not upload; None for a living session on a page of ours."""
        origin = headers.get("origin")
        if origin is None:
            return OriginRefused("(none)")
        try:
            await run_in_threadpool(resolve_browser, headers.get("cookie"), origin)
        except RecallerError as error:
            return error
        except (SQLAlchemyError, RedisError):
            log.warning("upload_undecided", exc_info=True)
            return Unavailable("The server can't reach its database right now. Try again.")
        return None
