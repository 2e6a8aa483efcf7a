"""The one exception tree: each error says what is wrong, of what, and in which field."""

from __future__ import annotations


class RecallerError(Exception):
    """Base of every error that a user may be shown. `code` is stable and machine-readable."""

    code = "error"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ValidationFailed(RecallerError):
    """Input that can't be accepted; `field` names the input that is wrong."""

    code = "validation_failed"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Unauthenticated(RecallerError):
    """No valid credential came with the call."""

    code = "unauthenticated"
    status = 401


class Forbidden(RecallerError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(RecallerError):
    """Nothing of this kind and id is visible in the caller's scope."""

    code = "not_found"
    status = 404

    def __init__(self, kind: str, identity: object) -> None:
        super().__init__(f"There is no {kind} {identity}.")
        self.kind = kind
        self.identity = identity


class Conflict(RecallerError):
    """The change contradicts what is stored now (edited elsewhere, already exists, still in use)."""

    code = "conflict"
    status = 409


class RateLimited(RecallerError):
    """Too many tries; `retry_after_seconds` says when the next one is allowed."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(RecallerError):
    """A part that this needs (queue, database, mail) doesn't answer now."""

    code = "unavailable"
    status = 503
