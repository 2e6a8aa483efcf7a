"""Background work: looked at, stopped, started again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Fields
from recaller.infra.work import work
from recaller.services import jobs
from recaller.services.jobs import JobView

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=COMMON_PROBLEMS)


@router.get("", response_model=tuple[JobView, ...])
def list_jobs(
    scope: CurrentScope,
    fields: Fields,
    limit: Annotated[int, Query(ge=1, le=200, description="How many of the latest.")] = 50,
) -> object:
    """Return the latest jobs, newest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(jobs.list_jobs(w, limit=limit))


@router.get("/{job_id}", response_model=JobView)
def get_job(job_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one job: its status, and its progress in units of `total`."""
    with work(scope, read_only=True) as w:
        return fields.reply(jobs.get_job(w, job_id))


@router.post("/{job_id}/cancel")
def cancel_job(job_id: UUID, scope: CurrentScope) -> JobView:
    """Ask a job to stop: a queued one never starts, a running one stops at its next step.

    An import has a route of its own to be stopped.
    """
    with work(scope) as w:
        return jobs.cancel_job(w, job_id)


@router.post("/{job_id}/retry")
def retry_job(job_id: UUID, scope: CurrentScope) -> JobView:
    """Queue a failed or stopped job again; 409 for one that is open or done."""
    with work(scope) as w:
        return jobs.retry_job(w, job_id)
