"""An embedded PostgreSQL: one directory, one unix socket, SCRAM passwords, no TCP."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from recaller.infra.embedded import process
from recaller.infra.embedded.lock import DirectoryLock
from recaller.infra.embedded.programs import (
    EmbeddedServerError,
    account_for_initdb,
    choose_runner,
    postgres_programs,
    server_home,
    socket_directory,
)
from recaller.infra.embedded.secrets import load_or_make_secrets
from recaller.settings import SQLALCHEMY_SCHEME, libpq_url

SUPERUSER = "postgres"
OWNER = "recaller_owner"
DATABASE = "recaller"

# Row-level security puts its policy before any condition whose function might reveal a row that the
# policy hides, which keeps such a condition from using an index. These functions read nothing but their
# arguments and raise nothing that depends on the row's value, so calling them early reveals nothing; only
# a superuser may say so. Without it a search reads every row of the tenant; the results are the same.
_LEAKPROOF: tuple[LiteralString, ...] = (
    "pg_catalog.textlike(text, text)",
    "pg_catalog.texticlike(text, text)",
    "pg_catalog.lower(text)",
    "public.similarity_op(text, text)",
    "public.word_similarity_op(text, text)",
    "public.word_similarity_commutator_op(text, text)",
    "public.strict_word_similarity_op(text, text)",
    "public.strict_word_similarity_commutator_op(text, text)",
    "public.unaccent(text)",
    "public.unaccent(regdictionary, text)",
)
_EXTENSIONS: tuple[LiteralString, ...] = ("pg_trgm", "unaccent")

_CONFIGURATION = """\
# Written by Recaller at each start: changes here are lost.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '256MB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
effective_cache_size = '1GB'
random_page_cost = 1.1
max_wal_size = '2GB'
jit = off
synchronous_commit = {durable}
fsync = {durable}
full_page_writes = {durable}
autovacuum_naptime = '20s'
timezone = 'UTC'
log_timezone = 'UTC'
# A week of logs, one file for each day of the week. Rows and parameters stay out of them.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = '1d'
log_rotation_size = 0
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""
_HOST_BASED_ACCESS = "local all all scram-sha-256\n"


class EmbeddedPostgres:
    """Runs PostgreSQL on `data_dir` while the `with` block lasts; what a killed start left is repaired."""

    def __init__(self, data_dir: Path, *, fsync: bool = True) -> None:
        self._fsync = fsync
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._home = server_home(data_dir)
        self._cluster = self._home / "postgres"
        self._runner = choose_runner(self._cluster)
        self._sockets = socket_directory(self._home, self._runner)
        self._secrets = load_or_make_secrets(data_dir, has_data=self._cluster.exists())
        self._lock = DirectoryLock(self._home / "postgres.lock")
        self._log = self._home / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def superuser_url(self) -> str:
        """SQLAlchemy URL of the superuser, for setting databases up only."""
        return self.url(SUPERUSER, self._secrets.postgres_superuser_password)

    @property
    def owner_url(self) -> str:
        """SQLAlchemy URL of the role that owns the database and its tables."""
        return self.url(OWNER, self._secrets.postgres_owner_password)

    def url(self, user: str, password: str, database: str = DATABASE) -> str:
        """SQLAlchemy URL of any role and database on this server."""
        return (
            f"{SQLALCHEMY_SCHEME}://{quote(user, safe='')}:{quote(password, safe='')}@/{database}"
            f"?host={quote(str(self._sockets), safe='')}"
        )

    def begin(self) -> None:
        """Start the server without waiting for it; raises AlreadyRunning when another process runs it."""
        self._lock.acquire()
        try:
            programs = postgres_programs(self._runner)
            self._remove_leftovers()
            if not self._cluster.exists():
                self._initialise(programs)
            self._check_version(programs)
            self._configure()
            self._process = process.start(
                [programs / "postgres", "-D", self._cluster],
                runner=self._runner,
                directory=self._cluster,
                death_signal=signal.SIGINT,
                output=self._log,
            )
        except BaseException:
            self._lock.release()
            raise

    def finish(self) -> None:
        """Wait until the server answers and make sure that its role and database are there."""
        if self._process is None:
            raise EmbeddedServerError("PostgreSQL was not begun.")
        try:
            process.wait_until(self._is_ready, self._process, name="PostgreSQL", output=self._log)
            self._set_up()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server: at once for new work, in order for what runs."""
        if self._process is not None:
            process.stop(self._process, (signal.SIGINT, signal.SIGQUIT), each_seconds=4)
            self._process = None
        self._lock.release()

    def is_alive(self) -> bool:
        """Whether the server that this object started still runs."""
        return self._process is not None and self._process.poll() is None

    def accepts_connections(self) -> bool:
        """Whether a server answers on the socket, whoever started it."""
        try:
            psycopg.connect(libpq_url(self.owner_url), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def __enter__(self) -> Self:
        self.begin()
        self.finish()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _remove_leftovers(self) -> None:
        if self._cluster.exists():
            process.end_leftovers(self._cluster, "postgres", signal.SIGINT)
            # No server works here any more, so whatever process the file names is not one.
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        for path in self._sockets.glob(".s.PGSQL.*"):
            path.unlink()
        for path in self._home.glob("postgres.new-*"):
            shutil.rmtree(path)

    def _initialise(self, programs: Path) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        maker = account_for_initdb()
        staging = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._home))
        password_file = staging / "password"
        password_file.write_text(self._secrets.postgres_superuser_password)
        cluster = staging / "cluster"
        cluster.mkdir(mode=0o700)
        maker.give(staging)
        if maker.is_dropped:
            os.chown(staging, maker.uid, maker.gid)
        making = process.start(
            [
                programs / "initdb",
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *([] if self._fsync else ["--no-sync"]),
            ],
            runner=maker,
            directory=staging,
            death_signal=signal.SIGKILL,
            output=self._log,
        )
        if making.wait() != 0:
            raise EmbeddedServerError(f"PostgreSQL's initdb failed; see {self._log}")
        self._runner.give(cluster)
        cluster.rename(self._cluster)
        shutil.rmtree(staging)

    def _check_version(self, programs: Path) -> None:
        data = (self._cluster / "PG_VERSION").read_text().strip()
        answer = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        program = answer.stdout.split()[2].partition(".")[0]
        if data != program:
            raise EmbeddedServerError(
                f"{self._cluster} was written by PostgreSQL {data} and this version of Recaller brings {program}: "
                f"dump it with the former version of Recaller and load the dump with this one."
            )

    def _configure(self) -> None:
        text = _CONFIGURATION.format(sockets=self._sockets, durable="on" if self._fsync else "off")
        for name, content in (("postgresql.conf", text), ("pg_hba.conf", _HOST_BASED_ACCESS)):
            path = self._cluster / name
            path.write_text(content)
            path.chmod(0o600)
            if self._runner.is_dropped:
                os.chown(path, self._runner.uid, self._runner.gid)

    def _is_ready(self) -> bool:
        """The server's own status line: cheaper than connecting, and no failed attempt in the log."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _set_up(self) -> None:
        """Make the owner role and the database where they are missing."""
        maintenance = libpq_url(self.url(SUPERUSER, self._secrets.postgres_superuser_password, SUPERUSER))
        with psycopg.connect(maintenance, autocommit=True) as connection:
            if _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                return
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                        sql.Identifier(OWNER), sql.Literal(self._secrets.postgres_owner_password)
                    )
                )
            # A template that is prepared first: a start killed in between leaves no half-made `recaller`.
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(f"{DATABASE}_new"))
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(f"{DATABASE}_new"), sql.Identifier(OWNER)
                )
            )
        new = libpq_url(self.url(SUPERUSER, self._secrets.postgres_superuser_password, f"{DATABASE}_new"))
        with psycopg.connect(new, autocommit=True) as connection:
            prepare_database(connection)
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(f"{DATABASE}_new"), sql.Identifier(DATABASE)
                )
            )


def prepare_database(connection: psycopg.Connection[Any]) -> None:
    """Give the connected database what only a superuser can: extensions, and functions marked leakproof.

    Safe to repeat. Extensions that the server lacks are left out; migrations don't require them.
    """
    for name in _EXTENSIONS:
        if _exists(connection, "SELECT 1 FROM pg_available_extensions WHERE name = %s", name):
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public").format(sql.Identifier(name))
            )
    for function in _LEAKPROOF:
        if _exists(connection, "SELECT 1 WHERE to_regprocedure(%s) IS NOT NULL", function):
            connection.execute(sql.SQL("ALTER FUNCTION {} LEAKPROOF").format(sql.SQL(function)))
    connection.commit()


def _exists(connection: psycopg.Connection[Any], query: LiteralString, value: str) -> bool:
    return connection.execute(query, (value,)).fetchone() is not None
