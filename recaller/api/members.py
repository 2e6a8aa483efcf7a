"""The caller's profile, the household's settings, its members and invitations."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from recaller.api.dependencies import Caller, CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields
from recaller.core.scope import Role
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.identity import (
    HouseholdChange,
    HouseholdView,
    InvitationView,
    MemberChange,
    MemberView,
    ProfileChange,
    ProfileView,
)

router = APIRouter(tags=["household"], responses=COMMON_PROBLEMS)


class ProfilePatch(Body):
    """What of the caller's profile changes; what isn't named stays."""

    display_name: Annotated[str | None, Field(max_length=200, examples=["Ann"])] = None
    locale: Annotated[str | None, Field(max_length=30, examples=["de_DE"])] = None
    time_zone: Annotated[str | None, Field(max_length=60, examples=["Europe/Berlin"])] = None
    theme: Literal["system", "light", "dark"] | None = None
    first_weekday: Annotated[int | None, Field(ge=0, le=6, description="0 = Monday")] = None


class HouseholdPatch(Body):
    """What of the household's settings changes; what isn't named stays."""

    name: Annotated[str | None, Field(max_length=200, examples=["Home"])] = None
    base_currency: Annotated[str | None, Field(max_length=3, examples=["EUR"])] = None
    time_zone: Annotated[str | None, Field(max_length=60, examples=["Europe/Berlin"])] = None


class MemberPatch(Body):
    """A new role, or whether the member may enter; what isn't named stays."""

    role: Role | None = None
    active: bool | None = None


class NewInvitation(Body):
    """Whom to invite, and as what."""

    email: Annotated[str, Field(max_length=254, examples=["bob@example.org"])]
    role: Role = Role.USER


@router.get("/me")
def read_me(who: Caller) -> ProfileView:
    """Return the caller's profile, preferences and households."""
    return identity.read_profile(who)


@router.patch("/me", response_model=None, status_code=204)
def update_me(body: ProfilePatch, scope: CurrentScope) -> None:
    """Change the caller's name and preferences."""
    with work(scope) as w:
        identity.update_profile(w, ProfileChange(**body.model_dump()))


@router.get("/household")
def read_household(scope: CurrentScope) -> HouseholdView:
    """Return the household's settings."""
    with work(scope, read_only=True) as w:
        return identity.read_household(w)


@router.patch("/household")
def update_household(body: HouseholdPatch, scope: CurrentScope) -> HouseholdView:
    """Change the household's settings; for administrators."""
    with work(scope) as w:
        return identity.update_household(w, HouseholdChange(**body.model_dump()))


@router.get("/members", response_model=tuple[MemberView, ...])
def list_members(scope: CurrentScope, fields: Fields) -> object:
    """Return the household's members."""
    with work(scope, read_only=True) as w:
        return fields.reply(identity.list_members(w))


@router.patch("/members/{user_id}")
def change_member(user_id: UUID, body: MemberPatch, scope: CurrentScope) -> MemberView:
    """Change a member's role, or shut them out and in again, at once; for administrators."""
    with work(scope) as w:
        return identity.change_member(w, user_id, MemberChange(role=body.role, active=body.active))


@router.delete("/members/{user_id}", status_code=204)
def remove_member(user_id: UUID, scope: CurrentScope) -> None:
    """Take a member out of the household; for administrators, and for members who leave."""
    with work(scope) as w:
        identity.remove_member(w, user_id)


@router.get("/invitations", response_model=tuple[InvitationView, ...])
def list_invitations(scope: CurrentScope, fields: Fields) -> object:
    """Return the open invitations, without their tokens; for administrators."""
    with work(scope, read_only=True) as w:
        return fields.reply(identity.list_invitations(w))


@router.post("/invitations", status_code=201)
def invite_member(body: NewInvitation, scope: CurrentScope) -> InvitationView:
    """Invite somebody; the token is in this answer and nowhere else. For administrators."""
    with work(scope) as w:
        return identity.invite_member(w, body.email, body.role)


@router.delete("/invitations/{invitation_id}", status_code=204)
def withdraw_invitation(invitation_id: UUID, scope: CurrentScope) -> None:
    """Make an open invitation worthless; for administrators."""
    with work(scope) as w:
        identity.withdraw_invitation(w, invitation_id)
