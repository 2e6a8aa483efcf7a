"""Migrates an empty database and fails when the tables differ from what the models say."""

from __future__ import annotations

import sys

from alembic.util import CommandError

from recaller.infra.embedded import temporary_servers
from recaller.infra.migrate import check_no_drift, migrate
from recaller.settings import Environment, Settings, use_settings


def main() -> int:
    """Return 0 when models and migrations agree."""
    with temporary_servers() as servers:
        use_settings(
            Settings(
                _env_file=None,
                environment=Environment.TEST,
                database_url=servers.postgres.owner_url,
                redis_url=servers.redis.url,
            )
        )
        migrate()
        try:
            check_no_drift()
        except CommandError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
