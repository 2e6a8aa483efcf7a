"""Keeps a set of processes running: restarts those that crash, ends all together, leaves none behind."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

import structlog

from recaller.infra.embedded.process import die_with_parent

log = structlog.get_logger(__name__)

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
# A process that ran this long was healthy: its next crash counts as the first.
_HEALTHY_SECONDS = 60.0
_FAILED_STARTS = 3
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.2


class SupervisorError(Exception):
    """Recaller can't run here; the message says why and what to do."""


class Server(Protocol):
    """A server that the supervisor brings back when it ends."""

    def is_alive(self) -> bool: ...
    def begin(self) -> None: ...
    def finish(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class ChildSpec:
    """One process to keep running."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    # Starts once all is ready, so that on a small machine it doesn't slow down what people wait for.
    waits_for_ready: bool = False
    # How long it may take to finish what it has at hand.
    grace_seconds: float = _GRACE_SECONDS


@dataclass
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    crashes: int = field(default=0)

    def start(self, now: float) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.spec.arguments,
            env=dict(self.spec.environment),
            cwd=self.spec.directory,
            stdin=subprocess.DEVNULL,
            # A session of its own: Ctrl-C reaches us alone, and its whole family can be found again.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),  # noqa: PLW1509 - one system call
        )
        self.started_at = now

    def tend(self, now: float) -> None:
        """Notice a crash and start again when the delay is over."""
        if self.process is None:
            if now >= self.restart_at:
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        self.process = None
        self.crashes = 1 if now - self.started_at > _HEALTHY_SECONDS else self.crashes + 1
        delay = min(_FIRST_DELAY_SECONDS * 2 ** (self.crashes - 1), _LONGEST_DELAY_SECONDS)
        self.restart_at = now + delay
        log.warning("process ended", name=self.spec.name, exit_code=code, restart_in_seconds=delay)


class Supervisor:
    """Runs children (and watches servers) until SIGINT, SIGTERM or SIGHUP; call `run` in the main thread."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        servers: Sequence[Server] = (),
        is_ready: Callable[[], bool] = lambda: True,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._children = [_Child(spec) for spec in specs]
        self._servers = servers
        self._is_ready = is_ready
        self._on_ready = on_ready
        self._ending = threading.Event()

    def run(self) -> None:
        """Run until a signal; SupervisorError when a process keeps ending before all is ready."""
        former = {
            number: signal.signal(number, self._end)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        told_ready = False
        try:
            while not self._ending.is_set():
                self._tend_servers()
                now = time.monotonic()
                for child in self._children:
                    if told_ready or not child.spec.waits_for_ready:
                        child.tend(now)
                    if not told_ready and child.crashes >= _FAILED_STARTS:
                        raise SupervisorError(
                            f"{child.spec.name} ended {child.crashes} times while starting."
                        )
                if not told_ready and self._is_ready():
                    told_ready = True
                    self._on_ready()
                self._ending.wait(_POLL_SECONDS)
        finally:
            self._end_children()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending.set()

    def _tend_servers(self) -> None:
        for server in self._servers:
            if not server.is_alive():
                log.warning("embedded server ended; starting it again", server=type(server).__name__)
                server.stop()
                server.begin()
                server.finish()

    def _end_children(self) -> None:
        running = [
            (child.process, child.spec.grace_seconds) for child in self._children if child.process is not None
        ]
        for process, _ in running:
            process.terminate()
        began = time.monotonic()
        for process, grace in running:
            try:
                process.wait(max(0.0, began + grace - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process did not end in time", pid=process.pid)
        for process, _ in running:
            _kill_session(process.pid)
            process.wait()


def _kill_session(session: int) -> None:
    """Kill whatever is left of a child's family, also what moved to a process group of its own."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue
    try:
        os.killpg(session, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def require_free_port(host: str, port: int) -> None:
    """Raise SupervisorError with what to do when nobody could listen on this address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SupervisorError(
                f"Port {port} is in use: end the program that uses it, or choose another, as in PORT={port + 1}."
            ) from error
        raise SupervisorError(
            f"Recaller can't listen on {host} port {port}: {error.strerror or error}."
        ) from error


def answers_ready(host: str, port: int) -> bool:
    """Whether the web process answers /ready with 200."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - not bound here
    try:
        with urllib.request.urlopen(f"http://{reachable}:{port}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
