"""(c) a large CSV from file to committed against COPY of the same rows, and (d) posts made at the same time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg

from bench.household import make_scope
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.core.text import fold
from recaller.domain.account_kinds import Kind
from recaller.infra.embedded import EmbeddedPostgres
from recaller.infra.work import settings_sql, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import get_import, start_import
from recaller.services.reports import balance_at
from recaller.services.starter import create_starter_accounts, uncategorised
from recaller.services.transactions import EntryDraft, record_transaction
from recaller.settings import Settings, libpq_url

POSTS = 50
LAST = date(2026, 10, 31)


@dataclass(frozen=True)
class Importing:
    """Rows a second (medians) and the worker's peak memory."""

    rows: int
    service_seconds: float
    copy_insert_seconds: float
    direct_copy_seconds: float
    peak_mb: float
    upload_seconds: float
    staging_seconds: float

    @property
    def share_of_copy_insert(self) -> float:
        """The import's throughput as a share of COPY to a temporary table and INSERT, as the same role."""
        return self.copy_insert_seconds / self.service_seconds

    @property
    def share_of_direct_copy(self) -> float:
        """The same against a superuser's COPY straight into the tables, past row-level security."""
        return self.direct_copy_seconds / self.service_seconds


def make_csv(rows: int, seed: int) -> bytes:
    """Return a bank's CSV: date, payee, amount, text; 2,000 payees over ten years."""
    dice = random.Random(seed)
    lines = ["Date,Payee,Amount,Description"]
    for number in range(rows):
        day = LAST - timedelta(number * 3650 // rows)
        amount = dice.randrange(100, 20_000) * (1 if dice.random() < 0.1 else -1)
        payee = f"Shop {dice.randrange(2000)} & Sons"
        sign, cents = ("-" if amount < 0 else ""), abs(amount)
        lines.append(
            f"{day},{payee},{sign}{cents // 100}.{cents % 100:02d},CARD {seed}-{number:06d} {payee.upper()}"
        )
    return ("\n".join(lines) + "\n").encode()


def new_home(name: str) -> tuple[Scope, UUID]:
    """Return a fresh household with one checking account."""
    scope = make_scope(name)
    with work(scope) as w:
        create_starter_accounts(w)
        account = create_account(w, AccountDraft("Checking", "checking", "USD")).id
    return scope, account


def measure_import(postgres: EmbeddedPostgres, settings: Settings, rows: int, repetitions: int) -> Importing:
    """Import and copy the same rows in turn, each time into a fresh household of the same database."""
    parts, copied, direct = [], [], []
    for turn in range(repetitions):
        content = make_csv(rows, turn)
        parts.append(_import(settings, content, rows))
        copied.append(_copy(rows, turn, libpq_url(settings.app_url), superuser=False))
        admin = libpq_url(postgres.superuser_url).replace("@/recaller?", f"@/{_database(settings)}?")
        direct.append(_copy(rows, turn, admin, superuser=True))
    upload, staging, committing, peak = zip(*parts, strict=True)
    return Importing(
        rows,
        median(map(sum, zip(upload, staging, committing, strict=True))),
        median(copied),
        median(direct),
        max(peak),
        median(upload),
        median(staging),
    )


def _database(settings: Settings) -> str:
    return settings.owner_url.partition("?")[0].rpartition("/")[2]


def _import(settings: Settings, content: bytes, rows: int) -> tuple[float, float, float, float]:
    """Upload here, read and commit in a worker process; returns the seconds of each and the worker's peak megabytes."""
    scope, account = new_home("import")
    began = perf_counter()
    with work(scope) as w:
        batch = start_import(w, "bank.csv", content, account_id=account).id
    upload = perf_counter() - began
    done = subprocess.run(
        [sys.executable, "-m", "bench.import_worker", str(batch)],
        input=json.dumps(
            {
                "tenant_id": str(scope.tenant_id),
                "user_id": str(scope.user_id),
                "shared": str(scope.shared_space_id),
                "private": str(scope.private_space_id),
            }
        ),
        env=os.environ | settings.child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout)
    with work(scope) as w:
        counts = get_import(w, batch)
    assert counts.status == "committed", counts
    found = _count(scope)
    assert found == rows, f"{found} of {rows} rows imported"
    return upload, result["staging"], result["committing"], result["peak_mb"]


def _count(scope: Scope) -> int:
    with work(scope) as w:
        row = w.row("SELECT count(*) AS found FROM transaction")
        assert row is not None
        return int(row.found)


_TRANSACTION = (
    "tenant_id, space_id, id, date, payee_id, bank_text, search_text, source, batch_id, created_by, shape,"
    " account_id, category_id, amount, currency"
)
_POSTING = "tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, cleared, import_id"


def _copy(rows: int, seed: int, url: str, *, superuser: bool) -> float:
    """Write the same rows by COPY, all made ready beforehand; returns the seconds until they are committed."""
    scope, account = new_home("copy")
    transactions, postings = _lines(scope, account, rows, seed)
    with psycopg.connect(url) as connection:
        began = perf_counter()
        connection.execute(settings_sql(scope, read_only=False).encode())
        if not superuser:
            connection.execute(
                f"CREATE TEMP TABLE t ON COMMIT DROP AS SELECT {_TRANSACTION} FROM transaction LIMIT 0".encode()
            )
            connection.execute(
                f"CREATE TEMP TABLE p ON COMMIT DROP AS SELECT {_POSTING} FROM posting LIMIT 0".encode()
            )
        into = (f"transaction ({_TRANSACTION})", f"posting ({_POSTING})") if superuser else ("t", "p")
        for table, content in zip(into, (transactions, postings), strict=True):
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(content)
        if not superuser:
            connection.execute(f"INSERT INTO transaction ({_TRANSACTION}) SELECT * FROM t".encode())
            connection.execute(f"INSERT INTO posting ({_POSTING}) SELECT * FROM p".encode())
        connection.commit()
        return perf_counter() - began


def _lines(scope: Scope, account: UUID, rows: int, seed: int) -> tuple[bytes, bytes]:
    """Return what the import makes of the CSV as lines of COPY; writes payees and batch, outside of the clock."""
    content = make_csv(rows, seed)
    entries = [line.split(",") for line in content.decode().splitlines()[1:]]
    with work(scope) as w:
        income, expense = uncategorised(w, Kind.INCOME), uncategorised(w, Kind.EXPENSE)
        batch = start_import(w, "one.csv", b"\n".join(content.splitlines()[:2]), account_id=account).id
        payees = {name: new_id() for name in sorted({entry[1] for entry in entries})}
        w.connection.exec_driver_sql(
            "INSERT INTO payee (tenant_id, space_id, id, name, folded) VALUES (%s, %s, %s, %s, %s)",
            [(scope.tenant_id, scope.shared_space_id, one, name, fold(name)) for name, one in payees.items()],
        )
    wall = f"{scope.tenant_id}\t{scope.shared_space_id}"
    transactions, postings = [], []
    for day, payee, amount, text in entries:
        minor, identity = int(amount.replace(".", "")), new_id()
        category = income if minor > 0 else expense
        transactions.append(
            f"{wall}\t{identity}\t{day}\t{payees[payee]}\t{text}\t{fold(text)}\timport\t{batch}\t{scope.user_id}"
            f"\tsimple\t{account}\t{category}\t{minor}\tUSD\n"
        )
        postings.append(f"{wall}\t{identity}\t0\t{account}\t{day}\t{minor}\tUSD\tt\t{identity.hex}\n")
        postings.append(f"{wall}\t{identity}\t1\t{category}\t{day}\t{-minor}\tUSD\tf\t\\N\n")
    return "".join(transactions).encode(), "".join(postings).encode()


@dataclass(frozen=True)
class Posting:
    """Seconds for fifty posts one after the other and for fifty at the same time."""

    sequential: float
    parallel: float


def measure_posts(repetitions: int) -> Posting:
    """Record fifty transactions in turn and at the same time; each time the total must be exact."""
    sequential, parallel = [], []
    for _ in range(repetitions):
        scope, account = new_home("posts")

        def post(number: int, scope: Scope = scope, account: UUID = account) -> None:
            with work(scope) as w:
                record_transaction(w, EntryDraft(LAST, account, -(number + 1), "Shop"))

        post(-1 + POSTS)
        began = perf_counter()
        for number in range(POSTS):
            post(number)
        sequential.append(perf_counter() - began)
        with ThreadPoolExecutor(POSTS) as pool:
            began = perf_counter()
            list(pool.map(post, range(POSTS)))
            parallel.append(perf_counter() - began)
        with work(scope) as w:
            total = balance_at(w, account, LAST).minor
        assert total == -(POSTS + 2 * sum(range(1, POSTS + 1))), total
    return Posting(median(sequential), median(parallel))
