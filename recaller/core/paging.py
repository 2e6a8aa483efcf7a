"""Keyset paging: opaque cursors over a sort key, so that inserts never shift a page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from recaller.core.errors import ValidationFailed

T = TypeVar("T")

MAX_PAGE = 200
_INVALID = "This page mark is not valid."
DEFAULT_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows; `next_cursor` / `previous_cursor` are None at the ends."""

    items: tuple[T, ...]
    next_cursor: str | None
    previous_cursor: str | None = None


def encode_cursor(values: list[Any]) -> str:
    """Pack JSON-ready sort-key values into an opaque, URL-safe cursor."""
    text = json.dumps(values, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Unpack a cursor of `length` values; raise ValidationFailed when it isn't one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (binascii.Error, ValueError, UnicodeError) as error:
        raise ValidationFailed("cursor", _INVALID) from error
    if not isinstance(values, list) or len(values) != length:
        raise ValidationFailed("cursor", "This page mark belongs to another list or sorting.")
    return values


def read_cursor(cursor: str, *readers: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Unpack a cursor and read each value by its reader; raise ValidationFailed when one can't be read.

    `day, identity = read_cursor(cursor, date.fromisoformat, UUID)`
    """
    values = decode_cursor(cursor, len(readers))
    try:
        return tuple(read(value) for read, value in zip(readers, values, strict=True))
    except (TypeError, ValueError, AttributeError) as error:
        raise ValidationFailed("cursor", _INVALID) from error


def cursor_text(value: object) -> str:
    """Read a text of a cursor that may go to the database; raise ValueError for anything else."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text")
    return value


def moment_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Unpack a cursor of a moment (with its zone) and an id; raise ValidationFailed when it isn't one."""
    moment, identity = read_cursor(cursor, datetime.fromisoformat, UUID)
    if moment.tzinfo is None:
        raise ValidationFailed("cursor", _INVALID)
    return moment, identity


def check_limit(limit: int) -> int:
    """Return the page size when it lies in 1..MAX_PAGE; raise ValidationFailed otherwise."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValidationFailed("limit", f"The page size must lie between 1 and {MAX_PAGE}.")
    return limit
