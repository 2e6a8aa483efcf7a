"""Imports: the cleared mark that a link overwrote, budget lines that outlive an undo, when a file was touched last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recaller.settings import get_settings

revision = "20261129_import_care"
down_revision = "20261124_feeds"
branch_labels = None
depends_on = None

_CATEGORY = ("fk_budget_line_tenant_id_category_id", "budget_line", "account")
_COLUMNS = (["tenant_id", "category_id"], ["tenant_id", "id"])


def upgrade() -> None:
    """Make what this revision brings."""
    op.add_column("import_batch", sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_row", sa.Column("was_cleared", sa.Boolean(), nullable=True))
    op.drop_constraint(op.f(_CATEGORY[0]), "budget_line", type_="foreignkey")
    op.create_foreign_key(op.f(_CATEGORY[0]), *_CATEGORY[1:], *_COLUMNS)
    # A category's deletion takes the lines with it that were taken out of their budgets.
    op.execute(f'GRANT DELETE ON budget_line TO "{get_settings().app_role}"')


def downgrade() -> None:
    """Go back to lines that go with their category."""
    op.execute(f'REVOKE DELETE ON budget_line FROM "{get_settings().app_role}"')
    op.drop_constraint(op.f(_CATEGORY[0]), "budget_line", type_="foreignkey")
    op.create_foreign_key(op.f(_CATEGORY[0]), *_CATEGORY[1:], *_COLUMNS, ondelete="CASCADE")
    op.drop_column("import_row", "was_cleared")
    op.drop_column("import_batch", "touched_at")
