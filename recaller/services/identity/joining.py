"""Joining a household by an invitation, as a new user or as one already known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recaller.core.clock import Clock, utc_now
from recaller.core.ids import new_id
from recaller.core.scope import Role, Scope
from recaller.infra import limits, sessions, tokens
from recaller.infra.work import Work, identity_work, work
from recaller.services.identity.errors import InvitationInvalid
from recaller.services.identity.sign_in import open_session
from recaller.services.identity.sign_up import NewUser, checked_user, epoch_of, insert_user, sign_up_errors
from recaller.services.identity.views import Client, Identity, InvitationOfferView, SignedIn


def read_invitation(token: str, client: Client, *, clock: Clock = utc_now) -> InvitationOfferView:
    """Return what the invitation offers; raise InvitationInvalid, RateLimited."""
    limits.check_limit(limits.INVITATION_ADDRESS, limits.network_of(client.ip))
    offer = _offer(token, clock())
    return InvitationOfferView(offer.tenant_name, offer.email, offer.role, offer.expires_at)


def sign_up_invited(
    token: str,
    user: NewUser,
    client: Client,
    *,
    kind: sessions.SessionKind = sessions.SessionKind.BROWSER,
    clock: Clock = utc_now,
) -> SignedIn:
    """Create the user that an invitation is for (its e-mail address counts), join, and open a session.

    Raises InvitationInvalid, EmailTaken (then sign in and accept), ValidationFailed, RateLimited.
    """
    limits.check_limit(limits.INVITATION_ADDRESS, limits.network_of(client.ip))
    offer = _offer(token, clock())
    checked, hashed = checked_user(user)
    if checked.email != offer.email:
        raise InvitationInvalid()
    user_id = new_id()
    with sign_up_errors(), work(_scope_of_offer(offer, user_id), clock=clock) as w:
        insert_user(w, user_id, checked, hashed, first_only=False)
        _join(w, token, user_id, offer)
    return open_session(user_id, epoch_of(user_id), client, kind=kind, tenant_id=offer.tenant_id, clock=clock)


def accept_invitation(identity: Identity, token: str, client: Client, *, clock: Clock = utc_now) -> UUID:
    """Let the caller join by an invitation made out to their e-mail address; it becomes the current household.

    Returns the household's id; raises InvitationInvalid, RateLimited.
    """
    limits.check_limit(limits.INVITATION_ADDRESS, limits.network_of(client.ip))
    offer = _offer(token, clock())
    if offer.email != identity.email:
        raise InvitationInvalid()
    with work(_scope_of_offer(offer, identity.user_id), clock=clock) as w:
        _join(w, token, identity.user_id, offer)
    sessions.set_tenant(identity.session, offer.tenant_id)
    return offer.tenant_id


@dataclass(frozen=True, slots=True)
class _Offer:
    tenant_id: UUID
    invitation_id: UUID
    tenant_name: str
    email: str
    role: Role
    expires_at: datetime
    shared_space_id: UUID


def _offer(token: str, now: datetime) -> _Offer:
    with identity_work() as reading:
        rows = reading.call(
            "SELECT * FROM auth_invitation(:hash)", hash=tokens.hash_invitation_token(token.strip())
        )
    if not rows or rows[0].expires_at <= now:
        raise InvitationInvalid()
    row = rows[0]
    return _Offer(
        row.tenant_id,
        row.invitation_id,
        row.tenant_name,
        row.email,
        Role(row.role),
        row.expires_at,
        row.shared_space_id,
    )


def _join(w: Work, token: str, user_id: UUID, offer: _Offer) -> None:
    row = w.row(
        "SELECT auth_accept_invitation(:hash, :user, :space) AS tenant_id",
        hash=tokens.hash_invitation_token(token.strip()),
        user=user_id,
        space=new_id(),
    )
    if row is None or row.tenant_id is None:
        raise InvitationInvalid()
    w.audit(
        "join",
        "member",
        user_id,
        space_id=offer.shared_space_id,
        after={"role": str(offer.role), "invitation_id": str(offer.invitation_id)},
    )


def _scope_of_offer(offer: _Offer, user_id: UUID) -> Scope:
    return Scope(
        tenant_id=offer.tenant_id,
        user_id=user_id,
        role=offer.role,
        shared_space_id=offer.shared_space_id,
        private_space_id=None,
        space_ids=(offer.shared_space_id,),
    )
