"""Notifications: the in-app centre, deliveries, channels and preferences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from recaller.models.definer import install
from recaller.models.security import TableRights, grant, wall
from recaller.settings import get_settings

revision = "20261124_notifications"
down_revision = "20261124_daily"
branch_labels = None
depends_on = None

_TABLES = (
    "notification",
    "notification_channel",
    "notification_delivery",
    "notification_preference",
    "notification_schedule",
)
_HAND_OVER = "deliveries_to_hand_over(timestamptz, timestamptz, integer)"


def upgrade() -> None:
    """Make what this revision brings."""
    app_role = get_settings().app_role
    op.create_table(
        "notification",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), server_default="", nullable=False),
        sa.Column("href", sa.String(), nullable=False),
        sa.Column("hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_notification_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notification")),
    )
    op.create_index(
        "ix_notification_latest",
        "notification",
        ["tenant_id", "space_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("not hidden"),
    )
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["tenant_id", "space_id"],
        unique=False,
        postgresql_where=sa.text("read_at is null and not hidden"),
    )
    op.create_index(
        "uq_notification_once", "notification", ["tenant_id", "user_id", "kind", "thing", "day"], unique=True
    )
    op.create_table(
        "notification_channel",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), server_default="mailto", nullable=False),
        sa.Column("address_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("masked", sa.String(), server_default="", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("code_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'account') = (address_encrypted is null)", name=op.f("ck_notification_channel_address")
        ),
        sa.CheckConstraint(
            "kind in ('account', 'email', 'service')", name=op.f("ck_notification_channel_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_notification_channel_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notification_channel")),
    )
    op.create_index(
        "ix_notification_channel_user", "notification_channel", ["tenant_id", "space_id"], unique=False
    )
    op.create_index(
        "uq_notification_channel_account",
        "notification_channel",
        ["tenant_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'account'"),
    )
    op.create_table(
        "notification_preference",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("in_app", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("channels", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("lead_days", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_notification_preference_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "kind", name=op.f("pk_notification_preference")),
    )
    op.create_table(
        "notification_schedule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=True),
        sa.Column("digest_minute", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "(quiet_from is null) = (quiet_to is null)", name=op.f("ck_notification_schedule_quiet")
        ),
        sa.CheckConstraint(
            "least(quiet_from, quiet_to, digest_minute) >= 0 and greatest(quiet_from, quiet_to, digest_minute) < 1440",
            name=op.f("ck_notification_schedule_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_notification_schedule_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_notification_schedule")),
    )
    op.create_table(
        "notification_delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest_day", sa.Date(), nullable=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'handing_over', 'sent', 'uncertain', 'failed', 'cancelled')",
            name=op.f("ck_notification_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["notification_channel.tenant_id", "notification_channel.id"],
            name=op.f("fk_notification_delivery_tenant_id_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notification_id"],
            ["notification.tenant_id", "notification.id"],
            name=op.f("fk_notification_delivery_tenant_id_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_notification_delivery_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notification_delivery")),
    )
    op.create_index(
        "ix_notification_delivery_channel",
        "notification_delivery",
        ["tenant_id", "channel_id", "digest_day"],
        unique=False,
    )
    op.create_index(
        "ix_notification_delivery_due",
        "notification_delivery",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state in ('queued', 'sending', 'handing_over')"),
    )
    op.create_index(
        "ix_notification_delivery_notification",
        "notification_delivery",
        ["tenant_id", "notification_id"],
        unique=False,
    )
    op.create_index(
        "uq_notification_delivery_once",
        "notification_delivery",
        ["tenant_id", "user_id", "channel_id", "kind", "thing", "day"],
        unique=True,
    )
    for table in _TABLES:
        op.execute(wall(table))
        op.execute(grant(TableRights(table), app_role))
    for statement in install(app_role, (_HAND_OVER,)):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything that this revision made."""
    op.execute(f"DROP FUNCTION {_HAND_OVER}")
    for table in ("notification_delivery", *(one for one in _TABLES if one != "notification_delivery")):
        op.drop_table(table)
