"""What routers share: the base of bodies, their fields, documented problems, cursor pages and field selection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt
from pydantic_core import to_jsonable_python

from recaller.api.errors import PROBLEM_JSON
from recaller.core.errors import ValidationFailed
from recaller.core.money import MAX_MINOR
from recaller.core.paging import DEFAULT_PAGE, MAX_PAGE, Page

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# PostgreSQL keeps any text but a NUL.
NO_NUL = r"^[^\x00]*$"


def _iso_day(value: object) -> object:
    """Let only YYYY-MM-DD through: pydantic alone would take numbers for dates, too."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("a date is written YYYY-MM-DD")
    return value


Day = Annotated[
    date,
    BeforeValidator(_iso_day),
    Field(ge=date(1900, 1, 1), le=date(2200, 1, 1), description="A calendar date, YYYY-MM-DD, 1900 to 2200."),
]
Minor = Annotated[
    StrictInt,
    Field(
        ge=-MAX_MINOR,
        le=MAX_MINOR,
        description="Minor units of the account's currency: 1250 is 12.50 EUR, or 1250 JPY.",
    ),
]
Currency = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$", description="ISO 4217 code.", examples=["EUR"])]
Version = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]


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


@dataclass(frozen=True, slots=True)
class ExpectedVersion:
    """The version that an edit was made from, as If-Match gave it (None: it didn't)."""

    given: int | None

    def of(self, in_body: int | None) -> int:
        """Return the version from the header or the body; raise ValidationFailed when neither or both tell it."""
        if in_body is None and self.given is None:
            raise ValidationFailed("version", "Send the version that you edited, here or in If-Match.")
        if None not in (in_body, self.given) and in_body != self.given:
            raise ValidationFailed("version", "The body and If-Match name different versions.")
        chosen = in_body if in_body is not None else self.given
        assert chosen is not None
        return chosen


def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            pattern=r'^"?[0-9]{1,9}"?$',
            description="The `version` that the change is made from; 409 when it isn't the current one.",
        ),
    ] = None,
) -> ExpectedVersion:
    """Read If-Match."""
    return ExpectedVersion(None if if_match is None else int(if_match.strip('"')))


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
IfMatch = Annotated[ExpectedVersion, Depends(expected_version)]
