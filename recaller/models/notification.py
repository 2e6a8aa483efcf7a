"""Notifications of single people: what they were told, over which channels, when they want to be left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, space_reference


class Notification(IdentifiedRow, table=True):
    """Something that one person is told, once for each (kind, thing, day); lives in that person's private space.

    `thing` names what it is about in the words of the one who tells it (mostly a kind and an id). `hidden` ones are
    for the channels only: this person doesn't want the kind in the centre. `facts` is what is told, to be worded when
    it is read or sent (`services/notifications/wording.py`); without any, `title` and `body` are the words.
    """

    __tablename__ = "notification"
    __table_args__ = (
        space_reference(),
        Index("uq_notification_once", "tenant_id", "user_id", "kind", "thing", "day", unique=True),
        Index(
            "ix_notification_latest", "tenant_id", "space_id", text("created_at DESC"), text("id DESC"),
            postgresql_where=text("not hidden"),
        ),
        Index(
            "ix_notification_unread", "tenant_id", "space_id",
            postgresql_where=text("read_at is null and not hidden"),
        ),
    )  # fmt: skip

    user_id: UUID
    kind: str = Field(max_length=40)
    thing: str = Field(max_length=200)
    day: Day
    title: str
    body: str = Field(default="", sa_column_kwargs={"server_default": ""})
    facts: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    href: str
    hidden: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = moment(default_now=True)
    read_at: datetime | None = moment(nullable=True)


class NotificationChannel(IdentifiedRow, table=True):
    """A way to reach one person: the account's own e-mail address, another one, or a service behind Apprise.

    `address_encrypted` is empty for the account's own. Addresses that somebody typed count once `confirmed_at` is
    set: an e-mail address by a code that was sent there (kept as a keyed digest).
    """

    __tablename__ = "notification_channel"
    __table_args__ = (
        space_reference(),
        CheckConstraint("kind in ('account', 'email', 'service')", name="kind"),
        CheckConstraint("(kind = 'account') = (address_encrypted is null)", name="address"),
        Index(
            "uq_notification_channel_account", "tenant_id", "user_id", unique=True,
            postgresql_where=text("kind = 'account'"),
        ),
        Index("ix_notification_channel_user", "tenant_id", "space_id"),
    )  # fmt: skip

    user_id: UUID
    kind: str
    label: str
    scheme: str = Field(default="mailto", sa_column_kwargs={"server_default": "mailto"})
    address_encrypted: bytes | None = None
    masked: str = Field(default="", sa_column_kwargs={"server_default": ""})
    enabled: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    confirmed_at: datetime | None = moment(nullable=True)
    code_digest: bytes | None = None
    code_sent_at: datetime | None = moment(nullable=True)
    last_sent_at: datetime | None = moment(nullable=True)
    last_error: str | None = None
    created_at: datetime = moment(default_now=True)


class NotificationDelivery(IdentifiedRow, table=True):
    """The sent-log: one notification over one channel, at most once for each (kind, thing, day, channel).

    `state`: 'queued' (waits for `next_at`), 'sending' (claimed; nothing has left yet), 'handing_over' (written just
    before the other side is given the message), 'sent', 'uncertain' (lost sight of it while handing over: never sent
    again by itself), 'failed' (tried often enough), 'cancelled'. While open, `next_at` is when somebody looks again:
    the time to send, or the time after which whoever claimed it is taken for dead. `digest_day` gathers deliveries
    into one message (the receiver's calendar date). `claim` keeps two workers from acting on one claim.
    """

    __tablename__ = "notification_delivery"
    __table_args__ = (
        space_reference(),
        ForeignKeyConstraint(
            ["tenant_id", "notification_id"],
            ["notification.tenant_id", "notification.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["notification_channel.tenant_id", "notification_channel.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "state in ('queued', 'sending', 'handing_over', 'sent', 'uncertain', 'failed', 'cancelled')",
            name="state",
        ),
        Index(
            "uq_notification_delivery_once", "tenant_id", "user_id", "channel_id", "kind", "thing", "day",
            unique=True,
        ),
        Index("ix_notification_delivery_notification", "tenant_id", "notification_id"),
        Index("ix_notification_delivery_channel", "tenant_id", "channel_id", "digest_day"),
        Index(
            "ix_notification_delivery_due", "next_at",
            postgresql_where=text("state in ('queued', 'sending', 'handing_over')"),
        ),
    )  # fmt: skip

    user_id: UUID
    notification_id: UUID
    channel_id: UUID
    kind: str = Field(max_length=40)
    thing: str = Field(max_length=200)
    day: Day
    state: str = Field(default="queued", sa_column_kwargs={"server_default": "queued"})
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    next_at: datetime = moment()
    digest_day: Day | None = None
    claim: UUID | None = None
    handed_at: datetime | None = moment(nullable=True)
    error: str | None = None
    sent_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)


class NotificationPreference(TenantRow, table=True):
    """What one person wants of one kind; without a row the kind's defaults hold.

    `channels` maps channel ids to yes or no, for those that differ from the default. `lead_days` are days before the
    due date, None for the default.
    """

    __tablename__ = "notification_preference"
    __table_args__ = (space_reference(),)

    user_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=40)
    in_app: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    channels: dict[str, bool] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'::jsonb")}
    )
    lead_days: list[int] | None = Field(default=None, sa_type=JSONB, nullable=True)


class NotificationSchedule(TenantRow, table=True):
    """When one person wants deliveries: minutes after midnight in that person's zone, None for no wish.

    Between `quiet_from` and `quiet_to` (over midnight, too) nothing is delivered; with `digest_minute` everything of
    a day comes in one message at that time.
    """

    __tablename__ = "notification_schedule"
    __table_args__ = (
        space_reference(),
        CheckConstraint("(quiet_from is null) = (quiet_to is null)", name="quiet"),
        CheckConstraint(
            "least(quiet_from, quiet_to, digest_minute) >= 0"
            " and greatest(quiet_from, quiet_to, digest_minute) < 1440",
            name="minutes",
        ),
    )

    user_id: UUID = Field(primary_key=True)
    quiet_from: int | None = Field(default=None, sa_type=SmallInteger)
    quiet_to: int | None = Field(default=None, sa_type=SmallInteger)
    digest_minute: int | None = Field(default=None, sa_type=SmallInteger)
