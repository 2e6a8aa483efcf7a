"""Finds the bank files of others (never copied into the repository) and the figures that they must give."""

import json
import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[4] / "shared" / "data"
SHARED = Path(os.environ.get("RECALLER_SHARED_DATA", _DEFAULT))
EXPECTED = json.loads((SHARED / "expected.json").read_text()) if (SHARED / "expected.json").exists() else {}

needs_shared = pytest.mark.skipif(not EXPECTED, reason="the shared bank files are not beside the checkout")


def names(folder: str) -> list[str]:
    return sorted(name for name in EXPECTED if name.startswith(folder + "/"))


def content(name: str) -> bytes:
    return (SHARED / name).read_bytes()
