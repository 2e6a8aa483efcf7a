"""The calendar feed: made and revoked by its owner, read by calendar programs at its secret address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from recaller.api.dependencies import CurrentScope, FromClient
from recaller.api.feed_calendar import feed_file
from recaller.api.schemas import COMMON_PROBLEMS, problems
from recaller.core.scope import Scope
from recaller.infra.limits import FEED_ADDRESS, FEED_TRIES, check_limit, network_of
from recaller.infra.work import work
from recaller.services import feeds

router = APIRouter(tags=["calendar feed"])

ICS = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class FeedStateView:
    """Whether the caller has a calendar address here; `read_at` is when a program last fetched it, to the hour."""

    active: bool
    created_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedAddressView:
    """A new address: `path` is below this API's own, and is told here and never again."""

    path: str
    created_at: datetime


@router.get("/feed", responses=COMMON_PROBLEMS)
def read_feed_state(scope: CurrentScope) -> FeedStateView:
    """Tell whether the caller has a calendar address; the address itself can't be read again."""
    with work(scope, read_only=True) as w:
        feed = feeds.get_feed(w)
    return FeedStateView(False) if feed is None else FeedStateView(True, feed.created_at, feed.read_at)


@router.post("/feed", status_code=201, responses=COMMON_PROBLEMS)
def open_feed(scope: CurrentScope) -> FeedAddressView:
    """Make the caller's calendar address; one that there was before stops working."""
    with work(scope) as w:
        made = feeds.open_feed(w)
    return FeedAddressView(f"/feeds/{made.token}.ics", made.created_at)


@router.delete("/feed", status_code=204, responses=COMMON_PROBLEMS)
def close_feed(scope: CurrentScope) -> None:
    """Revoke the caller's calendar address at once."""
    with work(scope) as w:
        feeds.close_feed(w)


@router.get(
    "/feeds/{token}.ics",
    response_class=Response,
    responses={
        200: {"description": "The calendar (RFC 5545)", "content": {"text/calendar": {}}},
        304: {"description": "The calendar is as `If-None-Match` has it"},
        **problems(404, 422, 429, 503),
    },
)
def read_feed(
    token: Annotated[str, Path(max_length=200, description="The secret of the address.", examples=["AZ0"])],
    client: FromClient,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """Return the bills of the last 3 and the next 12 months as its owner sees them, for calendar programs.

    The address is the credential: no session, no other header. Unknown, replaced and revoked ones are all 404.
    """
    check_limit(FEED_TRIES, network_of(client.ip))
    scope: Scope = feeds.scope_of_feed(token)
    check_limit(FEED_ADDRESS, token)
    with work(scope, read_only=True) as w:
        content = feed_file(w)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    # Asked again each time, so that a revoked address stops at once.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if if_none_match is not None and _names(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="recaller.ics"'
    return Response(content, media_type=ICS, headers=headers)


def _names(if_none_match: str, tag: str) -> bool:
    """Tell whether the header names this version (RFC 9110, 13.1.2: weak comparison)."""
    given = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in given or "*" in given
