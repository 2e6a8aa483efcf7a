"""Looks for recurring payments when a member asks for it, in what that member sees."""

from __future__ import annotations

from recaller.jobs.running import JobRun
from recaller.services.recurring.suggesting import look_for_patterns


def look_for_recurring(run: JobRun) -> None:
    """Look through the member's spaces; whoever asked is there to see, so nobody is told."""
    with run.work() as w:
        found, patterns = look_for_patterns(w, progress=run.report)
        spaces = len(w.scope.space_ids)
    run.report(spaces, spaces, f"{patterns} recurring payments, {len(found)} of them new", final=True)
