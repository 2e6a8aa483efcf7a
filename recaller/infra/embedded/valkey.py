"""An embedded Redis-protocol server (Valkey): one directory, one unix socket, a password, no TCP."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from recaller.infra.embedded import process
from recaller.infra.embedded.lock import DirectoryLock
from recaller.infra.embedded.programs import (
    EmbeddedServerError,
    choose_runner,
    server_home,
    socket_directory,
    valkey_server,
)
from recaller.infra.embedded.secrets import load_or_make_secrets

# Jobs and sessions live here: nothing may be evicted, and every write reaches the append-only file.
_CONFIGURATION = """\
# Written by Recaller at each start: changes here are lost.
port 0
unixsocket "{socket}"
unixsocketperm 700
requirepass "{password}"
dir "{directory}"
appendonly {durable}
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
loglevel warning
enable-debug-command no
enable-module-command no
"""


class EmbeddedRedis:
    """Runs Valkey on `data_dir` while the `with` block lasts; what a killed start left is repaired."""

    def __init__(self, data_dir: Path, *, fsync: bool = True) -> None:
        self._fsync = fsync
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._home = server_home(data_dir)
        self._directory = self._home / "valkey"
        self._runner = choose_runner(self._directory)
        self._socket = socket_directory(self._home, self._runner) / "valkey.sock"
        self._secrets = load_or_make_secrets(data_dir, has_data=self._directory.exists())
        self._lock = DirectoryLock(self._home / "valkey.lock")
        self._log = self._home / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Redis URL of database 0, by socket and with the password."""
        return f"unix://:{quote(self._secrets.valkey_password, safe='')}@{quote(str(self._socket))}?db=0"

    def begin(self) -> None:
        """Start the server without waiting for it; raises AlreadyRunning when another process runs it."""
        self._lock.acquire()
        try:
            program = valkey_server(self._runner)
            self._runner.make_private(self._directory)
            process.end_leftovers(self._directory, program.name, signal.SIGTERM)
            self._socket.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)
            self._process = process.start(
                [program, self._write_configuration()],
                runner=self._runner,
                directory=self._directory,
                death_signal=signal.SIGTERM,
                output=self._log,
            )
        except BaseException:
            self._lock.release()
            raise

    def finish(self) -> None:
        """Wait until the server has read its file and answers."""
        if self._process is None:
            raise EmbeddedServerError("Valkey was not begun.")
        try:
            process.wait_until(self.accepts_connections, self._process, name="Valkey", output=self._log)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server after it wrote what it holds."""
        if self._process is not None:
            process.stop(self._process, (signal.SIGTERM,), each_seconds=4)
            self._process = None
        self._lock.release()

    def is_alive(self) -> bool:
        """Whether the server that this object started still runs."""
        return self._process is not None and self._process.poll() is None

    def accepts_connections(self) -> bool:
        """Whether a server answers on the socket, whoever started it."""
        try:
            # Asked often until it answers, so the library's own patience (seconds) would only add up.
            with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False

    def __enter__(self) -> Self:
        self.begin()
        self.finish()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write_configuration(self) -> Path:
        path = self._directory / "valkey.conf"
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(
            _CONFIGURATION.format(
                socket=self._socket,
                password=self._secrets.valkey_password,
                directory=self._directory,
                durable="yes" if self._fsync else "no",
            )
        )
        if self._runner.is_dropped:
            os.chown(path, self._runner.uid, self._runner.gid)
        return path
