"""The register's index holds what is summed, so that sums over days needn't visit the postings themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261129_posting_sums"
down_revision = "20261130_rule_links"
branch_labels = None
depends_on = None

_NAME = "ix_posting_register"
_COLUMNS = ["tenant_id", "account_id", sa.text("date DESC"), sa.text("transaction_id DESC")]


def upgrade() -> None:
    """Make what this revision brings."""
    op.drop_index(_NAME, table_name="posting")
    op.create_index(_NAME, "posting", _COLUMNS, postgresql_include=["amount", "currency", "space_id"])


def downgrade() -> None:
    """Put the index back as it was."""
    op.drop_index(_NAME, table_name="posting")
    op.create_index(_NAME, "posting", _COLUMNS)
