"""Runs all tests; without a browser it says loudly that the browser tests are left out, and fails in CI.

Those without a browser run on as many processes as there are cores, each with servers of its own. Those with one share
a Recaller, so they go one by one; they wait a lot for it, and so run beside the others. Their report comes last.
Arguments are handed to one plain pytest instead.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from browser import find_browser, install_browser

CHECKOUT = Path(__file__).resolve().parent.parent
MOST_PROCESSES = 4


def main() -> int:
    """Run pytest; return an exit code that isn't 0 if there is one, and 1 when CI lacks a browser."""
    environment = {**os.environ, "RECALLER_ENV": "test"}
    browser = find_browser() or install_browser()
    if browser is not None:
        environment["RECALLER_TEST_BROWSER"] = str(browser)
    else:
        print(
            "!!! NO BROWSER: the tests under tests/e2e are LEFT OUT. Install chromium to run them. !!!",
            flush=True,
        )
        if os.environ.get("CI", "").lower() in ("1", "true"):
            return 1
    without = "--ignore=tests/e2e"
    if sys.argv[1:]:
        with _pytest([*sys.argv[1:], *([] if browser else [without])], environment) as one:
            return one.wait()
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    with tempfile.TemporaryFile() as report, contextlib.ExitStack() as running:
        beside = (
            running.enter_context(_pytest(["tests/e2e"], environment, stdout=report)) if browser else None
        )
        with _pytest([without, f"--numprocesses={processes}", "--dist=worksteal"], environment) as one:
            code = one.wait()
        if beside is not None:
            print("The tests in the browser:", flush=True)
            code = beside.wait() or code
            report.seek(0)
            shutil.copyfileobj(report, sys.stdout.buffer)
            sys.stdout.flush()
    return code


def _pytest(
    arguments: list[str], environment: dict[str, str], stdout: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=stdout, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main())
