"""Runs migrations as the migration role; the URL comes from the caller or from the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool

from recaller.models import metadata
from recaller.settings import get_settings

# Made only where the extension is present, so not part of the models.
OPTIONAL_INDEXES = {"ix_transaction_search_trgm"}


def include_object(item: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
    """Leave optional indexes out of the comparison with the models."""
    return not (kind == "index" and name in OPTIONAL_INDEXES)


def run() -> None:
    """Migrate over the connection handed in by the caller, or over one of our own."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
        return
    url = context.config.attributes.get("url") or get_settings().owner_url
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as own:
        migrate(own)


def migrate(connection: object) -> None:
    """Run what the command asks for, in one transaction per migration."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
