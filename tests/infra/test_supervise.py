"""The supervisor: restarts with growing delays, ends everything, and says plainly why it can't start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from recaller.infra.supervise import (
    ChildSpec,
    Supervisor,
    SupervisorError,
    answers_ready,
    require_free_port,
)
from recaller.settings import CHECKOUT
from tests.support.waiting import PATIENCE_SECONDS, wait_until

# Supervises two children: one ignores SIGTERM and forks a grandchild into a group of its own.
FAMILY = """
import os, sys
from pathlib import Path
from recaller.infra.supervise import ChildSpec, Supervisor
place = Path(sys.argv[1])
stubborn = '''
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
open(sys.argv[1] + "/" + str(os.getpid()), "w").close()
time.sleep(600)
'''
obedient = "import sys, os, time; open(sys.argv[1] + '/' + str(os.getpid()), 'w').close(); time.sleep(600)"
specs = [ChildSpec(name, [sys.executable, "-c", code, str(place)], os.environ, place)
         for name, code in (("stubborn", stubborn), ("obedient", obedient))]
Supervisor(specs, is_ready=lambda: len(list(place.iterdir())) >= 3, on_ready=lambda: print("ready", flush=True)).run()
"""


def spec(tmp_path: Path, code: str) -> ChildSpec:
    return ChildSpec("child", [sys.executable, "-c", textwrap.dedent(code)], os.environ, tmp_path)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def start_family(place: Path) -> tuple[subprocess.Popen[str], list[int]]:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", FAMILY, str(place)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == "ready\n"
    return supervisor, [int(path.name) for path in place.iterdir()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_whole_family(tmp_path: Path, number: signal.Signals) -> None:
    supervisor, family = start_family(tmp_path)
    supervisor.send_signal(number)
    assert supervisor.wait(PATIENCE_SECONDS) == 0
    assert not [pid for pid in family if is_running(pid)]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor, family = start_family(tmp_path)
    children = [pid for pid in family if parent_of(pid) == supervisor.pid]
    assert len(children) == 2
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not any(map(is_running, children)), "the children to die")
    for pid in family:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_crashed_child_comes_back(tmp_path: Path) -> None:
    """It crashes once; its second life is the sign that we wait for, and then we end."""
    code = f"""
        import pathlib, sys, time
        mark = pathlib.Path({str(tmp_path)!r}) / "crashed"
        if not mark.exists():
            mark.touch()
            sys.exit(3)
        mark.with_name("back").touch()
        time.sleep(600)
    """
    Supervisor(
        [spec(tmp_path, code)],
        is_ready=(tmp_path / "back").exists,
        on_ready=lambda: os.kill(os.getpid(), signal.SIGTERM),
    ).run()
    assert (tmp_path / "back").exists()


def test_a_waiting_child_starts_after_all_is_ready(tmp_path: Path) -> None:
    first = spec(
        tmp_path, f"import pathlib, time; pathlib.Path({str(tmp_path / 'first')!r}).touch(); time.sleep(600)"
    )
    code = f"""
        import os, pathlib, time
        place = pathlib.Path({str(tmp_path)!r})
        (place / ("late" if (place / "told").exists() else "early")).touch()
        os.kill(os.getppid(), 15)
        time.sleep(600)
    """
    later = replace(spec(tmp_path, code), waits_for_ready=True)
    Supervisor([first, later], is_ready=(tmp_path / "first").exists, on_ready=(tmp_path / "told").touch).run()
    assert (tmp_path / "late").exists()
    assert not (tmp_path / "early").exists()


def test_a_child_that_never_starts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match="ended 3 times while starting"):
        Supervisor([spec(tmp_path, "import sys; sys.exit(1)")], is_ready=lambda: False).run()


def test_a_server_that_ended_is_started_again(tmp_path: Path) -> None:
    class FakeServer:
        def __init__(self) -> None:
            self.calls: list[str] = []
            self.alive = False

        def is_alive(self) -> bool:
            return self.alive

        def begin(self) -> None:
            self.calls.append("begin")

        def finish(self) -> None:
            self.calls.append("finish")
            self.alive = True

        def stop(self) -> None:
            self.calls.append("stop")

    server = FakeServer()
    Supervisor([], servers=[server], on_ready=lambda: os.kill(os.getpid(), signal.SIGINT)).run()
    assert server.calls == ["stop", "begin", "finish"]


def test_signal_handlers_are_given_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    Supervisor([], on_ready=lambda: os.kill(os.getpid(), signal.SIGINT)).run()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SupervisorError, match=rf"Port {port} is in use.*PORT={port + 1}"):
            require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", port)
    with pytest.raises(SupervisorError, match=re.escape("can't listen on 192.0.2.1")):
        require_free_port("192.0.2.1", port)


def test_nobody_there_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert not answers_ready("127.0.0.1", port)
