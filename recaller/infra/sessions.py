"""Keeps sign-in sessions in PostgreSQL: each look-up reads them, so an ended session is refused at once, everywhere.

They are read in the transaction that reads the user anyway, and don't depend on Redis (decision 13). The application
role has no right on the table: reviewed definer functions answer for one session or one user at a time.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.clock import utc_now
from recaller.infra.work import IdentityWork, identity_work
from recaller.settings import get_settings

# Whatever its use, a session ends after half a year.
MAX_AGE_SECONDS = 180 * 24 * 3600
# A session's "last seen" is written at most this often.
TOUCH_SECONDS = 60
# Past so many, the sessions used longest ago end: a client that signs in for each call fills nothing.
MAX_SESSIONS_PER_USER = 50
# Two tabs that refresh at once: for so long the former token still yields the same successor.
REFRESH_GRACE_SECONDS = 10


class SessionKind(StrEnum):
    """Whether a browser's cookie or an API client's tokens carry the session."""

    BROWSER = "browser"
    TOKEN = "token"  # noqa: S105 - a kind, no secret


class Rotation(StrEnum):
    """What became of a refresh: the next generation, the same again (two at once), a reuse, or no session."""

    ROTATED = "rotated"
    REPEATED = "repeated"
    REUSED = "reused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in. `password_epoch` names the password that opened it; `tenant_id` is the current household.

    `access_tenant_id` is a household of others that a super administrator opened, until `access_until`.
    """

    id: str
    user_id: UUID
    kind: SessionKind
    tenant_id: UUID | None
    password_epoch: str
    created_at: datetime
    last_seen_at: datetime
    user_agent: str
    ip: str
    generation: int
    seed: str
    access_tenant_id: UUID | None = None
    access_until: datetime | None = None


def create_session(
    session_id: str,
    *,
    user_id: UUID,
    kind: SessionKind,
    tenant_id: UUID | None,
    password_epoch: str,
    user_agent: str,
    ip: str,
    now: datetime,
) -> Session:
    """Keep a new session; the user's sessions used longest ago end when there are too many."""
    session = Session(
        id=session_id,
        user_id=user_id,
        kind=kind,
        tenant_id=tenant_id,
        password_epoch=password_epoch,
        created_at=now,
        last_seen_at=now,
        user_agent=user_agent.replace("\0", "")[:200],
        ip=ip[:64],
        generation=1,
        seed=secrets.token_hex(16),
    )
    with identity_work() as writing:
        writing.call(
            "SELECT session_open(:id, :user, :kind, CAST(:tenant AS uuid), :epoch, :agent, :ip, :seed, :now,"
            " :until, :most)",
            id=session_id,
            user=user_id,
            kind=str(kind),
            tenant=tenant_id,
            epoch=password_epoch,
            agent=session.user_agent,
            ip=session.ip,
            seed=session.seed,
            now=now,
            until=_until(now, now),
            most=MAX_SESSIONS_PER_USER,
        )
    return session


def find_session(session_id: str, now: datetime) -> Session | None:
    """Return the session, or None when it has ended; notes that it was seen, at most once a minute."""
    with identity_work() as reading:
        return read_session(reading, session_id, now)


def read_session(reading: IdentityWork, session_id: str, now: datetime) -> Session | None:
    """Return the session within a transaction that is open already; as `find_session` does."""
    found = _sessions(reading.call("SELECT * FROM session_read(:id, :now)", id=session_id, now=now))
    if not found:
        return None
    session = found[0]
    if (now - session.last_seen_at).total_seconds() >= TOUCH_SECONDS:
        # A token session lives on by refreshing only; a browser's by being used.
        until = _until(session.created_at, now) if session.kind is SessionKind.BROWSER else None
        reading.call(
            "SELECT session_touch(:id, :now, CAST(:until AS timestamptz))",
            id=session_id,
            now=now,
            until=until,
        )
    return session


def list_sessions(user_id: UUID, now: datetime | None = None) -> tuple[Session, ...]:
    """Return the user's living sessions, the one used last first."""
    with identity_work() as reading:
        return _sessions(
            reading.call("SELECT * FROM sessions_of(:user, :now)", user=user_id, now=now or utc_now())
        )


def end_sessions(user_id: UUID, session_ids: list[str]) -> int:
    """End those of the sessions that are the user's; returns how many were alive. It acts at once."""
    if not session_ids:
        return 0
    with identity_work() as writing:
        rows = writing.call(
            "SELECT sessions_end(:user, CAST(:ids AS text[])) AS ended", user=user_id, ids=session_ids
        )
    return int(rows[0].ended)


def set_tenant(session: Session, tenant_id: UUID | None) -> bool:
    """Make another household the session's current one; False when the session has ended meanwhile."""
    return _changed("SELECT session_set_tenant(:id, CAST(:tenant AS uuid))", id=session.id, tenant=tenant_id)


def set_password_epoch(session: Session, epoch: str) -> bool:
    """Tie the session to a new password; False when the session has ended meanwhile."""
    return _changed("SELECT session_set_epoch(:id, :epoch)", id=session.id, epoch=epoch)


def set_access(session: Session, tenant_id: UUID | None, until: datetime) -> bool:
    """Note which household of others the session may enter until then (None: none any more)."""
    return _changed(
        "SELECT session_set_access(:id, CAST(:tenant AS uuid), :until)",
        id=session.id,
        tenant=tenant_id,
        until=until,
    )


def rotate(session: Session, generation: int, now: datetime) -> tuple[Rotation, int]:
    """Move the refresh family on from `generation`; returns what happened and the generation now valid.

    An older generation than the last one, or the last one after the grace, is a reuse and ends the session.
    """
    with identity_work() as writing:
        row = writing.call(
            "SELECT * FROM session_rotate(:id, :shown, :now, :grace, :until)",
            id=session.id,
            shown=generation,
            now=now,
            grace=now - timedelta(seconds=REFRESH_GRACE_SECONDS),
            until=_until(session.created_at, now),
        )[0]
    return Rotation(row.outcome), int(row.current_generation)


def forget_expired(now: datetime) -> int:
    """Delete the sessions that have run out; returns how many."""
    with identity_work() as writing:
        return int(writing.call("SELECT sessions_forget(:now) AS gone", now=now)[0].gone)


def _until(created_at: datetime, now: datetime) -> datetime:
    """Return when a session used at `now` ends unless it is used again."""
    return min(
        created_at + timedelta(seconds=MAX_AGE_SECONDS),
        now + timedelta(seconds=get_settings().refresh_token_seconds),
    )


def _changed(sql: str, **parameters: Any) -> bool:
    with identity_work() as writing:
        return bool(writing.call(sql, **parameters)[0][0])


def _sessions(rows: Sequence[Row[Any]]) -> tuple[Session, ...]:
    return tuple(Session(**{**row._mapping, "kind": SessionKind(row.kind)}) for row in rows)
