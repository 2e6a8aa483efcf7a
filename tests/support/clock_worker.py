"""A process that starts workers on demand: each a fork that runs what is due at a given moment, and can be killed.

Reads lines from standard input: "warm <ISO moment>" runs once in the process itself, "run <ISO moment>" starts a worker
and answers with its process id, "wait" waits for all workers and answers with how many ended by themselves. Forks start
in milliseconds, where a new interpreter takes seconds, so that kills hit the work and not the start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from itertools import product
from pathlib import Path

from recaller.domain.business_days import is_business_day
from recaller.infra.db import engines
from recaller.jobs.daily import DAILY
from recaller.jobs.daily_running import run_due
from recaller.settings import Settings
from tests.support.waiting import PATIENCE_SECONDS

CHECKOUT = Path(__file__).resolve().parent.parent.parent
POSTING = tuple(work for work in DAILY if work.kind == "recurring.post")


class ClockWorkers:
    """The test's side: starts the process, gives it moments, kills its workers."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.clock_worker"],
            cwd=CHECKOUT,
            env=os.environ | settings.child_environment() | {"PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def warm(self, now: datetime) -> None:
        """Run once at that moment in the process itself, so that its forks have everything compiled already."""
        assert self._ask(f"warm {now.isoformat()}").strip() == "warm"

    def start(self, now: datetime, workers: int) -> list[int]:
        """Start so many workers at that moment; returns their process ids."""
        return [int(self._ask(f"run {now.isoformat()}")) for _ in range(workers)]

    def wait(self) -> int:
        """Wait for all workers; returns how many were not killed."""
        return int(self._ask("wait"))

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def main() -> None:
    """Serve until standard input ends."""
    # Calendars are worked out once here, not again in each fork.
    for country, year in product(("US", "DE", "NZ", "AU"), range(2026, 2029)):
        is_business_day(date(year, 1, 1), country)
    children: list[int] = []
    for line in sys.stdin:
        command, _, moment = line.strip().partition(" ")
        if command == "run":
            child = os.fork()
            if child == 0:
                run_due(datetime.fromisoformat(moment), kinds=POSTING)
                os._exit(0)
            children.append(child)
            print(child, flush=True)
        elif command == "warm":
            run_due(datetime.fromisoformat(moment), kinds=POSTING)
            engines.dispose()
            print("warm", flush=True)
        else:
            codes = [os.waitpid(child, 0)[1] for child in children]
            children.clear()
            print(codes.count(0), flush=True)


if __name__ == "__main__":
    main()
