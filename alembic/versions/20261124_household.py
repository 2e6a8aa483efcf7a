"""Household settings: hours of the daily work, country of holidays, outbound calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_household"
down_revision = "20261123_foundation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "household_settings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(2), nullable=True),
        sa.Column("recurring_minute", sa.SmallInteger(), server_default="360", nullable=False),
        sa.Column("reminder_minute", sa.SmallInteger(), server_default="480", nullable=False),
        sa.Column("night_minute", sa.SmallInteger(), server_default="150", nullable=False),
        sa.Column("fetch_rates", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "least(recurring_minute, reminder_minute, night_minute) >= 0"
            " and greatest(recurring_minute, reminder_minute, night_minute) < 1440",
            name=op.f("ck_household_settings_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_household_settings_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_household_settings")),
    )
    op.execute(wall("household_settings"))
    op.execute(grant(TableRights("household_settings", delete=False), get_settings().app_role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    op.drop_table("household_settings")
