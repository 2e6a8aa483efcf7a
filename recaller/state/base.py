"""How an event reaches the services: the caller is resolved anew, work runs in a thread, errors become words.

```
class AccountsState(rx.State):
    rows: list[dict[str, str]] = []
    form_errors: dict[str, str] = {}

    @event
    async def load(self) -> None:
        self.rows = await in_work(self, lambda w: [...list_accounts(w)...], read_only=True)
```

Handlers validate what they are given (`text_of`, `id_of`, ...): any client may call any of them with anything.
A ValidationFailed lands in `form_errors` under its field when the state has that var; every other error is a toast.
Forms that must not be sent twice: `recaller.state.forms`.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import reflex as rx
import structlog

from recaller.core.errors import RecallerError, Unauthenticated, ValidationFailed
from recaller.core.ids import new_id, parse_id
from recaller.core.scope import Source
from recaller.infra.errors import STORAGE_ERRORS
from recaller.infra.work import Work, work
from recaller.services.identity import Identity, resolve_browser

log = structlog.get_logger(__name__)

T = TypeVar("T")
P = ParamSpec("P")

MAX_TEXT = 4000
# Leaves by a full load, and comes back to the same page after signing in.
_TO_SIGN_IN = "location.replace('/sign-in?next=' + encodeURIComponent(location.pathname + location.search))"
# As many events as the database pool serves at once; more wait their turn here, not in the pool.
_THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="event")


# What waits for servers that aren't ours has few threads of its own: pages never wait behind it.
_ABROAD = ThreadPoolExecutor(max_workers=4, thread_name_prefix="abroad")


async def in_thread(action: Callable[[], T], *, abroad: bool = False) -> T:
    """Run blocking work off the event loop, with the caller's log context; `abroad` what calls other servers."""
    context = contextvars.copy_context()
    pool = _ABROAD if abroad else _THREADS
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(action))


async def identity_of(state: rx.State) -> Identity:
    """Return who sent this event; raise Unauthenticated when the session has ended."""
    headers = state.router.headers
    return await in_thread(lambda: resolve_browser(headers.cookie, headers.origin))


async def in_work(state: rx.State, action: Callable[[Work], T], *, read_only: bool = False) -> T:
    """Run `action` in a unit of work of the event's caller, who is resolved from the session each time."""
    headers = state.router.headers
    request_id = structlog.contextvars.get_contextvars().get("request_id")

    def run() -> T:
        who = resolve_browser(headers.cookie, headers.origin)
        scope = who.scope(source=Source.MANUAL, request_id=request_id)
        with work(scope, read_only=read_only) as w:
            return action(w)

    return await in_thread(run)


def guarded(handler: Callable[P, Awaitable[Any]]) -> Callable[P, Awaitable[Any]]:
    """Return the handler with its errors turned into words: a ValidationFailed under its field, others as toasts."""

    @functools.wraps(handler)
    async def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
        state: Any = args[0]
        with structlog.contextvars.bound_contextvars(request_id=new_id().hex, handler=handler.__qualname__):
            try:
                return await handler(*args, **kwargs)
            except Unauthenticated:
                return rx.call_script(_TO_SIGN_IN)
            except ValidationFailed as error:
                if _has_place(state, error.field):
                    state.form_errors = {error.field: error.message}
                    return None
                return rx.toast.error(error.message)
            except RecallerError as error:
                return rx.toast.error(error.message)
            except STORAGE_ERRORS:
                log.exception("event_failed")
                return rx.toast.error(
                    "The server can't reach its database right now. Nothing was changed; try again."
                )

    return guard


def _has_place(state: Any, field: str) -> bool:
    shown = state._shown_fields() if hasattr(state, "_shown_fields") else None
    return "form_errors" in state.vars and (shown is None or field in shown)


def event(handler: Callable[P, Awaitable[Any]]) -> Any:
    """Make an async method an event handler whose errors reach the user as words, never as a dead page."""
    return rx.event(guarded(handler))


def background_event(handler: Callable[P, Awaitable[Any]]) -> Any:
    """Make an async method an event handler that may take long: it has the page's state inside `async with self` only.

    Errors become words as in `event`, as toasts only.
    """

    @functools.wraps(handler)
    async def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
        with structlog.contextvars.bound_contextvars(request_id=new_id().hex, handler=handler.__qualname__):
            try:
                return await handler(*args, **kwargs)
            except Unauthenticated:
                return rx.call_script(_TO_SIGN_IN)
            except RecallerError as error:
                return rx.toast.error(error.message)
            except STORAGE_ERRORS:
                log.exception("event_failed")
                return rx.toast.error("The server can't reach its database right now; try again.")

    return rx.event(background=True)(guard)


def text_of(value: object, field: str, *, most: int = MAX_TEXT) -> str:
    """Return a text that came from the browser; raise ValidationFailed for anything else or too much of it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationFailed(field, "This is not a text.")
    if len(value) > most:
        raise ValidationFailed(field, f"This may have at most {most} characters.")
    return value


def id_of(value: object, field: str = "id") -> UUID:
    """Return an id that came from the browser: a claim, to be looked up within the caller's scope."""
    return parse_id(value, field)


def optional_id(value: object, field: str = "id") -> UUID | None:
    """Return an id, or None for an empty choice."""
    return None if value in (None, "") else parse_id(value, field)


def date_of(value: object, field: str = "date") -> date:
    """Return the date of a date field (ISO 8601); raise ValidationFailed otherwise."""
    try:
        return date.fromisoformat(text_of(value, field, most=10))
    except ValueError as error:
        raise ValidationFailed(field, f"{str(value)[:20]!r} is not a date.") from error


def form_of(value: object) -> Mapping[str, Any]:
    """Return the fields of a submitted form; raise ValidationFailed for anything that is none."""
    if not isinstance(value, Mapping) or len(value) > 500:
        raise ValidationFailed("form", "This is not a form.")
    return value
