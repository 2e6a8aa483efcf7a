"""Tells people when a budget's line reaches one of its percentages: once each in a period, at once and every night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import structlog

from recaller.domain.budgeting import crossed_percents, period_at
from recaller.infra.work import Work
from recaller.services.budgets.figures import BudgetState, LineState, work_out
from recaller.services.budgets.store import list_budgets
from recaller.services.budgets.views import BudgetView
from recaller.services.daily import ErrorLog
from recaller.services.notifications import BudgetReached, Notice, fact_notice, notify_all

log = structlog.get_logger(__name__)

KIND = "budget.alert"
_RAISE = """
INSERT INTO budget_alert (tenant_id, space_id, line_id, period_start, percent, allowed, spent, at)
SELECT :tenant, :space, v.line, :start, v.percent, v.allowed, v.spent, :now
  FROM unnest(CAST(:lines AS uuid[]), CAST(:percents AS smallint[]), CAST(:allowed AS bigint[]),
              CAST(:spent AS bigint[])) AS v(line, percent, allowed, spent)
 ORDER BY v.line, v.percent
ON CONFLICT DO NOTHING RETURNING line_id, percent
"""


def check_budgets(w: Work, errors: ErrorLog) -> Mapping[str, int]:
    """Check every budget in sight in the period of today; returns how many alerts were new, of how many budgets.

    For a daily run or a household-wide job: whoever sees a budget is told. A budget that can't be worked out is
    noted in `errors`, the others go on.
    """
    raised = checked = 0
    for budget in list_budgets(w):
        if not budget.alert_percents or budget.starts_on > w.today:
            continue
        checked += 1
        nested = w.connection.begin_nested()
        try:
            raised += raise_alerts(w, budget)
        except Exception:
            # One budget's bad data must not keep the others' alerts back.
            log.exception("budget_not_checked", budget_id=str(budget.id))
            nested.rollback()
            errors.add(
                "budget", budget.id, budget.space_id, "This budget could not be checked; the log has more."
            )
        else:
            nested.commit()
    return {"alerts": raised, "budgets": checked}


def raise_alerts(w: Work, budget: BudgetView) -> int:
    """Raise what is reached and wasn't yet in today's period; returns how many lines' alerts were new.

    A line that passes several percentages at once tells the highest only, and none of them again.
    """
    period = period_at(budget.rule, w.today)
    state = work_out(w, budget, period)
    reached: dict[UUID, tuple[int, ...]] = {}
    for line_id, line in state.states.items():
        if line.budgeted is not None and (
            found := crossed_percents(line.allowed, line.spent, budget.alert_percents)
        ):
            reached[line_id] = found
    if not reached:
        return 0
    new = _insert(w, budget, period.start, reached, state.states)
    told = [
        (line_id, max(percents)) for line_id, percents in reached.items() if max(percents) in new[line_id]
    ]
    notify_all(w, [_notice(state, line_id, percent) for line_id, percent in told])
    return len(told)


def _insert(
    w: Work,
    budget: BudgetView,
    start: date,
    reached: Mapping[UUID, Sequence[int]],
    states: Mapping[UUID, LineState],
) -> Mapping[UUID, set[int]]:
    pairs = [(line_id, percent) for line_id, percents in reached.items() for percent in percents]
    rows = w.rows(
        _RAISE,
        tenant=w.scope.tenant_id,
        space=budget.space_id,
        start=start,
        now=w.now,
        lines=[line_id for line_id, _ in pairs],
        percents=[percent for _, percent in pairs],
        allowed=[states[line_id].allowed for line_id, _ in pairs],
        spent=[states[line_id].spent for line_id, _ in pairs],
    )
    new: dict[UUID, set[int]] = {line_id: set() for line_id in reached}
    for row in rows:
        new[row.line_id].add(row.percent)
    return new


def _notice(state: BudgetState, line_id: UUID, percent: int) -> Notice:
    budget, line, period = state.budget, state.states[line_id], state.period
    category = next(state.tree.by_id[one.category_id] for one in state.lines if one.id == line_id)
    return fact_notice(
        KIND,
        f"budget-line:{line_id}:{percent}",
        period.start,
        BudgetReached(
            category=category.name,
            budget=budget.name,
            first=period.start,
            last=period.end,
            percent=percent,
            spent=line.spent,
            allowed=line.allowed,
            available=line.available,
            currency=budget.currency,
        ),
        f"/budgets?budget={budget.id}&on={period.start.isoformat()}",
        budget.space_id,
    )
