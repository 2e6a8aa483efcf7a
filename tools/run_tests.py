"""Runs all tests; without a browser it says loudly that the browser tests are left out, and fails in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from browser import find_browser, install_browser

CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run pytest with the arguments given; return its exit code, or 1 when CI lacks a browser."""
    arguments = [sys.executable, "-m", "pytest", *sys.argv[1:]]
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
        arguments.append("--ignore=tests/e2e")
    return subprocess.run(arguments, cwd=CHECKOUT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
