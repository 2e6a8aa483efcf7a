"""Embedded servers: private, durable, repaired after a kill, and never mistaken for somebody else's process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis, EmbeddedServerError, embedded_servers
from recaller.infra.embedded.lock import AlreadyRunning
from recaller.infra.embedded.programs import Runner, choose_runner, is_reachable, server_home
from recaller.settings import CHECKOUT, Settings, libpq_url
from tests.support.waiting import wait_until

# Runs servers until it is killed, and says when they are up.
HOLDER = """
import sys, time
from pathlib import Path
from recaller.infra.embedded import embedded_servers
from recaller.settings import Settings
with embedded_servers(Settings(_env_file=None, data_dir=Path(sys.argv[1])), join=False):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that the unprivileged user can reach (pytest's own is closed)."""
    directory = Path(tempfile.mkdtemp(prefix="recaller-test-"))
    directory.chmod(0o711)
    yield directory
    for path in (directory / "servers").resolve(), directory:
        if path.exists():
            shutil.rmtree(path)


def hold(data_dir: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "up\n"
    return holder


def settings_for(data_dir: Path) -> Settings:
    return Settings(_env_file=None, environment="test", data_dir=data_dir)


def count_rows(url: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_data_and_secrets_survive_a_restart(data_dir: Path) -> None:
    with embedded_servers(settings_for(data_dir)) as first:
        with psycopg.connect(libpq_url(first.settings.owner_url)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        redis.Redis.from_url(first.settings.required_redis_url).set("kept", "yes")
    with embedded_servers(settings_for(data_dir)) as second:
        assert count_rows(second.settings.owner_url) == 1
        assert redis.Redis.from_url(second.settings.required_redis_url).get("kept") == b"yes"
        assert second.settings.signing_key == first.settings.signing_key
        assert second.settings.encryption_key_bytes == first.settings.encryption_key_bytes


def test_everything_private_is_private(data_dir: Path) -> None:
    with embedded_servers(settings_for(data_dir)) as resolved:
        home = (data_dir / "servers").resolve()
        assert (data_dir / "secrets.env").stat().st_mode & 0o777 == 0o600
        for name in ("postgres", "valkey", "run"):
            assert (home / name).stat().st_mode & 0o777 == 0o700, name
        with psycopg.connect(libpq_url(resolved.settings.owner_url)) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            row = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert row == (False, False, True)
        client = redis.Redis.from_url(resolved.settings.required_redis_url)
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_a_wrong_password_opens_nothing(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fsync=False) as postgres, EmbeddedRedis(data_dir, fsync=False) as cache:
        for role in ("postgres", "recaller_owner"):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(libpq_url(postgres.url(role, "wrong")))
        socket = cache.url.partition("@")[2].partition("?")[0]
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=socket, retry=Retry(NoBackoff(), 0)).ping()


def test_search_functions_may_run_below_row_level_security(data_dir: Path) -> None:
    with (
        EmbeddedPostgres(data_dir, fsync=False) as postgres,
        psycopg.connect(libpq_url(postgres.owner_url)) as connection,
    ):
        names = connection.execute(
            "SELECT proname FROM pg_proc WHERE proleakproof AND pronamespace = 'public'::regnamespace"
        ).fetchall()
        assert {"word_similarity_op", "similarity_op", "unaccent"} <= {name for (name,) in names}
        assert connection.execute(
            "SELECT proleakproof FROM pg_proc WHERE oid = 'pg_catalog.texticlike(text, text)'::regprocedure"
        ).fetchone() == (True,)


def test_killed_supervisor_takes_its_servers_along_and_the_next_start_repairs(data_dir: Path) -> None:
    holder = hold(data_dir)
    home = (data_dir / "servers").resolve()
    postmaster = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    with embedded_servers(settings_for(data_dir)) as joined:
        assert joined.owned == ()
        with psycopg.connect(libpq_url(joined.settings.owner_url), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
    holder.kill()
    holder.wait()
    wait_until(lambda: not is_running(postmaster), "the server to end")
    with embedded_servers(settings_for(data_dir), join=False) as resolved:
        assert len(resolved.owned) == 2
        assert count_rows(resolved.settings.owner_url) == 1000


def test_killed_servers_leave_nothing_that_blocks_a_start(data_dir: Path) -> None:
    """kill -9 of the postmaster itself: pid file, socket and orphaned backends stay behind."""
    holder = hold(data_dir)
    home = (data_dir / "servers").resolve()
    postmaster = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    holder.kill()
    holder.wait()
    assert (home / "postgres" / "postmaster.pid").exists()
    with embedded_servers(settings_for(data_dir), join=False) as resolved:
        assert resolved.owned[0].is_alive()


def test_a_pid_that_another_program_took_over_is_left_alone(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as postgres:
        pid_file = (data_dir / "servers").resolve() / "postgres" / "postmaster.pid"
        content = pid_file.read_text()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        pid_file.write_text(content.replace(content.splitlines()[0], str(stranger.pid), 1))
        with postgres:
            assert postgres.accepts_connections()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_owners_are_refused_but_a_second_command_may_join(data_dir: Path) -> None:
    with (
        embedded_servers(settings_for(data_dir)) as first,
        pytest.raises(AlreadyRunning, match=str(os.getpid())),
        embedded_servers(settings_for(data_dir), join=False),
    ):
        pass
    assert first.owned[0].is_alive() is False


def test_an_interrupted_first_start_is_begun_anew(data_dir: Path) -> None:
    home = server_home(data_dir)
    (home / "postgres.new-torn" / "cluster").mkdir(parents=True)
    with EmbeddedPostgres(data_dir, fsync=False) as postgres:
        assert postgres.accepts_connections()
    assert not list(home.glob("postgres.new-*"))


def test_lost_secrets_are_not_replaced_by_new_ones(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fsync=False):
        pass
    (data_dir / "secrets.env").unlink()
    with pytest.raises(EmbeddedServerError, match="put the file back"):
        EmbeddedPostgres(data_dir, fsync=False)


def test_data_of_another_version_is_refused(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fsync=False) as postgres:
        version = (data_dir / "servers").resolve() / "postgres" / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(EmbeddedServerError, match="written by PostgreSQL 15"):
        postgres.begin()


def test_a_long_path_gets_a_short_private_socket(data_dir: Path) -> None:
    deep = data_dir / ("deep" * 25)
    with EmbeddedPostgres(deep, fsync=False) as postgres:
        assert postgres.accepts_connections()
        row = (
            psycopg.connect(libpq_url(postgres.superuser_url))
            .execute("SHOW unix_socket_directories")
            .fetchone()
        )
        assert row is not None
        sockets = Path(str(row[0]))
    assert len(str(sockets)) < 80
    assert sockets.stat().st_mode & 0o777 == 0o700
    sockets.rmdir() if not list(sockets.iterdir()) else shutil.rmtree(sockets)
    shutil.rmtree((deep / "servers").resolve())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_root_runs_no_server_and_opens_no_closed_folder(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "data", fsync=False) as postgres:
        home = (closed / "data" / "servers").resolve()
        postmaster = int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        assert Path(f"/proc/{postmaster}").stat().st_uid != 0
        assert postgres.accepts_connections()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not home.is_relative_to(data_dir)
    shutil.rmtree(home)


def test_reachable_means_every_folder_above(data_dir: Path) -> None:
    stranger = Runner(12345, 12345, is_dropped=True)
    inner = data_dir / "inner"
    inner.mkdir(mode=0o755)
    assert is_reachable(inner / "file", stranger)
    inner.chmod(0o700)
    assert not is_reachable(inner / "file", stranger)
    assert is_reachable(inner / "file", choose_runner(inner)) is (os.geteuid() != 0)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
