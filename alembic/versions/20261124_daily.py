"""Daily work: what is due per household, its runs, and what went wrong with single items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.definer import install
from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_daily"
down_revision = "20261124_household"
branch_labels = None
depends_on = None

TABLES = ("daily_work", "daily_run", "item_error")
FUNCTIONS = (
    "households_with_spaces(uuid[])",
    "households_to_plan(text[], integer)",
    "daily_work_due(timestamptz, text[], integer)",
    "daily_work_hand_over(timestamptz, timestamptz, text[], integer)",
)


def upgrade() -> None:
    """Make what this revision brings."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "daily_work",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hour", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=True),
        sa.Column("last_run_at", moment, nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("handed_at", moment, nullable=True),
        sa.CheckConstraint("hour in ('recurring', 'reminders', 'night')", name=op.f("ck_daily_work_hour")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_daily_work_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name=op.f("pk_daily_work")),
    )
    op.create_index("ix_daily_work_next", "daily_work", ["next_at"])
    op.create_table(
        "daily_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("item_errors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_daily_run_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_daily_run")),
    )
    op.create_index(
        "ix_daily_run_started", "daily_run", ["tenant_id", sa.text("started_at DESC"), sa.text("id DESC")]
    )
    op.create_table(
        "item_error",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("resolved_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_item_error_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_item_error")),
    )
    op.create_index(
        "uq_item_error_open",
        "item_error",
        ["tenant_id", "kind", "entity", "entity_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null"),
    )
    role = get_settings().app_role
    for table in TABLES:
        op.execute(wall(table))
        op.execute(grant(TableRights(table), role))
    # It tells the kind now, which decides in whose scope a job runs.
    op.execute("DROP FUNCTION job_owner(uuid)")
    for statement in install(role, ("job_owner(uuid)", *FUNCTIONS)):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything that this revision made; `job_owner` may go on telling the kind as well."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(TABLES):
        op.drop_table(table)
