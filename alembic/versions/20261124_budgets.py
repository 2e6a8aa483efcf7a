"""Budgets, their lines, what was assigned to them, the steps that changed it, and alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_budgets"
down_revision = "20261124_detection"
branch_labels = None
depends_on = None

RIGHTS = (
    TableRights("budget", delete=False),
    TableRights("budget_line", delete=False),
    TableRights("budget_assignment"),
    TableRights("budget_move", update=("undone_at",), delete=False),
    TableRights("budget_alert", update=False, delete=False),
)


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "budget",
        *_identified(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("period_kind", sa.String(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("every_days", sa.SmallInteger(), nullable=True),
        sa.Column("pay_days", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("pay_dates", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("account_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("alert_percents", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('limit', 'envelope')", name=op.f("ck_budget_kind")),
        sa.CheckConstraint(
            "period_kind in ('weekly', 'monthly', 'pay_cycle', 'quarterly', 'yearly')",
            name=op.f("ck_budget_period_kind"),
        ),
        _space("budget"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_budget")),
    )
    op.create_index(
        "uq_budget_name",
        "budget",
        ["tenant_id", "space_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "budget_line",
        *_identified(),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rollovers", postgresql.JSONB(), nullable=False),
        sa.Column("template", postgresql.JSONB(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _space("budget_line"),
        _part_of("budget_line", "budget_id", "budget"),
        _part_of("budget_line", "category_id", "account"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_budget_line")),
    )
    op.create_index(
        "uq_budget_line_category",
        "budget_line",
        ["tenant_id", "budget_id", "category_id"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_index(op.f("ix_budget_line_tenant_id_category_id"), "budget_line", ["tenant_id", "category_id"])
    op.create_table(
        "budget_assignment",
        *_tenant_row(),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _space("budget_assignment"),
        _part_of("budget_assignment", "line_id", "budget_line"),
        sa.PrimaryKeyConstraint("tenant_id", "line_id", "period_start", name=op.f("pk_budget_assignment")),
    )
    op.create_table(
        "budget_move",
        *_identified(),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("entries", postgresql.JSONB(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        _space("budget_move"),
        _part_of("budget_move", "budget_id", "budget"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_budget_move")),
    )
    op.create_index(
        op.f("ix_budget_move_tenant_id_budget_id_at"), "budget_move", ["tenant_id", "budget_id", "at"]
    )
    op.create_table(
        "budget_alert",
        *_tenant_row(),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _space("budget_alert"),
        _part_of("budget_alert", "line_id", "budget_line"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "line_id", "period_start", "percent", name=op.f("pk_budget_alert")
        ),
    )
    app_role = get_settings().app_role
    for rights in RIGHTS:
        op.execute(wall(rights.table))
        op.execute(grant(rights, app_role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    for rights in reversed(RIGHTS):
        op.drop_table(rights.table)


def _tenant_row() -> list[sa.Column[object]]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
    ]


def _identified() -> list[sa.Column[object]]:
    return [*_tenant_row(), sa.Column("id", sa.Uuid(), nullable=False)]


def _space(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "space_id"],
        ["space.tenant_id", "space.id"],
        name=op.f(f"fk_{table}_tenant_id_space_id"),
    )


def _part_of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
        ondelete="CASCADE",
    )
