"""A job that ends when the test says so; imports nothing of the application."""

from __future__ import annotations

import time
from pathlib import Path


def wait_for_file(path: str) -> None:
    """Return once this file exists."""
    while not Path(path).exists():
        time.sleep(0.02)
