"""Imports: the uploaded file, its staged rows, and the column mapping remembered per account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class ImportProfile(IdentifiedRow, table=True):
    """The corrected column mapping of an account's files, used again for the next file of the same shape."""

    __tablename__ = "import_profile"
    __table_args__ = (
        space_reference(),
        same_tenant("account_id", "account"),
        Index("uq_import_profile", "tenant_id", "account_id", "fingerprint", unique=True),
    )

    account_id: UUID
    fingerprint: str
    mapping: dict[str, Any] = Field(sa_type=JSONB)
    updated_at: datetime = moment(default_now=True)


class ImportBatch(IdentifiedRow, table=True):
    """One uploaded file and what became of it. `content_encrypted` is dropped once the batch is settled.

    `status`: 'uploaded' -> 'reading' -> 'ready' -> 'committing' -> 'committed' -> 'undone', or 'failed' /
    'discarded'. `statements` describes the accounts found in the file with their balances. `fingerprint` names the
    shape of a CSV as it was recognised, before any correction. `options`: the workbook's `sheets` and the `sheet` read,
    the `app` whose export it is, whether to `make_categories`. `touched_at`: when its rows were read or chosen last.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        space_reference(),
        same_tenant("account_id", "account"),
        CheckConstraint(
            "status in ('uploaded', 'reading', 'ready', 'committing', 'committed', 'undone', 'failed', 'discarded')",
            name="status",
        ),
        Index("ix_import_batch_created", "tenant_id", "created_at"),
    )

    account_id: UUID | None = None
    filename: str
    size_bytes: int
    digest: bytes
    format: str
    fingerprint: str | None = None
    status: str
    mapping: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    statements: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    warnings: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    counts: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    error: str | None = None
    content_encrypted: bytes | None = None
    options: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    job_id: UUID | None = None
    created_by: UUID | None = None
    created_at: datetime = moment(default_now=True)
    touched_at: datetime | None = moment(nullable=True)
    committed_at: datetime | None = moment(nullable=True)


class ImportRow(TenantRow, table=True):
    """A staged row of a file. `state`: 'new', 'duplicate', 'conflict', 'pending', 'skipped', 'error'.

    `choice` is the user's override: 'import', 'skip', or 'match' (it is the posting of `match_id`).
    `transaction_id` is made when the row is staged, so that a repeated commit writes the same transaction.
    `amount` in minor units of `currency`. The space is the batch's, whose reference covers it: checking it again
    for each row would cost a tenth of the staging. `extra` holds what few rows have: `parts` (category or "[account]",
    minor units, text), `transfer` (the other account's name), `opening`, `foreign` (minor units, currency), `note`.
    `counter_id` is the account at a transfer's other end, `pair_row` the row of the same file that is its other end.
    `was_cleared`: whether the posting that a 'match' was linked to was cleared before, for the undo.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["import_batch.tenant_id", "import_batch.id"], ondelete="CASCADE"
        ),
        CheckConstraint(
            "state in ('new', 'duplicate', 'conflict', 'pending', 'skipped', 'error')", name="state"
        ),
        CheckConstraint("choice in ('import', 'skip', 'match')", name="choice"),
        Index("ix_import_row_match", "tenant_id", "match_id", postgresql_where=text("match_id is not null")),
    )

    batch_id: UUID = Field(primary_key=True)
    row_number: int = Field(primary_key=True)
    transaction_id: UUID
    account_id: UUID | None = None
    date: Day | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, max_length=3)
    payee: str = ""
    memo: str = ""
    folded: str = ""
    category_hint: str | None = None
    tags: str | None = None
    import_id: str | None = None
    state: str
    choice: str | None = None
    match_id: UUID | None = None
    account_hint: str = ""
    reason: str | None = None
    raw: str = ""
    extra: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    counter_id: UUID | None = None
    pair_row: int | None = None
    was_cleared: bool | None = None
