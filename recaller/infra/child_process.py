"""Runs a module of ours as a short-lived process: what may be slow, large or hostile stays in there."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys


class ChildTimedOut(Exception):
    """The child had its time and was ended."""


class ChildFailed(Exception):
    """The child ended without an answer: it needed more memory than allowed, or crashed."""


def run_child(module: str, *arguments: str, given: bytes, seconds: float) -> bytes:
    """Run `python -m module arguments`, with `given` as its input, and return its output.

    Raises ChildTimedOut after `seconds`, ChildFailed when it ends otherwise than well. Secrets belong into `given`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildTimedOut from error
    if done.returncode != 0:
        raise ChildFailed
    return done.stdout


def limit_this_process(*, memory_bytes: int, seconds: float) -> None:
    """Bound this process (a child of ours): its memory, its time should its parent die, and no core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, seconds)
