"""The log of runs: what ran, what it changed, row by row."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound
from recaller.core.ids import parse_id
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, decode_cursor, encode_cursor
from recaller.domain.rules.rows import Content
from recaller.infra.work import Work
from recaller.services.rules.views import (
    ChangeView,
    ProblemView,
    RanView,
    RunView,
    content_from_json,
    content_view,
    names_of,
)

# A job that ended without settling its run (its worker died too often) tells how the run ended.
_RUNS = """
SELECT r.id, CASE WHEN r.status = 'queued' AND j.status = 'failed' THEN 'failed'
                  WHEN r.status = 'queued' AND j.status = 'cancelled' THEN 'stopped' ELSE r.status END AS status,
       r.cause, r.space_id, r.scanned, r.changed, r.restored, r.conflicts, r.rules, r.problems, r.batch_id,
       coalesce(b.filename, '') AS batch_name, r.job_id, r.created_at, r.finished_at, r.reversed_at
  FROM rule_run r LEFT JOIN job j ON j.tenant_id = r.tenant_id AND j.id = r.job_id
  LEFT JOIN import_batch b ON b.tenant_id = r.tenant_id AND b.id = r.batch_id
"""


def get_run(w: Work, run_id: UUID) -> RunView:
    """Return one run; raise NotFound when none is in sight."""
    row = w.row(f"{_RUNS} WHERE r.id = :id", id=run_id)
    if row is None:
        raise NotFound("rule run", run_id)
    return _view(w, row)


def list_runs(w: Work, *, cursor: str | None = None, limit: int = DEFAULT_PAGE) -> Page[RunView]:
    """Return runs, newest first."""
    most = check_limit(limit)
    after = "" if cursor is None else " WHERE r.id < :after"
    given: dict[str, Any] = (
        {} if cursor is None else {"after": parse_id(decode_cursor(cursor, 1)[0], "cursor")}
    )
    # Ids rise with time.
    rows = w.rows(f"{_RUNS}{after} ORDER BY r.id DESC LIMIT :most", most=most + 1, **given)
    views = tuple(_view(w, row) for row in rows[:most])
    return Page(views, encode_cursor([str(views[-1].id)]) if len(rows) > most else None)


def _view(w: Work, row: Row[Any]) -> RunView:
    ran = [one for one in row.rules if "matched" in one]
    return RunView(
        id=row.id,
        status=row.status,
        cause=row.cause,
        private=row.space_id != w.scope.shared_space_id,
        scanned=row.scanned,
        changed=row.changed,
        restored=row.restored,
        conflicts=row.conflicts,
        rules=tuple(RanView(UUID(one["id"]), one["name"], one["matched"], one["changed"]) for one in ran),
        problems=tuple(ProblemView(UUID(one["id"]), one["name"], one["message"]) for one in row.problems),
        batch_id=row.batch_id,
        batch_name=row.batch_name,
        job_id=row.job_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        reversed_at=row.reversed_at,
    )


def run_changes(
    w: Work,
    run_id: UUID,
    *,
    conflicts_only: bool = False,
    cursor: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[ChangeView]:
    """Return a page of what a run changed, with what every changed field was before and became.

    Fields that the run didn't change are empty on both sides. A transaction that is gone meanwhile keeps its place with
    an amount of 0 and the date of the run.
    """
    run = get_run(w, run_id)
    most = check_limit(limit)
    after = None if cursor is None else parse_id(decode_cursor(cursor, 1)[0], "cursor")
    rows = w.rows(
        "SELECT c.transaction_id, c.before, c.after, c.conflict, t.date, t.amount, t.currency, a.name AS account,"
        " coalesce(y.name, '') AS payee FROM rule_change c"
        " LEFT JOIN transaction t ON t.tenant_id = c.tenant_id AND t.id = c.transaction_id"
        " LEFT JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id"
        " LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id"
        " WHERE c.run_id = :run AND (c.conflict OR NOT :conflicts)"
        " AND (CAST(:after AS uuid) IS NULL OR c.transaction_id > CAST(:after AS uuid))"
        " ORDER BY c.transaction_id LIMIT :most",
        run=run_id,
        conflicts=conflicts_only,
        after=after,
        most=most + 1,
    )
    shown = rows[:most]
    pairs = [(_stored(row.before, row.payee or ""), _stored(row.after, row.payee or "")) for row in shown]
    names = names_of(w, [content for pair in pairs for content in pair])
    rules = {str(one.rule_id): one.name for one in run.rules}
    views = tuple(
        ChangeView(
            row.transaction_id,
            row.date or _day(run),
            row.account or "",
            row.amount or 0,
            row.currency or w.scope.base_currency,
            content_view(before, names),
            content_view(after, names),
            {name: rules.get(one, "") for name, one in row.after["set_by"].items()},
            row.conflict,
        )
        for row, (before, after) in zip(shown, pairs, strict=True)
    )
    return Page(views, encode_cursor([str(views[-1].transaction_id)]) if len(rows) > most else None)


def _day(run: RunView) -> date:
    return run.created_at.date()


def _stored(stored: dict[str, Any], payee: str) -> Content:
    return content_from_json(stored, Content("", None, None, None, payee, "", ()))
