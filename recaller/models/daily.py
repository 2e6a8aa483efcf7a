"""Daily work: what is due when in each household, what ran, and which single items went wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, space_reference


class DailyWork(TenantRow, table=True):
    """One kind of daily work of one household: the row that a worker locks while it does that work.

    `next_at` (UTC) is computed from `last_date`, the household's hour of that kind and its time zone; `zone` is the
    one it was computed with. `attempts` counts failures in a row, `error` says what the last one was. `handed_at`
    tells since when a worker has been asked to do it, `requested` that somebody asked for it out of turn. `starts`
    counts how often a worker began it since it last ended: more than one means that a worker died of it.
    """

    __tablename__ = "daily_work"
    __table_args__ = (
        space_reference(),
        CheckConstraint("hour in ('recurring', 'reminders', 'night')", name="hour"),
        Index("ix_daily_work_next", "next_at"),
    )

    kind: str = Field(primary_key=True)
    hour: str
    label: str
    next_at: datetime = moment()
    zone: str
    last_date: Day | None = None
    last_run_at: datetime | None = moment(nullable=True)
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    requested: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    handed_at: datetime | None = moment(nullable=True)
    starts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})


class DailyRun(IdentifiedRow, table=True):
    """One run of daily work in a household: `counts` of what it did, or the `error` that undid it."""

    __tablename__ = "daily_run"
    __table_args__ = (
        space_reference(),
        Index("ix_daily_run_started", "tenant_id", text("started_at DESC"), text("id DESC")),
    )

    kind: str
    label: str
    local_date: Day
    started_at: datetime = moment()
    finished_at: datetime = moment()
    attempt: int = Field(default=1, sa_type=SmallInteger, sa_column_kwargs={"server_default": "1"})
    counts: dict[str, Any] = Field(sa_type=JSONB)
    item_errors: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None


class ItemError(IdentifiedRow, table=True):
    """An item that daily work could not do, in the item's own space: only who sees the item sees what is wrong.

    Open until a run of the same kind succeeds without it.
    """

    __tablename__ = "item_error"
    __table_args__ = (
        space_reference(),
        Index(
            "uq_item_error_open", "tenant_id", "kind", "entity", "entity_id",
            unique=True, postgresql_where=text("resolved_at is null"),
        ),
    )  # fmt: skip

    kind: str
    entity: str
    entity_id: UUID
    message: str
    run_id: UUID
    times: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    first_at: datetime = moment()
    last_at: datetime = moment()
    resolved_at: datetime | None = moment(nullable=True)
