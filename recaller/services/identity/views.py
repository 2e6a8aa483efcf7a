"""What the identity services hand out: the caller, memberships, sessions, members, invitations, tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recaller.core.scope import Role, Scope, Source
from recaller.infra.sessions import Session
from recaller.services.identity.errors import NoHousehold, NotAMember


@dataclass(frozen=True, slots=True)
class Client:
    """From where a call comes: the address (as far as proxies are trusted) and the program's own words."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A household that the user may enter. `time_zone` (IANA) is the household's.

    `access_until` is set when the user isn't a member, but a super administrator who opened it for a time.
    """

    tenant_id: UUID
    tenant_name: str
    role: Role
    base_currency: str
    time_zone: str
    shared_space_id: UUID
    private_space_id: UUID | None
    access_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the user reads: locale (`en_US`), IANA time zone, theme, first day of the week (0 = Monday)."""

    locale: str
    time_zone: str
    theme: str
    first_weekday: int


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of one request or event: read anew each time, never kept."""

    user_id: UUID
    email: str
    display_name: str
    super_admin: bool
    preferences: Preferences
    memberships: tuple[MembershipView, ...]
    tenant_id: UUID | None
    session: Session

    def membership(self, tenant_id: UUID | None = None) -> MembershipView:
        """Return the membership in the asked or else the current household.

        Raises NotAMember when the user doesn't belong to it, NoHousehold when there is none at all.
        """
        wanted = tenant_id or self.tenant_id
        if wanted is None:
            raise NoHousehold()
        for membership in self.memberships:
            if membership.tenant_id == wanted:
                return membership
        raise NotAMember()

    def scope(
        self,
        tenant_id: UUID | None = None,
        *,
        source: Source = Source.MANUAL,
        request_id: str | None = None,
    ) -> Scope:
        """Return the key to one household; raises as `membership` does."""
        found = self.membership(tenant_id)
        spaces: tuple[UUID, ...] = (found.shared_space_id,)
        if found.private_space_id is not None:
            spaces = (found.shared_space_id, found.private_space_id)
        return Scope(
            tenant_id=found.tenant_id,
            user_id=self.user_id,
            role=found.role,
            shared_space_id=found.shared_space_id,
            private_space_id=found.private_space_id,
            space_ids=spaces,
            base_currency=found.base_currency,
            time_zone=self.preferences.time_zone,
            locale=self.preferences.locale,
            super_admin=self.super_admin,
            session_id=self.session.id,
            source=source,
            request_id=request_id,
        )


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The user as shown to themself. `tenant_id` is the current household, None when there is none."""

    user_id: UUID
    email: str
    display_name: str
    super_admin: bool
    preferences: Preferences
    tenant_id: UUID | None
    memberships: tuple[MembershipView, ...]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A sign-in as listed; `id` names it and can't be used to sign in."""

    id: str
    kind: str
    created_at: datetime
    last_seen_at: datetime
    user_agent: str
    ip: str
    current: bool


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What an API client carries: a short-lived access token and the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    expires_in_seconds: int
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: for a browser with the secret of its cookie, for an API client with tokens."""

    user_id: UUID
    session_id: str
    tenant_id: UUID | None
    secret: str | None
    tokens: TokenPair | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of the household."""

    user_id: UUID
    email: str
    display_name: str
    role: Role
    active: bool
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An open invitation; `token` is filled only in the answer that made it."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime
    token: str | None = None


@dataclass(frozen=True, slots=True)
class InvitationOfferView:
    """What an invitation's holder is shown before accepting."""

    tenant_name: str
    email: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """The household's own settings. `time_zone` (IANA) is where its days begin."""

    id: UUID
    name: str
    base_currency: str
    time_zone: str
