"""Background work: looked at, stopped, started again."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Fields, Paging
from recaller.core.paging import Page
from recaller.infra.work import work
from recaller.services import job_retries, jobs
from recaller.services.jobs import JobView

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=COMMON_PROBLEMS)


Status = Literal["open", "queued", "running", "done", "failed", "cancelled"]


@router.get("", response_model=Page[JobView])
def list_jobs(
    scope: CurrentScope,
    paging: Paging,
    fields: Fields,
    status: Annotated[Status | None, Query(description="`open`: queued or running.")] = None,
) -> object:
    """Return jobs, newest first: administrators see the household's, members those that they asked for."""
    with work(scope, read_only=True) as w:
        return fields.reply(jobs.page_jobs(w, limit=paging.limit, cursor=paging.cursor, status=status))


@router.get("/{job_id}", response_model=JobView)
def get_job(job_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one job: its status, and its progress in units of `total`."""
    with work(scope, read_only=True) as w:
        return fields.reply(jobs.find_job(w, job_id))


@router.post("/{job_id}/cancel")
def cancel_job(job_id: UUID, scope: CurrentScope) -> JobView:
    """Ask a job to stop: a queued one never starts, a running one stops at its next step.

    An import has a route of its own to be stopped.
    """
    with work(scope) as w:
        return jobs.cancel_job(w, jobs.find_job(w, job_id).id)


@router.post("/{job_id}/retry")
def retry_job(job_id: UUID, scope: CurrentScope) -> JobView:
    """Queue a failed or stopped job again; 409 for one that is open or done, or whose work was settled otherwise."""
    with work(scope) as w:
        return job_retries.retry_job(w, jobs.find_job(w, job_id).id)
