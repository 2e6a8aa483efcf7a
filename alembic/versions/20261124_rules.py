"""Rules, their runs, and which rule or person set a field."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_rules"
down_revision = "20261124_budgets"
branch_labels = None
depends_on = None

RIGHTS = (
    TableRights("rule"),
    TableRights("rule_run", delete=False),
    TableRights("rule_change", update=("conflict",), delete=False),
    TableRights("field_origin"),
    TableRights("rule_suggestion_dismissal"),
)


def _tenant() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("tenant_id", sa.Uuid(), nullable=False), sa.Column("space_id", sa.Uuid(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _count(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _space(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "space_id"],
        ["space.tenant_id", "space.id"],
        name=op.f(f"fk_{table}_tenant_id_space_id"),
    )


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "rule",
        *_tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("conditions", JSONB(), nullable=False),
        sa.Column("actions", JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("stop", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("once", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _space("rule"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rule")),
    )
    op.create_index("ix_rule_position", "rule", ["tenant_id", "space_id", "position"])
    op.create_table(
        "rule_run",
        *_tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("selection", JSONB(), nullable=False),
        sa.Column("rules", JSONB(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        _count("scanned"),
        _count("changed"),
        _count("restored"),
        _count("conflicts"),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        _moment("reversed_at", nullable=True),
        sa.CheckConstraint(
            "status in ('queued', 'done', 'failed', 'stopped', 'reversed')", name=op.f("ck_rule_run_status")
        ),
        sa.CheckConstraint("cause in ('manual', 'import')", name=op.f("ck_rule_run_cause")),
        _space("rule_run"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["import_batch.tenant_id", "import_batch.id"],
            name=op.f("fk_rule_run_tenant_id_batch_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rule_run")),
    )
    op.create_index("ix_rule_run_created", "rule_run", ["tenant_id", "created_at"])
    op.create_table(
        "rule_change",
        *_tenant(),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("rule_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("conflict", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["rule_run.tenant_id", "rule_run.id"],
            name=op.f("fk_rule_change_tenant_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "transaction_id", name=op.f("pk_rule_change")),
    )
    op.create_index("ix_rule_change_transaction", "rule_change", ["tenant_id", "transaction_id"])
    op.create_table(
        "field_origin",
        *_tenant(),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        _moment("set_at"),
        sa.CheckConstraint(
            "field in ('category', 'payee', 'note', 'tags')", name=op.f("ck_field_origin_field")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_field_origin_tenant_id_transaction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "field", name=op.f("pk_field_origin")),
    )
    op.create_table(
        "rule_suggestion_dismissal",
        *_tenant(),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("dismissed_by", sa.Uuid(), nullable=True),
        _moment("dismissed_at"),
        _space("rule_suggestion_dismissal"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "space_id", "payee", "category_id", name=op.f("pk_rule_suggestion_dismissal")
        ),
    )
    role = get_settings().app_role
    for rights in RIGHTS:
        op.execute(wall(rights.table))
        op.execute(grant(rights, role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    for rights in reversed(RIGHTS):
        op.drop_table(rights.table)
