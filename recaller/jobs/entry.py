"""The one function that RQ calls: resolves the scope again, claims the job, runs its handler, writes its end."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from recaller.core.errors import RecallerError
from recaller.core.scope import Scope
from recaller.infra.work import identity_work, work
from recaller.jobs.registry import HANDLERS
from recaller.jobs.running import Heartbeat, JobRun, JobStopped
from recaller.services.jobs import MAX_ATTEMPTS, JobView, claim_job, finish_job, job_scope, with_request

log = structlog.get_logger(__name__)


def run_job(tenant_id: str, job_id: str) -> str:
    """Run one job; returns how it ended. Delivered twice, it runs once: the claim is in PostgreSQL.

    A job that failed for a reason of its own (bad data) ends as 'failed'; one whose database went away raises,
    stays 'running', and is taken up again by the sweep, at most MAX_ATTEMPTS times.
    """
    tenant, job = UUID(tenant_id), UUID(job_id)
    with identity_work() as identity:
        scope = job_scope(identity, tenant, job)
    if scope is None:
        log.warning("job_without_scope", job_id=job_id)
        return "gone"
    with work(scope) as w:
        claimed = claim_job(w, job)
    if claimed is None:
        return "not claimed"
    scope = with_request(scope, claimed.request_id)
    with structlog.contextvars.bound_contextvars(
        job_id=job_id, job_kind=claimed.kind, tenant_id=tenant_id, request_id=claimed.request_id
    ):
        return _run_claimed(scope, claimed)


def _run_claimed(scope: Scope, claimed: JobView) -> str:
    if claimed.attempts > MAX_ATTEMPTS:
        return _end(scope, claimed, "failed", f"Given up: its worker died {MAX_ATTEMPTS} times.")
    handler = HANDLERS.get(claimed.kind)
    if handler is None:
        return _end(scope, claimed, "failed", f"Nothing knows how to run {claimed.kind!r}.")
    try:
        with Heartbeat(scope, claimed.id):
            handler(JobRun(scope, claimed.id, claimed.arguments))
    except JobStopped:
        return _end(scope, claimed, "cancelled", None)
    except RecallerError as error:
        return _end(scope, claimed, "failed", error.message)
    except OperationalError:
        log.exception("job_interrupted")
        raise
    except Exception:
        # Whatever else went wrong is a defect: its trace goes to the log, the user sees that it failed.
        log.exception("job_failed")
        _end(scope, claimed, "failed", "Something went wrong here; the log has the details.")
        raise
    return _end(scope, claimed, "done", None)


def _end(scope: Scope, claimed: JobView, status: str, error: str | None) -> str:
    with work(scope) as w:
        finish_job(w, claimed.id, status, error=error)
    log.info("job_ended", status=status, attempts=claimed.attempts)
    return status
