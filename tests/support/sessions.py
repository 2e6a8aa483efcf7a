"""Sessions in tests, opened without hashing any password."""

from __future__ import annotations

from recaller.core.clock import utc_now
from recaller.infra import sessions, tokens
from recaller.infra.work import identity_work
from recaller.services.identity import session_cookie_name
from recaller.services.identity.scopes import password_epoch
from tests.support.api import PAGE_HEADERS
from tests.support.households import Household


def open_session(household: Household, kind: sessions.SessionKind) -> tuple[dict[str, str], str]:
    """Sign a household's member in; returns the headers that their client sends, and the session's id."""
    with identity_work() as reading:
        row = reading.call("SELECT changed_at FROM auth_user(:user)", user=household.user_id)[0]
    secret = tokens.new_session_secret()
    session = sessions.create_session(
        tokens.session_id_of(secret) if kind is sessions.SessionKind.BROWSER else tokens.new_session_id(),
        user_id=household.user_id,
        kind=kind,
        tenant_id=household.tenant_id,
        password_epoch=password_epoch(row.changed_at),
        user_agent="tests",
        ip="192.0.2.7",
        now=utc_now(),
    )
    if kind is sessions.SessionKind.BROWSER:
        return PAGE_HEADERS | {"Cookie": f"{session_cookie_name()}={secret}"}, session.id
    claims = tokens.AccessClaims(household.user_id, session.id, household.tenant_id)
    return {"Authorization": f"Bearer {tokens.issue_access_token(claims, utc_now())}"}, session.id
