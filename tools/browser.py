"""Finds a Chromium for the browser tests, and installs one where this machine lets us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL_TIMEOUT_SECONDS = 600


def find_browser() -> Path | None:
    """Return the browser named by RECALLER_TEST_BROWSER, the system's, or Playwright's own; None without any."""
    named = os.environ.get("RECALLER_TEST_BROWSER")
    if named:
        return Path(named)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def install_browser() -> Path | None:
    """Try Playwright's own download, then as root Debian's package; return the browser or None."""
    attempts = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts.append([["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]])
    for commands in attempts:
        if all(_succeeds(command) for command in commands) and (found := find_browser()):
            return found
    return None


def _succeeds(command: list[str]) -> bool:
    try:
        finished = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_INSTALL_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return finished.returncode == 0
