"""Transfers found between two entries: those merged into one transaction, and pairs that are none."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import TenantRow, moment, space_reference


class TransferMerge(TenantRow, table=True):
    """Two entries that became one transfer, `transaction_id`; `kept` holds the rows as they were, to split it again.

    `version` is the transfer's right after the merge: a higher one was edited since. The space is private as soon as
    one of the two entries was, because `kept` shows both.
    """

    __tablename__ = "transfer_merge"
    __table_args__ = (
        space_reference(),
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            ondelete="CASCADE",
        ),
        Index("ix_transfer_merge_batch", "tenant_id", "batch_id"),
        Index("ix_transfer_merge_other_batch", "tenant_id", "other_batch_id"),
    )

    transaction_id: UUID = Field(primary_key=True)
    other_id: UUID
    batch_id: UUID | None = None
    other_batch_id: UUID | None = None
    version: int
    kept: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = moment(default_now=True)


class TransferDismissal(TenantRow, table=True):
    """A pair of entries that somebody said is no transfer; it is never proposed again."""

    __tablename__ = "transfer_dismissal"
    __table_args__ = (space_reference(),)

    out_id: UUID = Field(primary_key=True)
    in_id: UUID = Field(primary_key=True)
    dismissed_at: datetime = moment(default_now=True)
