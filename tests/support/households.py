"""Makes households straight through the definer functions: fast, no password hashing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from recaller.core.ids import new_id
from recaller.core.scope import Role, Scope, Source
from recaller.infra.work import identity_work


@dataclass(frozen=True)
class Household:
    """A tenant with its first member's scope."""

    scope: Scope
    email: str

    @property
    def tenant_id(self) -> UUID:
        return self.scope.tenant_id

    @property
    def user_id(self) -> UUID:
        assert self.scope.user_id is not None
        return self.scope.user_id


def make_household(name: str = "Test", currency: str = "USD", time_zone: str = "UTC") -> Household:
    """Create a user with a tenant, its shared space and the user's private space."""
    user, tenant, shared, private = new_id(), new_id(), new_id(), new_id()
    email = f"{name.lower().replace(' ', '.')}.{user.hex[-8:]}@example.org"
    with identity_work() as identity:
        identity.call(
            "SELECT auth_create_user(:id, :email, :name, 'unusable', 'en_US', :zone, false)",
            id=user, email=email, name=name, zone=time_zone,
        )  # fmt: skip
        identity.call(
            "SELECT auth_create_household(:user, :tenant, :name, :currency, :zone, :shared, :private)",
            user=user, tenant=tenant, name=name, currency=currency, zone=time_zone, shared=shared, private=private,
        )  # fmt: skip
    scope = Scope(
        tenant_id=tenant,
        user_id=user,
        role=Role.ADMIN,
        shared_space_id=shared,
        private_space_id=private,
        space_ids=(shared, private),
        base_currency=currency,
        time_zone=time_zone,
    )
    return Household(scope=scope, email=email)


def as_source(household: Household, source: Source) -> Scope:
    """Return the household's scope acting from another surface."""
    return replace(household.scope, source=source)
