"""Balances at any date, and what each category came to month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.core.errors import NotFound
from recaller.core.money import check_currency
from recaller.infra.work import Work
from recaller.services.listing.query import fetch
from recaller.services.reports.ledger import read_accounts, read_sums
from recaller.services.reports.months import month_of, months_until

# Whole months from the rollup; of the date's own month, the postings up to the date.
_BALANCE = """
SELECT a.id, coalesce(b.currency, a.currency), coalesce(b.minor, 0)
  FROM account a LEFT JOIN LATERAL (
    SELECT x.currency, sum(x.minor)::bigint AS minor FROM (
      SELECT m.currency, m.inflow + m.outflow AS minor FROM account_month m
       WHERE m.account_id = a.id {months}
      {days}) x GROUP BY x.currency) b ON true
 WHERE a.kind IN ('asset', 'liability') {only}
 ORDER BY a.position, a.name, a.id
"""
_MONTHS = "AND m.month < %(month)s"
_DAYS = """UNION ALL SELECT p.currency, p.amount FROM posting p
            WHERE p.account_id = a.id AND p.date >= %(month)s AND p.date <= %(at)s"""


@dataclass(frozen=True, slots=True)
class BalanceView:
    """An account's balance in minor units of `currency`."""

    account_id: UUID
    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class CategoryMonths:
    """A category's own sum (children apart) in each month of the table; spending is negative."""

    category_id: UUID
    parent_id: UUID | None
    name: str
    kind: str
    by_month: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CategoryMonthTable:
    """Categories by months, in minor units of one currency; each month once, oldest first."""

    currency: str
    months: tuple[date, ...]
    rows: tuple[CategoryMonths, ...]


def balance_at(w: Work, account_id: UUID, at: date) -> BalanceView:
    """Return an asset's or liability's balance at the end of the date; raise NotFound when not in sight."""
    sql = _BALANCE.format(months=_MONTHS, days=_DAYS, only="AND a.id = %(account)s")
    rows = fetch(w, sql, {"account": account_id, "month": month_of(at), "at": at})
    if not rows:
        raise NotFound("account", account_id)
    return BalanceView(*rows[0])


def account_balances(w: Work, at: date | None = None) -> tuple[BalanceView, ...]:
    """Return every visible asset's and liability's balance at the end of the date, or of all its postings."""
    if at is None:
        return tuple(BalanceView(*row) for row in fetch(w, _BALANCE.format(months="", days="", only="")))
    sql = _BALANCE.format(months=_MONTHS, days=_DAYS, only="")
    return tuple(BalanceView(*row) for row in fetch(w, sql, {"month": month_of(at), "at": at}))


def account_freshness(w: Work) -> dict[UUID, date]:
    """Return the date of the latest transaction of each visible asset and liability that has any."""
    found = read_accounts(w).values()
    return {one.id: one.last_booked for one in found if one.last_booked is not None}


def category_month_table(w: Work, *, months: int = 12, currency: str | None = None) -> CategoryMonthTable:
    """Return what each category with anything in the last `months` months came to in each of them."""
    chosen = check_currency(currency) if currency else w.scope.base_currency
    wanted = months_until(month_of(w.today), months)
    sums = read_sums(w, wanted, wanted).accounts
    rows = []
    for account in read_accounts(w).values():
        found = sums.get((account.id, chosen))
        if account.kind in ("income", "expense") and found is not None and found.by_month:
            by_month = tuple(-found.by_month.get(month, 0) for month in wanted)
            rows.append(CategoryMonths(account.id, account.parent_id, account.name, account.kind, by_month))
    return CategoryMonthTable(chosen, wanted, tuple(rows))
