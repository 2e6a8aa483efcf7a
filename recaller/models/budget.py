"""Budgets: what may be spent on a category in a period, the money put aside for it, and the alerts it raised."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class Budget(IdentifiedRow, table=True):
    """A budget of one currency; it counts the postings of the space that it lives in.

    `kind` 'limit' or 'envelope'. The columns from `period_kind` to `pay_dates` are a `PeriodRule`; `starts_on` is the
    first day of its first period. `account_ids` are the accounts whose money it covers, null for all of its currency.
    `alert_percents`: reaching one of them raises an alert. A removed budget keeps its rows until it is restored.
    """

    __tablename__ = "budget"
    __table_args__ = (
        space_reference(),
        CheckConstraint("kind in ('limit', 'envelope')", name="kind"),
        CheckConstraint(
            "period_kind in ('weekly', 'monthly', 'pay_cycle', 'quarterly', 'yearly')", name="period_kind"
        ),
        Index("uq_budget_name", "tenant_id", "space_id", text("lower(name)"), unique=True,
              postgresql_where=text("removed_at is null")),
    )  # fmt: skip

    name: str
    kind: str
    currency: str = Field(max_length=3)
    period_kind: str
    anchor: Day
    every_days: int | None = Field(default=None, sa_type=SmallInteger)
    pay_days: list[int] = Field(sa_type=ARRAY(SmallInteger))
    pay_dates: list[Day] = Field(sa_type=ARRAY(Date))
    starts_on: Day
    account_ids: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    alert_percents: list[int] = Field(sa_type=ARRAY(SmallInteger))
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = moment(default_now=True)
    removed_at: datetime | None = moment(nullable=True)


def _of_budget() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "budget_id"], ["budget.tenant_id", "budget.id"], ondelete="CASCADE"
    )


def _of_line() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "line_id"], ["budget_line.tenant_id", "budget_line.id"], ondelete="CASCADE"
    )


class BudgetLine(IdentifiedRow, table=True):
    """A category's part in a budget; one of the top level stands for its children without a line of their own, too.

    `rollovers`: [{"from": first day of a period, "rollover": ...}] ascending, so that a change leaves the past alone.
    """

    __tablename__ = "budget_line"
    __table_args__ = (
        space_reference(),
        _of_budget(),
        same_tenant("category_id", "account"),
        Index("uq_budget_line_category", "tenant_id", "budget_id", "category_id", unique=True,
              postgresql_where=text("removed_at is null")),
        Index(None, "tenant_id", "category_id"),
    )  # fmt: skip

    budget_id: UUID
    category_id: UUID
    position: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rollovers: list[dict[str, Any]] = Field(sa_type=JSONB)
    template: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    removed_at: datetime | None = moment(nullable=True)


class BudgetAssignment(TenantRow, table=True):
    """What a line was given for the period that starts on `period_start`, in minor units of the budget's currency.

    An envelope's money of that period only (net of moves, it may be negative); a limit holds until the next one.
    """

    __tablename__ = "budget_assignment"
    __table_args__ = (space_reference(), _of_line())

    line_id: UUID = Field(primary_key=True)
    period_start: Day = Field(primary_key=True)
    amount: int = Field(sa_type=BigInteger)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class BudgetMove(IdentifiedRow, table=True):
    """One step that changed assignments: kept so that it can be looked at and undone.

    `entries`: [{"line": id, "before": amount or null, "after": amount}].
    """

    __tablename__ = "budget_move"
    __table_args__ = (
        space_reference(),
        _of_budget(),
        Index(None, "tenant_id", "budget_id", "at"),
    )

    budget_id: UUID
    kind: str
    period_start: Day
    entries: list[dict[str, Any]] = Field(sa_type=JSONB)
    actor_id: UUID | None = None
    at: datetime = moment()
    undone_at: datetime | None = moment(nullable=True)


class BudgetAlert(TenantRow, table=True):
    """A percentage that a line reached in a period: once each. `allowed` and `spent` as they were then."""

    __tablename__ = "budget_alert"
    __table_args__ = (space_reference(), _of_line())

    line_id: UUID = Field(primary_key=True)
    period_start: Day = Field(primary_key=True)
    percent: int = Field(primary_key=True, sa_type=SmallInteger)
    allowed: int = Field(sa_type=BigInteger)
    spent: int = Field(sa_type=BigInteger)
    at: datetime = moment()
