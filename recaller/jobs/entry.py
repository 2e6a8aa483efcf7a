"""The one function that RQ calls: resolves the scope again, claims the job, runs its handler, writes its end."""

from __future__ import annotations

from uuid import UUID

import structlog
from rq import get_current_job
from rq.timeouts import BaseTimeoutException
from sqlalchemy.exc import OperationalError

from recaller.core.errors import RecallerError
from recaller.core.scope import Scope
from recaller.infra.work import identity_work, work
from recaller.jobs.registry import HANDLERS, HOUSEHOLD_WIDE
from recaller.jobs.running import Heartbeat, JobRun, JobStopped
from recaller.services.job_notices import tell_failure
from recaller.services.jobs import (
    MAX_ATTEMPTS,
    JobView,
    claim_job,
    finish_job,
    job_scope,
    put_back_job,
    with_request,
)

log = structlog.get_logger(__name__)


class JobFailed(Exception):
    """What RQ keeps of a failure: that there was one. Why, and of whom, stays behind the household's wall."""


def deliver(tenant_id: str, job_id: str) -> str:
    """Run one job (what RQ calls); one that failed for good is raised, so that it lies in RQ's failed registry."""
    ending = run_job(tenant_id, job_id)
    if ending == "failed":
        delivered = get_current_job()
        if delivered is not None:
            # Its attempts are counted in PostgreSQL, and used up.
            delivered.retries_left = 0
        raise JobFailed("It failed for good; its household sees why on the page Jobs, the log has the rest.")
    return ending


def run_job(tenant_id: str, job_id: str) -> str:
    """Run one job; returns how it ended. Delivered twice, it runs once: the claim is in PostgreSQL.

    A job that can't be done (bad data) ends as 'failed'. One that something unforeseen befell (a defect, a database
    that went away, a worker that died) is put back and taken up again by the sweep, MAX_ATTEMPTS times in all.
    """
    tenant, job = UUID(tenant_id), UUID(job_id)
    with identity_work() as identity:
        scope = job_scope(identity, tenant, job, household_wide=HOUSEHOLD_WIDE)
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
    except BaseTimeoutException:
        # Another attempt would take as long.
        return _end(scope, claimed, "failed", "It took too long and was stopped.")
    except Exception:
        # Its trace goes to the log only: it may hold what the household's wall protects.
        log.exception("job_interrupted", attempts=claimed.attempts)
        return _again(scope, claimed)
    return _end(scope, claimed, "done", None)


def _again(scope: Scope, claimed: JobView) -> str:
    message = "Something went wrong here; the log has the details."
    if claimed.attempts >= MAX_ATTEMPTS:
        return _end(scope, claimed, "failed", message)
    try:
        with work(scope) as w:
            put_back_job(w, claimed.id, message)
    except OperationalError:
        # Without a database it stays "running", falls silent, and the sweep finds it.
        log.warning("job_not_put_back")
    return "interrupted"


def _end(scope: Scope, claimed: JobView, status: str, error: str | None) -> str:
    with work(scope) as w:
        finish_job(w, claimed.id, status, error=error)
        if status == "failed":
            tell_failure(w, claimed, error or "")
    log.info("job_ended", status=status, attempts=claimed.attempts)
    return status
