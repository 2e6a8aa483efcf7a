"""Complete imports: what a staged row says beyond one amount, transfers merged or dismissed, household rates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_imports"
down_revision = "20261124_rules"
branch_labels = None
depends_on = None

_SPACE = (["tenant_id", "space_id"], ["space.tenant_id", "space.id"])


def upgrade() -> None:
    """Make what this revision brings."""
    op.add_column("import_batch", sa.Column("options", postgresql.JSONB(), nullable=True))
    op.add_column("import_row", sa.Column("extra", postgresql.JSONB(), nullable=True))
    op.add_column("import_row", sa.Column("counter_id", sa.Uuid(), nullable=True))
    op.add_column("import_row", sa.Column("pair_row", sa.Integer(), nullable=True))
    op.create_index(
        "ix_import_row_match",
        "import_row",
        ["tenant_id", "match_id"],
        postgresql_where=sa.text("match_id is not null"),
    )
    op.add_column("transaction", sa.Column("foreign_amount", sa.BigInteger(), nullable=True))
    op.add_column("transaction", sa.Column("foreign_currency", sa.String(3), nullable=True))
    op.add_column("exchange_rate", sa.Column("source", sa.String(8), server_default="entry", nullable=False))
    op.create_check_constraint(
        op.f("ck_exchange_rate_source"), "exchange_rate", "source in ('entry', 'hand', 'ecb')"
    )
    op.create_index(
        "uq_exchange_rate_day",
        "exchange_rate",
        ["tenant_id", "base", "quote", "date"],
        unique=True,
        postgresql_where=sa.text("transaction_id is null"),
    )
    op.create_table(
        "transfer_merge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("other_batch_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kept", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(*_SPACE, name=op.f("fk_transfer_merge_tenant_id_space_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_transfer_merge_tenant_id_transaction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", name=op.f("pk_transfer_merge")),
    )
    op.create_index("ix_transfer_merge_batch", "transfer_merge", ["tenant_id", "batch_id"])
    op.create_index("ix_transfer_merge_other_batch", "transfer_merge", ["tenant_id", "other_batch_id"])
    op.create_table(
        "transfer_dismissal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("out_id", sa.Uuid(), nullable=False),
        sa.Column("in_id", sa.Uuid(), nullable=False),
        sa.Column(
            "dismissed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(*_SPACE, name=op.f("fk_transfer_dismissal_tenant_id_space_id")),
        sa.PrimaryKeyConstraint("tenant_id", "out_id", "in_id", name=op.f("pk_transfer_dismissal")),
    )
    role = get_settings().app_role
    for table in ("transfer_merge", "transfer_dismissal"):
        op.execute(wall(table))
        op.execute(grant(TableRights(table, update=False), role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    op.drop_table("transfer_dismissal")
    op.drop_table("transfer_merge")
    op.drop_index("uq_exchange_rate_day", table_name="exchange_rate")
    op.drop_constraint(op.f("ck_exchange_rate_source"), "exchange_rate", type_="check")
    op.drop_column("exchange_rate", "source")
    op.drop_column("transaction", "foreign_currency")
    op.drop_column("transaction", "foreign_amount")
    op.drop_index("ix_import_row_match", table_name="import_row")
    op.drop_column("import_row", "pair_row")
    op.drop_column("import_row", "counter_id")
    op.drop_column("import_row", "extra")
    op.drop_column("import_batch", "options")
