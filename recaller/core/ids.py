"""Time-ordered ids, made by the application so that retries and imports are idempotent."""

from __future__ import annotations

import os
import time
from uuid import UUID

from recaller.core.errors import ValidationFailed


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits."""
    return UUID(int=_new_int())


def new_hex() -> str:
    """Return a new id as 32 hexadecimal digits, for bulk loads where building UUID objects would cost."""
    return f"{_new_int():032x}"


def _new_int() -> int:
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & 0x3FFF_FFFF_FFFF_FFFF
    return value


def parse_id(text: object, field: str = "id") -> UUID:
    """Return the UUID written in `text`; raise ValidationFailed naming `field` for anything else."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(str(text))
    except ValueError as error:
        raise ValidationFailed(field, f"{str(text)[:60]!r} is not an id.") from error
