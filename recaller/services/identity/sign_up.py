"""Signing up: the first user with the first household, later ones as the setting says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError, ProgrammingError

from recaller.core.clock import Clock, utc_now, zone
from recaller.core.ids import new_id
from recaller.core.money import check_currency
from recaller.core.scope import Role, Scope
from recaller.infra import limits, passwords, sessions
from recaller.infra.work import Work, identity_work, work
from recaller.services.identity.checks import check_email, check_locale, check_name
from recaller.services.identity.errors import EmailTaken, SignUpClosed
from recaller.services.identity.scopes import password_epoch
from recaller.services.identity.sign_in import open_session
from recaller.services.identity.views import Client, Identity, SignedIn
from recaller.services.starter import create_starter_accounts
from recaller.settings import get_settings

log = structlog.get_logger(__name__)

UNIQUE_VIOLATION = "23505"
INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a person types to sign up. `locale` like `en_US`, `time_zone` an IANA name."""

    email: str
    password: str
    display_name: str
    locale: str = "en_US"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """What a household needs at first. `time_zone` is where its days begin (IANA)."""

    name: str
    base_currency: str = "USD"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class SignUpOptions:
    """Whether anybody may sign up now; `first` tells that nobody has yet."""

    open: bool
    first: bool


def sign_up_options() -> SignUpOptions:
    """Return what the sign-up page offers."""
    with identity_work() as reading:
        first = not reading.call("SELECT auth_any_user() AS found")[0].found
    return SignUpOptions(open=first or get_settings().sign_up == "open", first=first)


def sign_up(
    user: NewUser,
    household: NewHousehold,
    client: Client,
    *,
    kind: sessions.SessionKind = sessions.SessionKind.BROWSER,
    clock: Clock = utc_now,
) -> SignedIn:
    """Create a user with a household of their own, in one transaction, and open a session.

    The first user ever becomes super administrator. Raises SignUpClosed, EmailTaken, ValidationFailed,
    RateLimited, Unavailable.
    """
    limits.check_limit(limits.SIGN_UP_ADDRESS, limits.network_of(client.ip))
    checked, hashed = checked_user(user)
    home = _checked_household(household)
    if not sign_up_options().open:
        raise SignUpClosed()
    user_id = create_user_with_household(
        checked, hashed, home, first_only=get_settings().sign_up != "open", clock=clock
    )
    return open_session(user_id, epoch_of(user_id), client, kind=kind, clock=clock)


def create_user(user: NewUser, household: NewHousehold, *, clock: Clock = utc_now) -> UUID:
    """Create a user with a household, whatever the sign-up setting says: for the operator's command line."""
    checked, hashed = checked_user(user)
    return create_user_with_household(
        checked, hashed, _checked_household(household), first_only=False, clock=clock
    )


def create_user_with_household(
    user: NewUser, password_hash: str, household: NewHousehold, *, first_only: bool, clock: Clock
) -> UUID:
    """Write user, household, spaces and starter accounts in one transaction; everything is checked already."""
    user_id = new_id()
    scope = _scope_of_new(user_id, user, household)
    with sign_up_errors(), work(scope, clock=clock) as w:
        insert_user(w, user_id, user, password_hash, first_only=first_only)
        _insert_household(w, household)
    log.info("signed_up", user_id=str(user_id), tenant_id=str(scope.tenant_id))
    return user_id


def create_household(identity: Identity, household: NewHousehold, *, clock: Clock = utc_now) -> UUID:
    """Create another household of the caller's and make it the session's current one; returns its id.

    Raises SignUpClosed unless sign-up is open or the caller is super administrator, ValidationFailed.
    """
    if get_settings().sign_up != "open" and not identity.super_admin:
        raise SignUpClosed()
    home = _checked_household(household)
    user = NewUser(
        identity.email, "", identity.display_name, identity.preferences.locale, identity.preferences.time_zone
    )
    scope = _scope_of_new(identity.user_id, user, home)
    with work(scope, clock=clock) as w:
        _insert_household(w, home)
    sessions.set_tenant(identity.session, scope.tenant_id)
    return scope.tenant_id


def _scope_of_new(user_id: UUID, user: NewUser, household: NewHousehold) -> Scope:
    shared, private = new_id(), new_id()
    return Scope(
        tenant_id=new_id(),
        user_id=user_id,
        role=Role.ADMIN,
        shared_space_id=shared,
        private_space_id=private,
        space_ids=(shared, private),
        base_currency=household.base_currency,
        time_zone=user.time_zone,
        locale=user.locale,
    )


def insert_user(w: Work, user_id: UUID, user: NewUser, password_hash: str, *, first_only: bool) -> None:
    """Write the user through the definer function; call inside `sign_up_errors`."""
    w.row(
        "SELECT auth_create_user(:id, :email, :name, :hash, :locale, :zone, :first_only)",
        id=user_id,
        email=user.email,
        name=user.display_name,
        hash=password_hash,
        locale=user.locale,
        zone=user.time_zone,
        first_only=first_only,
    )


def _insert_household(w: Work, household: NewHousehold) -> None:
    w.row(
        "SELECT auth_create_household(:owner, :tenant, :name, :currency, :zone, :shared, :private)",
        owner=w.scope.user_id,
        tenant=w.scope.tenant_id,
        name=household.name,
        currency=household.base_currency,
        zone=household.time_zone,
        shared=w.scope.shared_space_id,
        private=w.scope.private_space_id,
    )
    create_starter_accounts(w)
    w.audit(
        "create",
        "household",
        w.scope.tenant_id,
        space_id=w.scope.shared_space_id,
        after={"name": household.name, "base_currency": household.base_currency},
    )


def checked_user(user: NewUser) -> tuple[NewUser, str]:
    """Return the user with every field checked and no password, and the password's hash; raise ValidationFailed."""
    email = check_email(user.email)
    checked = NewUser(
        email=email,
        password="",
        display_name=check_name(user.display_name, "display_name"),
        locale=check_locale(user.locale),
        time_zone=zone(user.time_zone).key,
    )
    return checked, passwords.hash_password(passwords.check_new_password(user.password, email))


def _checked_household(household: NewHousehold) -> NewHousehold:
    return NewHousehold(
        name=check_name(household.name, "household_name"),
        base_currency=check_currency(household.base_currency, "base_currency"),
        time_zone=zone(household.time_zone).key,
    )


def epoch_of(user_id: UUID) -> str:
    """Return the name of the user's present password, for the session to be opened."""
    with identity_work() as reading:
        return password_epoch(
            reading.call("SELECT changed_at FROM auth_user(:user)", user=user_id)[0].changed_at
        )


@contextmanager
def sign_up_errors() -> Iterator[None]:
    """Name what the database refused: an e-mail address taken meanwhile, or a second first user."""
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION:
            raise EmailTaken() from error
        raise
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
            raise SignUpClosed() from error
        raise
