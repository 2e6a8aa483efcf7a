"""Which event draws a page anew after a dialog or drawer on it has changed something."""

from __future__ import annotations

from typing import Any

# Page address -> the event that draws its list anew.
_REFRESHES: dict[str, Any] = {}


def refresh_after_edit(path: str, handler: Any) -> None:
    """Name the event that a page at `path` (or below it) runs after an editor has changed something."""
    _REFRESHES[path] = handler


def refresh_for(path: str) -> list[Any]:
    """Return the event of the page at this address, if it has one."""
    known = [prefix for prefix in _REFRESHES if path == prefix or path.startswith(prefix.rstrip("/") + "/")]
    return [_REFRESHES[max(known, key=len)]] if known else []
