"""What routers share: the base of bodies, documented problems, cursor pages and field selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python

from recaller.api.errors import PROBLEM_JSON
from recaller.core.errors import ValidationFailed
from recaller.core.paging import DEFAULT_PAGE, MAX_PAGE, Page


class Body(BaseModel):
    """A request's body: unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the given error answers, for an endpoint's or router's `responses`."""
    words = {
        400: "The body can't be read at all",
        401: "No valid credential, or the session has ended",
        403: "Known, but not allowed; a household of others; a page of another site",
        404: "Nothing of this id is visible to the caller",
        409: "Contradicts what is stored now",
        413: "The body is too large",
        422: "Input that can't be accepted; `errors` names each field",
        429: "Too many calls; Retry-After tells when to go on",
        503: "The database or Redis doesn't answer now",
    }
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": words[status], "content": {PROBLEM_JSON: schema}} for status in statuses}


# What every endpoint behind a credential can answer.
COMMON_PROBLEMS = problems(400, 401, 403, 404, 409, 413, 422, 429, 503)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for."""

    limit: int
    cursor: str | None


def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows per page.")] = DEFAULT_PAGE,
    cursor: Annotated[
        str | None, Query(max_length=500, description="`next_cursor` of the page before; opaque.")
    ] = None,
) -> PageRequest:
    """Read `limit` and `cursor`."""
    return PageRequest(limit, cursor)


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """The fields that `fields=` asks for; without any, answers stay whole."""

    names: tuple[str, ...] = ()

    def reply(self, answer: Any) -> Any:
        """Return the answer (a view, a sequence of views or a page of them) with the chosen fields only.

        Raises ValidationFailed naming `fields` for one that the views don't have.
        """
        if not self.names:
            return answer
        plain = to_jsonable_python(answer)
        if isinstance(answer, Page):
            plain["items"] = [self._cut(item) for item in plain["items"]]
        elif isinstance(answer, Sequence):
            plain = [self._cut(item) for item in plain]
        else:
            plain = self._cut(plain)
        return JSONResponse(plain)

    def _cut(self, row: Mapping[str, Any]) -> dict[str, Any]:
        unknown = [name for name in self.names if name not in row]
        if unknown:
            raise ValidationFailed("fields", f"There is no field {unknown[0][:60]!r} here.")
        return {name: row[name] for name in self.names}


def field_selection(
    fields: Annotated[
        str | None,
        Query(
            max_length=1000,
            description="Comma-separated names: only these fields come back.",
            examples=["id,name"],
        ),
    ] = None,
) -> FieldSelection:
    """Read `fields`."""
    names = tuple(dict.fromkeys(name.strip() for name in (fields or "").split(",") if name.strip()))
    return FieldSelection(names)


Paging = Annotated[PageRequest, Depends(page_request)]
Fields = Annotated[FieldSelection, Depends(field_selection)]
