"""Runs the whole of Recaller for browser tests: its own servers, pages, workers and scheduler, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from recaller.infra.db import engines
from recaller.infra.embedded import embedded_servers
from recaller.infra.queue import redis_connection
from recaller.infra.supervise import answers_ready
from recaller.settings import CHECKOUT, Settings, use_settings

# The first start of a fresh checkout builds the front end.
START_SECONDS = 480
STOP_SECONDS = 30
_OURS = ("RECALLER_", "DATABASE_", "REDIS_", "PORT", "REFLEX_", "__REFLEX_")


@dataclass(frozen=True)
class Server:
    """A running Recaller: where it is, and the settings by which a test reaches its database."""

    url: str
    settings: Settings

    def forget_tries(self) -> None:
        """Drop the counts of sign-ups and sign-ins, which all tests of one address share."""
        assert self.settings.redis_url is not None
        redis = Redis.from_url(self.settings.redis_url)
        for key in redis.scan_iter("*recaller:limits*"):
            redis.delete(key)
        redis.close()

    @contextmanager
    def services(self) -> Iterator[None]:
        """Let the services called inside work on this server's data."""
        use_settings(self.settings)
        try:
            yield
        finally:
            engines.dispose()
            redis_connection.cache_clear()
            use_settings(None)


@contextmanager
def running_server(**environment: str) -> Iterator[Server]:
    """Start all of Recaller on an empty data directory, as `make run` does; end and remove it after."""
    directory = Path(tempfile.mkdtemp(prefix="recaller-e2e-"))
    directory.chmod(0o711)
    port = _free_port()
    values = {
        "RECALLER_ENV": "production",
        "RECALLER_DATA_DIR": str(directory / "data"),
        "RECALLER_SIGN_UP": "open",
        "RECALLER_WEB_WORKERS": "1",
        "PORT": str(port),
        **environment,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "recaller.cli", "up"],
            cwd=CHECKOUT,
            env={**others, **values},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        plain = Settings(_env_file=None, **{k: v for k, v in values.items() if k != "RECALLER_ENV"})
        with embedded_servers(plain) as resolved:
            assert not resolved.owned, "the servers of `recaller up` don't run"
            yield Server(f"http://localhost:{port}", resolved.settings)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers_ready("127.0.0.1", port):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-4000:]
            raise AssertionError(f"Recaller {'ended' if ended else 'is not ready in time'}:\n{tail}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
