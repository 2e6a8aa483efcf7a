"""Runs all tests; without a browser it says loudly that the browser tests are left out, and fails in CI.

The tests without a browser come first, on as many processes as there are cores (each with servers of its own); those
with one follow one by one, because they share a Recaller. Arguments are handed to one plain pytest instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from browser import find_browser, install_browser

CHECKOUT = Path(__file__).resolve().parent.parent
MOST_PROCESSES = 4


def main() -> int:
    """Run pytest; return the first exit code that isn't 0, or 1 when CI lacks a browser."""
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
        parts = [[*sys.argv[1:], *([] if browser else [without])]]
    else:
        processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        parts = [[without, f"--numprocesses={processes}", "--dist=worksteal"]]
        parts += [["tests/e2e"]] if browser else []
    codes = [
        subprocess.run(
            [sys.executable, "-m", "pytest", *part], cwd=CHECKOUT, env=environment, check=False
        ).returncode
        for part in parts
    ]
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main())
