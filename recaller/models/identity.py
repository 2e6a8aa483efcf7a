"""Users, households (tenants), memberships, spaces and invitations: the tables above the tenant wall."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from recaller.core.ids import new_id
from recaller.models.base import moment


class AppUser(SQLModel, table=True):
    """A person who signs in; belongs to any number of tenants. Preferences travel with the person."""

    __tablename__ = "app_user"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("theme in ('system', 'light', 'dark')", name="theme"),
        CheckConstraint("first_weekday between 0 and 6", name="first_weekday"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    display_name: str
    super_admin: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    locale: str = Field(default="en_US", sa_column_kwargs={"server_default": "en_US"})
    time_zone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    theme: str = Field(default="system", sa_column_kwargs={"server_default": "system"})
    first_weekday: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = moment(default_now=True)


class Credential(SQLModel, table=True):
    """A user's password hash (argon2id); the application role has no right on this table at all."""

    __tablename__ = "credential"
    __table_args__ = (ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="CASCADE"),)

    user_id: UUID = Field(primary_key=True)
    password_hash: str
    changed_at: datetime = moment(default_now=True)


class SignInSession(SQLModel, table=True):
    """A sign-in of a browser or an API client; the application role reaches it through definer functions only.

    `id` is a digest of the browser's secret, or random for a token session. `password_epoch` names the password that
    opened it: another password, no session. `generation`, `rotated_at` and `seed` belong to the family of refresh
    tokens. `access_tenant_id` is a household of others that a super administrator opened, until `access_until`.
    """

    __tablename__ = "sign_in_session"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["app_user.id"], ondelete="CASCADE"),
        CheckConstraint("kind in ('browser', 'token')", name="kind"),
        Index(None, "user_id", "last_seen_at"),
        Index(None, "expires_at"),
    )

    id: str = Field(primary_key=True, max_length=40)
    user_id: UUID
    kind: str
    tenant_id: UUID | None = None
    password_epoch: str
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment()
    user_agent: str = Field(sa_column_kwargs={"server_default": ""})
    ip: str = Field(sa_column_kwargs={"server_default": ""})
    generation: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    rotated_at: datetime | None = moment(nullable=True)
    seed: str
    access_tenant_id: UUID | None = None
    access_until: datetime | None = moment(nullable=True)


class Tenant(SQLModel, table=True):
    """A household: the unit of isolation."""

    __tablename__ = "tenant"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    base_currency: str = Field(max_length=3)
    time_zone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    created_at: datetime = moment(default_now=True)


class Membership(SQLModel, table=True):
    """A user's role in a tenant; without `active` the member keeps everything and may not enter."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        ForeignKeyConstraint(["user_id"], ["app_user.id"]),
        CheckConstraint("role in ('user', 'admin')", name="role"),
        Index(None, "user_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    role: str
    active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: datetime = moment(default_now=True)


class Space(SQLModel, table=True):
    """A visibility boundary inside a tenant: one shared space, and one private space per member."""

    __tablename__ = "space"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        ForeignKeyConstraint(["owner_user_id"], ["app_user.id"]),
        CheckConstraint("(kind = 'private') = (owner_user_id is not null)", name="owner"),
        CheckConstraint("kind in ('shared', 'private')", name="kind"),
        Index("uq_space_shared", "tenant_id", unique=True, postgresql_where=text("kind = 'shared'")),
        Index("uq_space_private", "tenant_id", "owner_user_id", unique=True),
    )

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    owner_user_id: UUID | None = None


class Invitation(SQLModel, table=True):
    """A single-use, expiring way into a tenant; only a hash of its secret is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        UniqueConstraint("token_hash"),
        CheckConstraint("role in ('user', 'admin')", name="role"),
    )

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    role: str
    token_hash: bytes
    invited_by: UUID | None = None
    created_at: datetime = moment(default_now=True)
    expires_at: datetime = moment()
    accepted_at: datetime | None = moment(nullable=True)
