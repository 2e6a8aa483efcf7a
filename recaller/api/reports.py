"""Reports: the dashboard, balances at any date, categories by months. Sums never mix currencies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Currency, Day, Fields
from recaller.infra.work import work
from recaller.services import reports
from recaller.services.reports import BalanceView, CategoryMonthTable, DashboardView

router = APIRouter(prefix="/reports", tags=["reports"], responses=COMMON_PROBLEMS)

Months = Annotated[int, Query(ge=1, le=120, description="How many months, the current one included.")]
Unit = Annotated[Currency | None, Query(description="The currency of the figures; else the household's own.")]


@router.get("/dashboard", response_model=DashboardView)
def read_dashboard(
    scope: CurrentScope,
    fields: Fields,
    months: Months = 12,
    currency: Unit = None,
    spending_month: Annotated[
        Day | None, Query(description="Any day of the month whose spending is told by category.")
    ] = None,
) -> object:
    """Return every figure of the dashboard, each with the filter that lists the transactions behind it."""
    with work(scope, read_only=True) as w:
        return fields.reply(
            reports.dashboard(w, months=months, currency=currency, spending_month=spending_month)
        )


@router.get("/balances", response_model=tuple[BalanceView, ...])
def read_balances(
    scope: CurrentScope,
    fields: Fields,
    at: Annotated[
        Day | None, Query(description="At the end of this date; else of everything recorded.")
    ] = None,
) -> object:
    """Return every account's balance, in minor units of its own currency."""
    with work(scope, read_only=True) as w:
        return fields.reply(reports.account_balances(w, at))


@router.get("/category-months", response_model=CategoryMonthTable)
def read_category_months(
    scope: CurrentScope, fields: Fields, months: Months = 12, currency: Unit = None
) -> object:
    """Return what each category came to in each month; spending is negative, children stand apart."""
    with work(scope, read_only=True) as w:
        return fields.reply(reports.category_month_table(w, months=months, currency=currency))
