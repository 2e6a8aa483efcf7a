"""Background work as PostgreSQL knows it: claimed, reported, stopped, finished, looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound
from recaller.core.paging import DEFAULT_PAGE, MAX_PAGE, Page, check_limit, encode_cursor, moment_cursor
from recaller.core.scope import Role, Scope, Source
from recaller.infra.work import IdentityWork, Work
from recaller.services.households import household_scopes
from recaller.services.job_names import job_name

# A running job writes a heartbeat every few seconds; after this silence its worker is taken for dead.
SILENCE = timedelta(seconds=30)
# A queued job that nobody fetched by then is handed over again (Redis was away, or lost it).
UNFETCHED = timedelta(seconds=60)
MAX_ATTEMPTS = 3
SWEEP_BATCH = 500


@dataclass(frozen=True, slots=True)
class JobView:
    """A job; `progress` of `total` units, 0 of 0 while unknown. Times are UTC.

    `actor_id` is who asked for it, None for nobody; `error` of a queued job tells why it is tried again.
    """

    id: UUID
    kind: str
    name: str
    actor_id: UUID | None
    queue: str
    status: str
    progress: int
    total: int
    message: str
    error: str | None
    attempts: int
    cancel_requested: bool
    arguments: Mapping[str, Any]
    request_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it is still to be finished."""
        return self.status in ("queued", "running")


_COLUMNS = (
    "id, kind, actor_id, queue, status, progress, total, message, error, attempts, cancel_requested, arguments,"
    " request_id, created_at, started_at, finished_at"
)


def get_job(w: Work, job_id: UUID) -> JobView:
    """Return one job; raise NotFound when none is in sight."""
    row = w.row(f"SELECT {_COLUMNS} FROM job WHERE id = :id", id=job_id)
    if row is None:
        raise NotFound("job", job_id)
    return _view(row)


def find_job(w: Work, job_id: UUID) -> JobView:
    """Return a job that the caller may look at: administrators any in sight, members their own; raise NotFound."""
    job = get_job(w, job_id)
    if w.scope.role is not Role.ADMIN and job.actor_id != w.scope.user_id:
        raise NotFound("job", job_id)
    return job


def list_jobs(w: Work, *, limit: int = 50) -> tuple[JobView, ...]:
    """Return the latest jobs that the caller may look at, newest first."""
    return page_jobs(w, limit=min(limit, MAX_PAGE)).items


def page_jobs(
    w: Work, *, limit: int = DEFAULT_PAGE, cursor: str | None = None, status: str | None = None
) -> Page[JobView]:
    """Return a page of jobs, newest first: administrators see those of all spaces in sight, members their own.

    `status` keeps those of one status, 'open' those still to be finished. Raises ValidationFailed for a bad cursor.
    """
    conditions, parameters = ["true"], dict[str, Any]()
    if w.scope.role is not Role.ADMIN:
        conditions.append("actor_id = :user")
        parameters["user"] = w.scope.user_id
    if status is not None:
        conditions.append("status = ANY (:wanted)")
        parameters["wanted"] = ["queued", "running"] if status == "open" else [status]
    if cursor is not None:
        conditions.append("(created_at, id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))")
        parameters["after_at"], parameters["after_id"] = moment_cursor(cursor)
    rows = w.rows(
        f"SELECT {_COLUMNS} FROM job WHERE {' AND '.join(conditions)}"
        " ORDER BY created_at DESC, id DESC LIMIT :most",
        most=check_limit(limit) + 1,
        **parameters,
    )
    more = len(rows) > limit
    items = tuple(_view(row) for row in rows[:limit])
    following = encode_cursor([items[-1].created_at.isoformat(), items[-1].id]) if more else None
    return Page(items, following)


def cancel_job(w: Work, job_id: UUID) -> JobView:
    """Ask a job to stop: a queued one never starts, a running one stops at its next report."""
    w.run(
        "UPDATE job SET cancel_requested = true,"
        " status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,"
        " finished_at = CASE WHEN status = 'queued' THEN :now ELSE finished_at END"
        " WHERE id = :id AND status IN ('queued', 'running')",
        id=job_id,
        now=w.now,
    )
    return get_job(w, job_id)


def claim_job(w: Work, job_id: UUID) -> JobView | None:
    """Take a job for this process; None when it is finished, or another live process has it."""
    row = w.row(
        "UPDATE job SET status = 'running', attempts = attempts + 1, started_at = :now, heartbeat_at = :now,"
        " handed_at = NULL, error = NULL"
        " WHERE id = :id AND (status = 'queued' OR (status = 'running' AND heartbeat_at < :silent))"
        f" RETURNING {_COLUMNS}",
        id=job_id,
        now=w.now,
        silent=w.now - SILENCE,
    )
    return None if row is None else _view(row)


def report_progress(w: Work, job_id: UUID, progress: int, total: int, message: str) -> bool:
    """Write progress and a heartbeat; returns whether the job was asked to stop."""
    row = w.row(
        "UPDATE job SET progress = :progress, total = :total, message = :message, heartbeat_at = :now"
        " WHERE id = :id RETURNING cancel_requested",
        id=job_id,
        progress=progress,
        total=total,
        message=message[:200],
        now=w.now,
    )
    return row is None or bool(row.cancel_requested)


def beat(w: Work, job_id: UUID) -> None:
    """Write a heartbeat only."""
    w.run("UPDATE job SET heartbeat_at = :now WHERE id = :id AND status = 'running'", id=job_id, now=w.now)


def put_back_job(w: Work, job_id: UUID, error: str) -> None:
    """Queue a job again that went wrong for a reason that may pass; the sweep hands it over in a moment."""
    w.run(
        "UPDATE job SET status = 'queued', error = :error WHERE id = :id AND status = 'running'",
        id=job_id,
        error=error[:2000],
    )


def finish_job(w: Work, job_id: UUID, status: str, *, error: str | None = None) -> None:
    """Write a job's end: 'done', 'failed' (with what went wrong) or 'cancelled'."""
    w.run(
        "UPDATE job SET status = CAST(:status AS varchar), error = :error, finished_at = :now,"
        " progress = CASE WHEN CAST(:status AS varchar) = 'done' THEN total ELSE progress END WHERE id = :id",
        id=job_id,
        status=status,
        error=None if error is None else error[:2000],
        now=w.now,
    )


def requeue_job(w: Work, job_id: UUID) -> JobView:
    """Queue a failed or cancelled job again; raise Conflict for one that is open or done.

    What the job works on may be settled: `recaller.services.job_retries` puts that back, too.
    """
    done = w.run(
        "UPDATE job SET status = 'queued', attempts = 0, error = NULL, cancel_requested = false, progress = 0,"
        " created_at = :now, handed_at = NULL, finished_at = NULL WHERE id = :id AND status IN ('failed', 'cancelled')",
        id=job_id,
        now=w.now,
    )
    if done.rowcount == 0:
        get_job(w, job_id)
        raise Conflict("Only a failed or stopped job can be started again.")
    job = get_job(w, job_id)
    w.hand_over(job.queue, job.id)
    return job


@dataclass(frozen=True, slots=True)
class LostJob:
    """An unfinished job that no live process seems to have."""

    tenant_id: UUID
    job_id: UUID
    queue: str


def find_lost_jobs(identity: IdentityWork) -> list[LostJob]:
    """Return jobs that were never fetched, or whose worker fell silent, across all households.

    Each is returned once in UNFETCHED, those that waited longest for it first.
    """
    rows = identity.call(
        "SELECT tenant_id, job_id, queue FROM jobs_to_requeue(:queued, :silent, :most)",
        queued=identity.now - UNFETCHED,
        silent=identity.now - SILENCE,
        most=SWEEP_BATCH,
    )
    return [LostJob(row.tenant_id, row.job_id, row.queue) for row in rows]


def job_scope(
    identity: IdentityWork, tenant_id: UUID, job_id: UUID, *, household_wide: Collection[str] = ()
) -> Scope | None:
    """Return the scope that a job runs in: its actor's, as the actor's membership is now.

    A kind in `household_wide` runs over all spaces of the household, whoever asked for it. Any other job of nobody
    sees the shared space. None when the job or the membership is gone.
    """
    owner = identity.call("SELECT tenant_id, space_id, actor_id, kind FROM job_owner(:id)", id=job_id)
    if not owner or owner[0].tenant_id != tenant_id:
        return None
    actor = owner[0].actor_id
    if actor is None or owner[0].kind in household_wide:
        household = household_scopes(identity, (tenant_id,)).get(tenant_id)
        if household is None or owner[0].kind in household_wide:
            return household
        return replace(household, role=Role.USER, space_ids=(household.shared_space_id,))
    members = identity.call("SELECT * FROM auth_memberships(:user)", user=actor)
    user = identity.call("SELECT active, locale, time_zone FROM auth_user(:user)", user=actor)
    for member in members:
        if member.tenant_id == tenant_id and user and user[0].active:
            private = member.private_space_id
            return Scope(
                tenant_id=tenant_id,
                user_id=actor,
                role=Role(member.role),
                shared_space_id=member.shared_space_id,
                private_space_id=private,
                space_ids=tuple(space for space in (member.shared_space_id, private) if space is not None),
                base_currency=member.base_currency,
                time_zone=user[0].time_zone,
                locale=user[0].locale,
                source=Source.MANUAL,
            )
    return None


def with_request(scope: Scope, request_id: str | None) -> Scope:
    """Return the scope carrying the correlation id of the click or request that asked for the work."""
    return replace(scope, request_id=request_id)


def _view(row: Row[Any]) -> JobView:
    return JobView(name=job_name(row.kind), **row._mapping)
