"""Sign-in sessions in PostgreSQL: they outlive an outage of Redis, and end for good when they are ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recaller.models.definer import install
from recaller.settings import get_settings

revision = "20261124_sessions"
down_revision = "20261124_imports"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "session_open(text, uuid, text, uuid, text, text, text, text, timestamptz, timestamptz, integer)",
    "session_read(text, timestamptz)",
    "session_touch(text, timestamptz, timestamptz)",
    "sessions_of(uuid, timestamptz)",
    "sessions_end(uuid, text[])",
    "session_set_tenant(text, uuid)",
    "session_set_epoch(text, text)",
    "session_set_access(text, uuid, timestamptz)",
    "session_rotate(text, integer, timestamptz, timestamptz, timestamptz)",
    "sessions_forget(timestamptz)",
)


def upgrade() -> None:
    """Make what this revision brings."""
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("password_epoch", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_agent", sa.String(), server_default="", nullable=False),
        sa.Column("ip", sa.String(), server_default="", nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("access_tenant_id", sa.Uuid(), nullable=True),
        sa.Column("access_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('browser', 'token')", name=op.f("ck_sign_in_session_kind")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_sign_in_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    op.create_index(
        op.f("ix_sign_in_session_user_id_last_seen_at"), "sign_in_session", ["user_id", "last_seen_at"]
    )
    op.create_index(op.f("ix_sign_in_session_expires_at"), "sign_in_session", ["expires_at"])
    # No policy and no right: only the functions below answer.
    op.execute("ALTER TABLE sign_in_session ENABLE ROW LEVEL SECURITY")
    for statement in install(get_settings().app_role, FUNCTIONS):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything that this revision made."""
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_table("sign_in_session")
