"""What a household sees of its daily work: when it is due next, what ran, which items went wrong; run it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from recaller.core.errors import NotFound
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, encode_cursor, moment_cursor
from recaller.infra.queue import JOB_TIMEOUT_SECONDS, RUN_DAILY_BATCH, push_call
from recaller.infra.work import Work

MOST_OPEN_ERRORS = 100


@dataclass(frozen=True, slots=True)
class DailyWorkView:
    """A kind of daily work: when it is due next (UTC), what date it did last, how often it failed in a row."""

    kind: str
    label: str
    hour: str
    next_at: datetime
    last_date: date | None
    last_run_at: datetime | None
    attempts: int
    error: str | None
    requested: bool


@dataclass(frozen=True, slots=True)
class DailyRunView:
    """One run: the household's date that it stood for, its counts, or the error that undid it. Times are UTC."""

    id: UUID
    kind: str
    label: str
    local_date: date
    started_at: datetime
    finished_at: datetime
    attempt: int
    counts: Mapping[str, int]
    item_errors: int
    error: str | None


@dataclass(frozen=True, slots=True)
class ItemErrorView:
    """An item that daily work can't do; open until a run succeeds without it. `times` counts the runs."""

    id: UUID
    kind: str
    label: str
    entity: str
    entity_id: UUID
    message: str
    times: int
    first_at: datetime
    last_at: datetime


def list_daily_work(w: Work) -> tuple[DailyWorkView, ...]:
    """Return the household's kinds of daily work, what is due next first; for administrators."""
    w.scope.require_admin()
    rows = w.rows(
        "SELECT kind, label, hour, next_at, last_date, last_run_at, attempts, error, requested FROM daily_work"
        " ORDER BY next_at, kind"
    )
    return tuple(DailyWorkView(**row._mapping) for row in rows)


def page_daily_runs(w: Work, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[DailyRunView]:
    """Return a page of runs, newest first; for administrators."""
    w.scope.require_admin()
    condition, parameters = "true", dict[str, Any]()
    if cursor is not None:
        condition = "(started_at, id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        parameters["after_at"], parameters["after_id"] = moment_cursor(cursor)
    rows = w.rows(
        "SELECT id, kind, label, local_date, started_at, finished_at, attempt, counts, item_errors, error"
        f" FROM daily_run WHERE {condition} ORDER BY started_at DESC, id DESC LIMIT :most",
        most=check_limit(limit) + 1,
        **parameters,
    )
    items = tuple(DailyRunView(**row._mapping) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items, encode_cursor([items[-1].started_at.isoformat(), items[-1].id]) if more else None)


def list_item_errors(w: Work) -> tuple[ItemErrorView, ...]:
    """Return what daily work can't do at present among the items that the caller sees, latest first."""
    rows = w.rows(
        "SELECT e.id, e.kind, coalesce(d.label, e.kind) AS label, e.entity, e.entity_id, e.message, e.times,"
        " e.first_at, e.last_at FROM item_error e"
        " LEFT JOIN daily_work d ON d.tenant_id = e.tenant_id AND d.kind = e.kind"
        " WHERE e.resolved_at IS NULL ORDER BY e.last_at DESC, e.id LIMIT :most",
        most=MOST_OPEN_ERRORS,
    )
    return tuple(ItemErrorView(**row._mapping) for row in rows)


def run_daily_now(w: Work, kind: str) -> DailyWorkView:
    """Have a kind of daily work run at once for today (administrators only); raise NotFound for an unknown kind.

    If Redis is away, the next sweep after its return runs it.
    """
    w.scope.require_admin()
    changed = w.run(
        "UPDATE daily_work SET next_at = least(next_at, :now), requested = true, handed_at = NULL WHERE kind = :kind",
        now=w.now,
        kind=kind,
    )
    if changed.rowcount == 0:
        raise NotFound("daily work", kind)
    tenant, request_id = str(w.scope.tenant_id), w.scope.request_id

    def hand_over() -> None:
        # Somebody waits for it; it may take as long as it may by itself.
        push_call(
            "critical",
            RUN_DAILY_BATCH,
            [[tenant, [kind]]],
            request_id,
            description=f"{kind}, asked for",
            timeout_seconds=JOB_TIMEOUT_SECONDS["default"],
        )

    w.after_commit(hand_over)
    return next(one for one in list_daily_work(w) if one.kind == kind)
