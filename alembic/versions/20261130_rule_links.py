"""Rules link transactions to recurring items: that field has an origin, too."""

from __future__ import annotations

from alembic import op

revision = "20261130_rule_links"
down_revision = "20261129_notices"
branch_labels = None
depends_on = None

NAME = op.f("ck_field_origin_field")


def upgrade() -> None:
    """Allow 'recurring' among the fields."""
    op.drop_constraint(NAME, "field_origin", type_="check")
    op.create_check_constraint(
        NAME, "field_origin", "field in ('category', 'payee', 'note', 'tags', 'recurring')"
    )


def downgrade() -> None:
    """Forget who linked what; the links themselves stay."""
    op.execute("ALTER TABLE field_origin NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM field_origin WHERE field = 'recurring'")
    op.execute("ALTER TABLE field_origin FORCE ROW LEVEL SECURITY")
    op.drop_constraint(NAME, "field_origin", type_="check")
    op.create_check_constraint(NAME, "field_origin", "field in ('category', 'payee', 'note', 'tags')")
