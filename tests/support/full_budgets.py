"""Leaves rows in every table of budgets, as part of a household that has something to steal everywhere."""

from __future__ import annotations

from datetime import date

from recaller.infra.work import Work
from recaller.services.budgets import BudgetDraft, LineDraft, assign, create_budget, monthly, read_lines
from recaller.services.categories import list_categories

BEGIN = date(2026, 1, 1)


def fill_budget_tables(w: Work) -> None:
    """Make a budget whose first line is given something, and has raised an alert."""
    spending = [one.id for one in list_categories(w) if one.kind == "expense"]
    lines = tuple(LineDraft(category, 10_000) for category in spending)
    budget = create_budget(w, BudgetDraft("Household", "envelope", monthly(), starts_on=BEGIN, lines=lines))
    assign(w, read_lines(w, budget.id)[0].id, budget.starts_on, 12_000)
    w.run(
        "INSERT INTO budget_alert (tenant_id, space_id, line_id, period_start, percent, allowed, spent, at)"
        " SELECT tenant_id, space_id, id, :start, 80, 1, 1, :now FROM budget_line LIMIT 1",
        start=budget.starts_on,
        now=w.now,
    )
