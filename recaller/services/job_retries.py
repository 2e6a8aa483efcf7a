"""Starts a failed or stopped job again: first what it works on is put back, or the retry is refused.

A handler that finds its batch or run settled has nothing to do and would end as "done" without having done it.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from recaller.core.errors import Conflict
from recaller.infra.work import Work
from recaller.services.imports import COMMIT_JOB, STAGE_JOB
from recaller.services.jobs import JobView, get_job, requeue_job
from recaller.services.rules import APPLY_JOB

# By kind: what waits for the job (t) and when it still does. A batch or run that another job is at isn't ours.
_READ_AGAIN = (
    "t.content_encrypted IS NOT NULL AND (t.status = 'failed' OR (t.status = 'reading' AND t.job_id = j.id))"
)
_COMMIT_AGAIN = "(t.status = 'ready' OR (t.status = 'committing' AND t.job_id = j.id))"
_RUN_AGAIN = (
    "(CASE WHEN j.arguments ->> 'reverse' = 'true' THEN t.status = 'done'"
    " ELSE t.status IN ('queued', 'failed', 'stopped') END)"
)
_OWN = "t.tenant_id = j.tenant_id AND t.id = CAST(j.arguments ->> 'batch_id' AS uuid)"
_OWN_RUN = "t.tenant_id = j.tenant_id AND t.id = CAST(j.arguments ->> 'run_id' AS uuid)"
_RETRIABLE = f"""
SELECT j.id FROM job j WHERE j.id = ANY(CAST(:ids AS uuid[])) AND j.status IN ('failed', 'cancelled') AND CASE j.kind
  WHEN '{STAGE_JOB}' THEN EXISTS (SELECT 1 FROM import_batch t WHERE {_OWN} AND {_READ_AGAIN})
  WHEN '{COMMIT_JOB}' THEN EXISTS (SELECT 1 FROM import_batch t WHERE {_OWN} AND {_COMMIT_AGAIN})
  WHEN '{APPLY_JOB}' THEN EXISTS (SELECT 1 FROM rule_run t WHERE {_OWN_RUN} AND {_RUN_AGAIN})
  ELSE true END
"""
_PUT_BACK = {
    STAGE_JOB: "UPDATE import_batch t SET status = 'reading', error = NULL, job_id = j.id FROM job j"
    f" WHERE j.id = :id AND {_OWN} AND {_READ_AGAIN}",
    COMMIT_JOB: "UPDATE import_batch t SET status = 'committing', job_id = j.id FROM job j"
    f" WHERE j.id = :id AND {_OWN} AND {_COMMIT_AGAIN}",
    APPLY_JOB: "UPDATE rule_run t SET job_id = j.id,"
    " status = CASE WHEN t.status = 'done' THEN 'done' ELSE 'queued' END,"
    " finished_at = CASE WHEN t.status = 'done' THEN t.finished_at END FROM job j"
    f" WHERE j.id = :id AND {_OWN_RUN} AND {_RUN_AGAIN}",
}
_SETTLED = {
    STAGE_JOB: "This file was read otherwise or settled meanwhile: look at the import, or upload the file again.",
    COMMIT_JOB: "This import isn't waiting for its commit any more: look at the import.",
    APPLY_JOB: "This run of rules is settled: start a new one on the page of the rules.",
}


def retry_job(w: Work, job_id: UUID) -> JobView:
    """Queue a failed or stopped job again, and let what it works on wait for it again.

    Raises NotFound, and Conflict for a job that is open or done, or whose import or run was settled otherwise.
    """
    kind = get_job(w, job_id).kind
    job = requeue_job(w, job_id)
    if kind in _PUT_BACK and w.run(_PUT_BACK[kind], id=job_id).rowcount == 0:
        raise Conflict(_SETTLED[kind])
    return job


def retriable_jobs(w: Work, jobs: Collection[JobView]) -> frozenset[UUID]:
    """Return which of these jobs `retry_job` would take now."""
    ids = [job.id for job in jobs if not job.open]
    return frozenset(row.id for row in w.rows(_RETRIABLE, ids=ids)) if ids else frozenset()
