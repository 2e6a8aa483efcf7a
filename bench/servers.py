"""The benchmarks' own PostgreSQL (as durable as in production), with its households kept between runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from uuid import UUID

import psycopg
from platformdirs import user_cache_path

from bench.household import build_household, make_scope
from recaller.core.scope import Role, Scope
from recaller.infra.db import engines
from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis
from recaller.infra.migrate import migrate
from recaller.settings import Settings, libpq_url, use_settings

# Raise it when the households or the schema change: older ones are then built anew.
GENERATION = 2


def data_dir() -> Path:
    """Where the servers' data stays between runs: BENCH_DATA_DIR, or the user's cache folder."""
    named = os.environ.get("BENCH_DATA_DIR")
    return Path(named).absolute() if named else user_cache_path("recaller-bench", appauthor=False)


@contextmanager
def running_servers() -> Iterator[EmbeddedPostgres]:
    """Start both servers, bring the schema up to date and make their settings this process's."""
    home = data_dir()
    home.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(home, fsync=True) as postgres, EmbeddedRedis(home) as redis:
        use_settings(
            Settings(
                _env_file=None,
                environment="test",
                database_url=postgres.owner_url,
                redis_url=redis.url,
                database_pool_size=5,
                database_pool_overflow=60,
                sign_up="open",
            )
        )
        try:
            migrate()
            yield postgres
        finally:
            engines.dispose()
            use_settings(None)


def household_of(postgres: EmbeddedPostgres, size: int) -> Scope:
    """Return the scope of the household with `size` transactions, building it when it isn't there yet."""
    name = f"bench {GENERATION} {size}"
    with psycopg.connect(libpq_url(postgres.superuser_url), autocommit=True) as admin:
        found = admin.execute(
            "SELECT t.id, m.user_id, s.id, p.id FROM tenant t JOIN membership m ON m.tenant_id = t.id"
            " JOIN space s ON s.tenant_id = t.id AND s.kind = 'shared'"
            " JOIN space p ON p.tenant_id = t.id AND p.kind = 'private' WHERE t.name = %s",
            [f"{name} complete"],
        ).fetchone()
        if found is not None:
            return _scope(*found)
        print(f"building the household of {size:,} transactions ...", file=sys.stderr, flush=True)
        began = perf_counter()
        scope = make_scope(name)
        build_household(scope, size)
        admin.execute("VACUUM ANALYZE")
        admin.execute("UPDATE tenant SET name = %s WHERE id = %s", [f"{name} complete", scope.tenant_id])
        took = perf_counter() - began
        print(
            f"... built in {took:.0f} s ({size / took:,.0f} transactions a second)",
            file=sys.stderr,
            flush=True,
        )
        return scope


def _scope(tenant: UUID, user: UUID, shared: UUID, private: UUID) -> Scope:
    return Scope(
        tenant_id=tenant,
        user_id=user,
        role=Role.ADMIN,
        shared_space_id=shared,
        private_space_id=private,
        space_ids=(shared, private),
    )
