"""Foundation: identity tables, the ledger with its triggers, imports, audit trail, jobs, and the tenant wall."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from recaller.models.definer import install
from recaller.models.security import LEDGER_TRIGGERS, TENANT_TABLES, grant, identity_wall, wall
from recaller.settings import get_settings

revision = "20261123_foundation"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "app_user",
    "tenant",
    "credential",
    "invitation",
    "membership",
    "space",
    "account",
    "audit_event",
    "audit_head",
    "idempotency_key",
    "job",
    "tag",
    "account_month",
    "import_batch",
    "import_profile",
    "payee",
    "import_row",
    "transaction",
    "exchange_rate",
    "posting",
    "transaction_tag",
)
FUNCTIONS = (
    "auth_any_user()",
    "auth_user_by_email(text)",
    "auth_user(uuid)",
    "auth_memberships(uuid)",
    "auth_tenant(uuid)",
    "auth_create_user(uuid, text, text, text, text, text, boolean)",
    "auth_create_household(uuid, uuid, text, text, text, uuid, uuid)",
    "auth_change_password(uuid, text)",
    "auth_rehash_password(uuid, text, text)",
    "auth_invitation(bytea)",
    "auth_accept_invitation(bytea, uuid, uuid)",
    "tenants_with_spaces()",
    "jobs_to_requeue(timestamptz, timestamptz, integer)",
    "job_owner(uuid)",
)


def upgrade() -> None:
    """Create the tables, then the rules that the database itself keeps."""
    create_tables()
    app_role = get_settings().app_role
    op.execute(f'GRANT USAGE ON SCHEMA public TO "{app_role}"')
    op.execute(LEDGER_TRIGGERS)
    # The lists have grown since: only what this revision made.
    for rights in TENANT_TABLES:
        if rights.table in TABLES:
            op.execute(wall(rights.table))
            op.execute(grant(rights, app_role))
    op.execute(identity_wall(app_role))
    for statement in install(app_role, FUNCTIONS):
        op.execute(statement)
    # Trigrams make text search fast where the extension is present; search works without it too.
    trigrams = op.get_bind().execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).first()
    if trigrams:
        op.execute(
            "CREATE INDEX ix_transaction_search_trgm ON transaction USING gin (search_text gin_trgm_ops)"
        )


def downgrade() -> None:
    """Drop everything that this revision made."""
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.execute(f'DROP TABLE "{table}" CASCADE')
    for function in (
        "posting_inserted()",
        "posting_deleted()",
        "posting_immutable()",
        "posting_roll_up(uuid, uuid, date, varchar, uuid, bigint, bigint, bigint)",
        "audit_append_only()",
    ):
        op.execute(f"DROP FUNCTION {function}")


def create_tables() -> None:
    """Create tables and indexes, parents before children."""
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("super_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("locale", sa.String(), server_default="en_US", nullable=False),
        sa.Column("time_zone", sa.String(), server_default="UTC", nullable=False),
        sa.Column("theme", sa.String(), server_default="system", nullable=False),
        sa.Column("first_weekday", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("theme in ('system', 'light', 'dark')", name=op.f("ck_app_user_theme")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_app_user_email_lower")),
        sa.CheckConstraint("first_weekday between 0 and 6", name=op.f("ck_app_user_first_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("base_currency", sa.String(3), nullable=False),
        sa.Column("time_zone", sa.String(), server_default="UTC", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_credential_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "invitation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('user', 'admin')", name=op.f("ck_invitation_role")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invitation_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "membership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role in ('user', 'admin')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_membership_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_membership_user_id")),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"], unique=False)
    op.create_table(
        "space",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_user_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(kind = 'private') = (owner_user_id is not null)", name=op.f("ck_space_owner")),
        sa.CheckConstraint("kind in ('shared', 'private')", name=op.f("ck_space_kind")),
        sa.ForeignKeyConstraint(["owner_user_id"], ["app_user.id"], name=op.f("fk_space_owner_user_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_space_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_space")),
    )
    op.create_index("uq_space_private", "space", ["tenant_id", "owner_user_id"], unique=True)
    op.create_index(
        "uq_space_shared", "space", ["tenant_id"], unique=True, postgresql_where=sa.text("kind = 'shared'")
    )
    op.create_table(
        "account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subtype", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("system", sa.String(), nullable=True),
        sa.Column("institution", sa.String(), server_default="", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("icon", sa.String(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("number_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("number_digest", sa.LargeBinary(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('asset', 'liability', 'income', 'expense', 'equity')", name=op.f("ck_account_kind")
        ),
        sa.CheckConstraint(
            "kind in ('income', 'expense', 'equity') or currency is not null",
            name=op.f("ck_account_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_account_tenant_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_account_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_tenant_id_kind"), "account", ["tenant_id", "kind"], unique=False)
    op.create_index(
        op.f("ix_account_tenant_id_number_digest"),
        "account",
        ["tenant_id", "number_digest"],
        unique=False,
        postgresql_where=sa.text("number_digest is not null"),
    )
    op.create_index(
        "uq_account_name",
        "account",
        [
            "tenant_id",
            "space_id",
            "kind",
            sa.literal_column("coalesce(parent_id, tenant_id)"),
            sa.literal_column("lower(name)"),
        ],
        unique=True,
        postgresql_where=sa.text("closed_on is null"),
    )
    op.create_index(
        "uq_account_system",
        "account",
        ["tenant_id", "space_id", "kind", "system"],
        unique=True,
        postgresql_where=sa.text("system is not null"),
    )
    op.create_table(
        "audit_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_audit_event_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "space_id", "seq", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_entity", "audit_event", ["tenant_id", "entity_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_audit_head_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "space_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_idempotency_key_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("arguments", JSONB(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), server_default="queued", nullable=False),
        sa.Column("progress", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.String(), server_default="", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("queue in ('critical', 'default', 'bulk')", name=op.f("ck_job_queue")),
        sa.CheckConstraint(
            "status in ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"], ["space.tenant_id", "space.id"], name=op.f("fk_job_tenant_id_space_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_created", "job", ["tenant_id", "created_at"], unique=False)
    op.create_index(
        "ix_job_open",
        "job",
        ["status", "heartbeat_at"],
        unique=False,
        postgresql_where=sa.text("status in ('queued', 'running')"),
    )
    op.create_table(
        "tag",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"], ["space.tenant_id", "space.id"], name=op.f("fk_tag_tenant_id_space_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tag")),
    )
    op.create_index(
        "uq_tag_name", "tag", ["tenant_id", "space_id", sa.literal_column("lower(name)")], unique=True
    )
    op.create_table(
        "account_month",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("inflow", sa.BigInteger(), nullable=False),
        sa.Column("outflow", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_account_month_tenant_id_account_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "account_id", "month", "currency", "space_id", name=op.f("pk_account_month")
        ),
    )
    op.create_table(
        "import_batch",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=True),
        sa.Column("statements", JSONB(), nullable=True),
        sa.Column("warnings", JSONB(), nullable=True),
        sa.Column("counts", JSONB(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("content_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('uploaded', 'reading', 'ready', 'committing', 'committed', 'undone', 'failed', 'discarded')",
            name=op.f("ck_import_batch_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_import_batch_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_import_batch_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_created", "import_batch", ["tenant_id", "created_at"], unique=False)
    op.create_table(
        "import_profile",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_import_profile_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_import_profile_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_profile")),
    )
    op.create_index(
        "uq_import_profile", "import_profile", ["tenant_id", "account_id", "fingerprint"], unique=True
    )
    op.create_table(
        "payee",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("default_category_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "default_category_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_payee_tenant_id_default_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_payee_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payee")),
    )
    op.create_index("uq_payee_name", "payee", ["tenant_id", "space_id", "name"], unique=True)
    op.create_table(
        "import_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("memo", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("category_hint", sa.String(), nullable=True),
        sa.Column("tags", sa.String(), nullable=True),
        sa.Column("import_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=True),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("account_hint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=False),
        sa.CheckConstraint("choice in ('import', 'skip', 'match')", name=op.f("ck_import_row_choice")),
        sa.CheckConstraint(
            "state in ('new', 'duplicate', 'conflict', 'pending', 'skipped', 'error')",
            name=op.f("ck_import_row_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["import_batch.tenant_id", "import_batch.id"],
            name=op.f("fk_import_row_tenant_id_batch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "batch_id", "row_number", name=op.f("pk_import_row")),
    )
    op.create_table(
        "transaction",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("payee_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("bank_text", sa.String(), server_default="", nullable=False),
        sa.Column("search_text", sa.String(), server_default="", nullable=False),
        sa.Column("status", sa.String(), server_default="booked", nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("shape", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("counter_account_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.CheckConstraint(
            "shape in ('simple', 'split', 'transfer', 'conversion', 'opening', 'journal')",
            name=op.f("ck_transaction_shape"),
        ),
        sa.CheckConstraint("status in ('pending', 'booked')", name=op.f("ck_transaction_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_transaction_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["import_batch.tenant_id", "import_batch.id"],
            name=op.f("fk_transaction_tenant_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "category_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_transaction_tenant_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "counter_account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_transaction_tenant_id_counter_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payee_id"],
            ["payee.tenant_id", "payee.id"],
            name=op.f("fk_transaction_tenant_id_payee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_transaction_tenant_id_space_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transaction")),
    )
    op.create_index("ix_transaction_amount", "transaction", ["tenant_id", "amount", "id"], unique=False)
    op.create_index(
        "ix_transaction_batch",
        "transaction",
        ["tenant_id", "batch_id"],
        unique=False,
        postgresql_where=sa.text("batch_id is not null"),
    )
    op.create_index(
        "ix_transaction_category",
        "transaction",
        ["tenant_id", "category_id", sa.literal_column("date DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_transaction_date",
        "transaction",
        ["tenant_id", sa.literal_column("date DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_transaction_payee",
        "transaction",
        ["tenant_id", "payee_id", sa.literal_column("date DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "exchange_rate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.String(3), nullable=False),
        sa.Column("quote", sa.String(3), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("quote_minor", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("base_minor > 0 and quote_minor > 0", name=op.f("ck_exchange_rate_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "space_id"],
            ["space.tenant_id", "space.id"],
            name=op.f("fk_exchange_rate_tenant_id_space_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_exchange_rate_tenant_id_transaction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_exchange_rate")),
    )
    op.create_index(
        "ix_exchange_rate_pair",
        "exchange_rate",
        ["tenant_id", "base", "quote", sa.literal_column("date DESC")],
        unique=False,
    )
    op.create_table(
        "posting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("memo", sa.String(), server_default="", nullable=False),
        sa.Column("cleared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reconciled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("import_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_posting_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_posting_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "line", name=op.f("pk_posting")),
    )
    op.create_index(
        "ix_posting_register",
        "posting",
        ["tenant_id", "account_id", sa.literal_column("date DESC"), sa.literal_column("transaction_id DESC")],
        unique=False,
    )
    op.create_index(
        "uq_posting_import",
        "posting",
        ["tenant_id", "account_id", "import_id"],
        unique=True,
        postgresql_where=sa.text("import_id is not null"),
    )
    op.create_table(
        "transaction_tag",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tag_id"],
            ["tag.tenant_id", "tag.id"],
            name=op.f("fk_transaction_tag_tenant_id_tag_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            name=op.f("fk_transaction_tag_tenant_id_transaction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "tag_id", name=op.f("pk_transaction_tag")),
    )
    op.create_index(
        op.f("ix_transaction_tag_tenant_id_tag_id"), "transaction_tag", ["tenant_id", "tag_id"], unique=False
    )
