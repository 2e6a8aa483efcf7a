"""Works a budget out: from its lines, what they were given and the ledger's sums to the state of each period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.domain.budgeting import (
    Envelope,
    LimitState,
    Period,
    PeriodFlows,
    PeriodState,
    Rollover,
    period_at,
    periods,
    roll_envelopes,
    roll_limits,
)
from recaller.infra.work import Work
from recaller.services.budgets.categories import CategoryTree, read_categories
from recaller.services.budgets.store import Assigned, Assignments, read_assignments, read_lines
from recaller.services.budgets.sums import (
    Covered,
    PeriodSums,
    account_sums,
    category_sums,
    covered_accounts,
)
from recaller.services.budgets.views import BudgetView, LineView

FURTHEST_AHEAD = timedelta(366 * 20)


@dataclass(frozen=True, slots=True)
class LineState:
    """A line at the end of a period: `budgeted` None where a limit was never set."""

    budgeted: int | None
    carried: int
    spent: int
    available: int

    @property
    def allowed(self) -> int:
        """What could be spent."""
        return (self.budgeted or 0) + self.carried


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Everything known of a budget in one period; sums are by category, expenses positive, income negative.

    `payments` counts each line's postings in the period.
    """

    budget: BudgetView
    period: Period
    lines: Sequence[LineView]
    tree: CategoryTree
    covered: Covered
    assignments: Assignments
    states: Mapping[UUID, LineState]
    categories: Mapping[UUID, int]
    payments: Mapping[UUID, int]
    money: PeriodState[UUID] | None

    def income(self) -> int:
        """What came in through income categories, positive."""
        return -sum(self.categories.get(one, 0) for one in self.tree.of_kind("income"))


def shown_period(budget: BudgetView, on: date, today: date) -> Period:
    """Return the period around `on`, the first one for a date before the budget.

    Raises ValidationFailed for a date further ahead than anybody plans.
    """
    if on > max(today, budget.starts_on) + FURTHEST_AHEAD:
        raise ValidationFailed("on", "This is too far ahead: budgets look twenty years on.")
    return period_at(budget.rule, max(on, budget.starts_on))


def work_out(w: Work, budget: BudgetView, period: Period) -> BudgetState:
    """Return the budget's state at the end of a period (one of its own), in six queries.

    Raises ValidationFailed for a period that is more than MAX_PERIODS away from the first.
    """
    tree, lines = read_categories(w), read_lines(w, budget.id)
    assignments, covered = read_assignments(w, budget.id), covered_accounts(w, budget)
    cut = list(periods(budget.rule, budget.starts_on, period.start))
    if cut[-1] != period:
        raise ValidationFailed("on", "This is too far ahead.")
    if not budget.envelopes and not _carries(lines):
        cut = cut[-1:]
    wanted = tree.of_kind("expense") + tree.of_kind("income")
    sums = category_sums(w, budget, covered, wanted, cut)
    spent = _spent_by_line(tree, lines, sums, len(cut))
    money = None
    if budget.envelopes:
        opening, changes = account_sums(w, budget, covered, cut)
        money = _envelopes(lines, cut, assignments, spent, opening, changes)
        states = {
            line_id: LineState(one.assigned, one.carried, one.spent, one.available)
            for line_id, one in money.envelopes.items()
        }
    else:
        states = {line.id: _limit(line, cut, assignments.get(line.id, {}), spent[line.id]) for line in lines}
    last = {category: by_period[-1] for category, by_period in sums.minor.items()}
    payments: dict[UUID, int] = defaultdict(int)
    for category_id, line in tree.owners(lines).items():
        payments[line.id] += sums.last_count.get(category_id, 0)
    return BudgetState(budget, period, lines, tree, covered, assignments, states, last, payments, money)


def _carries(lines: Sequence[LineView]) -> bool:
    return any(rollover is not Rollover.NONE for line in lines for _, rollover in line.rollovers)


def _spent_by_line(
    tree: CategoryTree, lines: Sequence[LineView], sums: PeriodSums, count: int
) -> dict[UUID, list[int]]:
    spent = {line.id: [0] * count for line in lines}
    for category_id, line in tree.owners(lines).items():
        for number, minor in enumerate(sums.of(category_id)):
            spent[line.id][number] += minor
    return spent


def _envelopes(
    lines: Sequence[LineView],
    cut: Sequence[Period],
    assignments: Assignments,
    spent: Mapping[UUID, Sequence[int]],
    opening: int,
    changes: Sequence[int],
) -> PeriodState[UUID]:
    envelopes = [Envelope(line.id, [line.rollover_on(period.start) for period in cut]) for line in lines]
    flows = []
    for number, period in enumerate(cut):
        given = {
            line.id: one.amount
            for line in lines
            if (one := assignments.get(line.id, {}).get(period.start)) is not None
        }
        used = {line.id: spent[line.id][number] for line in lines}
        flows.append(PeriodFlows(changes[number], given, used))
    return roll_envelopes(envelopes, opening, flows)[-1]


def _limit(
    line: LineView, cut: Sequence[Period], given: Mapping[date, Assigned], spent: Sequence[int]
) -> LineState:
    amounts = {start: one.amount for start, one in given.items()}
    limits: list[int | None] = [amounts.get(period.start) for period in cut]
    earlier = [start for start in amounts if start < cut[0].start]
    if limits[0] is None and earlier:
        limits[0] = amounts[max(earlier)]
    rolled: LimitState = roll_limits(limits, spent, [line.rollover_on(period.start) for period in cut])[-1]
    return LineState(rolled.limit, rolled.carried, rolled.spent, rolled.left)
