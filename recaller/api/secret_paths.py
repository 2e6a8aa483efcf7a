"""Addresses that carry a secret: what of them may be written down."""

from __future__ import annotations

import re

_SECRET = re.compile(r"(/feeds/)[^/]+")


def shown_path(path: str) -> str:
    """Return a request's path as logs and answers may show it: without the secret of a calendar's address."""
    return _SECRET.sub(r"\1…", path)
