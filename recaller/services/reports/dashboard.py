"""The dashboard: every figure of one currency, in three queries whatever the ledger's size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from recaller.core.money import check_currency
from recaller.domain.account_kinds import SYSTEM_UNCATEGORISED
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.listing.criteria import Criteria
from recaller.services.listing.rows import TransactionRow, read_rows
from recaller.services.reports.ledger import LedgerAccount, MonthlySums, Sums, read_accounts, read_sums
from recaller.services.reports.months import last_day, month_of, months_until
from recaller.services.reports.views import (
    AccountBalance,
    AccountGroup,
    CashFlowMonth,
    CategoryAmount,
    DashboardView,
    Figure,
    NetWorthPoint,
)

RECENT = 10
_RECENT = f"SELECT id FROM transaction ORDER BY date DESC, id DESC LIMIT {RECENT}"

Accounts = Mapping[UUID, LedgerAccount]


def dashboard(
    w: Work, *, months: int = 12, currency: str | None = None, spending_month: date | None = None
) -> DashboardView:
    """Return the dashboard of the last `months` months in the user's calendar, the current one included.

    `currency` is the household's own when not given; no figure mixes currencies. `spending_month` (any day of
    it) must be one of the months; the current one when not given. Raises ValidationFailed for a bad argument.
    """
    this_month = month_of(w.today)
    range_ = months_until(this_month, months)
    chosen = check_currency(currency) if currency else w.scope.base_currency
    spending = month_of(spending_month) if spending_month else this_month
    # The month before is shown beside this one even if the range is a single month.
    wanted = months_until(this_month, max(months, 2))
    if spending < wanted[0]:
        wanted = months_until(this_month, _distance(spending, this_month) + 1)
    accounts = read_accounts(w)
    sums = read_sums(w, wanted, [spending])
    present = sums.currencies() | {a.currency for a in accounts.values() if a.currency}
    net_worth = _net_worth(accounts, sums, wanted, chosen)
    flow = _cash_flow(sums, wanted, chosen)
    tree = categories_of_month(accounts, sums, spending, chosen, "expense")
    return DashboardView(
        currency=chosen,
        other_currencies=tuple(sorted(present - {chosen})),
        months=range_,
        net_worth=tuple(net_worth[-months:]),
        net_worth_change=net_worth[-1].net.minor - net_worth[-2].net.minor,
        cash_flow=tuple(flow[-months:]),
        this_month=flow[-1],
        last_month=flow[-2],
        spending_month=spending,
        spending=tree,
        spending_total=_of_kind(("expense",), sum(node.total.minor for node in tree), chosen, spending),
        account_groups=_groups(accounts, sums, wanted, months, w.scope.shared_space_id),
        uncategorised_count=_uncategorised(accounts, sums),
        uncategorised_filter=TransactionFilter(uncategorised=True),
        recent=recent_transactions(w),
    )


def recent_transactions(w: Work) -> tuple[TransactionRow, ...]:
    """Return the newest transactions of all accounts in sight."""
    rows = read_rows(w, Criteria(), _RECENT, {})
    return tuple(sorted(rows.values(), key=lambda row: (row.date, row.id), reverse=True))


def categories_of_month(
    accounts: Accounts, sums: Sums, month: date, currency: str, kind: str
) -> tuple[CategoryAmount, ...]:
    """Return the categories of `kind` with anything in the month, children below parents, largest first."""
    own = {
        account_id: -found.by_month[month]
        for (account_id, unit), found in sums.accounts.items()
        if unit == currency and month in found.by_month and accounts[account_id].kind == kind
    }
    children: dict[UUID | None, list[LedgerAccount]] = defaultdict(list)
    for account in accounts.values():
        if account.kind == kind:
            parent = account.parent_id if account.parent_id in accounts else None
            children[parent].append(account)

    def node(account: LedgerAccount) -> CategoryAmount | None:
        below = _largest_first(filter(None, map(node, children[account.id])))
        if account.id not in own and not below:
            return None
        minor = own.get(account.id, 0) + sum(child.total.minor for child in below)
        wanted = TransactionFilter(
            category_ids=(account.id,), currency=currency, date_from=month, date_to=last_day(month)
        )
        return CategoryAmount(account.id, account.name, account.icon, Figure(minor, currency, wanted), below)

    return _largest_first(filter(None, map(node, children[None])))


def _largest_first(nodes: Iterable[CategoryAmount]) -> tuple[CategoryAmount, ...]:
    return tuple(sorted(nodes, key=lambda node: (-abs(node.total.minor), node.name, node.category_id)))


def _of_kind(kinds: tuple[str, ...], minor: int, currency: str, month: date) -> Figure:
    wanted = TransactionFilter(kinds=kinds, currency=currency, date_from=month, date_to=last_day(month))
    return Figure(minor, currency, wanted)


def _net_worth(accounts: Accounts, sums: Sums, months: Sequence[date], currency: str) -> list[NetWorthPoint]:
    balances = {"asset": [0] * len(months), "liability": [0] * len(months)}
    for (account_id, unit), found in sums.accounts.items():
        total = balances.get(accounts[account_id].kind)
        if unit == currency and total is not None:
            for number, balance in enumerate(found.balances(months)):
                total[number] += balance

    def at(kinds: tuple[str, ...], number: int) -> Figure:
        wanted = TransactionFilter(kinds=kinds, currency=currency, date_to=last_day(months[number]))
        return Figure(sum(balances[kind][number] for kind in kinds), currency, wanted)

    return [
        NetWorthPoint(
            month, at(("asset",), number), at(("liability",), number), at(("asset", "liability"), number)
        )
        for number, month in enumerate(months)
    ]


def _cash_flow(sums: Sums, months: Sequence[date], currency: str) -> list[CashFlowMonth]:
    income = sums.kinds.get(("income", currency), {})
    expense = sums.kinds.get(("expense", currency), {})
    return [
        CashFlowMonth(
            month,
            _of_kind(("income",), -income.get(month, 0), currency, month),
            _of_kind(("expense",), -expense.get(month, 0), currency, month),
            -income.get(month, 0) - expense.get(month, 0),
        )
        for month in months
    ]


def _groups(
    accounts: Accounts, sums: Sums, months: Sequence[date], shown: int, shared_space: UUID
) -> tuple[AccountGroup, ...]:
    """Group the open accounts, and closed ones that still hold something; assets first, in the user's order."""
    groups: dict[tuple[str, str, str], list[AccountBalance]] = defaultdict(list)
    until = last_day(months[-1])
    for account in accounts.values():
        if account.kind not in ("asset", "liability") or account.currency is None:
            continue
        trend = sums.accounts.get((account.id, account.currency), MonthlySums()).balances(months)[-shown:]
        if account.closed_on is not None and trend[-1] == 0:
            continue
        wanted = TransactionFilter(account_ids=(account.id,), currency=account.currency, date_to=until)
        groups[account.kind, account.subtype, account.currency].append(
            AccountBalance(
                account_id=account.id,
                name=account.name,
                kind=account.kind,
                subtype=account.subtype,
                private=account.space_id != shared_space,
                closed_on=account.closed_on,
                balance=Figure(trend[-1], account.currency, wanted),
                trend=trend,
                last_booked=account.last_booked,
                last_import=account.last_import,
            )
        )
    return tuple(
        AccountGroup(kind, subtype, unit, sum(one.balance.minor for one in members), tuple(members))
        for (kind, subtype, unit), members in sorted(groups.items(), key=lambda group: group[0][0])
    )


def _uncategorised(accounts: Accounts, sums: Sums) -> int:
    return sum(
        found.count
        for (account_id, _), found in sums.accounts.items()
        if accounts[account_id].system == SYSTEM_UNCATEGORISED
    )


def _distance(early: date, late: date) -> int:
    return (late.year - early.year) * 12 + late.month - early.month
