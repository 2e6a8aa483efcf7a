"""Loads budgets, their lines and what was assigned, through the wall."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound, ValidationFailed
from recaller.domain.budgeting import Rollover, period_at, read_template
from recaller.infra.work import Work
from recaller.services.budgets.views import BudgetView, LineView
from recaller.services.listing.query import fetch

MAX_BUDGETS = 50
MAX_LINES = 500
_BUDGET = (
    "SELECT id, space_id, name, kind, currency, period_kind, anchor, every_days, pay_days, pay_dates, starts_on,"
    " account_ids, alert_percents, version FROM budget"
)
_LINES = (
    "SELECT id, budget_id, category_id, position, rollovers, template, version FROM budget_line"
    " WHERE budget_id = %(budget)s AND removed_at IS NULL ORDER BY position, id"
)
_ASSIGNMENTS = (
    "SELECT a.line_id, a.period_start, a.amount, a.version FROM budget_assignment a JOIN budget_line l"
    " ON l.tenant_id = a.tenant_id AND l.id = a.line_id WHERE l.budget_id = %(budget)s"
    " AND (l.removed_at IS NULL OR %(removed)s)"
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a line was given in one period (minor units), and how often that was changed."""

    amount: int
    version: int


Assignments = Mapping[UUID, Mapping[date, Assigned]]


def list_budgets(w: Work) -> tuple[BudgetView, ...]:
    """Return the budgets in sight, oldest first."""
    rows = w.rows(f"{_BUDGET} WHERE removed_at IS NULL ORDER BY created_at, id LIMIT {MAX_BUDGETS * 50}")
    return tuple(_view(w, row) for row in rows)


def get_budget(w: Work, budget_id: UUID) -> BudgetView:
    """Return one budget; raise NotFound when none is in sight."""
    return _one(w, budget_id, "")


def lock_budget(w: Work, budget_id: UUID) -> BudgetView:
    """Return one budget and keep others from changing it until the commit."""
    return _one(w, budget_id, " FOR UPDATE")


def _one(w: Work, budget_id: UUID, lock: str) -> BudgetView:
    row = w.row(f"{_BUDGET} WHERE id = :id AND removed_at IS NULL{lock}", id=budget_id)
    if row is None:
        raise NotFound("budget", budget_id)
    return _view(w, row)


def read_lines(w: Work, budget_id: UUID) -> tuple[LineView, ...]:
    """Return a budget's lines in their order."""
    return tuple(_line(row) for row in fetch(w, _LINES, {"budget": budget_id}))


def line_names(w: Work, budget_id: UUID) -> Mapping[UUID, str]:
    """Return the names of the categories of a budget's lines, of those that were taken out, too."""
    rows = w.rows(
        "SELECT l.id, a.name FROM budget_line l JOIN account a ON a.tenant_id = l.tenant_id AND a.id = l.category_id"
        f" WHERE l.budget_id = :id ORDER BY l.id LIMIT {MAX_LINES * 4}",
        id=budget_id,
    )
    return {row.id: row.name for row in rows}


def get_line(w: Work, line_id: UUID) -> LineView:
    """Return one line of a budget in sight; raise NotFound otherwise."""
    row = w.row(
        "SELECT l.id, l.budget_id, l.category_id, l.position, l.rollovers, l.template, l.version FROM budget_line l"
        " JOIN budget b ON b.tenant_id = l.tenant_id AND b.id = l.budget_id"
        " WHERE l.id = :id AND l.removed_at IS NULL AND b.removed_at IS NULL",
        id=line_id,
    )
    if row is None:
        raise NotFound("budget line", line_id)
    return _line(tuple(row))


def lock_line(w: Work, line_id: UUID) -> tuple[LineView, BudgetView]:
    """Return one line with its budget, and keep others from changing either until the commit."""
    budget = lock_budget(w, get_line(w, line_id).budget_id)
    # Who held the lock until now may have changed it, or taken it out.
    return get_line(w, line_id), budget


def read_assignments(w: Work, budget_id: UUID, *, removed: bool = False) -> Assignments:
    """Return what each line was given, by the first day of the period; `removed` lines' too, if asked for."""
    found: dict[UUID, dict[date, Assigned]] = defaultdict(dict)
    for line_id, start, amount, version in fetch(w, _ASSIGNMENTS, {"budget": budget_id, "removed": removed}):
        found[line_id][start] = Assigned(amount, version)
    return found


def check_start(budget: BudgetView, start: date, field: str = "period") -> date:
    """Return `start` when one of the budget's periods begins there; raise ValidationFailed otherwise."""
    if start < budget.starts_on or period_at(budget.rule, start).start != start:
        raise ValidationFailed(field, f"No period of this budget begins on {start.isoformat()}.")
    return start


def _view(w: Work, row: Row[Any]) -> BudgetView:
    return BudgetView(
        id=row.id,
        space_id=row.space_id,
        name=row.name,
        kind=row.kind,
        currency=row.currency,
        period_kind=row.period_kind,
        anchor=row.anchor,
        every_days=row.every_days,
        pay_days=tuple(row.pay_days),
        pay_dates=tuple(row.pay_dates),
        starts_on=row.starts_on,
        account_ids=None if row.account_ids is None else tuple(row.account_ids),
        alert_percents=tuple(row.alert_percents),
        private=row.space_id != w.scope.shared_space_id,
        version=row.version,
    )


def _line(row: tuple[Any, ...]) -> LineView:
    identity, budget_id, category_id, position, rollovers, template, version = row
    return LineView(
        id=identity,
        budget_id=budget_id,
        category_id=category_id,
        position=position,
        rollovers=tuple((date.fromisoformat(one["from"]), Rollover(one["rollover"])) for one in rollovers),
        template=read_template(template),
        version=version,
    )
