"""Turns every error into one JSON shape, a problem document (RFC 9457), that never leaks SQL or input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from recaller.api.secret_paths import shown_path
from recaller.core.errors import RateLimited, RecallerError, ValidationFailed

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"

_CODES = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 413: "too_large", 415: "unsupported_media_type", 422: "validation_failed",
    429: "rate_limited", 500: "internal_error", 503: "unavailable",
}  # fmt: skip

# By constraint, where the words are worth more than "this contradicts what is stored".
_CONSTRAINTS = {
    "posting_balanced": "The transaction does not balance.",
    "posting_immutable": "The money of a posting never changes.",
    "audit_append_only": "The audit trail is append-only.",
}
# Fields that services call as the pages do; here they have the names of the bodies.
_FIELDS = {"splits": "parts", "to_amount": "target_amount", "to_account": "target_id", "recurrence": "rule"}
_SERIALIZATION = ("40001", "40P01", "55P03")
_CANCELLED = ("57014", "57P01", "57P02", "57P03")


class FieldProblem(BaseModel):
    """One input that is wrong, and where it stood: body, query, path or header."""

    field: str = Field(examples=["postings.0.amount"])
    place: str = Field(examples=["body"])
    message: str = Field(examples=["Input should be a valid integer"])


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` is stable; `request_id` finds the entry in the log."""

    type: str = Field(examples=["urn:recaller:problem:validation_failed"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["validation_failed"])
    detail: str = Field(examples=["amount: Input should be a valid integer"])
    instance: str = Field(examples=["/api/v1/transactions"])
    request_id: str | None = Field(examples=["0193f1d2c4a87b3e"])
    errors: list[FieldProblem] = Field(default_factory=list)


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    code: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem document of one failed call."""
    name = code or _CODES.get(status, "error")
    document = Problem(
        type=f"urn:recaller:problem:{name}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=name,
        detail=detail,
        instance=shown_path(request.url.path),
        request_id=getattr(request.state, "request_id", None),
        errors=list(errors),
    )
    return JSONResponse(document.model_dump(), status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def install_error_handlers(app: FastAPI) -> None:
    """Register the handlers of every kind of error; unforeseen ones are caught by the request middleware."""
    app.add_exception_handler(RecallerError, _recaller_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(SQLAlchemyError, _database_error)


async def _recaller_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RecallerError)
    headers: dict[str, str] = {}
    errors: list[FieldProblem] = []
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, ValidationFailed):
        field = _FIELDS.get(error.field, error.field)
        errors.append(FieldProblem(field=field, place="body", message=error.message))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", code=error.code, exc_info=error)
    return problem(request, error.status, error.message, code=error.code, errors=errors, headers=headers)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Only place, name and message: the input itself may be a password.
    errors = [_field_problem(entry, error.body) for entry in error.errors()[:50]]
    detail = (
        "; ".join(f"{entry.field}: {entry.message}" for entry in errors[:3]) or "The input can't be read."
    )
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _field_problem(entry: Mapping[str, Any], body: object) -> FieldProblem:
    place, *steps = entry.get("loc", ()) or ("body",)
    if entry.get("type") == "json_invalid":
        steps = []
    path = _path_in(body, steps) if place == "body" else [str(step) for step in steps]
    name = ".".join(path) or place
    return FieldProblem(
        field=_printable(name), place=str(place), message=_printable(str(entry.get("msg", "Not valid")))
    )


def _path_in(body: object, steps: Sequence[Any]) -> list[str]:
    """Return the steps that lead through the body, without those that only name an alternative of the schema."""
    path, here = [], body
    for number, step in enumerate(steps):
        known = (
            here.keys() if isinstance(here, Mapping) else range(len(here)) if isinstance(here, list) else ()
        )
        if step in known:
            here = here[step]  # type: ignore[index]
        elif number < len(steps) - 1 and isinstance(here, Mapping | list):
            continue
        path.append(str(step))
    return path


def _printable(text: str) -> str:
    return text[:300].encode("utf-8", "replace").decode()


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code, str(error.detail), headers=error.headers)


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    status, code, detail = _database_answer(error, state)
    level = log.error if status >= HTTPStatus.INTERNAL_SERVER_ERROR else log.warning
    level("database_refused", sqlstate=state, error=type(error).__name__, constraint=_constraint(error))
    headers = {"Retry-After": "1"} if status in (HTTPStatus.SERVICE_UNAVAILABLE,) else None
    return problem(request, status, detail, code=code, headers=headers)


def _database_answer(error: Exception, state: str) -> tuple[int, str, str]:
    if state in _SERIALIZATION:
        return 409, "try_again", "Somebody changed the same at the same time. Try again."
    if state in _CANCELLED:
        return 503, "unavailable", "The database took too long or was interrupted. Try again later."
    if state.startswith("23"):
        return 409, "conflict", _CONSTRAINTS.get(_constraint(error), "This contradicts what is stored.")
    if state.startswith("22"):
        return 422, "validation_failed", "A value can't be stored: it is out of range or not valid text."
    if state == "42501":
        return 403, "forbidden", "This is outside of what you may change."
    if isinstance(error, PoolTimeout) or (isinstance(error, DBAPIError) and _unreachable(error, state)):
        return 503, "unavailable", "The database doesn't answer now. Try again later."
    if isinstance(error, DBAPIError) and type(error.orig).__name__ == "DataError":
        return 422, "validation_failed", "A value can't be stored: it is out of range or not valid text."
    return 500, "internal_error", "Something went wrong here. The log knows more under the request id."


def _unreachable(error: DBAPIError, state: str) -> bool:
    return (
        error.connection_invalidated
        or state[:2] in ("08", "53")
        or type(error).__name__ == "OperationalError"
    )


def _constraint(error: Exception) -> str:
    diagnosis = getattr(getattr(error, "orig", None), "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
