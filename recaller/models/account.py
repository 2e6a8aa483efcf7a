"""Accounts: what is owned and owed, and the income and expense categories, in one tree."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, moment, same_tenant, space_reference


class Account(IdentifiedRow, table=True):
    """A ledger account. A category is an account of kind income or expense, and has no currency of its own.

    `system` marks accounts that the ledger itself needs: 'opening', 'uncategorised' (income and expense),
    'conversion:EUR/USD'. `number_encrypted` holds the bank's account number; `number_digest` is a keyed hash
    of it, so that an imported statement finds its account without decrypting anything.
    """

    __tablename__ = "account"
    __table_args__ = (
        space_reference(),
        same_tenant("parent_id", "account"),
        CheckConstraint("kind in ('asset', 'liability', 'income', 'expense', 'equity')", name="kind"),
        CheckConstraint("kind in ('income', 'expense', 'equity') or currency is not null", name="currency"),
        Index(None, "tenant_id", "kind"),
        Index("uq_account_system", "tenant_id", "space_id", "kind", "system", unique=True,
              postgresql_where=text("system is not null")),
        Index("uq_account_name", "tenant_id", "space_id", "kind", text("coalesce(parent_id, tenant_id)"),
              text("lower(name)"), unique=True, postgresql_where=text("closed_on is null")),
        Index(None, "tenant_id", "number_digest", postgresql_where=text("number_digest is not null")),
    )  # fmt: skip

    kind: str
    subtype: str
    name: str
    parent_id: UUID | None = None
    currency: str | None = Field(default=None, max_length=3)
    system: str | None = None
    institution: str = Field(default="", sa_column_kwargs={"server_default": ""})
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    icon: str = Field(default="", sa_column_kwargs={"server_default": ""})
    position: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    number_encrypted: bytes | None = None
    number_digest: bytes | None = None
    closed_on: Day | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = moment(default_now=True)
