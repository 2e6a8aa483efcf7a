"""Signing in and out, refreshing tokens, and changing the password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import RateLimited, ValidationFailed
from recaller.infra import limits, passwords, sessions, tokens
from recaller.infra.work import identity_work, work
from recaller.services.identity.checks import check_email
from recaller.services.identity.errors import NoHousehold, RefreshReused, SessionEnded, SignInFailed
from recaller.services.identity.scopes import household_of, identity_of, password_epoch
from recaller.services.identity.views import Client, Identity, SignedIn, TokenPair
from recaller.settings import get_settings

log = structlog.get_logger(__name__)


def sign_in(
    email: str,
    password: str,
    client: Client,
    *,
    kind: sessions.SessionKind = sessions.SessionKind.BROWSER,
    clock: Clock = utc_now,
) -> SignedIn:
    """Open a session. Raises SignInFailed (never saying why) or RateLimited.

    An unknown user costs the same hash verification as a wrong password.
    """
    wanted = _folded(email)
    _count_sign_in(wanted, client)
    with identity_work(clock=clock) as identity:
        row = next(iter(identity.call("SELECT * FROM auth_user_by_email(:email)", email=wanted)), None)
    # No connection is held while the hash is worked on.
    fits = passwords.verify_password(None if row is None else row.password_hash, password)
    if row is None or not fits or not row.active:
        log.info("sign_in_failed", ip=client.ip)
        raise SignInFailed()
    if passwords.needs_rehash(row.password_hash):
        _rehash(row.user_id, row.password_hash, password)
    return open_session(row.user_id, password_epoch(row.changed_at), client, kind=kind, clock=clock)


def open_session(
    user_id: UUID,
    epoch: str,
    client: Client,
    *,
    kind: sessions.SessionKind,
    tenant_id: UUID | None = None,
    clock: Clock = utc_now,
) -> SignedIn:
    """Open a session for a user who has just proved who they are, in `tenant_id` or their first household."""
    now = clock()
    secret = tokens.new_session_secret() if kind is sessions.SessionKind.BROWSER else None
    session = sessions.create_session(
        tokens.new_session_id() if secret is None else tokens.session_id_of(secret),
        user_id=user_id,
        kind=kind,
        tenant_id=tenant_id or household_of(user_id),
        password_epoch=epoch,
        user_agent=client.user_agent,
        ip=client.ip,
        now=now,
    )
    log.info("signed_in", user_id=str(user_id), session_kind=str(kind))
    pair = None if secret is not None else _token_pair(session, 1, now)
    return SignedIn(user_id, session.id, session.tenant_id, secret, pair)


def sign_out(identity: Identity) -> None:
    """End the caller's own session, at once."""
    sessions.end_sessions(identity.user_id, [identity.session.id])


def refresh_tokens(refresh_token: str, client: Client, *, clock: Clock = utc_now) -> TokenPair:
    """Trade a refresh token for the next pair.

    A token used before ends the whole session (RefreshReused), but for the few seconds in which two tabs may
    refresh at once: then both get the same pair's refresh token. Raises InvalidToken, SessionEnded, RateLimited.
    """
    limits.check_limit(limits.REFRESH_ADDRESS, limits.network_of(client.ip))
    now = clock()
    claims = tokens.read_refresh_token(refresh_token)
    session = sessions.find_session(claims.session_id, now)
    if session is None or session.kind is not sessions.SessionKind.TOKEN:
        raise SessionEnded()
    if not tokens.is_genuine_refresh(refresh_token, claims, session.seed):
        raise tokens.InvalidToken("The refresh token is not valid.")
    identity_of(session, clock=clock)
    outcome, generation = sessions.rotate(session, claims.generation, now)
    if outcome is sessions.Rotation.REUSED:
        log.warning("refresh_token_reused", user_id=str(session.user_id), ip=client.ip)
        raise RefreshReused()
    if outcome is sessions.Rotation.GONE:
        raise SessionEnded()
    return _token_pair(session, generation, now)


def issue_access_token(identity: Identity, tenant_id: UUID | None, *, clock: Clock = utc_now) -> str:
    """Return a new access token of the caller's session that names another household."""
    return tokens.issue_access_token(
        tokens.AccessClaims(identity.user_id, identity.session.id, tenant_id), clock()
    )


def change_password(identity: Identity, current: str, new: str, *, clock: Clock = utc_now) -> int:
    """Set a new password; every other session ends with it. Returns how many were ended.

    Raises ValidationFailed naming `current_password` or `new_password`, RateLimited.
    """
    limits.check_limit(limits.PASSWORD_CHANGE, str(identity.user_id))
    checked = passwords.check_new_password(new, identity.email, "new_password")
    with identity_work(clock=clock) as reading:
        row = reading.call("SELECT password_hash FROM auth_user(:user)", user=identity.user_id)[0]
    if not passwords.verify_password(row.password_hash, current):
        raise ValidationFailed("current_password", "The current password is wrong.")
    hashed = passwords.hash_password(checked)
    with identity_work(clock=clock) as writing:
        writing.call("SELECT auth_change_password(:user, :hash)", user=identity.user_id, hash=hashed)
        changed = writing.call("SELECT changed_at FROM auth_user(:user)", user=identity.user_id)[0].changed_at
    # The old sessions are dead already, for their password epoch is: removing them only tidies the list.
    sessions.set_password_epoch(identity.session, password_epoch(changed))
    _audit_password(identity, clock)
    log.info("password_changed", user_id=str(identity.user_id))
    others = [session.id for session in sessions.list_sessions(identity.user_id)]
    return sessions.end_sessions(
        identity.user_id, [other for other in others if other != identity.session.id]
    )


def _audit_password(identity: Identity, clock: Clock) -> None:
    try:
        scope = identity.scope()
    except NoHousehold:
        return
    with work(scope, clock=clock) as w:
        space = scope.private_space_id or scope.shared_space_id
        w.audit("change_password", "user", identity.user_id, space_id=space)


def _folded(email: str) -> str:
    try:
        return check_email(email)
    except ValidationFailed:
        # What can't be an address still goes the whole way, so that its answer and time are the same.
        return email.strip().lower().replace("\0", "")[:254]


def _count_sign_in(email: str, client: Client) -> None:
    network = limits.network_of(client.ip)
    checks: list[Callable[[], None]] = [
        lambda: limits.check_limit(limits.SIGN_IN_ADDRESS, network),
        lambda: limits.check_limit(limits.SIGN_IN_ACCOUNT_AND_ADDRESS, email, network),
        lambda: limits.check_limit(limits.SIGN_IN_ACCOUNT, email),
    ]
    for check in checks:
        try:
            check()
        except RateLimited:
            log.warning("sign_in_limited", ip=client.ip)
            raise


def _rehash(user_id: UUID, stored: str, password: str) -> None:
    hashed = passwords.hash_password(password)
    with identity_work() as identity:
        identity.call("SELECT auth_rehash_password(:user, :old, :new)", user=user_id, old=stored, new=hashed)


def _token_pair(session: sessions.Session, generation: int, now: datetime) -> TokenPair:
    access = tokens.AccessClaims(session.user_id, session.id, session.tenant_id)
    refresh = tokens.RefreshClaims(session.id, generation)
    return TokenPair(
        access_token=tokens.issue_access_token(access, now),
        refresh_token=tokens.issue_refresh_token(refresh, session.seed),
        expires_in_seconds=get_settings().access_token_seconds,
    )
