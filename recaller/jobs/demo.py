"""Handler that fills a household with demo data."""

from __future__ import annotations

from recaller.jobs.running import JobRun
from recaller.services.demo import fill_demo


def fill_household(run: JobRun) -> None:
    """Fill the caller's household, all or nothing, with progress."""
    with run.work() as w:
        fill_demo(w, progress=lambda done, total, message: run.report(done, total, message, final=True))
