"""Which function does which kind of job."""

from __future__ import annotations

from recaller.jobs.demo import fill_household
from recaller.jobs.imports import commit_file, stage_file
from recaller.jobs.running import Handler
from recaller.services.demo import DEMO_JOB
from recaller.services.imports import COMMIT_JOB, STAGE_JOB

HANDLERS: dict[str, Handler] = {
    STAGE_JOB: stage_file,
    COMMIT_JOB: commit_file,
    DEMO_JOB: fill_household,
}
