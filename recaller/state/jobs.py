"""The page "Jobs": what Recaller does by itself, what it did, what went wrong, and when it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.core.scope import Role
from recaller.infra.work import Work
from recaller.services.daily_log import (
    DailyRunView,
    DailyWorkView,
    ItemErrorView,
    list_daily_work,
    list_item_errors,
    page_daily_runs,
    run_daily_now,
)
from recaller.services.job_retries import retriable_jobs, retry_job
from recaller.services.jobs import JobView, cancel_job, find_job, page_jobs
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.job_words import STATUS, counts_text, item_href, job_href, took_text
from recaller.state.pickers import formatter_of, put

PAGE = 10
MOST = 200


@dataclass(frozen=True)
class WorkItem:
    """A kind of daily work."""

    kind: str
    label: str
    next: str
    next_in: str
    last: str
    status: str
    tone: str
    error: str
    waiting: bool


@dataclass(frozen=True)
class JobItem:
    """A background job. `percent` is -1 unless it runs."""

    id: str
    name: str
    when: str
    took: str
    status: str
    tone: str
    percent: int
    detail: str
    error: str
    href: str
    may_retry: bool
    may_stop: bool


@dataclass(frozen=True)
class RunItem:
    """A run of daily work."""

    id: str
    label: str
    day: str
    when: str
    took: str
    result: str
    tone: str
    status: str


@dataclass(frozen=True)
class BrokenItem:
    """An item that daily work can't do."""

    id: str
    label: str
    message: str
    detail: str
    href: str


class JobsState(rx.State):
    """What /jobs shows. `active` while something is under way, so that the page follows it."""

    loading: bool = True
    failure: str = ""
    is_admin: bool = False
    active: bool = False
    works: list[WorkItem] = []
    jobs: list[JobItem] = []
    runs: list[RunItem] = []
    broken: list[BrokenItem] = []
    more_jobs: bool = False
    more_runs: bool = False
    _most_jobs: int = PAGE
    _most_runs: int = PAGE

    @event
    async def load(self) -> None:
        """Show everything, from the newest on."""
        self._most_jobs = self._most_runs = PAGE
        try:
            await self._read()
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False)

    @event
    async def follow(self) -> None:
        """Show how far things are by now."""
        await self._read()

    @event
    async def show_more_jobs(self) -> None:
        """Show older jobs, too."""
        self._most_jobs = min(self._most_jobs + 2 * PAGE, MOST)
        await self._read()

    @event
    async def show_more_runs(self) -> None:
        """Show older runs, too."""
        self._most_runs = min(self._most_runs + 2 * PAGE, MOST)
        await self._read()

    @event
    async def run_now(self, kind: str) -> Any:
        """Have a kind of daily work run at once."""
        wanted = text_of(kind, "kind", most=60)
        view: DailyWorkView = await in_work(self, lambda w: run_daily_now(w, wanted))
        await self._read()
        return rx.toast(f"“{view.label}” runs now.")

    @event
    async def retry(self, job_id: str) -> Any:
        """Start a failed or stopped job again."""
        wanted = id_of(job_id)
        job: JobView = await in_work(self, lambda w: retry_job(w, find_job(w, wanted).id))
        await self._read()
        return rx.toast(f"“{job.name}” is queued again.")

    @event
    async def stop(self, job_id: str) -> Any:
        """Ask a job to stop."""
        wanted = id_of(job_id)
        job: JobView = await in_work(self, lambda w: cancel_job(w, find_job(w, wanted).id))
        await self._read()
        return rx.toast(
            f"“{job.name}” is stopped." if not job.open else f"“{job.name}” stops at its next step."
        )

    async def _read(self) -> None:
        most_jobs, most_runs = self._most_jobs, self._most_runs

        def read(w: Work) -> dict[str, Any]:
            say, now = formatter_of(w), w.now
            is_admin = w.scope.role is Role.ADMIN
            works = list_daily_work(w) if is_admin else ()
            runs = page_daily_runs(w, limit=most_runs) if is_admin else None
            jobs = page_jobs(w, limit=most_jobs)
            retriable = retriable_jobs(w, jobs.items)
            return {
                "is_admin": is_admin,
                "works": [_work(one, say, now) for one in works],
                "runs": [_run(one, say) for one in runs.items] if runs else [],
                "more_runs": runs is not None and runs.next_cursor is not None and most_runs < MOST,
                "jobs": [_job(one, say, one.id in retriable) for one in jobs.items],
                "more_jobs": jobs.next_cursor is not None and most_jobs < MOST,
                "broken": [_broken(one, say) for one in list_item_errors(w)],
                # The scheduler plans a new household within a minute: the page waits for it, too.
                "active": any(one.open for one in jobs.items)
                or any(one.requested for one in works)
                or (is_admin and not works),
            }

        put(self, **await in_work(self, read, read_only=True), loading=False, failure="")


def _work(view: DailyWorkView, say: Formatter, now: datetime) -> WorkItem:
    if view.requested or view.next_at <= now:
        status, tone = "Due now", "info"
    elif view.error is not None:
        status, tone = f"Failed, attempt {view.attempts}", "error"
    elif view.last_run_at is None:
        status, tone = "Not run yet", "neutral"
    else:
        status, tone = "All well", "success"
    return WorkItem(
        kind=view.kind,
        label=view.label,
        next=say.moment(view.next_at),
        next_in=say.ago(view.next_at, now) if view.next_at > now else "now",
        last="" if view.last_run_at is None else say.moment(view.last_run_at),
        status=status,
        tone=tone,
        error=view.error or "",
        waiting=view.requested,
    )


def _job(view: JobView, say: Formatter, may_retry: bool) -> JobItem:
    label, tone = STATUS[view.status]
    running = view.status == "running"
    if view.cancel_requested and view.open:
        label, tone = "Stopping", "warning"
    elif view.status == "queued" and view.attempts:
        label, tone = f"Tried {view.attempts} times, waits", "warning"
    return JobItem(
        id=str(view.id),
        name=view.name,
        when=say.moment(view.created_at),
        took=took_text(view.started_at, view.finished_at, say),
        status=label,
        tone=tone,
        percent=(100 * view.progress // view.total if view.total else 0) if running else -1,
        detail=view.message if running else "",
        error=view.error or "",
        href=job_href(view.kind, view.arguments),
        may_retry=may_retry,
        # An import is stopped on its own page, which also says what becomes of the file.
        may_stop=view.open and not view.cancel_requested and not view.kind.startswith("import."),
    )


def _run(view: DailyRunView, say: Formatter) -> RunItem:
    if view.error is not None:
        status, tone = (f"Failed, attempt {view.attempt}" if view.attempt > 1 else "Failed"), "error"
    elif view.item_errors:
        status, tone = "Done in part", "warning"
    else:
        status, tone = "Done", "success"
    return RunItem(
        id=str(view.id),
        label=view.label,
        day=say.full_date(view.local_date),
        when=say.moment(view.started_at),
        took=took_text(view.started_at, view.finished_at, say),
        result=view.error or counts_text(view.counts, view.item_errors),
        tone=tone,
        status=status,
    )


def _broken(view: ItemErrorView, say: Formatter) -> BrokenItem:
    again = "" if view.times == 1 else f", {view.times} times since {say.moment(view.first_at)}"
    return BrokenItem(
        id=str(view.id),
        label=view.label,
        message=view.message,
        detail=f"{view.label} · {say.moment(view.last_at)}{again}",
        href=item_href(view.entity, view.entity_id),
    )
