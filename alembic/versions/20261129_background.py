"""Background work that is handed over once, and households that end their worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recaller.models.definer import install
from recaller.settings import get_settings

revision = "20261129_background"
down_revision = "20261129_import_care"
branch_labels = None
depends_on = None

# Their words have changed: they speak of the new columns.
FUNCTIONS = (
    "jobs_to_requeue(timestamptz, timestamptz, integer)",
    "daily_work_hand_over(timestamptz, timestamptz, text[], integer)",
)


def upgrade() -> None:
    """Make what this revision brings."""
    op.add_column("job", sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("daily_work", sa.Column("starts", sa.SmallInteger(), server_default="0", nullable=False))
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for statement in install(get_settings().app_role, FUNCTIONS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns; the functions keep their words, and are of no use to an older program."""
    op.drop_column("daily_work", "starts")
    op.drop_column("job", "handed_at")
