"""(i) How a budget's period costs with the size of the ledger.

Budgets of twelve months with a line for every expense category: monthly limits, monthly envelopes (both from the
rollup), envelopes per pay cycle of 14 days and per week (from the postings). Nothing is kept: the budgets are rolled
back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from bench.household import NOW
from bench.measure import Timing, compare
from recaller.core.scope import Scope
from recaller.domain.budgeting import PeriodKind, PeriodRule
from recaller.infra.work import Work, work
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    PeriodView,
    budget_period,
    create_budget,
    monthly,
)
from recaller.services.categories import list_categories

PAY = PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 1, 2), every_days=14)
KINDS = {
    "monthly limits": ("limit", monthly()),
    "monthly envelopes": ("envelope", monthly()),
    "pay-cycle envelopes": ("envelope", PAY),
    "weekly envelopes": ("envelope", PeriodRule(PeriodKind.WEEKLY, date(2026, 1, 5))),
}


class RolledBack(Exception):
    """Ends the measuring transaction without a trace."""


def measure_budgets(scope: Scope, repetitions: int) -> dict[str, Timing]:
    """Time today's period of each budget on one household; the figures must leave nothing over."""
    found: dict[str, Timing] = {}

    def looking(w: Work, budget: UUID) -> Callable[[], PeriodView]:
        return lambda: budget_period(w, budget)

    try:
        with work(scope, clock=lambda: NOW) as w:
            lines = tuple(LineDraft(one.id, 50_000) for one in list_categories(w) if one.kind == "expense")
            ways = {}
            for name, (kind, rule) in KINDS.items():
                begins = w.today - timedelta(365)
                draft = BudgetDraft(name, kind, rule, starts_on=begins, alert_percents=(), lines=lines)
                ways[name] = looking(w, create_budget(w, draft).id)
                view = ways[name]()
                assert kind == "limit" or view.unassigned == view.funds - view.available
                assert view.spent > 0
            found = compare(ways, repetitions, warm=3)
            raise RolledBack
    except RolledBack:
        return found


def report_budgets(found: dict[int, dict[str, Timing]]) -> list[str]:
    """Return the lines for the report."""
    sizes = sorted(found)
    lines = [
        "## (i) A year of budgets: one look at today's period",
        "",
        "| transactions | " + " | ".join(KINDS) + " |",
        "|---:|" + "---:|" * len(KINDS),
    ]
    for size in sizes:
        medians = [f"{found[size][name].median:.1f} (p95 {found[size][name].p95:.1f})" for name in KINDS]
        lines.append(f"| {size:,} | " + " | ".join(medians) + " |")
    return [
        *lines,
        "",
        "Each budget has a line for every expense category and began a year ago. Months come from the monthly rollup; "
        "pay cycles and weeks from the postings, by an index that holds all that is summed.",
        "",
    ]
