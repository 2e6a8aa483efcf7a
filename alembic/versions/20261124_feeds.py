"""Calendar feeds: secret, revocable addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_feeds"
down_revision = "20261124_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "calendar_feed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_calendar_feed_tenant_id_space_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["membership.tenant_id", "membership.user_id"],
            name=op.f("fk_calendar_feed_tenant_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_calendar_feed")),
    )
    op.execute(wall("calendar_feed"))
    op.execute(grant(TableRights("calendar_feed"), get_settings().app_role))


def downgrade() -> None:
    """Drop everything that this revision made."""
    op.drop_table("calendar_feed")
