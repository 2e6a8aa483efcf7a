"""The caller's own sign-ins: listing and ending them, and switching the household of the current one."""

from __future__ import annotations

from uuid import UUID

from recaller.core.errors import NotFound
from recaller.infra import sessions
from recaller.services.identity.errors import SessionEnded
from recaller.services.identity.views import Identity, SessionView


def list_sessions(identity: Identity) -> tuple[SessionView, ...]:
    """Return the caller's living sessions, the one used last first."""
    return tuple(
        SessionView(
            id=session.id,
            kind=str(session.kind),
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            user_agent=session.user_agent,
            ip=session.ip,
            current=session.id == identity.session.id,
        )
        for session in sessions.list_sessions(identity.user_id)
    )


def end_session(identity: Identity, session_id: str) -> None:
    """End one of the caller's sessions, at once; raise NotFound when none of theirs has this id."""
    if not sessions.end_sessions(identity.user_id, [session_id]):
        raise NotFound("session", session_id[:60])


def end_other_sessions(identity: Identity) -> int:
    """End every session of the caller's but the current one, at once; returns how many."""
    others = [session.id for session in sessions.list_sessions(identity.user_id)]
    return sessions.end_sessions(
        identity.user_id, [other for other in others if other != identity.session.id]
    )


def switch_tenant(identity: Identity, tenant_id: UUID) -> None:
    """Make another of the caller's households the session's current one; raise NotAMember."""
    identity.membership(tenant_id)
    if not sessions.set_tenant(identity.session, tenant_id):
        raise SessionEnded()
