"""Keeps sign-in sessions in Redis: each look-up reads it, so an ended session is refused at once, everywhere.

A session is one hash; a sorted set per user lists the user's sessions. Scripts make each change atomic, and none
brings an ended session back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import cast
from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from recaller.core.errors import Unavailable
from recaller.settings import get_settings

# Whatever its use, a session ends after half a year.
MAX_AGE_SECONDS = 180 * 24 * 3600
# A session's "last seen" is written at most this often.
TOUCH_SECONDS = 60
# Past so many, the sessions used longest ago end: a client that signs in for each call fills nothing.
MAX_SESSIONS_PER_USER = 50
# Two tabs that refresh at once: for so long the former token still yields the same successor.
REFRESH_GRACE_SECONDS = 10
RESPONSE_TIMEOUT_SECONDS = 3


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


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=2,
        socket_timeout=RESPONSE_TIMEOUT_SECONDS,
        health_check_interval=30,
        decode_responses=True,
    )


@contextmanager
def _redis() -> Iterator[Redis]:
    try:
        yield _client(get_settings().required_redis_url)
    except RedisError as error:
        raise Unavailable(
            "Nobody can be signed in just now: the session store (Redis) doesn't answer."
        ) from error


def _key(session_id: str) -> str:
    return f"recaller:session:{session_id}"


def _index(user_id: UUID) -> str:
    return f"recaller:user-sessions:{user_id}"


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
    """Keep a new session; raise Unavailable when Redis doesn't answer."""
    session = Session(
        id=session_id,
        user_id=user_id,
        kind=kind,
        tenant_id=tenant_id,
        password_epoch=password_epoch,
        created_at=now,
        last_seen_at=now,
        user_agent=user_agent[:200],
        ip=ip[:64],
        generation=1,
        seed=secrets.token_hex(16),
    )
    fields = {
        "user": str(user_id),
        "kind": str(kind),
        "tenant": str(tenant_id or ""),
        "epoch": password_epoch,
        "created": str(int(now.timestamp())),
        "seen": str(int(now.timestamp())),
        "agent": session.user_agent,
        "ip": session.ip,
        "generation": "1",
        "rotated": "0",
        "seed": session.seed,
    }
    with _redis() as redis:
        surplus = cast("list[str]", redis.zrange(_index(user_id), 0, -MAX_SESSIONS_PER_USER))
        with redis.pipeline() as pipe:
            if surplus:
                pipe.delete(*(_key(old) for old in surplus))
                pipe.zrem(_index(user_id), *surplus)
            pipe.hset(_key(session_id), mapping=fields)
            pipe.expire(_key(session_id), get_settings().refresh_token_seconds)
            pipe.zadd(_index(user_id), {session_id: now.timestamp()})
            pipe.expire(_index(user_id), MAX_AGE_SECONDS)
            pipe.execute()
    return session


def find_session(session_id: str, now: datetime) -> Session | None:
    """Return the session, or None when it has ended; notes that it was seen, at most once a minute."""
    with _redis() as redis:
        fields = cast("dict[str, str]", redis.hgetall(_key(session_id)))
        if not fields:
            return None
        session = _read(session_id, fields)
        if (now - session.created_at).total_seconds() > MAX_AGE_SECONDS:
            _delete(redis, session.user_id, [session_id])
            return None
        if (now - session.last_seen_at).total_seconds() >= TOUCH_SECONDS:
            # A token session lives on by refreshing only; a browser's by being used.
            life = get_settings().refresh_token_seconds if session.kind is SessionKind.BROWSER else 0
            _change(redis, session, life, seen=str(int(now.timestamp())))
            redis.zadd(_index(session.user_id), {session_id: now.timestamp()}, xx=True)
    return session


def list_sessions(user_id: UUID) -> tuple[Session, ...]:
    """Return the user's living sessions, the one used last first; forgets those that have run out."""
    with _redis() as redis:
        ids = cast("list[str]", redis.zrevrange(_index(user_id), 0, -1))
        with redis.pipeline(transaction=False) as pipe:
            for session_id in ids:
                pipe.hgetall(_key(session_id))
            found = cast("list[dict[str, str]]", pipe.execute())
        gone = [session_id for session_id, fields in zip(ids, found, strict=True) if not fields]
        if gone:
            redis.zrem(_index(user_id), *gone)
    return tuple(_read(session_id, fields) for session_id, fields in zip(ids, found, strict=True) if fields)


def end_sessions(user_id: UUID, session_ids: list[str]) -> int:
    """End those of the sessions that are the user's; returns how many were alive. It acts at once."""
    own = [session.id for session in list_sessions(user_id) if session.id in set(session_ids)]
    if not own:
        return 0
    with _redis() as redis:
        return _delete(redis, user_id, own)


def set_tenant(session: Session, tenant_id: UUID | None) -> bool:
    """Make another household the session's current one; False when the session has ended meanwhile."""
    with _redis() as redis:
        return _change(redis, session, 0, tenant=str(tenant_id or ""))


def set_password_epoch(session: Session, epoch: str) -> bool:
    """Tie the session to a new password; False when the session has ended meanwhile."""
    with _redis() as redis:
        return _change(redis, session, 0, epoch=epoch)


def set_access(session: Session, tenant_id: UUID | None, until: datetime) -> bool:
    """Note which household of others the session may enter until then (None: none any more)."""
    with _redis() as redis:
        stamp = str(int(until.timestamp()))
        return _change(redis, session, 0, access=str(tenant_id or ""), access_until=stamp)


def rotate(session: Session, generation: int, now: datetime) -> tuple[Rotation, int]:
    """Move the refresh family on from `generation`; returns what happened and the generation now valid.

    An older generation than the last one, or the last one after the grace, is a reuse and ends the session.
    """
    with _redis() as redis:
        status, current = cast(
            "tuple[str, int]",
            redis.eval(
                _ROTATE,
                2,
                _key(session.id),
                _index(session.user_id),
                str(generation),
                str(int(now.timestamp() * 1000)),
                str(REFRESH_GRACE_SECONDS * 1000),
                str(get_settings().refresh_token_seconds),
                session.id,
            ),
        )
    return Rotation(status), int(current)


_ROTATE = """
local current = tonumber(redis.call('HGET', KEYS[1], 'generation'))
if not current then return {'gone', 0} end
local shown, now = tonumber(ARGV[1]), tonumber(ARGV[2])
if shown == current then
  redis.call('HSET', KEYS[1], 'generation', current + 1, 'rotated', ARGV[2], 'seen', math.floor(now / 1000))
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  return {'rotated', current + 1}
end
local rotated = tonumber(redis.call('HGET', KEYS[1], 'rotated'))
if shown == current - 1 and now - rotated <= tonumber(ARGV[3]) then return {'repeated', current} end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[5])
return {'reused', 0}
"""

_CHANGE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if tonumber(ARGV[1]) > 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return 1
"""


def _change(redis: Redis, session: Session, life_seconds: int, **fields: str) -> bool:
    pairs = [text for pair in fields.items() for text in pair]
    return bool(redis.eval(_CHANGE, 1, _key(session.id), str(life_seconds), *pairs))


def _delete(redis: Redis, user_id: UUID, session_ids: list[str]) -> int:
    with redis.pipeline() as pipe:
        pipe.delete(*(_key(session_id) for session_id in session_ids))
        pipe.zrem(_index(user_id), *session_ids)
        return int(pipe.execute()[0])


def _read(session_id: str, fields: dict[str, str]) -> Session:
    return Session(
        id=session_id,
        user_id=UUID(fields["user"]),
        kind=SessionKind(fields["kind"]),
        tenant_id=UUID(fields["tenant"]) if fields["tenant"] else None,
        password_epoch=fields["epoch"],
        created_at=_moment(fields["created"]),
        last_seen_at=_moment(fields["seen"]),
        user_agent=fields["agent"],
        ip=fields["ip"],
        generation=int(fields["generation"]),
        seed=fields["seed"],
        access_tenant_id=UUID(fields["access"]) if fields.get("access") else None,
        access_until=_moment(fields["access_until"]) if fields.get("access_until") else None,
    )


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
