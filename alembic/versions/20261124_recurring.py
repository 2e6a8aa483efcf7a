"""Recurring transactions, their occurrences and feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_recurring"
down_revision = "20261124_notifications"
branch_labels = None
depends_on = None

TABLES = (
    TableRights("recurring", delete=False),
    TableRights("recurring_line"),
    TableRights("recurring_tag"),
    TableRights("occurrence"),
)


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "recurring",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shape", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("payee_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("target_amount", sa.BigInteger(), nullable=True),
        sa.Column("entry_shape", sa.String(), nullable=False),
        sa.Column("counter_account_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("effect", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("search_text", sa.String(), server_default="", nullable=False),
        sa.Column("amount_kind", sa.String(), server_default="fixed", nullable=False),
        sa.Column("tolerance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tolerance_percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("mode", sa.String(), server_default="auto", nullable=False),
        sa.Column("lead_days", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=True),
        sa.Column("shift", sa.String(), server_default="none", nullable=False),
        sa.Column("country", sa.String(2), nullable=True),
        sa.Column("last_due", sa.Date(), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), server_default="active", nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(shape = 'transfer') = (target_id is not null)", name=op.f("ck_recurring_target")
        ),
        sa.CheckConstraint("amount_kind in ('fixed', 'estimated')", name=op.f("ck_recurring_amount_kind")),
        sa.CheckConstraint(
            "entry_shape in ('simple', 'split', 'transfer', 'conversion', 'journal')",
            name=op.f("ck_recurring_entry_shape"),
        ),
        sa.CheckConstraint("mode in ('auto', 'confirm')", name=op.f("ck_recurring_mode")),
        sa.CheckConstraint("shape in ('entry', 'transfer')", name=op.f("ck_recurring_shape")),
        sa.CheckConstraint(
            "shift in ('none', 'before', 'after', 'modified')", name=op.f("ck_recurring_shift")
        ),
        sa.CheckConstraint("state in ('active', 'ended', 'deleted')", name=op.f("ck_recurring_state")),
        sa.CheckConstraint(
            "tolerance_minor >= 0 and tolerance_percent between 0 and 100",
            name=op.f("ck_recurring_tolerance"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "category_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_tenant_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "counter_account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_tenant_id_counter_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payee_id"],
            ["payee.tenant_id", "payee.id"],
            name=op.f("fk_recurring_tenant_id_payee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "replaces_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_recurring_tenant_id_replaces_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_recurring_tenant_id_space_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_tenant_id_target_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_recurring")),
    )
    op.create_index(
        "ix_recurring_due",
        "recurring",
        ["tenant_id", "next_due"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "recurring_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("memo", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_recurring_line_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recurring_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_recurring_line_tenant_id_recurring_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "recurring_id", "line", name=op.f("pk_recurring_line")),
    )
    op.create_index("ix_recurring_line_account", "recurring_line", ["tenant_id", "account_id"], unique=False)
    op.create_table(
        "recurring_tag",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recurring_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_recurring_tag_tenant_id_recurring_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tag_id"],
            ["tag.tenant_id", "tag.id"],
            name=op.f("fk_recurring_tag_tenant_id_tag_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "recurring_id", "tag_id", name=op.f("pk_recurring_tag")),
    )
    op.create_index("ix_recurring_tag_tag", "recurring_tag", ["tenant_id", "tag_id"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_id", sa.Uuid(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expected_amount", sa.BigInteger(), nullable=False),
        sa.Column("actual_amount", sa.BigInteger(), nullable=True),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.Column("removed_id", sa.Uuid(), nullable=True),
        sa.Column("removed_state", sa.String(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state in ('scheduled', 'due', 'posted', 'paid', 'differs', 'skipped')",
            name=op.f("ck_occurrence_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recurring_id"],
            ["recurring.tenant_id", "recurring.id"],
            name=op.f("fk_occurrence_tenant_id_recurring_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_occurrence_tenant_id_transaction_id"),
            ondelete="SET NULL (transaction_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "recurring_id", "due_date", name=op.f("pk_occurrence")),
    )
    op.create_index(
        "ix_occurrence_open",
        "occurrence",
        ["tenant_id", "posted_on"],
        unique=False,
        postgresql_where=sa.text("state in ('scheduled', 'due')"),
    )
    op.create_index(
        "ix_occurrence_removed",
        "occurrence",
        ["tenant_id", "removed_id"],
        unique=False,
        postgresql_where=sa.text("removed_id is not null"),
    )
    op.create_index(
        "uq_occurrence_transaction",
        "occurrence",
        ["tenant_id", "transaction_id"],
        unique=True,
        postgresql_where=sa.text("transaction_id is not null"),
    )
    for rights in TABLES:
        op.execute(wall(rights.table))
        op.execute(grant(rights, get_settings().app_role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    for rights in reversed(TABLES):
        op.drop_table(rights.table)
