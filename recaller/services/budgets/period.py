"""A budget in one period, as its page and the API show it: a constant number of queries whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from recaller.domain.budgeting import PaceState, elapsed_days, pace_of, period_at
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.budgets.bills import Bills, read_bills
from recaller.services.budgets.categories import Category
from recaller.services.budgets.figures import BudgetState, LineState, shown_period, work_out
from recaller.services.budgets.store import get_budget
from recaller.services.budgets.views import GroupFigures, LineFigures, LineView, PeriodView

_WORST = (PaceState.ON_TRACK, PaceState.AHEAD, PaceState.OVER)


def budget_period(w: Work, budget_id: UUID, on: date | None = None) -> PeriodView:
    """Return the budget in the period around `on` (today's when not given); raise NotFound, ValidationFailed."""
    budget = get_budget(w, budget_id)
    state = work_out(w, budget, shown_period(budget, on or w.today, w.today))
    return _view(w, state, read_bills(w, budget, state))


def _view(w: Work, state: BudgetState, bills: Mapping[UUID, Bills]) -> PeriodView:
    budget, period, money = state.budget, state.period, state.money
    accounts = _account_filter(state)
    by_group: dict[UUID, list[LineFigures]] = defaultdict(list)
    groups: dict[UUID, Category] = {}
    owned = state.tree.owners(state.lines)
    for line in state.lines:
        category = state.tree.by_id[line.category_id]
        group = state.tree.group(category)
        groups[group.id] = group
        covers = any(owner is line and one != line.category_id for one, owner in owned.items())
        by_group[group.id].append(
            _line(w, state, line, category, covers, accounts, bills.get(line.id, Bills()))
        )
    ordered = sorted(groups.values(), key=lambda one: (one.position, one.name, one.id))
    drawn = tuple(_group(group, by_group[group.id]) for group in ordered)
    outside = [one for one in state.tree.of_kind("expense") if one not in owned]
    lines = [line for group in drawn for line in group.lines]
    before = period.start - timedelta(1)
    worst = max((PaceState(line.pace) for line in lines), key=_WORST.index, default=PaceState.ON_TRACK)
    spent, available = sum(line.spent for line in lines), sum(line.available for line in lines)
    return PeriodView(
        budget=budget,
        start=period.start,
        end=period.end,
        elapsed_days=elapsed_days(period, w.today),
        days=period.days,
        previous=None if before < budget.starts_on else period_at(budget.rule, before).start,
        next=period.end + timedelta(1),
        groups=drawn,
        budgeted=sum(line.budgeted or 0 for line in lines),
        carried=sum(line.carried for line in lines),
        spent=spent,
        available=available,
        unbudgeted=sum(state.categories.get(one, 0) for one in outside),
        unbudgeted_filter=_drill(
            state, [one for one in outside if state.categories.get(one, 0)] or outside[:1], accounts
        ),
        funds=0 if money is None else money.funds,
        inflow=0 if money is None else money.inflow,
        released=0 if money is None else money.released,
        unassigned=0 if money is None else money.unassigned,
        assigned_later=_assigned_later(state),
        pace=worst.value,
        expected=sum(line.expected for line in lines),
        projected=sum(line.projected for line in lines),
    )


def _line(
    w: Work,
    state: BudgetState,
    line: LineView,
    category: Category,
    covers: bool,
    accounts: tuple[UUID, ...],
    bills: Bills,
) -> LineFigures:
    found: LineState = state.states[line.id]
    pace = pace_of(
        found.allowed,
        found.spent,
        elapsed=elapsed_days(state.period, w.today),
        days=state.period.days,
        bills_paid=bills.paid,
        bills_due=sum(bill.amount for bill in bills.due),
        payments=state.payments[line.id],
    )
    unlimited = found.budgeted is None
    assigned = state.assignments.get(line.id, {}).get(state.period.start)
    return LineFigures(
        line_id=line.id,
        category_id=line.category_id,
        name=category.name,
        icon=category.icon,
        hidden=category.hidden,
        covers_children=covers,
        budgeted=found.budgeted,
        carried=found.carried,
        spent=found.spent,
        available=0 if unlimited else found.available,
        rollover=line.rollover_on(state.period.start).value,
        template=None if line.template is None else line.template.plain(),
        pace=PaceState.ON_TRACK.value if unlimited else pace.state.value,
        expected=0 if unlimited else pace.expected,
        projected=pace.projected,
        bills_due=sum(bill.amount for bill in bills.due),
        bills=tuple(bills.due),
        assignment_version=0 if assigned is None else assigned.version,
        version=line.version,
        filter=_drill(state, [line.category_id], accounts),
    )


def _group(group: Category, lines: list[LineFigures]) -> GroupFigures:
    # The line that stands for the whole group leads it; the others keep their order.
    ordered = sorted(lines, key=lambda line: line.category_id != group.id)
    return GroupFigures(
        category_id=group.id,
        name=group.name,
        budgeted=sum(line.budgeted or 0 for line in lines),
        spent=sum(line.spent for line in lines),
        available=sum(line.available for line in lines),
        lines=tuple(ordered),
    )


def _assigned_later(state: BudgetState) -> int:
    if not state.budget.envelopes:
        return 0
    return sum(
        one.amount
        for by_start in state.assignments.values()
        for start, one in by_start.items()
        if start > state.period.start
    )


def _account_filter(state: BudgetState) -> tuple[UUID, ...]:
    """Return the accounts to list by: none where all that the caller sees is the budget's own."""
    return state.covered.inside if state.covered.outside or state.covered.elsewhere else ()


def _drill(state: BudgetState, categories: Iterable[UUID], accounts: tuple[UUID, ...]) -> TransactionFilter:
    return TransactionFilter(
        account_ids=accounts,
        category_ids=tuple(categories),
        currency=state.budget.currency,
        date_from=state.period.start,
        date_to=state.period.end,
    )
