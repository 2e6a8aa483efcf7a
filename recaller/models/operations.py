"""What runs around the ledger: audit trail, background jobs, idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import IdentifiedRow, TenantRow, moment, space_reference


class AuditEvent(TenantRow, table=True):
    """One change: who, when, before, after. Append-only; each event's hash covers the one before it.

    The chain runs per space, so that a member can check what the member may see.
    """

    __tablename__ = "audit_event"
    __table_args__ = (space_reference(), Index("ix_audit_event_entity", "tenant_id", "entity_id"))

    space_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    actor_id: UUID | None = None
    source: str
    action: str
    entity: str
    entity_id: UUID | None = None
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    request_id: str | None = None
    previous_hash: bytes
    hash: bytes


class AuditHead(TenantRow, table=True):
    """The end of each space's audit chain; its row lock puts concurrent writers in order."""

    __tablename__ = "audit_head"
    __table_args__ = (space_reference(),)

    space_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: bytes


class Job(IdentifiedRow, table=True):
    """A piece of background work: the truth about it lies here, Redis only carries its id.

    `status`: 'queued', 'running', 'done', 'failed', 'cancelled'. `handed_at` is when the sweep handed it over again
    since it was queued or claimed last; None when it didn't.
    """

    __tablename__ = "job"
    __table_args__ = (
        space_reference(),
        CheckConstraint("status in ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
        CheckConstraint("queue in ('critical', 'default', 'bulk')", name="queue"),
        Index("ix_job_created", "tenant_id", "created_at"),
        Index("ix_job_open", "status", "heartbeat_at", postgresql_where=text("status in ('queued', 'running')")),
    )  # fmt: skip

    kind: str
    queue: str
    arguments: dict[str, Any] = Field(sa_type=JSONB)
    actor_id: UUID | None = None
    status: str = Field(default="queued", sa_column_kwargs={"server_default": "queued"})
    progress: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    total: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    message: str = Field(default="", sa_column_kwargs={"server_default": ""})
    error: str | None = None
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    cancel_requested: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    request_id: str | None = None
    created_at: datetime = moment(default_now=True)
    started_at: datetime | None = moment(nullable=True)
    heartbeat_at: datetime | None = moment(nullable=True)
    handed_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)


class IdempotencyKey(TenantRow, table=True):
    """The answer that an API write gave, so that the same key asked again gives the same answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (space_reference(),)

    user_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=200)
    request_hash: bytes
    status: int
    response: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_at: datetime = moment(default_now=True)
