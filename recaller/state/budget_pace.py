"""The dashboard's card of budgets: how this period goes, what wants attention first."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.infra.work import Work
from recaller.services.budgets import PeriodView, budget_period, list_budgets
from recaller.state import budget_view as shown
from recaller.state.base import event, in_work
from recaller.state.formatting import Formatter
from recaller.state.pickers import formatter_of, put


class BudgetPaceState(rx.State):
    """The first budget of the household in today's period; nothing to show without one."""

    there: bool = False
    href: str = "/budgets"
    summary: str = ""
    items: list[shown.PaceItem] = []

    @event
    async def load(self) -> Any:
        """Read the oldest budget's lines, those first that want attention."""

        def read(w: Work) -> tuple[PeriodView | None, Formatter]:
            budgets = list_budgets(w)
            return budget_period(w, budgets[0].id) if budgets else None, formatter_of(w)

        view, say = await in_work(self, read, read_only=True)
        if view is None:
            put(self, there=False, items=[])
            return
        unit = view.budget.currency
        allowed = view.budgeted + view.carried
        put(
            self,
            there=True,
            href=shown.budget_href(view.budget.id),
            summary=f"{view.budget.name}: {say.money(view.spent, unit)} of {say.money(allowed, unit)} spent",
            items=shown.pace_items(view, say),
        )
