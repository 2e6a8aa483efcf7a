"""Turns the dashboard's report into what its page draws: texts, figures and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from recaller.core.figures import ChartPoint, cash_flow_figure, net_worth_figure
from recaller.domain.filters import TransactionFilter
from recaller.services.reports import (
    AccountBalance,
    AccountGroup,
    CashFlowMonth,
    DashboardView,
    NetWorthPoint,
)
from recaller.state.charting import ChartRow, axis_of, sparkline
from recaller.state.formatting import Formatter, balance_tone, tone_of
from recaller.state.pickers import Choice
from recaller.state.transaction_rows import TransactionItem, transaction_item

_SIDES = {"asset": "Owned", "liability": "Owed"}
MOST_SHARES = 8
MOST_MONTHS = 12
RECENT = 8


@dataclass(frozen=True)
class Stat:
    """A figure with what changed about it, and where its transactions are."""

    value: str
    change: str
    tone: str
    href: str


@dataclass(frozen=True)
class Stats:
    """The figures on top."""

    net_worth: Stat
    income: Stat
    spending: Stat
    saved: Stat


NO_STAT = Stat("", "", "neutral", "/transactions")
NO_STATS = Stats(NO_STAT, NO_STAT, NO_STAT, NO_STAT)


@dataclass(frozen=True)
class Share:
    """A category's part of the month's spending; `share` is a CSS width."""

    name: str
    amount: str
    share: str
    note: str
    href: str


@dataclass(frozen=True)
class AccountItem:
    """An account with its balance, how fresh it is, and its course as the points of a line."""

    name: str
    subtype: str
    balance: str
    tone: str
    fresh: str
    private: bool
    closed: bool
    spark: str
    href: str


@dataclass(frozen=True)
class Group:
    """Accounts of one sort and currency."""

    name: str
    total: str
    tone: str
    accounts: list[AccountItem]


def href(wanted: TransactionFilter) -> str:
    """Return the address that lists exactly what the filter asks for."""
    query = wanted.query_string()
    return f"/transactions?{query}" if query else "/transactions"


def first_month(view: DashboardView) -> int:
    """Return the place of the first month with any figure; at least two months are kept."""
    for index, (net, flow) in enumerate(zip(view.net_worth, view.cash_flow, strict=True)):
        if net.assets.minor or net.liabilities.minor or flow.income.minor or flow.expense.minor:
            return max(0, min(index, len(view.months) - 2))
    return 0


def stats_of(view: DashboardView, say: Formatter) -> Stats:
    """Return net worth and this month's income, spending and what is left, each against the month before."""
    unit, now, before = view.currency, view.this_month, view.last_month
    net = view.net_worth[-1].net
    spent, spent_before = -now.expense.minor, -before.expense.minor
    month = TransactionFilter(
        kinds=("income", "expense"), currency=unit, date_from=now.income.filter.date_from,
        date_to=now.income.filter.date_to,
    )  # fmt: skip
    last = say.month(before.month)
    return Stats(
        net_worth=Stat(
            say.money(net.minor, unit),
            f"{say.money(view.net_worth_change, unit, plus=True)} this month",
            _change_tone(view.net_worth_change),
            href(net.filter),
        ),
        income=Stat(
            say.money(now.income.minor, unit),
            f"{say.money(before.income.minor, unit)} in {last}",
            "neutral",
            href(now.income.filter),
        ),
        spending=Stat(
            say.money(spent, unit),
            f"{say.money(spent_before, unit)} in {last}",
            "neutral",
            href(now.expense.filter),
        ),
        saved=Stat(
            say.money(now.net_minor, unit, plus=True),
            f"{say.money(before.net_minor, unit, plus=True)} in {last}",
            "neutral",
            href(month),
        ),
    )


def net_worth_chart(points: Sequence[NetWorthPoint], say: Formatter) -> tuple[dict[str, Any], list[ChartRow]]:
    """Return the line of net worth at each month's end, and the same as rows, newest first."""
    unit = points[-1].net.currency
    line = [
        ChartPoint(
            one.month.isoformat(),
            one.net.minor,
            f"{say.month(one.month)}: {say.money(one.net.minor, unit)}",
            one.net.filter.query_string(),
        )
        for one in points
    ]
    rows = [
        ChartRow(
            [
                say.month(one.month),
                *(say.money(part.minor, unit) for part in (one.assets, one.liabilities, one.net)),
            ],
            href(one.net.filter),
        )
        for one in reversed(points)
    ]
    return net_worth_figure(line, axis_of(say, unit)), rows


def net_worth_words(points: Sequence[NetWorthPoint], say: Formatter) -> str:
    """Return what the line shows, in words."""
    first, last = points[0], points[-1]
    unit = last.net.currency
    change = last.net.minor - first.net.minor
    return f"{say.money(change, unit, plus=True)} since the end of {say.month(first.month)}"


def cash_flow_chart(months: Sequence[CashFlowMonth], say: Formatter) -> tuple[dict[str, Any], list[ChartRow]]:
    """Return the bars of money in and out by month, and the same as rows, newest first."""
    unit = months[-1].income.currency

    def points(parts: Sequence[tuple[CashFlowMonth, int, TransactionFilter]]) -> list[ChartPoint]:
        return [
            ChartPoint(_key(one.month), minor, say.money(minor, unit), wanted.query_string())
            for one, minor, wanted in parts
        ]

    figure = cash_flow_figure(
        [_key(one.month) for one in months],
        points([(one, one.income.minor, one.income.filter) for one in months]),
        points([(one, one.expense.minor, one.expense.filter) for one in months]),
        axis_of(say, unit),
    )
    rows = [
        ChartRow(
            [
                say.month(one.month),
                say.money(one.income.minor, unit),
                say.money(one.expense.minor, unit),
                say.money(one.net_minor, unit, plus=True),
            ],
            href(
                TransactionFilter(
                    kinds=("income", "expense"), currency=unit, date_from=one.income.filter.date_from,
                    date_to=one.income.filter.date_to,
                )
            ),
        )
        for one in reversed(months)
    ]  # fmt: skip
    return figure, rows


def cash_flow_words(view: DashboardView, say: Formatter) -> str:
    """Return what the bars show, in words: the average of the full months."""
    full = view.cash_flow[first_month(view) : -1]
    if not full:
        return "Money in and out by month"
    average = round(sum(one.net_minor for one in full) / len(full))
    return f"{say.money(average, view.currency, plus=True)} in an average month"


def spending_shares(view: DashboardView, say: Formatter) -> tuple[list[Share], str]:
    """Return the largest categories of the month as bars, and words on the rest."""
    largest = max((abs(one.total.minor) for one in view.spending), default=0) or 1
    total = -view.spending_total.minor
    shares = []
    for one in view.spending[:MOST_SHARES]:
        spent = -one.total.minor
        part = f"{100 * spent / total:.0f} %" if total > 0 and spent > 0 else ""
        width = f"{max(0.0, 100 * spent / largest):.1f}%"
        shares.append(Share(one.name, say.money(spent, view.currency), width, part, href(one.total.filter)))
    rest = view.spending[MOST_SHARES:]
    if not rest:
        return shares, ""
    other = say.money(-sum(one.total.minor for one in rest), view.currency)
    return shares, f"{len(rest)} more categories: {other}"


def month_choices(view: DashboardView, today: date, say: Formatter) -> list[Choice]:
    """Return the months of the month picker, newest first, the chosen one among them."""
    months = {today.replace(day=1), view.spending_month, *view.months[-MOST_MONTHS:]}
    return [Choice(month.isoformat(), say.month(month)) for month in sorted(months, reverse=True)]


def currency_choices(view: DashboardView) -> list[Choice]:
    """Return the currencies to switch between; none when there is only one."""
    if not view.other_currencies:
        return []
    return [Choice(code, code) for code in sorted({view.currency, *view.other_currencies})]


def account_groups(view: DashboardView, say: Formatter, today: date) -> list[Group]:
    """Return what is owned and what is owed in each currency, each account with balance and freshness."""
    merged: dict[tuple[str, str], list[AccountGroup]] = {}
    for group in sorted(view.account_groups, key=lambda one: (one.currency != view.currency, one.currency)):
        merged.setdefault((group.kind, group.currency), []).append(group)
    several = len({currency for _, currency in merged}) > 1
    groups = []
    for (kind, currency), parts in merged.items():
        total = sum(part.total_minor for part in parts)
        groups.append(
            Group(
                name=_SIDES[kind] + (f" · {currency}" if several else ""),
                total=say.money(total, currency),
                tone=balance_tone(total),
                accounts=[_account(one, say, today) for part in parts for one in part.accounts],
            )
        )
    return groups


def uncategorised_words(count: int) -> str:
    """Return how many transactions wait for a category; "" for none."""
    if not count:
        return ""
    return (
        "1 transaction has no category yet."
        if count == 1
        else f"{count:,} transactions have no category yet."
    )


def recent_items(view: DashboardView, say: Formatter) -> list[TransactionItem]:
    """Return the newest transactions of all accounts."""
    return [transaction_item(row, say) for row in view.recent[:RECENT]]


def _account(one: AccountBalance, say: Formatter, today: date) -> AccountItem:
    if one.last_booked is None:
        fresh = "No transactions yet"
    elif one.last_booked > today:
        fresh = f"Latest on {say.day(one.last_booked)}"
    elif one.last_booked == today:
        fresh = "Latest today"
    else:
        fresh = f"Latest {say.days_ago(one.last_booked, today)}"
    return AccountItem(
        name=one.name,
        subtype=one.subtype,
        balance=say.money(one.balance.minor, one.balance.currency),
        tone=balance_tone(one.balance.minor),
        fresh=fresh,
        private=one.private,
        closed=one.closed_on is not None,
        spark=sparkline(one.trend),
        href=href(one.balance.filter),
    )


def _key(month: date) -> str:
    return month.isoformat()[:7]


def _change_tone(minor: int) -> str:
    return tone_of(minor) if minor >= 0 else "negative"
