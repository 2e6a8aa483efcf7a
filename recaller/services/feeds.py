"""Calendar feeds: a member's secret address, made, replaced and revoked; whom a secret belongs to.

The address names member and household and carries a secret, of which only a hash is kept. So whoever it belongs to
is found behind the household's own wall, and what it opens ends with the membership.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import Forbidden, RecallerError
from recaller.core.scope import Scope, Source
from recaller.infra.work import Work, work
from recaller.services.identity import member_scope

SECRET_BYTES = 32
_IDS_BYTES = 32
# Two ids and the secret, in URL-safe base64 without padding.
TOKEN_LENGTH = -(-(_IDS_BYTES + SECRET_BYTES) * 4 // 3)
# The time of the last reading is for people to look at: no write at every visit.
READ_AT_STEP = timedelta(hours=1)


class FeedNotFound(RecallerError):
    """No calendar is at this address: it is mistyped, revoked or replaced, or its owner may not enter any more."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no calendar at this address.")


@dataclass(frozen=True, slots=True)
class FeedView:
    """The caller's feed. `read_at` is when a program last fetched it (UTC, to the hour), None for never."""

    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewFeedView:
    """A feed just made; `token` is told here and never again."""

    token: str
    created_at: datetime


def get_feed(w: Work) -> FeedView | None:
    """Return the caller's feed in this household, None when there is none."""
    row = w.row("SELECT created_at, read_at FROM calendar_feed WHERE user_id = :user", user=w.scope.user_id)
    return None if row is None else FeedView(row.created_at, row.read_at)


def open_feed(w: Work) -> NewFeedView:
    """Give the caller a new address; one that there was before is worthless from the commit on.

    Raises Forbidden for callers without a private space (a super administrator's access).
    """
    user = w.scope.user_id
    if user is None:
        raise Forbidden("A calendar belongs to a member.")
    space = w.scope.default_space(private=True)
    replaced = get_feed(w) is not None
    secret = secrets.token_bytes(SECRET_BYTES)
    w.run(
        "INSERT INTO calendar_feed (tenant_id, space_id, user_id, token_hash, created_at)"
        " VALUES (:tenant, :space, :user, :hash, :now) ON CONFLICT (tenant_id, user_id) DO UPDATE"
        " SET token_hash = excluded.token_hash, created_at = excluded.created_at, read_at = NULL",
        tenant=w.scope.tenant_id,
        space=space,
        user=user,
        hash=_hash(secret),
        now=w.now,
    )
    w.audit("replace" if replaced else "create", "calendar feed", user, space_id=space)
    return NewFeedView(_token(w.scope.tenant_id, user, secret), w.now)


def close_feed(w: Work) -> None:
    """Make the caller's address worthless at once; nothing happens when there is none."""
    if w.run("DELETE FROM calendar_feed WHERE user_id = :user", user=w.scope.user_id).rowcount:
        w.audit("delete", "calendar feed", w.scope.user_id, space_id=w.scope.default_space(private=True))


def scope_of_feed(token: str, *, clock: Clock = utc_now) -> Scope:
    """Return the key by which a feed reads: its owner's, as the membership is now. Raises FeedNotFound."""
    tenant_id, user_id, secret = _read(token)
    scope = member_scope(tenant_id, user_id, source=Source.SYSTEM, clock=clock)
    if scope is None:
        raise FeedNotFound()
    with work(scope, clock=clock) as w:
        row = w.row("SELECT token_hash, read_at FROM calendar_feed WHERE user_id = :user", user=user_id)
        if row is None or not hmac.compare_digest(bytes(row.token_hash), _hash(secret)):
            raise FeedNotFound()
        if row.read_at is None or row.read_at <= w.now - READ_AT_STEP:
            w.run(
                "UPDATE calendar_feed SET read_at = :now WHERE user_id = :user AND token_hash = :hash",
                now=w.now,
                user=user_id,
                hash=bytes(row.token_hash),
            )
    return scope


def _token(tenant_id: UUID, user_id: UUID, secret: bytes) -> str:
    return base64.urlsafe_b64encode(tenant_id.bytes + user_id.bytes + secret).decode().rstrip("=")


def _read(token: str) -> tuple[UUID, UUID, bytes]:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        raise FeedNotFound()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise FeedNotFound() from error
    if len(raw) != _IDS_BYTES + SECRET_BYTES:
        raise FeedNotFound()
    return UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:]


def _hash(secret: bytes) -> bytes:
    # Random and long: a plain hash is enough.
    return hashlib.sha256(secret).digest()
