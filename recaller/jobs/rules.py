"""Handler that runs rules over many transactions, or takes such a run back."""

from __future__ import annotations

from uuid import UUID

from recaller.core.errors import RecallerError
from recaller.jobs.running import JobRun, JobStopped
from recaller.services.rules import perform_reversal, perform_run, settle_run


def apply_queued(run: JobRun) -> None:
    """Do a run in one transaction, all or nothing, with progress; stopped or failed, its run says so."""
    run_id = UUID(str(run.arguments["run_id"]))
    reverse = bool(run.arguments.get("reverse"))
    perform = perform_reversal if reverse else perform_run
    try:
        with run.work() as w:
            perform(w, run_id, progress=run.report)
    except JobStopped:
        _settle(run, run_id, "stopped")
        raise
    except RecallerError:
        _settle(run, run_id, "failed")
        raise


def _settle(run: JobRun, run_id: UUID, status: str) -> None:
    """A reversal that didn't happen leaves its run done."""
    with run.work() as w:
        settle_run(w, run_id, status)
