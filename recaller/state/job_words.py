"""Words for background work: states, counts, durations, and where a job or a broken item can be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recaller.state.formatting import Formatter

STATUS: dict[str, tuple[str, str]] = {
    "queued": ("Waiting", "neutral"),
    "running": ("Running", "info"),
    "done": ("Done", "success"),
    "failed": ("Failed", "error"),
    "cancelled": ("Stopped", "warning"),
}
HOUR_NAMES = {"recurring": "Bills", "reminders": "Reminders", "night": "Night"}
_IMPORT_JOBS = ("import.stage", "import.commit")
# Where an item of daily work can be put right.
_ITEM_PAGES = {
    "account": "/accounts/{}",
    "import_batch": "/import/{}",
    "recurring": "/recurring/{}",
    "recurring transaction": "/recurring/{}",
    "transaction": "/transactions?open={}",
    "budget": "/budgets",
    "rule": "/rules",
}


def counts_text(counts: Mapping[str, int], item_errors: int) -> str:
    """Return what a run did, as in "3 posted, 1 late"."""
    parts = [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    if item_errors:
        parts.append(
            "1 item could not be done" if item_errors == 1 else f"{item_errors} items could not be done"
        )
    return ", ".join(parts) or "Nothing to do"


def took_text(started: datetime | None, finished: datetime | None, say: Formatter) -> str:
    """Return how long something took, "" while it isn't over."""
    if started is None or finished is None:
        return ""
    return say.duration((finished - started).total_seconds())


def job_href(kind: str, arguments: Mapping[str, Any]) -> str:
    """Return the page on which a job's result is seen, "" for none."""
    batch = arguments.get("batch_id")
    return f"/import/{batch}" if kind in _IMPORT_JOBS and batch else ""


def item_href(entity: str, entity_id: object) -> str:
    """Return the page of an item, "" where it has none."""
    return _ITEM_PAGES.get(entity, "").format(entity_id)


def clock_text(minute: int) -> str:
    """Return minutes after midnight as a time field takes them: 06:30."""
    return f"{minute // 60:02}:{minute % 60:02}"
