"""A database of many households whose bills are due: one household written by the services, cloned by set-based SQL.

Each way of posting then gets its own copy of that database (CREATE DATABASE ... TEMPLATE), so that all of them begin
at the same state. The rows that posting would write are laid ready too, for the bare INSERTs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from bench.servers import settings_of
from bench.writing import new_home
from recaller.core.clock import utc_now
from recaller.core.scope import Scope
from recaller.domain.recurrence import recurrence_of
from recaller.infra.db import engines
from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis, prepare_database
from recaller.infra.migrate import migrate
from recaller.infra.queue import redis_connection
from recaller.infra.work import work
from recaller.jobs.daily import DAILY
from recaller.services.categories import list_categories
from recaller.services.daily_plan import PlannedKind
from recaller.services.daily_work import plan_households
from recaller.services.recurring import RecurringDraft, create_recurring
from recaller.services.transactions import Part
from recaller.settings import Settings, libpq_url, override_settings

HOMES = "recaller_bench_homes"
COPY = "recaller_bench_copy"
POSTING = tuple(one for one in DAILY if one.kind == "recurring.post")
# In the order of their foreign keys, though triggers and keys rest while the clones are written.
_CLONED = (
    "tenant", "membership", "space", "account", "payee", "household_settings", "recurring", "recurring_line",
    "daily_work",
)  # fmt: skip
# These ids stay the same in every clone: the one member is a member of all households.
_SHARED_IDS = ("user_id", "owner_user_id", "created_by")
# Most bills come monthly.
_RULES = (
    *("FREQ=MONTHLY",) * 6,
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=MONTHLY;INTERVAL=3",
    "FREQ=YEARLY",
)
# What posting writes, from the templates (services/recurring/posting.py); the same columns, ready to be inserted.
_READY = """
CREATE TABLE ready_item AS
SELECT r.tenant_id, uuidv7() AS id, r.id AS recurring_id, r.next_due AS day FROM recurring r ORDER BY 1, 2;
CREATE TABLE ready_transaction AS
SELECT r.tenant_id, r.space_id, i.id, i.day AS date, r.payee_id, r.note, r.search_text, 'booked'::text AS status,
       'recurring'::text AS source, now() AS created_at, r.entry_shape AS shape, r.account_id, r.counter_account_id,
       r.category_id, r.effect AS amount, r.currency
  FROM ready_item i JOIN recurring r ON r.tenant_id = i.tenant_id AND r.id = i.recurring_id ORDER BY i.tenant_id, i.id;
CREATE TABLE ready_posting AS
SELECT l.tenant_id, l.space_id, i.id AS transaction_id, l.line, l.account_id, i.day AS date, l.amount, l.currency,
       l.memo
  FROM ready_item i JOIN recurring_line l ON l.tenant_id = i.tenant_id AND l.recurring_id = i.recurring_id
 ORDER BY i.tenant_id, i.id, l.line;
CREATE TABLE ready_occurrence AS
SELECT r.tenant_id, r.space_id, r.id AS recurring_id, i.day AS due_date, i.day AS posted_on, 'posted'::text AS state,
       r.effect AS expected_amount, r.effect AS actual_amount, i.id AS transaction_id
  FROM ready_item i JOIN recurring r ON r.tenant_id = i.tenant_id AND r.id = i.recurring_id ORDER BY i.tenant_id, i.id;
CREATE INDEX ON ready_transaction (tenant_id);
CREATE INDEX ON ready_posting (tenant_id);
CREATE INDEX ON ready_occurrence (tenant_id);
GRANT SELECT ON ready_transaction, ready_posting, ready_occurrence TO PUBLIC;
"""


class Homes:
    """The database with `households` times `items` bills due, and copies of it."""

    def __init__(self, postgres: EmbeddedPostgres, redis: EmbeddedRedis, households: int, items: int) -> None:
        self._postgres, self._redis = postgres, redis
        self.households, self.items = households, items

    def build(self) -> None:
        """Write the households; they stay until the next run."""
        self._recreate(HOMES)
        with psycopg.connect(self.superuser_url(HOMES), autocommit=True) as admin:
            prepare_database(admin)
        with self._settings(HOMES):
            migrate()
            scope = self._write_model(now := utc_now())
        with psycopg.connect(self.superuser_url(HOMES), autocommit=True) as admin:
            admin.execute("SET session_replication_role = replica")
            for table in _CLONED:
                _clone(admin, table, scope, self.households - 1)
            # They came due an hour ago; the model household's own next hour may be tomorrow's.
            admin.execute(
                "UPDATE daily_work SET next_at = %s, last_date = %s",
                [now - timedelta(hours=1), (now - timedelta(days=9)).date()],
            )
            admin.execute(_READY)
            admin.execute("VACUUM ANALYZE")

    @contextmanager
    def copy(self) -> Iterator[Settings]:
        """Use a fresh copy of the database inside the block."""
        self._recreate(COPY, template=HOMES)
        with self._settings(COPY) as settings:
            yield settings

    def superuser_url(self, database: str = COPY) -> str:
        """Return where the superuser connects to."""
        return libpq_url(self._postgres.superuser_url).replace("@/recaller?", f"@/{database}?")

    @contextmanager
    def _settings(self, database: str) -> Iterator[Settings]:
        url = self._postgres.owner_url.replace("@/recaller?", f"@/{database}?")
        engines.dispose()
        redis_connection.cache_clear()
        redis_connection(self._redis.url).flushdb()
        with override_settings(settings_of(url, self._redis.url)) as settings:
            try:
                yield settings
            finally:
                engines.dispose()
                redis_connection.cache_clear()

    def _recreate(self, database: str, template: str | None = None) -> None:
        name = sql.Identifier(database)
        extra = sql.SQL("")
        if template is not None:
            extra = sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        with psycopg.connect(libpq_url(self._postgres.superuser_url), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER recaller_owner").format(name) + extra)

    def _write_model(self, now: datetime) -> Scope:
        scope, account = new_home("recurring")
        with work(scope, clock=lambda: now) as w:
            categories = [one.id for one in list_categories(w) if one.kind == "expense" and not one.system]
            # A day that has come in every household, whatever the hour of this run.
            start = w.today - timedelta(days=2)
            for number in range(self.items):
                amount = -1_000 - number
                create_recurring(
                    w,
                    RecurringDraft(
                        f"Bill {number}",
                        account,
                        amount,
                        recurrence_of(_RULES[number % len(_RULES)], start),
                        payee=f"Payee {number % 40}",
                        parts=(Part(categories[number % len(categories)], amount),),
                    ),
                )
        planned = [PlannedKind(one.kind, one.hour, one.label) for one in POSTING]
        assert plan_households(planned, now) == 1
        return scope


def _clone(admin: psycopg.Connection, table: str, scope: Scope, times: int) -> None:
    """Write the model household's rows `times` more, every id replaced by one that follows from it and the number."""
    columns = admin.execute(
        "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    ).fetchall()
    values = [
        sql.SQL("md5(n || m.{0}::text)::uuid").format(sql.Identifier(name))
        if kind == "uuid" and name not in _SHARED_IDS
        else sql.SQL("m.{0}").format(sql.Identifier(name))
        for name, kind in columns
    ]
    admin.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} m, generate_series(1, %s) AS n"
            " WHERE m.{tenant} = %s"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
            values=sql.SQL(", ").join(values),
            tenant=sql.Identifier("id" if table == "tenant" else "tenant_id"),
        ),
        [times, scope.tenant_id],
    )
