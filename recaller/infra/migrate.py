"""Brings a database to the current schema: the application role first, then Alembic's migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.engine import make_url

from recaller.settings import Settings, get_settings

CHECKOUT = Path(__file__).resolve().parents[2]


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; a given connection is used instead of a new one."""
    config = Config(CHECKOUT / "alembic.ini")
    config.attributes["connection"] = connection
    return config


def ensure_app_role(connection: Connection, settings: Settings) -> None:
    """Make sure of the application role: it may log in, owns nothing and can't bypass row security.

    With DATABASE_APP_URL set, the role and its password are the operator's business and must exist.
    """
    found = connection.execute(
        text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = :role"),
        {"role": settings.app_role},
    ).first()
    if found is not None and found[0]:
        raise RuntimeError(f"The role {settings.app_role} could bypass row-level security; use another one.")
    if settings.database_app_url is not None:
        return
    raw = connection.connection.dbapi_connection
    form = (
        "CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}"
        if found is None
        else "ALTER ROLE {} PASSWORD {}"
    )
    raw.execute(  # type: ignore[union-attr]
        sql.SQL(form).format(sql.Identifier(settings.app_role), sql.Literal(settings.app_role_password))
    )


def migrate(revision: str = "head") -> None:
    """Create the application role where needed and upgrade to `revision`; one migrator at a time."""
    settings = get_settings()
    engine = create_engine(settings.owner_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('recaller.migrate'))"))
        ensure_app_role(connection, settings)
        database = make_url(settings.owner_url).database
        connection.execute(text(f'GRANT CONNECT ON DATABASE "{database}" TO "{settings.app_role}"'))
        connection.commit()
        command.upgrade(alembic_config(connection), revision)
        connection.commit()


def downgrade(revision: str) -> None:
    """Go back to `revision` ('base' for an empty database)."""
    command.downgrade(alembic_config(), revision)


def check_no_drift() -> None:
    """Raise alembic.util.CommandError when models and migrations disagree."""
    command.check(alembic_config())
