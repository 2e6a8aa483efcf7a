"""(g) Bills of many households that are due at once: the sweep, one RQ job per item, and bare INSERT ... SELECT."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg

from bench.recurring_homes import POSTING, Homes
from recaller.core.clock import utc_now
from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis
from recaller.infra.queue import RUN_DAILY_BATCH, push_call, queue_named
from recaller.infra.work import settings_sql
from recaller.jobs.daily_running import HOUSEHOLDS_A_BATCH, run_due, sweep_daily
from recaller.services.daily_work import scopes_of
from recaller.settings import Settings, libpq_url

HOUSEHOLDS, ITEMS, SAMPLE = 1_000, 100, 600
POST_ITEM = "bench.recurring_item.post_item"
WORKERS = len(os.sched_getaffinity(0))
_WARM_UP = 4 * WORKERS
_POOL = """
from recaller.domain.workers import Bounds
from recaller.jobs.pool import WorkerPool
WorkerPool({{"default": Bounds({0}, {0})}}).run()
"""
_COLUMNS = {
    "transaction": "tenant_id, space_id, id, date, payee_id, note, search_text, status, source, created_at, shape,"
    " account_id, counter_account_id, category_id, amount, currency",
    "posting": "tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo",
    "occurrence": "tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount, actual_amount,"
    " transaction_id",
}
_INSERTS = [
    f"INSERT INTO {table} ({columns}) SELECT {columns} FROM ready_{table}"
    for table, columns in _COLUMNS.items()
]


@dataclass(frozen=True)
class Recurring:
    """Items a second, medians of `repetitions` turns; every way began at the same database."""

    households: int
    items: int
    repetitions: int
    workers: int
    sample: int
    swept: float
    one_process: float
    by_item: float
    bare: float


def measure_recurring(
    postgres: EmbeddedPostgres,
    redis: EmbeddedRedis,
    repetitions: int = 3,
    households: int = HOUSEHOLDS,
    items: int = ITEMS,
    sample: int = SAMPLE,
) -> Recurring:
    """Post the same bills in each way in turn."""
    homes = Homes(postgres, redis, households, items)
    homes.build()
    ways = {
        "bare": _bare,
        "swept": _swept,
        "one_process": _one_process,
        "by_item": lambda homes: _by_item(homes, sample),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repetitions):
        # Each turn begins with another way.
        names = [*ways][turn % len(ways) :] + [*ways][: turn % len(ways)]
        for name in names:
            found[name].append(ways[name](homes))
    medians = {name: median(rates) for name, rates in found.items()}
    return Recurring(households, items, repetitions, WORKERS, sample, **medians)


def _swept(homes: Homes) -> float:
    """The tick hands batches of households to RQ, worker processes post them."""
    with homes.copy() as settings, _pool(settings):
        began = perf_counter()
        assert sweep_daily(kinds=POSTING) == homes.households
        _wait_until_done(math.ceil(homes.households / HOUSEHOLDS_A_BATCH))
        seconds = perf_counter() - began
        _check(homes)
    return homes.households * homes.items / seconds


def _one_process(homes: Homes) -> float:
    """The same runs one after the other in this process, without Redis."""
    with homes.copy():
        began = perf_counter()
        assert run_due(utc_now(), kinds=POSTING).done == homes.households
        seconds = perf_counter() - began
        _check(homes)
    return homes.households * homes.items / seconds


def _by_item(homes: Homes, sample: int) -> float:
    """One job per item on the same queue and workers; the items of a sample, spread over the households."""
    with homes.copy() as settings, _pool(settings):
        with psycopg.connect(homes.superuser_url()) as admin:
            rows = admin.execute(
                "SELECT tenant_id, recurring_id, day FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id"
                " ORDER BY id) AS n FROM ready_item) AS i ORDER BY n, tenant_id LIMIT %s",
                [sample],
            ).fetchall()
        began = perf_counter()
        for tenant, recurring, due in rows:
            assert push_call("default", POST_ITEM, str(tenant), str(recurring), str(due), description="item")
        _wait_until_done(len(rows))
        seconds = perf_counter() - began
        _check(homes, len(rows))
    return len(rows) / seconds


def _bare(homes: Homes) -> float:
    """Three INSERT ... SELECT for each household, by the application role behind row-level security."""
    with homes.copy() as settings, psycopg.connect(libpq_url(settings.app_url)) as connection:
        tenants: list[UUID] = [row[0] for row in connection.execute(_HOUSEHOLDS).fetchall()]
        connection.commit()
        scopes = scopes_of(tenants)
        connection.autocommit = True
        began = perf_counter()
        for scope in scopes.values():
            connection.execute(settings_sql(scope, read_only=False).encode())
            for insert in _INSERTS:
                connection.execute(f"{insert} WHERE tenant_id = %s".encode(), [scope.tenant_id], prepare=True)
            connection.execute("COMMIT")
        seconds = perf_counter() - began
        _check(homes)
    return homes.households * homes.items / seconds


_HOUSEHOLDS = "SELECT DISTINCT tenant_id FROM ready_transaction"


@contextmanager
def _pool(settings: Settings) -> Iterator[None]:
    """Keep the pool's workers on the queue, one for each core, each of them warm."""
    process = subprocess.Popen(
        [sys.executable, "-c", _POOL.format(WORKERS)],
        env=os.environ | settings.child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(_WARM_UP):
            assert push_call("default", RUN_DAILY_BATCH, [], description="warm up")
        _wait_until_done(0)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_done(jobs: int) -> None:
    """Wait until so many jobs have ended since the workers were warm; a queue is empty before its last job began."""
    queue = queue_named("default")
    deadline = time.monotonic() + 3600
    while queue.finished_job_registry.get_job_count(cleanup=False) < jobs + _WARM_UP:
        assert queue.failed_job_registry.get_job_count(cleanup=False) == 0
        assert time.monotonic() < deadline, "the queue never emptied"
        time.sleep(0.02)


def _check(homes: Homes, items: int | None = None) -> None:
    """Exactly the bills must be in the ledger, each with its occurrence."""
    with psycopg.connect(homes.superuser_url()) as admin:
        found = admin.execute(
            "SELECT (SELECT count(*) FROM transaction), (SELECT count(*) FROM posting), (SELECT count(*) FROM"
            " occurrence WHERE state = 'posted'), (SELECT sum(outflow) FROM account_month m JOIN account a"
            " ON a.tenant_id = m.tenant_id AND a.id = m.account_id WHERE a.kind = 'asset'),"
            " (SELECT sum(amount) FROM transaction)"
        ).fetchone()
    assert found is not None
    transactions, postings, occurrences, rollup, amount = found
    expected = homes.households * homes.items if items is None else items
    assert transactions == occurrences == expected, found
    assert postings == 2 * transactions, found
    assert rollup == amount, found


def report_recurring(found: Recurring) -> list[str]:
    """Return the lines for the report."""
    workers = f"{found.workers} worker processes"
    ways = [
        (f"the sweep: batches of households through RQ to {workers}", found.swept),
        ("the same runs one after the other in one process", found.one_process),
        (f"one RQ job per item, the same {workers} (sample of {found.sample:,} items)", found.by_item),
        ("bare INSERT ... SELECT, household by household, application role, one connection", found.bare),
    ]
    total = found.households * found.items
    return [
        f"## (g) {total:,} recurring items due in {found.households:,} households",
        "",
        "| way | items a second | the sweep is |",
        "|---|---:|---:|",
        *(
            f"| {way} | {rate:,.0f} | {f'{found.swept / rate:.2f} x' if number else ''} |"
            for number, (way, rate) in enumerate(ways)
        ),
        "",
        f"The sweep makes {found.swept / found.by_item:,.0f} x the items of one job per item, and "
        f"{found.swept / found.bare:.0%} of the bare INSERTs' behind row-level security (one process alone: "
        f"{found.one_process / found.bare:.0%}).",
        "",
        f"Medians of {found.repetitions} turns, each way on its own copy of one database. The INSERTs write the same "
        "transactions, postings and occurrences into the same tables, with their indexes, foreign keys, balance check "
        "and rollups, from rows that lie ready. The sweep finds what is due, works out the next date of every "
        "template, writes the audit trail and the log of the run besides, in one transaction a household. A job per "
        "item posts through the service behind “post now”; workers are warm, and the sweep's time includes its tick.",
        "",
    ]
