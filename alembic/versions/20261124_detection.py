"""Suggested and dismissed recurring patterns, and which bank row settles which occurrence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_detection"
down_revision = "20261124_recurring"
branch_labels = None
depends_on = None

TABLES = (TableRights("recurring_suggestion"), TableRights("import_settlement"))


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "recurring_suggestion",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("recurring_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("tolerance", sa.BigInteger(), nullable=False),
        sa.Column("lowest", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("earlier", sa.BigInteger(), nullable=True),
        sa.Column("interval", sa.String(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("shift", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('new', 'price')", name=op.f("ck_recurring_suggestion_kind")),
        sa.CheckConstraint(
            "state in ('open', 'confirmed', 'dismissed')", name=op.f("ck_recurring_suggestion_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_recurring_suggestion_tenant_id_space_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_suggestion_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_suggestion_tenant_id_target_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "category_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_suggestion_tenant_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recurring_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_recurring_suggestion_tenant_id_recurring_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_recurring_suggestion")),
    )
    op.create_index(
        "uq_recurring_suggestion_signature",
        "recurring_suggestion",
        ["tenant_id", "space_id", "signature"],
        unique=True,
    )
    op.create_index(
        "ix_recurring_suggestion_state",
        "recurring_suggestion",
        ["tenant_id", "state", sa.text("strength DESC")],
    )
    op.create_table(
        "import_settlement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("recurring_id", sa.Uuid(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id", "row_number"],
            ["import_row.tenant_id", "import_row.batch_id", "import_row.row_number"],
            name=op.f("fk_import_settlement_tenant_id_batch_id_row_number"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recurring_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_import_settlement_tenant_id_recurring_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "batch_id", "row_number", name=op.f("pk_import_settlement")),
    )
    op.create_index(
        "uq_import_settlement_occurrence",
        "import_settlement",
        ["tenant_id", "batch_id", "recurring_id", "due_date"],
        unique=True,
    )
    op.create_index("ix_import_settlement_recurring", "import_settlement", ["tenant_id", "recurring_id"])
    for rights in TABLES:
        op.execute(wall(rights.table))
        op.execute(grant(rights, get_settings().app_role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    op.drop_table("import_settlement")
    op.drop_table("recurring_suggestion")
