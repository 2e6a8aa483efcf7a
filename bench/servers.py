"""The benchmarks' own PostgreSQL (as durable as in production), with its households kept between runs."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from uuid import UUID

import psycopg
from platformdirs import user_cache_path
from psycopg import sql

from bench.household import build_household, make_scope
from recaller.core.scope import Role, Scope
from recaller.infra.db import engines
from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis, prepare_database
from recaller.infra.migrate import migrate
from recaller.infra.queue import redis_connection
from recaller.settings import CHECKOUT, Settings, libpq_url, override_settings

SCRATCH = "recaller_bench_scratch"
# What the kept households depend on: when one of these files changes, they are built anew beside the old ones.
_MADE_FROM = ("alembic/versions/*.py", "recaller/models/*.py", "bench/household.py")


def data_dir() -> Path:
    """Where the servers' data stays between runs: below BENCH_DATA_DIR, or the user's cache folder."""
    named = os.environ.get("BENCH_DATA_DIR")
    home = Path(named).absolute() if named else user_cache_path("recaller-bench", appauthor=False)
    digest = hashlib.sha256()
    for pattern in _MADE_FROM:
        for path in sorted(CHECKOUT.glob(pattern)):
            digest.update(path.read_bytes())
    return home / digest.hexdigest()[:12]


def settings_of(database_url: str, redis_url: str) -> Settings:
    """Return the settings of the benchmarks' own process on that database."""
    return Settings(
        _env_file=None,
        environment="test",
        database_url=database_url,
        redis_url=redis_url,
        database_pool_size=5,
        database_pool_overflow=60,
        sign_up="open",
    )


@contextmanager
def running_servers() -> Iterator[tuple[EmbeddedPostgres, EmbeddedRedis]]:
    """Start both servers, bring the schema up to date and make their settings this process's."""
    home = data_dir()
    home.mkdir(parents=True, exist_ok=True)
    with (
        EmbeddedPostgres(home, fsync=True) as postgres,
        EmbeddedRedis(home) as redis,
        override_settings(settings_of(postgres.owner_url, redis.url)),
    ):
        try:
            migrate()
            yield postgres, redis
        finally:
            engines.dispose()


@contextmanager
def scratch_database(postgres: EmbeddedPostgres, redis: EmbeddedRedis) -> Iterator[Settings]:
    """Use an empty, migrated database inside the block: what writes must not wear out the kept households."""
    name = sql.Identifier(SCRATCH)
    url = postgres.owner_url.replace("@/recaller?", f"@/{SCRATCH}?")
    admin_url = libpq_url(postgres.superuser_url)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER recaller_owner").format(name))
    scratch_admin = admin_url.replace("@/recaller?", f"@/{SCRATCH}?")
    with psycopg.connect(scratch_admin, autocommit=True) as admin:
        prepare_database(admin)
    engines.dispose()
    redis_connection.cache_clear()
    with override_settings(settings_of(url, redis.url)) as settings:
        try:
            migrate()
            yield settings
        finally:
            engines.dispose()
            redis_connection.cache_clear()


def household_of(postgres: EmbeddedPostgres, size: int) -> Scope:
    """Return the scope of the household with `size` transactions, building it when it isn't there yet."""
    name = f"bench {size}"
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
