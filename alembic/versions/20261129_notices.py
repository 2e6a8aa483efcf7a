"""Notices that keep facts, to be worded for each reader; bills that somebody was told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261129_notices"
down_revision = "20261129_background"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what this revision brings; what was booked before it counts as told."""
    op.add_column("notification", sa.Column("facts", JSONB(), nullable=True))
    told = sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True)
    op.add_column("occurrence", told)
    op.alter_column("occurrence", "told_at", server_default=None)


def downgrade() -> None:
    """Drop the columns; notices keep the words that were written with them."""
    op.drop_column("occurrence", "told_at")
    op.drop_column("notification", "facts")
