"""Run, or join, the embedded servers that the settings call for, and fill the settings with their addresses."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from recaller.infra.embedded.lock import AlreadyRunning
from recaller.infra.embedded.postgres import EmbeddedPostgres
from recaller.infra.embedded.programs import EmbeddedServerError
from recaller.infra.embedded.secrets import load_or_make_secrets
from recaller.infra.embedded.valkey import EmbeddedRedis
from recaller.settings import Settings

_JOIN_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class ServerPair:
    """A running PostgreSQL and a running Redis."""

    postgres: EmbeddedPostgres
    redis: EmbeddedRedis


@dataclass(frozen=True)
class ResolvedServers:
    """Settings with every address and secret filled in, and the servers that this process runs itself."""

    settings: Settings
    owned: tuple[EmbeddedPostgres | EmbeddedRedis, ...]


@contextmanager
def embedded_servers(settings: Settings, *, join: bool = True) -> Iterator[ResolvedServers]:
    """Yield settings whose servers run: those named in `settings`, and embedded ones for the rest.

    With `join`, servers that another process (say `recaller up`) already runs are used and left running;
    without it they raise AlreadyRunning.
    """
    values: dict[str, object] = {}
    owned: list[EmbeddedPostgres | EmbeddedRedis] = []
    with ExitStack() as stack:
        wanted: list[EmbeddedPostgres | EmbeddedRedis] = []
        if settings.is_embedded_redis:
            redis = EmbeddedRedis(settings.data_dir)
            values["redis_url"] = redis.url
            wanted.append(redis)
        if settings.is_embedded_database:
            postgres = EmbeddedPostgres(settings.data_dir)
            values["database_url"] = postgres.owner_url
            values |= _own_secrets(settings)
            wanted.append(postgres)
        joined = [server for server in wanted if not _begin(server, stack, owned, join=join)]
        for server in owned:
            server.finish()
        for server in joined:
            _wait_for(server)
        yield ResolvedServers(settings.model_copy(update=values), tuple(owned))


@contextmanager
def temporary_servers() -> Iterator[ServerPair]:
    """A pair of servers for tests: on a directory of their own that goes away, and not safe against a crash."""
    directory = Path(tempfile.mkdtemp(prefix="recaller-test-"))
    directory.chmod(0o711)
    try:
        redis, postgres = EmbeddedRedis(directory, fsync=False), EmbeddedPostgres(directory, fsync=False)
        home = (directory / "servers").resolve()
        try:
            with ExitStack() as stack:
                for server in (redis, postgres):
                    server.begin()
                    stack.callback(server.stop)
                for server in (redis, postgres):
                    server.finish()
                yield ServerPair(postgres, redis)
        finally:
            shutil.rmtree(home)
    finally:
        shutil.rmtree(directory)


def _begin(
    server: EmbeddedPostgres | EmbeddedRedis,
    stack: ExitStack,
    owned: list[EmbeddedPostgres | EmbeddedRedis],
    *,
    join: bool,
) -> bool:
    try:
        server.begin()
    except AlreadyRunning:
        if join:
            return False
        raise
    stack.callback(server.stop)
    owned.append(server)
    return True


def _wait_for(server: EmbeddedPostgres | EmbeddedRedis) -> None:
    deadline = time.monotonic() + _JOIN_TIMEOUT_SECONDS
    while not server.accepts_connections():
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"Another process holds the embedded servers, but they don't answer after {_JOIN_TIMEOUT_SECONDS} s."
            )
        time.sleep(0.1)


def _own_secrets(settings: Settings) -> dict[str, object]:
    """The secrets kept beside the data, except those that the environment sets."""
    kept = load_or_make_secrets(settings.data_dir, has_data=True)
    values: dict[str, object] = {}
    if settings.secret_key is None:
        values["secret_key"] = SecretStr(kept.secret_key)
    if not settings.encryption_keys:
        keys = (key.strip() for key in kept.encryption_keys.split(","))
        values["encryption_keys"] = tuple(SecretStr(key) for key in keys if key)
    return values
