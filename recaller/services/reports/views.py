"""What reports return: integers in minor units, each figure with the filter that lists what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from recaller.domain.filters import TransactionFilter
from recaller.services.listing import TransactionRow


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum in minor units of `currency`, + for what makes richer. `totals(w, filter)` nets to exactly `minor`."""

    minor: int
    currency: str
    filter: TransactionFilter


@dataclass(frozen=True, slots=True)
class NetWorthPoint:
    """What was owned and owed at the end of the month that begins on `month`; debts are negative."""

    month: date
    assets: Figure
    liabilities: Figure
    net: Figure


@dataclass(frozen=True, slots=True)
class CashFlowMonth:
    """What came in (>= 0 as a rule) and went out (<= 0) in a month; transfers are neither."""

    month: date
    income: Figure
    expense: Figure
    net_minor: int


@dataclass(frozen=True, slots=True)
class CategoryAmount:
    """A category's sum with that of its children; spending is negative."""

    category_id: UUID
    name: str
    icon: str
    total: Figure
    children: tuple[CategoryAmount, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account's balance in its own currency, and how fresh it is.

    `trend` holds the balance at each month's end of the report, oldest first. `last_booked` is the date of its
    latest transaction, `last_import` the moment (UTC) of the latest committed import into it.
    """

    account_id: UUID
    name: str
    kind: str
    subtype: str
    private: bool
    closed_on: date | None
    balance: Figure
    trend: tuple[int, ...]
    last_booked: date | None
    last_import: datetime | None


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """The accounts of one kind, subtype and currency with their sum."""

    kind: str
    subtype: str
    currency: str
    total_minor: int
    accounts: tuple[AccountBalance, ...]


@dataclass(frozen=True, slots=True)
class DashboardView:
    """The dashboard in one currency; months run from the oldest to the current one, each exactly once.

    Balances and net worth are those at the end of the current month. `net_worth_change` is against the month
    before. `spending` is that of `spending_month`, largest first, refunds included.
    """

    currency: str
    other_currencies: tuple[str, ...]
    months: tuple[date, ...]
    net_worth: tuple[NetWorthPoint, ...]
    net_worth_change: int
    cash_flow: tuple[CashFlowMonth, ...]
    this_month: CashFlowMonth
    last_month: CashFlowMonth
    spending_month: date
    spending: tuple[CategoryAmount, ...]
    spending_total: Figure
    account_groups: tuple[AccountGroup, ...]
    uncategorised_count: int
    uncategorised_filter: TransactionFilter
    recent: tuple[TransactionRow, ...]
