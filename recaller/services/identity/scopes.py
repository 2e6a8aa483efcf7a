"""Who calls: turns a cookie or a bearer token into an identity and a scope, reading everything anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import Unauthenticated
from recaller.core.scope import Role, Scope, Source
from recaller.infra import sessions, tokens
from recaller.infra.work import IdentityWork, identity_work
from recaller.services.identity.errors import NotAMember, OriginRefused, SessionEnded
from recaller.services.identity.views import Identity, MembershipView, Preferences
from recaller.settings import get_settings

# One round trip for the user and all memberships; a user without any still gives one row.
_WHO = (
    "SELECT u.email, u.display_name, u.active, u.super_admin, u.locale, u.time_zone, u.theme, u.first_weekday,"
    " u.changed_at, m.* FROM auth_user(:user) u LEFT JOIN auth_memberships(:user) WITH ORDINALITY m"
    " ON true ORDER BY m.ordinality"
)


def session_cookie_name() -> str:
    """Return the cookie's name; over https the prefix makes browsers refuse one set by a neighbouring site."""
    return "__Host-recaller_session" if get_settings().cookie_secure else "recaller_session"


def session_secret(cookie_header: str | None) -> str | None:
    """Return the session secret of a Cookie header, or None."""
    if not cookie_header or len(cookie_header) > 16_384:
        return None
    name = session_cookie_name()
    for part in cookie_header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and value:
            return value
    return None


def check_origin(origin: str | None) -> None:
    """Raise OriginRefused unless the page that calls is one of ours."""
    if origin is None or origin.rstrip("/") not in get_settings().allowed_origins:
        raise OriginRefused(origin)


def resolve_cookie(cookie_header: str | None, *, clock: Clock = utc_now) -> Identity:
    """Return who holds the browser session; raise Unauthenticated / SessionEnded. Check the origin yourself."""
    secret = session_secret(cookie_header)
    if secret is None:
        raise Unauthenticated("Sign in first.")
    with identity_work(clock=clock) as reading:
        session = sessions.read_session(reading, tokens.session_id_of(secret), reading.now)
        if session is None or session.kind is not sessions.SessionKind.BROWSER:
            raise SessionEnded()
        return _identity(reading, session)


def resolve_access_token(token: str, *, clock: Clock = utc_now) -> Identity:
    """Return who holds the access token; raise InvalidToken / SessionEnded, NotAMember for a lost household."""
    claims = tokens.read_access_token(token)
    with identity_work(clock=clock) as reading:
        session = sessions.read_session(reading, claims.session_id, reading.now)
        if (
            session is None
            or session.user_id != claims.user_id
            or session.kind is not sessions.SessionKind.TOKEN
        ):
            raise SessionEnded()
        return _identity(reading, session, claims.tenant_id)


def resolve_browser(cookie_header: str | None, origin: str | None, *, clock: Clock = utc_now) -> Identity:
    """Return who sent a browser event; raise OriginRefused for a page of another site, Unauthenticated.

    The headers are those of the websocket's handshake, which stay as they were when it was opened.
    """
    check_origin(origin)
    return resolve_cookie(cookie_header, clock=clock)


def resolve_browser_scope(cookie_header: str | None, origin: str | None, *, clock: Clock = utc_now) -> Scope:
    """Return the scope of a browser event; raises as `resolve_browser` does, and NoHousehold."""
    return resolve_browser(cookie_header, origin, clock=clock).scope()


def resolve_scope(
    *,
    bearer: str | None = None,
    cookie_header: str | None = None,
    tenant_hint: UUID | None = None,
    clock: Clock = utc_now,
) -> Scope:
    """Return the scope of a call; a hint at another household than one's own raises NotAMember."""
    who = (
        resolve_access_token(bearer, clock=clock)
        if bearer is not None
        else resolve_cookie(cookie_header, clock=clock)
    )
    return who.scope(tenant_hint)


def identity_of(
    session: sessions.Session, *, tenant_id: UUID | None = None, clock: Clock = utc_now
) -> Identity:
    """Read the session's user and memberships; raise SessionEnded when the user is blocked or the password changed.

    A browser session whose household was lost falls back to the first one left; a token's claim doesn't.
    """
    with identity_work(clock=clock) as reading:
        return _identity(reading, session, tenant_id)


def _identity(reading: IdentityWork, session: sessions.Session, tenant_id: UUID | None = None) -> Identity:
    rows = reading.call(_WHO, user=session.user_id)
    opened = _opened(reading, session, rows, reading.now)
    if not rows or not rows[0].active or password_epoch(rows[0].changed_at) != session.password_epoch:
        raise SessionEnded()
    user = rows[0]
    memberships = _memberships(rows) + opened
    known = {membership.tenant_id for membership in memberships}
    current = tenant_id or session.tenant_id
    if current not in known:
        if tenant_id is not None:
            raise NotAMember()
        current = memberships[0].tenant_id if memberships else None
    return Identity(
        user_id=session.user_id,
        email=user.email,
        display_name=user.display_name,
        super_admin=user.super_admin,
        preferences=Preferences(user.locale, user.time_zone, user.theme, user.first_weekday),
        memberships=memberships,
        tenant_id=current,
        session=session,
    )


def household_of(user_id: UUID) -> UUID | None:
    """Return the household that the user joined first, or None."""
    with identity_work() as reading:
        rows = reading.call("SELECT tenant_id FROM auth_memberships(:user) LIMIT 1", user=user_id)
    return rows[0].tenant_id if rows else None


def password_epoch(changed_at: datetime) -> str:
    """Return the name of a password's time of validity, the same for each session opened with it."""
    return str(int(changed_at.timestamp() * 1_000_000))


def _opened(
    reading: IdentityWork, session: sessions.Session, rows: Sequence[Row[Any]], now: datetime
) -> tuple[MembershipView, ...]:
    """Return the household of others that a super administrator's session may enter for a time: none, mostly."""
    until = session.access_until
    if (
        session.access_tenant_id is None
        or until is None
        or until <= now
        or not rows
        or not rows[0].super_admin
    ):
        return ()
    found = reading.call("SELECT * FROM auth_tenant(:tenant)", tenant=session.access_tenant_id)
    return tuple(
        MembershipView(
            tenant_id=row.tenant_id,
            tenant_name=row.tenant_name,
            role=Role.ADMIN,
            base_currency=row.base_currency,
            time_zone=row.tenant_time_zone,
            shared_space_id=row.shared_space_id,
            private_space_id=None,
            access_until=until,
        )
        for row in found
        if all(member.tenant_id != row.tenant_id for member in rows)
    )


def _memberships(rows: Sequence[Row[Any]]) -> tuple[MembershipView, ...]:
    return tuple(
        MembershipView(
            tenant_id=row.tenant_id,
            tenant_name=row.tenant_name,
            role=Role(row.role),
            base_currency=row.base_currency,
            time_zone=row.tenant_time_zone,
            shared_space_id=row.shared_space_id,
            private_space_id=row.private_space_id,
        )
        for row in rows
        if row.tenant_id is not None
    )


def member_scope(
    tenant_id: UUID, user_id: UUID, *, source: Source = Source.SYSTEM, clock: Clock = utc_now
) -> Scope | None:
    """Return the key of a member for reading without a session, as the membership is now.

    None when the user is blocked, isn't a member, or is shut out of the household.
    """
    with identity_work(clock=clock) as reading:
        rows = reading.call(_WHO, user=user_id)
    if not rows or not rows[0].active:
        return None
    for membership in _memberships(rows):
        if membership.tenant_id == tenant_id:
            private = membership.private_space_id
            return Scope(
                tenant_id=tenant_id,
                user_id=user_id,
                role=membership.role,
                shared_space_id=membership.shared_space_id,
                private_space_id=private,
                space_ids=tuple(
                    space for space in (membership.shared_space_id, private) if space is not None
                ),
                base_currency=membership.base_currency,
                time_zone=rows[0].time_zone,
                locale=rows[0].locale,
                source=source,
            )
    return None
