"""What the ledger says per period: each category's sum, and the balance of the accounts that a budget covers.

Periods of whole calendar months are read from the monthly rollup, so that a year of a million postings is a few
hundred rows; other periods are read from the postings by the index on account and date. Only the postings of the
budget's own space and currency count, pending ones included, whatever the caller may see beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.domain.budgeting import Period
from recaller.infra.work import Work
from recaller.services.budgets.views import BudgetView
from recaller.services.listing.query import fetch

# `width_bucket` numbers the periods from 1; 0 is everything before the first. OFFSET 0 keeps each account's own
# index range (the planner would read the whole table instead).
_FROM_MONTHS = """
SELECT x.account_id, width_bucket(x.month, %(starts)s::date[]) - 1, sum(x.minor)::bigint, sum(x.count)::bigint
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (
   SELECT m.account_id, m.month, m.inflow + m.outflow AS minor, m.count FROM account_month m
    WHERE m.account_id = wanted.id AND m.month >= %(first)s AND m.month <= %(last)s
      AND m.currency = %(currency)s AND m.space_id = %(space)s OFFSET 0) x
 GROUP BY 1, 2
"""
_FROM_POSTINGS = """
SELECT x.account_id, width_bucket(x.date, %(starts)s::date[]) - 1, sum(x.amount)::bigint, count(*)
  FROM unnest(%(ids)s::uuid[]) AS wanted (id)
 CROSS JOIN LATERAL (
   SELECT p.account_id, p.date, p.amount FROM posting p
    WHERE p.account_id = wanted.id AND p.date >= %(first)s AND p.date <= %(last)s
      AND p.currency = %(currency)s AND p.space_id = %(space)s OFFSET 0) x
 GROUP BY 1, 2
"""
# What was before the first period's month comes from the rollup, the days up to its first one from the postings.
_BALANCES = f"""
{_FROM_MONTHS.replace("%(first)s", "'-infinity'::date").replace("%(last)s", "%(before)s")}
 UNION ALL
{_FROM_POSTINGS.replace("%(first)s", "%(month)s")}
"""
# Paid from accounts that the budget leaves out alone: those categories' postings count no more.
_OUTSIDE = """
SELECT c.account_id, width_bucket(c.date, %(starts)s::date[]) - 1, sum(c.amount)::bigint, count(*)
  FROM posting c
 WHERE c.account_id = ANY(%(ids)s::uuid[]) AND c.date >= %(first)s AND c.date <= %(last)s
   AND c.currency = %(currency)s AND c.space_id = %(space)s
   AND c.transaction_id IN (SELECT x.transaction_id FROM posting x WHERE x.account_id = ANY(%(outside)s::uuid[])
                               AND x.date >= %(first)s AND x.date <= %(last)s)
   AND NOT EXISTS (SELECT 1 FROM posting y WHERE y.tenant_id = c.tenant_id AND y.transaction_id = c.transaction_id
                      AND y.account_id = ANY(%(inside)s::uuid[]))
 GROUP BY 1, 2
"""
_ACCOUNTS = (
    "SELECT id, space_id FROM account WHERE kind IN ('asset', 'liability') AND currency = %(currency)s"
    " ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """By category, one signed sum of postings for each period, and how many postings the last period has."""

    minor: Mapping[UUID, Sequence[int]]
    last_count: Mapping[UUID, int]

    def of(self, category: UUID) -> Sequence[int]:
        """Return a category's sums, nothing where it has no posting."""
        return self.minor.get(category, ())


@dataclass(frozen=True, slots=True)
class Covered:
    """The accounts of a budget's currency and space: those that it covers, and those that it leaves out.

    `elsewhere`: the caller sees further accounts of this currency, in another space.
    """

    inside: tuple[UUID, ...]
    outside: tuple[UUID, ...]
    elsewhere: bool = False


def covered_accounts(w: Work, budget: BudgetView) -> Covered:
    """Return which accounts hold the budget's money."""
    rows = fetch(w, _ACCOUNTS, {"currency": budget.currency})
    every = [account for account, space in rows if space == budget.space_id]
    chosen = set(every if budget.account_ids is None else budget.account_ids)
    return Covered(
        inside=tuple(one for one in every if one in chosen),
        outside=tuple(one for one in every if one not in chosen),
        elsewhere=len(every) < len(rows),
    )


def category_sums(
    w: Work, budget: BudgetView, covered: Covered, ids: Sequence[UUID], cut: Sequence[Period]
) -> PeriodSums:
    """Return the postings' sums of these categories (expenses are positive) in consecutive periods."""
    found: dict[UUID, list[int]] = defaultdict(lambda: [0] * len(cut))
    counts: dict[UUID, int] = defaultdict(int)
    parameters = _parameters(budget, ids, cut)
    whole = budget.rule.whole_months
    for category, number, minor, count in fetch(w, _FROM_MONTHS if whole else _FROM_POSTINGS, parameters):
        found[category][number] += minor
        counts[category] += count if number == len(cut) - 1 else 0
    if covered.outside:
        outside = parameters | {"inside": list(covered.inside), "outside": list(covered.outside)}
        for category, number, minor, count in fetch(w, _OUTSIDE, outside):
            found[category][number] -= minor
            counts[category] -= count if number == len(cut) - 1 else 0
    return PeriodSums(found, counts)


def account_sums(
    w: Work, budget: BudgetView, covered: Covered, cut: Sequence[Period]
) -> tuple[int, list[int]]:
    """Return what the accounts held before the first of these periods, and how that changed in each of them."""
    opening, changes = 0, [0] * len(cut)
    parameters = _parameters(budget, covered.inside, cut)
    if budget.rule.whole_months:
        sql, parameters = _FROM_MONTHS, parameters | {"first": date.min}
    else:
        month = cut[0].start.replace(day=1)
        sql, parameters = _BALANCES, parameters | {"month": month, "before": _day_before(month)}
    for _, number, minor, _count in fetch(w, sql, parameters):
        if number < 0:
            opening += minor
        else:
            changes[number] += minor
    return opening, changes


def _parameters(budget: BudgetView, ids: Sequence[UUID], cut: Sequence[Period]) -> dict[str, object]:
    return {
        "ids": list(ids),
        "starts": [period.start for period in cut],
        "first": cut[0].start,
        "last": cut[-1].end,
        "currency": budget.currency,
        "space": budget.space_id,
    }


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
