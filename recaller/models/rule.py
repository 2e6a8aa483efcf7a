"""Rules, their runs with what each changed, and which rule or person set a field of a transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from recaller.models.base import IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class Rule(IdentifiedRow, table=True):
    """Conditions and actions (JSON forms of `recaller.domain.rules`), run in the order of `position`.

    A rule of a space touches the transactions of that space only. A category or account that it names may be gone
    meanwhile: then it is left out of runs, which say so.
    """

    __tablename__ = "rule"
    __table_args__ = (space_reference(), Index("ix_rule_position", "tenant_id", "space_id", "position"))

    name: str
    position: int
    conditions: dict[str, Any] = Field(sa_type=JSONB)
    actions: list[dict[str, Any]] = Field(sa_type=JSONB)
    active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    stop: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    once: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_by: UUID | None = None
    created_at: datetime = moment(default_now=True)


class RuleRun(IdentifiedRow, table=True):
    """One run of a space's rules over its transactions.

    `status`: 'queued' -> 'done', or 'failed' / 'stopped'; a done one may become 'reversed'. `cause`: 'manual' or
    'import'. `selection` says over which transactions, `rules` which ones ran (id, name, matches), `problems` which
    could not, and why.
    """

    __tablename__ = "rule_run"
    __table_args__ = (
        space_reference(),
        same_tenant("batch_id", "import_batch"),
        CheckConstraint("status in ('queued', 'done', 'failed', 'stopped', 'reversed')", name="status"),
        CheckConstraint("cause in ('manual', 'import')", name="cause"),
        Index("ix_rule_run_created", "tenant_id", "created_at"),
    )

    status: str
    cause: str
    selection: dict[str, Any] = Field(sa_type=JSONB)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    problems: list[dict[str, Any]] = Field(sa_type=JSONB)
    scanned: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    restored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    conflicts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    batch_id: UUID | None = None
    job_id: UUID | None = None
    created_by: UUID | None = None
    created_at: datetime = moment(default_now=True)
    finished_at: datetime | None = moment(nullable=True)
    reversed_at: datetime | None = moment(nullable=True)


class RuleChange(TenantRow, table=True):
    """What a run changed of one transaction: the fields before and after, and which rule set each.

    `digest` is over everything that rules can change plus date and amount, as the run left it: a row that still has
    it was not changed since. No reference to the transaction: what a run did stays readable after a deletion.
    """

    __tablename__ = "rule_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["rule_run.tenant_id", "rule_run.id"], ondelete="CASCADE"
        ),
        Index("ix_rule_change_transaction", "tenant_id", "transaction_id"),
    )

    run_id: UUID = Field(primary_key=True)
    transaction_id: UUID = Field(primary_key=True)
    rule_ids: list[UUID] = Field(sa_type=ARRAY(Uuid()))
    before: dict[str, Any] = Field(sa_type=JSONB)
    after: dict[str, Any] = Field(sa_type=JSONB)
    digest: bytes
    conflict: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class FieldOrigin(TenantRow, table=True):
    """Who set a field of a transaction last: a rule in a run, or somebody by hand (`rule_id` None).

    `field`: 'category' (its whole other side: category, split, transfer), 'payee', 'note', 'tags', 'recurring' (the
    date of a recurring item that it settles). Fields without a row came with an import or were never set; rules may
    fill them.
    """

    __tablename__ = "field_origin"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("field in ('category', 'payee', 'note', 'tags', 'recurring')", name="field"),
    )

    transaction_id: UUID = Field(primary_key=True)
    field: str = Field(primary_key=True)
    rule_id: UUID | None = None
    run_id: UUID | None = None
    user_id: UUID | None = None
    set_at: datetime = moment(default_now=True)


class RuleSuggestionDismissal(TenantRow, table=True):
    """A suggested rule that somebody never wants to see again: this payee (folded name) to this category."""

    __tablename__ = "rule_suggestion_dismissal"
    __table_args__ = (space_reference(),)

    space_id: UUID = Field(primary_key=True)
    payee: str = Field(primary_key=True)
    category_id: UUID = Field(primary_key=True)
    dismissed_by: UUID | None = None
    dismissed_at: datetime = moment(default_now=True)
