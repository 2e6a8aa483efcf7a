"""Start a server that dies with us, end it in good order, and find one that an earlier start left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from recaller.infra.embedded.programs import EmbeddedServerError, Runner

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: looking a library up between fork and exec is not safe.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent(death_signal: signal.Signals, parent_pid: int | None = None) -> None:
    """Have the kernel send `death_signal` to this process when its parent ends (Linux only).

    Call it after a change of user, which clears the setting. `parent_pid` closes the gap in which the
    parent ended before this call.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(death_signal))
    if parent_pid is not None and os.getppid() != parent_pid:
        os.kill(os.getpid(), death_signal)


def kill_forks_with_this_process() -> None:
    """Have every process that this one forks from now on end with it, however it ends."""
    if _prctl is not None:
        os.register_at_fork(after_in_child=lambda: die_with_parent(signal.SIGKILL))


def start(
    arguments: Sequence[str | Path],
    *,
    runner: Runner,
    directory: Path,
    death_signal: signal.Signals,
    output: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, as `runner`, without our environment or open files.

    The thread that calls this must live as long as the server should: the kernel takes that thread's
    end for the parent's.
    """
    parent = os.getpid()

    def before_exec() -> None:
        os.umask(0o077)
        die_with_parent(death_signal, parent)

    with output.open("ab") as log:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            cwd=directory,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # setgroups, setgid and setuid happen before preexec_fn.
            user=runner.uid if runner.is_dropped else None,
            group=runner.gid if runner.is_dropped else None,
            extra_groups=[] if runner.is_dropped else None,
            preexec_fn=before_exec,  # noqa: PLW1509 - only system calls, prepared before the fork
        )


def wait_until(
    is_ready: Callable[[], bool],
    process: subprocess.Popen[bytes],
    *,
    name: str,
    output: Path,
    timeout_seconds: float = 60,
) -> None:
    """Wait until `is_ready()`; EmbeddedServerError with the end of the log when the server gives up."""
    deadline = time.monotonic() + timeout_seconds
    pause = 0.01
    while not is_ready():
        if process.poll() is not None:
            raise EmbeddedServerError(
                f"{name} ended at its start (exit code {process.returncode}):\n{_tail(output)}"
            )
        if time.monotonic() > deadline:
            process.kill()
            raise EmbeddedServerError(f"{name} was not ready after {timeout_seconds:.0f} s:\n{_tail(output)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def stop(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], each_seconds: float) -> None:
    """End a server by the first signal that works, each given `each_seconds`, SIGKILL last."""
    for number in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(each_seconds)
        except subprocess.TimeoutExpired:
            continue


def end_leftovers(directory: Path, program: str, polite: signal.Signals, seconds: float = 8) -> int:
    """End processes of `program` that still work in `directory`; returns how many there were.

    A pid file may name a process that took the number over, so the kernel is asked instead: our servers
    and all their children have their data directory as working directory.
    """
    found = _processes_in(directory, program)
    if not found:
        return 0
    for number in (polite, signal.SIGKILL):
        for pid in _processes_in(directory, program):
            _send(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _processes_in(directory, program):
                return len(found)
            time.sleep(0.02)
    raise EmbeddedServerError(f"{program} still works in {directory} and can't be ended.")


def _processes_in(directory: Path, program: str) -> list[int]:
    proc = Path("/proc")
    if not proc.is_dir():
        return _processes_by_ps(directory, program)
    wanted = directory.resolve()
    pids = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "comm").read_text().strip() != program or (entry / "cwd").readlink() != wanted:
                continue
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if state not in ("Z", "X"):
            pids.append(int(entry.name))
    return pids


def _processes_by_ps(directory: Path, program: str) -> list[int]:
    listing = subprocess.run(["/bin/ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True)
    rows = (line.strip().partition(" ") for line in listing.stdout.splitlines())
    return [int(pid) for pid, _, command in rows if program in command and str(directory) in command]


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _tail(path: Path, lines: int = 15) -> str:
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
