"""Which function does which kind of job."""

from __future__ import annotations

from recaller.jobs.budgets import check_after_change
from recaller.jobs.demo import fill_household
from recaller.jobs.detection import look_for_recurring
from recaller.jobs.imports import commit_file, stage_file
from recaller.jobs.rules import apply_queued
from recaller.jobs.running import Handler
from recaller.services.demo import DEMO_JOB
from recaller.services.imports import COMMIT_JOB, STAGE_JOB
from recaller.services.ledger_events import BUDGETS_CHECK_JOB
from recaller.services.recurring.suggesting import DETECT_JOB
from recaller.services.rules import APPLY_JOB

HANDLERS: dict[str, Handler] = {
    STAGE_JOB: stage_file,
    COMMIT_JOB: commit_file,
    DEMO_JOB: fill_household,
    APPLY_JOB: apply_queued,
    BUDGETS_CHECK_JOB: check_after_change,
    DETECT_JOB: look_for_recurring,
}

# These run in the household's own scope over all its spaces, not in that of the member who set them off: what one
# member writes has to tell the others. Their handlers must show nobody what that member may not see.
HOUSEHOLD_WIDE: frozenset[str] = frozenset({BUDGETS_CHECK_JOB})
