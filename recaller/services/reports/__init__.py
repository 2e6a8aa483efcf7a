"""Reports: the dashboard, balances at any date, categories by months; read from the monthly rollup."""

from recaller.services.reports.balances import (
    BalanceView,
    CategoryMonths,
    CategoryMonthTable,
    account_balances,
    account_freshness,
    balance_at,
    category_month_table,
)
from recaller.services.reports.dashboard import dashboard, recent_transactions
from recaller.services.reports.views import (
    AccountBalance,
    AccountGroup,
    CashFlowMonth,
    CategoryAmount,
    DashboardView,
    Figure,
    NetWorthPoint,
)

__all__ = [
    "AccountBalance",
    "AccountGroup",
    "BalanceView",
    "CashFlowMonth",
    "CategoryAmount",
    "CategoryMonthTable",
    "CategoryMonths",
    "DashboardView",
    "Figure",
    "NetWorthPoint",
    "account_balances",
    "account_freshness",
    "balance_at",
    "category_month_table",
    "dashboard",
    "recent_transactions",
]
