"""What lines spent in earlier periods, for averages, templates and the proposal of a new budget."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.money import check_currency
from recaller.domain.budgeting import (
    Period,
    PeriodRule,
    TemplateFacts,
    TemplateKind,
    average,
    period_at,
    periods,
)
from recaller.domain.budgeting.templates import MAX_AVERAGE
from recaller.infra.work import Work
from recaller.services.budgets.categories import read_categories
from recaller.services.budgets.figures import BudgetState
from recaller.services.budgets.sums import category_sums, covered_accounts
from recaller.services.budgets.views import BudgetView, LineView, Suggestion


def template_facts(w: Work, state: BudgetState, count: int) -> Mapping[UUID, TemplateFacts]:
    """Return what the lines' templates are worked out from, with `count` earlier periods of spending.

    Periods before the budget began count like any other. Two queries, whatever the number of lines.
    """
    budget, period = state.budget, state.period
    wanted = state.tree.of_kind("expense")
    past = _before(budget.rule, period, count)
    sums = category_sums(w, budget, state.covered, wanted, past)
    a_year_ago = period_at(budget.rule, _year_before(period.start))
    then = category_sums(w, budget, state.covered, wanted, [a_year_ago])
    by_line: dict[UUID, list[int]] = defaultdict(lambda: [0] * len(past))
    last_year: dict[UUID, int] = defaultdict(int)
    for category, line in state.tree.owners(state.lines).items():
        for number, minor in enumerate(sums.of(category)):
            by_line[line.id][number] += minor
        last_year[line.id] += sum(then.of(category))
    income = state.income()
    return {
        line.id: TemplateFacts(
            spent_before=tuple(reversed(by_line[line.id])),
            spent_last_year=last_year[line.id],
            income=income,
            carried=state.states[line.id].carried,
            periods_left=_periods_left(budget, period, line),
        )
        for line in state.lines
    }


def suggest_lines(
    w: Work,
    rule: PeriodRule,
    *,
    count: int = 3,
    currency: str | None = None,
    account_ids: Sequence[UUID] | None = None,
    private: bool = False,
) -> tuple[Suggestion, ...]:
    """Return each expense category's average over the last `count` whole periods, largest first, zeros left out.

    Children stand for themselves: their parent's own spending is a suggestion of its own.
    """
    if not 1 <= count <= MAX_AVERAGE:
        raise ValidationFailed("periods", f"Take the average of 1 to {MAX_AVERAGE} periods.")
    unit = check_currency(currency) if currency else w.scope.base_currency
    accounts = None if account_ids is None else tuple(account_ids)
    budget = BudgetView(
        id=w.scope.tenant_id, space_id=w.scope.default_space(private), name="", kind="limit", currency=unit,
        period_kind=rule.kind.value, anchor=rule.anchor, every_days=rule.every_days, pay_days=rule.pay_days,
        pay_dates=rule.pay_dates, starts_on=rule.anchor, account_ids=accounts, alert_percents=(), private=private,
        version=0,
    )  # fmt: skip
    tree = read_categories(w)
    past = _before(rule, period_at(rule, w.today), count)
    sums = category_sums(w, budget, covered_accounts(w, budget), tree.of_kind("expense"), past)
    found = []
    for category_id, spent in sums.minor.items():
        category = tree.by_id[category_id]
        mean = average(tuple(reversed(spent)), count)
        if mean > 0 and not category.hidden:
            parent = tree.parent(category)
            name = f"{parent.name} › {category.name}" if parent else category.name
            found.append(Suggestion(category_id, name, mean))
    return tuple(sorted(found, key=lambda one: (-one.average, one.name)))


def _before(rule: PeriodRule, period: Period, count: int) -> list[Period]:
    """Return the `count` periods before this one, oldest first."""
    found: list[Period] = []
    for _ in range(count):
        period = period_at(rule, period.start - timedelta(1))
        found.insert(0, period)
    return found


def _periods_left(budget: BudgetView, period: Period, line: LineView) -> int:
    template = line.template
    if template is None or template.kind is not TemplateKind.BY_DATE or template.by is None:
        return 0
    return 0 if template.by < period.start else len(list(periods(budget.rule, period.start, template.by)))


def _year_before(day: date) -> date:
    return (
        day.replace(year=day.year - 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year - 1)
    )
