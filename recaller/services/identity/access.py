"""A super administrator's way into a household of others: explicit, with a reason, for an hour, in its audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.core.scope import Role, Scope
from recaller.infra import sessions
from recaller.infra.work import identity_work, work
from recaller.services.identity.errors import SessionEnded
from recaller.services.identity.views import HouseholdView, Identity

log = structlog.get_logger(__name__)

ACCESS_LIFE = timedelta(hours=1)
MAX_HOUSEHOLDS = 1000


def list_households(identity: Identity) -> tuple[HouseholdView, ...]:
    """Return every household by name (at most 1,000), not what is in it; raise Forbidden."""
    _require_super_admin(identity)
    with identity_work() as reading:
        rows = reading.call(
            "SELECT * FROM tenants_with_spaces() ORDER BY tenant_name, tenant_id LIMIT :most",
            most=MAX_HOUSEHOLDS,
        )
    return tuple(
        HouseholdView(row.tenant_id, row.tenant_name, row.base_currency, row.time_zone) for row in rows
    )


def open_access(identity: Identity, tenant_id: UUID, reason: str, *, clock: Clock = utc_now) -> datetime:
    """Let this session enter the household's shared space for an hour; returns until when.

    It is written to the household's own audit trail first. No private space is opened. Raises Forbidden,
    NotFound, Conflict for a household of one's own, ValidationFailed without a reason.
    """
    _require_super_admin(identity)
    why = " ".join(reason.split())
    if not 5 <= len(why) <= 500:
        raise ValidationFailed("reason", "Say why, in 5 to 500 characters: the household will read it.")
    if any(own.tenant_id == tenant_id and own.access_until is None for own in identity.memberships):
        raise Conflict("You belong to this household: no access needs to be opened.")
    with identity_work(clock=clock) as reading:
        rows = reading.call("SELECT * FROM auth_tenant(:tenant)", tenant=tenant_id)
    if not rows:
        raise NotFound("household", tenant_id)
    until = (clock() + ACCESS_LIFE).replace(microsecond=0)
    _write(
        identity,
        tenant_id,
        rows[0].shared_space_id,
        "open_access",
        {"reason": why, "until": str(until)},
        clock,
    )
    if not sessions.set_access(identity.session, tenant_id, until):
        raise SessionEnded()
    log.warning("tenant_access_opened", user_id=str(identity.user_id), tenant_id=str(tenant_id))
    return until


def close_access(identity: Identity, *, clock: Clock = utc_now) -> None:
    """Give the access up before its time; nothing happens when none is open."""
    _require_super_admin(identity)
    opened = [membership for membership in identity.memberships if membership.access_until is not None]
    if not sessions.set_access(identity.session, None, clock()):
        raise SessionEnded()
    for membership in opened:
        _write(identity, membership.tenant_id, membership.shared_space_id, "close_access", {}, clock)


def _write(
    identity: Identity, tenant_id: UUID, space_id: UUID, action: str, after: dict[str, str], clock: Clock
) -> None:
    scope = Scope(
        tenant_id=tenant_id,
        user_id=identity.user_id,
        role=Role.ADMIN,
        shared_space_id=space_id,
        private_space_id=None,
        space_ids=(space_id,),
        super_admin=True,
        session_id=identity.session.id,
    )
    with work(scope, clock=clock) as w:
        w.audit(action, "household", tenant_id, space_id=space_id, after=after)


def _require_super_admin(identity: Identity) -> None:
    if not identity.super_admin:
        raise Forbidden("Only a super administrator may do this.")
