"""The caller's own profile and preferences, and the household's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recaller.core.clock import zone
from recaller.core.errors import NotFound
from recaller.core.money import check_currency
from recaller.infra.work import Work
from recaller.models.identity import AppUser, Tenant
from recaller.services.identity.checks import check_locale, check_name, check_theme, check_weekday
from recaller.services.identity.views import HouseholdView, Identity, ProfileView


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What of the profile changes; None leaves it. `first_weekday` 0 = Monday, `time_zone` IANA."""

    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    theme: str | None = None
    first_weekday: int | None = None


@dataclass(frozen=True, slots=True)
class HouseholdChange:
    """What of the household's settings changes; None leaves it."""

    name: str | None = None
    base_currency: str | None = None
    time_zone: str | None = None


def read_profile(identity: Identity) -> ProfileView:
    """Return the caller as shown to themself."""
    return ProfileView(
        user_id=identity.user_id,
        email=identity.email,
        display_name=identity.display_name,
        super_admin=identity.super_admin,
        preferences=identity.preferences,
        tenant_id=identity.tenant_id,
        memberships=identity.memberships,
    )


def update_profile(w: Work, change: ProfileChange) -> None:
    """Write the caller's own name and preferences; raise ValidationFailed naming the field."""
    values: dict[str, Any] = {}
    if change.display_name is not None:
        values["display_name"] = check_name(change.display_name, "display_name")
    if change.locale is not None:
        values["locale"] = check_locale(change.locale)
    if change.time_zone is not None:
        values["time_zone"] = zone(change.time_zone).key
    if change.theme is not None:
        values["theme"] = check_theme(change.theme)
    if change.first_weekday is not None:
        values["first_weekday"] = check_weekday(change.first_weekday)
    if not values:
        return
    before = w.session.get(AppUser, w.scope.user_id)
    if before is None:
        raise NotFound("user", w.scope.user_id)
    former = {column: getattr(before, column) for column in values}
    for column, value in values.items():
        setattr(before, column, value)
    w.audit(
        "update",
        "user",
        w.scope.user_id,
        space_id=w.scope.private_space_id or w.scope.shared_space_id,
        before=former,
        after=values,
    )


def read_household(w: Work) -> HouseholdView:
    """Return the household's settings."""
    row = _household(w)
    return HouseholdView(row.id, row.name, row.base_currency, row.time_zone)


def _household(w: Work) -> Tenant:
    row = w.session.get(Tenant, w.scope.tenant_id)
    if row is None:
        raise NotFound("household", w.scope.tenant_id)
    return row


def update_household(w: Work, change: HouseholdChange) -> HouseholdView:
    """Write the household's settings; raise Forbidden for non-administrators, ValidationFailed.

    Another base currency changes in which one totals are shown, and no stored amount.
    """
    w.scope.require_admin()
    values: dict[str, Any] = {}
    if change.name is not None:
        values["name"] = check_name(change.name, "name")
    if change.base_currency is not None:
        values["base_currency"] = check_currency(change.base_currency, "base_currency")
    if change.time_zone is not None:
        values["time_zone"] = zone(change.time_zone).key
    before = read_household(w)
    if not values:
        return before
    row = _household(w)
    for column, value in values.items():
        setattr(row, column, value)
    w.audit(
        "update",
        "household",
        w.scope.tenant_id,
        space_id=w.scope.shared_space_id,
        before={column: getattr(before, column) for column in values},
        after=values,
    )
    return read_household(w)
