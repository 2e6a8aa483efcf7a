"""A job while it runs: its scope, its heartbeat, its progress, and the wish to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.jobs import beat, report_progress

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 5.0
# Pages poll about twice a second; writing more often would only cost.
REPORT_SECONDS = 0.5


class JobStopped(Exception):
    """Somebody asked the job to stop; whatever it had not committed is undone."""


@dataclass(slots=True)
class JobRun:
    """What a handler gets. `arguments` hold ids only."""

    scope: Scope
    job_id: UUID
    arguments: Mapping[str, Any]
    _last_report: float = field(default=0.0)

    def work(self) -> AbstractContextManager[Work]:
        """Open a unit of work of the job's own."""
        return work(self.scope)

    def report(self, progress: int, total: int, message: str, *, final: bool = False) -> None:
        """Tell how far the job is (in a transaction of its own); raise JobStopped when asked to stop."""
        now = time.monotonic()
        if not final and now - self._last_report < REPORT_SECONDS:
            return
        self._last_report = now
        with work(self.scope) as w:
            stop = report_progress(w, self.job_id, progress, total, message)
        if stop:
            raise JobStopped


class Heartbeat:
    """Writes a job's heartbeat from a thread, so that a long statement doesn't look like a dead worker."""

    def __init__(self, scope: Scope, job_id: UUID) -> None:
        self._scope, self._job_id = scope, job_id
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                with work(self._scope) as w:
                    beat(w, self._job_id)
            except SQLAlchemyError as error:
                log.warning("heartbeat_failed", job_id=str(self._job_id), error=type(error).__name__)


Handler = Callable[[JobRun], None]
