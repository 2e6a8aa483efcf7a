"""A person's own channels: the account's e-mail address, others that were confirmed by a code, services abroad.

Addresses are kept encrypted and never shown again in full: a service's address is its key.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from limits import RateLimitItemPerHour
from sqlalchemy import Row

from recaller.core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.infra.crypto import digest, digests, encrypt, rotate
from recaller.infra.limits import Limit, check_limit
from recaller.infra.services_abroad import allowed_schemes, check_service
from recaller.infra.work import Work
from recaller.services.identity.checks import check_email, check_name
from recaller.services.notifications.notices import make_account_channels
from recaller.settings import get_settings

MAX_CHANNELS = 10
CODE_LIFE = timedelta(minutes=30)
_CODE_TRIES = Limit("notification-code", RateLimitItemPerHour(6))
_CODES_TO_ADDRESS = Limit("notification-code-address", RateLimitItemPerHour(5))


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as its owner sees it; times are UTC.

    `kind`: 'account' (the address one signs in with), 'email', 'service'. `address` is masked. `available` is False
    while the operator has set up nothing that this kind needs; `last_error` is how the last message went wrong.
    """

    id: UUID
    kind: str
    label: str
    scheme: str
    address: str
    enabled: bool
    confirmed: bool
    available: bool
    last_sent_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """What of a channel changes; None leaves it."""

    label: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class ChannelOffer:
    """What the operator lets people use: mail, and the services' names as Apprise writes them."""

    mail: bool
    schemes: tuple[str, ...]


_COLUMNS = (
    "c.id, c.kind, c.label, c.scheme, c.masked, c.enabled, c.confirmed_at IS NOT NULL AS confirmed, c.last_sent_at,"
    " c.last_error, u.email"
)
_FROM = "FROM notification_channel c JOIN app_user u ON u.id = c.user_id WHERE c.user_id = :user"


def channel_offer() -> ChannelOffer:
    """Return what can be used here at all."""
    return ChannelOffer(get_settings().mail_is_set_up, allowed_schemes())


def list_channels(w: Work) -> tuple[ChannelView, ...]:
    """Return the caller's channels, the account's own first (made when it is first looked for)."""
    user, space = owner_of(w)
    rows = _rows(w, user)
    if all(row.kind != "account" for row in rows):
        make_account_channels(w, [(user, space)])
        rows = _rows(w, user)
    return tuple(_view(row) for row in rows)


def get_channel(w: Work, channel_id: UUID) -> ChannelView:
    """Return one of the caller's channels; raise NotFound."""
    user, _ = owner_of(w)
    row = w.row(f"SELECT {_COLUMNS} {_FROM} AND c.id = :id", user=user, id=channel_id)
    if row is None:
        raise NotFound("channel", channel_id)
    return _view(row)


def add_channel(w: Work, address: str, label: str = "") -> ChannelView:
    """Add an e-mail address (to be confirmed by a code: `try_channel` sends it) or a service's address.

    Raises ValidationFailed naming `address` or `label`, Conflict when there are too many or no mail server is set up.
    """
    user, space = owner_of(w)
    address = address.strip()
    is_service = "://" in address
    scheme = check_service(address) if is_service else "mailto"
    if not is_service:
        address = check_email(address, "address")
        if not get_settings().mail_is_set_up:
            raise Conflict("The operator hasn't set up a mail server.")
    name = check_name(label, "label") if label.strip() else (scheme.title() if is_service else "Other e-mail")
    _check_room(w, user, address)
    made = new_id()
    w.run(
        "INSERT INTO notification_channel (tenant_id, space_id, id, user_id, kind, label, scheme, address_encrypted,"
        " masked, confirmed_at, created_at) VALUES (:tenant, :space, :id, :user, :kind, :label, :scheme, :address,"
        " :masked, :confirmed, :now)",
        tenant=w.scope.tenant_id,
        space=space,
        id=made,
        user=user,
        kind="service" if is_service else "email",
        label=name,
        scheme=scheme,
        address=encrypt(address.encode()),
        masked=_mask_service(scheme, address) if is_service else mask_email(address),
        confirmed=w.now if is_service else None,
        now=w.now,
    )
    view = get_channel(w, made)
    w.audit("create", "notification channel", made, space_id=space, after=_audited(view))
    return view


def change_channel(w: Work, channel_id: UUID, change: ChannelChange) -> ChannelView:
    """Rename a channel, or switch it off and on; raise NotFound, ValidationFailed."""
    before = get_channel(w, channel_id)
    label = before.label if change.label is None else check_name(change.label, "label")
    enabled = before.enabled if change.enabled is None else change.enabled
    w.run(
        "UPDATE notification_channel SET label = :label, enabled = :enabled WHERE id = :id",
        id=channel_id,
        label=label,
        enabled=enabled,
    )
    after = get_channel(w, channel_id)
    _, space = owner_of(w)
    w.audit(
        "update",
        "notification channel",
        channel_id,
        space_id=space,
        before=_audited(before),
        after=_audited(after),
    )
    return after


def remove_channel(w: Work, channel_id: UUID) -> None:
    """Remove a channel with what waits for it; raise NotFound, Conflict for the account's own address."""
    before = get_channel(w, channel_id)
    if before.kind == "account":
        raise Conflict("The address that you sign in with stays; you can switch it off.")
    _, space = owner_of(w)
    w.run("DELETE FROM notification_channel WHERE id = :id", id=channel_id)
    w.audit("delete", "notification channel", channel_id, space_id=space, before=_audited(before))


def new_code(w: Work, channel_id: UUID, address: str) -> str:
    """Make the code that confirms an address, in place of the former; raise RateLimited."""
    check_limit(_CODES_TO_ADDRESS, address)
    code = f"{secrets.randbelow(1_000_000):06}"
    w.run(
        "UPDATE notification_channel SET code_digest = :digest, code_sent_at = :now WHERE id = :id",
        id=channel_id,
        digest=digest(f"{channel_id} {code}", "notification code"),
        now=w.now,
    )
    return code


def confirm_channel(w: Work, channel_id: UUID, code: str) -> ChannelView:
    """Confirm an address by the code that was sent there; raise NotFound, ValidationFailed, RateLimited."""
    view = get_channel(w, channel_id)
    if view.confirmed:
        return view
    check_limit(_CODE_TRIES, str(channel_id))
    row = w.row("SELECT code_digest, code_sent_at FROM notification_channel WHERE id = :id", id=channel_id)
    assert row is not None
    given = "".join(letter for letter in code if letter.isdigit())
    wanted = bytes(row.code_digest or b"")
    fits = any(
        hmac.compare_digest(one, wanted) for one in digests(f"{channel_id} {given}", "notification code")
    )
    if not fits or row.code_sent_at is None or w.now - row.code_sent_at > CODE_LIFE:
        raise ValidationFailed("code", "This isn't the code, or it is too old. Have a new one sent.")
    w.run(
        "UPDATE notification_channel SET confirmed_at = :now, code_digest = NULL WHERE id = :id",
        id=channel_id,
        now=w.now,
    )
    _, space = owner_of(w)
    w.audit("confirm", "notification channel", channel_id, space_id=space, after=_audited(view))
    return get_channel(w, channel_id)


def rotate_channels(w: Work) -> int:
    """Put every address in sight under the newest encryption key; returns how many."""
    rows = w.rows(
        "SELECT id, address_encrypted FROM notification_channel WHERE address_encrypted IS NOT NULL"
    )
    for row in rows:
        w.run(
            "UPDATE notification_channel SET address_encrypted = :token WHERE id = :id",
            token=rotate(bytes(row.address_encrypted)),
            id=row.id,
        )
    return len(rows)


def owner_of(w: Work) -> tuple[UUID, UUID]:
    """Return the caller and the caller's private space; raise Forbidden for who isn't a member."""
    if w.scope.user_id is None or w.scope.private_space_id is None:
        raise Forbidden("Only members of this household have notifications here.")
    return w.scope.user_id, w.scope.private_space_id


def mask_email(address: str) -> str:
    """Return an address by which its owner knows it, and nobody else could write to it."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"


def _mask_service(scheme: str, address: str) -> str:
    return f"{scheme}://••••{address[-3:] if len(address) > 30 else ''}"


def _check_room(w: Work, user: UUID, address: str) -> None:
    w.run("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", key=f"channels {user}")
    held = w.row("SELECT count(*) AS n FROM notification_channel WHERE user_id = :user", user=user)
    if held is not None and held.n >= MAX_CHANNELS:
        raise Conflict(f"You can have {MAX_CHANNELS} channels; remove one first.")
    account = w.row(
        "SELECT 1 FROM app_user WHERE id = :user AND email = :address", user=user, address=address
    )
    if account is not None:
        raise ValidationFailed("address", "You are reached at this address already.")


def _rows(w: Work, user: UUID) -> list[Row[Any]]:
    order = "ORDER BY c.kind <> 'account', c.created_at, c.id LIMIT :most"
    return list(w.rows(f"SELECT {_COLUMNS} {_FROM} {order}", user=user, most=MAX_CHANNELS + 1))


def _view(row: Row[Any]) -> ChannelView:
    offer = channel_offer()
    return ChannelView(
        id=row.id,
        kind=row.kind,
        label=row.label,
        scheme=row.scheme,
        address=row.email if row.kind == "account" else row.masked,
        enabled=row.enabled,
        confirmed=row.confirmed,
        available=row.scheme in offer.schemes if row.kind == "service" else offer.mail,
        last_sent_at=row.last_sent_at,
        last_error=row.last_error,
    )


def _audited(view: ChannelView) -> dict[str, Any]:
    return {"kind": view.kind, "label": view.label, "address": view.address, "enabled": view.enabled}
