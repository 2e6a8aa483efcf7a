"""What detection suggests, and which bank row settles which occurrence of a recurring transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class RecurringSuggestion(IdentifiedRow, table=True):
    """A pattern found in the history: `kind` 'new' to be made a template, 'price' a template's new price.

    `signature` names the series for good, so that what was dismissed never comes back; `words` and `evidence` (ids of
    transactions, oldest first) recognise it when texts or prices change. `amount` is signed as in the account, minor
    units of `currency`; `tolerance` how far it varies; `earlier` the stable price before. `interval`, `anchor_on`,
    `days`, `shift` are the rhythm (see domain/detection). `recurring_id` is the template of a 'price', or the one that
    a confirmed suggestion became.
    """

    __tablename__ = "recurring_suggestion"
    __table_args__ = (
        space_reference(),
        same_tenant("account_id", "account"),
        same_tenant("target_id", "account"),
        same_tenant("category_id", "account"),
        same_tenant("recurring_id", "recurring"),
        CheckConstraint("kind in ('new', 'price')", name="kind"),
        CheckConstraint("state in ('open', 'confirmed', 'dismissed')", name="state"),
        Index("uq_recurring_suggestion_signature", "tenant_id", "space_id", "signature", unique=True),
        Index("ix_recurring_suggestion_state", "tenant_id", "state", text("strength DESC")),
    )

    kind: str
    state: str = Field(default="open", sa_column_kwargs={"server_default": "open"})
    signature: str
    name: str
    words: list[str] = Field(sa_type=ARRAY(String))
    account_id: UUID
    target_id: UUID | None = None
    category_id: UUID | None = None
    recurring_id: UUID | None = None
    currency: str = Field(max_length=3)
    amount: int = Field(sa_type=BigInteger)
    fixed: bool
    tolerance: int = Field(sa_type=BigInteger)
    lowest: int = Field(sa_type=BigInteger)
    highest: int = Field(sa_type=BigInteger)
    earlier: int | None = Field(default=None, sa_type=BigInteger)
    interval: str
    anchor_on: Day
    days: list[int] = Field(sa_type=ARRAY(SmallInteger))
    shift: str
    next_on: Day
    first_on: Day
    last_on: Day
    strength: int
    evidence: list[UUID] = Field(sa_type=ARRAY(Uuid))
    found_at: datetime = moment(default_now=True)
    decided_at: datetime | None = moment(nullable=True)
    decided_by: UUID | None = None


class ImportSettlement(TenantRow, table=True):
    """A staged bank row that settles an occurrence; `transaction_id` is the one that we had posted for it, if any.

    `settled` once the import is committed; `before` then holds what an undo puts back: the occurrence as it was
    (null: it was not stored), the template's next date, and the posted transaction's amounts.
    """

    __tablename__ = "import_settlement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id", "row_number"],
            ["import_row.tenant_id", "import_row.batch_id", "import_row.row_number"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "recurring_id"], ["recurring.tenant_id", "recurring.id"], ondelete="CASCADE"
        ),
        Index(
            "uq_import_settlement_occurrence",
            "tenant_id",
            "batch_id",
            "recurring_id",
            "due_date",
            unique=True,
        ),
        Index("ix_import_settlement_recurring", "tenant_id", "recurring_id"),
    )

    batch_id: UUID = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    recurring_id: UUID
    due_date: Day
    transaction_id: UUID | None = None
    settled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
