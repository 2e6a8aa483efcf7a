"""The check of budgets that a write of the ledger asks for."""

from __future__ import annotations

import structlog

from recaller.jobs.running import JobRun
from recaller.services.budgets import check_budgets
from recaller.services.daily import ErrorLog

log = structlog.get_logger(__name__)


def check_after_change(run: JobRun) -> None:
    """Raise the alerts that the household's budgets call for now; run twice, it tells nobody twice."""
    errors = ErrorLog()
    with run.work() as w:
        counts = check_budgets(w, errors)
    log.info("budgets_checked", errors=len(errors.items), **counts)
