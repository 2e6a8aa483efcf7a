"""The household's members and invitations: an administrator's business, which reaches nobody's private space."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound
from recaller.core.ids import new_id
from recaller.core.scope import Role
from recaller.infra import tokens
from recaller.infra.work import Work
from recaller.services.identity.checks import check_email
from recaller.services.identity.errors import LastAdmin
from recaller.services.identity.views import InvitationView, MemberView

INVITATION_LIFE = timedelta(days=7)
MAX_MEMBERS = 500
MAX_OPEN_INVITATIONS = 100

_MEMBERS = (
    "SELECT u.id, u.email, u.display_name, m.role, m.active, m.created_at"
    " FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.tenant_id = :tenant"
)


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What of a membership changes; None leaves it."""

    role: Role | None = None
    active: bool | None = None


def list_members(w: Work) -> tuple[MemberView, ...]:
    """Return the household's members, those who joined first first. Every member may see them."""
    rows = w.rows(
        f"{_MEMBERS} ORDER BY m.created_at, u.id LIMIT :most", tenant=w.scope.tenant_id, most=MAX_MEMBERS
    )
    return tuple(_member(row) for row in rows)


def change_member(w: Work, user_id: UUID, change: MemberChange) -> MemberView:
    """Change a member's role, or shut them out and in again; it acts at their next call.

    Raises Forbidden for non-administrators, NotFound, LastAdmin.
    """
    before = _locked_member(w, user_id)
    role = change.role or before.role
    active = before.active if change.active is None else change.active
    _keep_an_admin(w, before, still_admin=role is Role.ADMIN and active)
    w.run(
        "UPDATE membership SET role = :role, active = :active WHERE tenant_id = :tenant AND user_id = :user",
        role=str(role),
        active=active,
        tenant=w.scope.tenant_id,
        user=user_id,
    )
    if not active:
        _withdraw(w, before.email)
    w.audit(
        "update",
        "member",
        user_id,
        space_id=w.scope.shared_space_id,
        before={"role": str(before.role), "active": before.active},
        after={"role": str(role), "active": active},
    )
    return _find(w, user_id)


def remove_member(w: Work, user_id: UUID) -> None:
    """Take a member out of the household; what they wrote stays, their private space is closed to all.

    A member may leave by themself. Raises Forbidden, NotFound, LastAdmin.
    """
    before = _locked_member(w, user_id, self_allowed=True)
    _keep_an_admin(w, before, still_admin=False)
    w.run(
        "DELETE FROM membership WHERE tenant_id = :tenant AND user_id = :user",
        tenant=w.scope.tenant_id,
        user=user_id,
    )
    _withdraw(w, before.email)
    w.audit(
        "delete",
        "member",
        user_id,
        space_id=w.scope.shared_space_id,
        before={"role": str(before.role), "active": before.active},
    )


def invite_member(w: Work, email: str, role: Role) -> InvitationView:
    """Invite somebody by e-mail address; the token is in this answer only (its hash is kept).

    An open invitation for the same address is replaced. Raises Forbidden, Conflict for a member, ValidationFailed.
    """
    w.scope.require_admin()
    address = check_email(email)
    _lock_members(w)
    if w.row(f"{_MEMBERS} AND u.email = :email", tenant=w.scope.tenant_id, email=address):
        raise Conflict("This person is a member of the household already.")
    _withdraw(w, address)
    open_ones = w.row(
        "SELECT count(*) AS n FROM invitation WHERE accepted_at IS NULL AND expires_at > :now", now=w.now
    )
    if open_ones is not None and open_ones.n >= MAX_OPEN_INVITATIONS:
        raise Conflict("There are too many open invitations; withdraw some first.")
    token = tokens.new_invitation_token()
    made = InvitationView(new_id(), address, role, w.now, w.now + INVITATION_LIFE, token)
    w.run(
        "INSERT INTO invitation (tenant_id, id, email, role, token_hash, invited_by, created_at, expires_at)"
        " VALUES (:tenant, :id, :email, :role, :hash, :by, :now, :expires)",
        tenant=w.scope.tenant_id,
        id=made.id,
        email=made.email,
        role=str(role),
        hash=tokens.hash_invitation_token(token),
        by=w.scope.user_id,
        now=made.created_at,
        expires=made.expires_at,
    )
    w.audit(
        "create",
        "invitation",
        made.id,
        space_id=w.scope.shared_space_id,
        after={"email": address, "role": str(role)},
    )
    return made


def list_invitations(w: Work) -> tuple[InvitationView, ...]:
    """Return the open invitations, newest first, without their tokens; raise Forbidden for non-administrators."""
    w.scope.require_admin()
    rows = w.rows(
        "SELECT id, email, role, created_at, expires_at FROM invitation"
        " WHERE accepted_at IS NULL AND expires_at > :now ORDER BY created_at DESC, id LIMIT :most",
        now=w.now,
        most=MAX_OPEN_INVITATIONS,
    )
    return tuple(
        InvitationView(row.id, row.email, Role(row.role), row.created_at, row.expires_at) for row in rows
    )


def withdraw_invitation(w: Work, invitation_id: UUID) -> None:
    """Make an open invitation worthless; raise Forbidden, NotFound."""
    w.scope.require_admin()
    gone = w.row(
        "DELETE FROM invitation WHERE id = :id AND accepted_at IS NULL RETURNING email, role",
        id=invitation_id,
    )
    if gone is None:
        raise NotFound("invitation", invitation_id)
    w.audit(
        "delete",
        "invitation",
        invitation_id,
        space_id=w.scope.shared_space_id,
        before={"email": gone.email, "role": gone.role},
    )


def _lock_members(w: Work) -> None:
    """Let changes of one household's members follow each other, so that two can't remove the last two admins."""
    w.run("SELECT 1 FROM tenant WHERE id = :tenant FOR UPDATE", tenant=w.scope.tenant_id)


def _locked_member(w: Work, user_id: UUID, *, self_allowed: bool = False) -> MemberView:
    _lock_members(w)
    # Read again under the lock: the caller may have lost the role a moment ago.
    caller = w.row(f"{_MEMBERS} AND m.user_id = :user", tenant=w.scope.tenant_id, user=w.scope.user_id)
    if not (self_allowed and user_id == w.scope.user_id):
        w.scope.require_admin()
        is_admin = w.scope.super_admin if caller is None else caller.role == Role.ADMIN and caller.active
        if not is_admin:
            raise Conflict("Your role was changed meanwhile.")
    return _find(w, user_id)


def _find(w: Work, user_id: UUID) -> MemberView:
    row = w.row(f"{_MEMBERS} AND m.user_id = :user", tenant=w.scope.tenant_id, user=user_id)
    if row is None:
        raise NotFound("member", user_id)
    return _member(row)


def _keep_an_admin(w: Work, before: MemberView, *, still_admin: bool) -> None:
    if still_admin or before.role is not Role.ADMIN or not before.active:
        return
    others = w.row(
        "SELECT count(*) AS n FROM membership m JOIN app_user u ON u.id = m.user_id WHERE m.tenant_id = :tenant"
        " AND m.user_id <> :user AND m.role = 'admin' AND m.active AND u.active",
        tenant=w.scope.tenant_id,
        user=before.user_id,
    )
    if others is None or others.n == 0:
        raise LastAdmin()


def _withdraw(w: Work, email: str) -> None:
    w.run(
        "DELETE FROM invitation WHERE tenant_id = :tenant AND email = :email AND accepted_at IS NULL",
        tenant=w.scope.tenant_id,
        email=email,
    )


def _member(row: Row[Any]) -> MemberView:
    joined: datetime = row.created_at
    return MemberView(row.id, row.email, row.display_name, Role(row.role), row.active, joined)
