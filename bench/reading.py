"""(a) the dashboard's whole data set and (b) pages of transactions: the services against SQL written by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bench.by_hand import ByHand
from bench.household import NOW
from bench.measure import Timing, compare
from recaller.core.scope import Scope
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import work
from recaller.services.listing import Sort, list_transactions, totals
from recaller.services.reports import DashboardView, dashboard
from recaller.services.reports.months import add_months, month_of

WORD = "market"
SEARCHED = TransactionFilter(text=WORD, date_from=date(2026, 1, 1), date_to=date(2026, 10, 31))


@dataclass
class Reading:
    """Timings of one household: service and by hand, for the dashboard, the first page, the search page, its totals."""

    dashboard: dict[str, Timing] = field(default_factory=dict)
    first_page: dict[str, Timing] = field(default_factory=dict)
    search: dict[str, Timing] = field(default_factory=dict)
    totals: dict[str, Timing] = field(default_factory=dict)


def now() -> object:
    """The households' last day."""
    return NOW


def measure_reading(scope: Scope, repetitions: int) -> Reading:
    """Time everything on one household; the two sides' results are compared first."""
    by_hand = ByHand(scope)
    this_month = month_of(NOW.date())
    first = add_months(this_month, -11)
    months = (first, add_months(first, -1), this_month)

    def service_dashboard() -> DashboardView:
        with work(scope, read_only=True, clock=lambda: NOW) as w:
            return dashboard(w)

    def service_first() -> list[object]:
        with work(scope, read_only=True, clock=lambda: NOW) as w:
            return [row.id for row in list_transactions(w).items]

    def service_search() -> list[object]:
        with work(scope, read_only=True, clock=lambda: NOW) as w:
            return [row.id for row in list_transactions(w, SEARCHED, sort=Sort.LARGEST).items]

    def service_totals() -> list[object]:
        with work(scope, read_only=True, clock=lambda: NOW) as w:
            found = totals(w, TransactionFilter(text=WORD))
            return [(one.currency, one.count, one.inflow, one.outflow) for one in found]

    summed = by_hand.totals(WORD)
    ways = by_hand.searches(WORD, date(2026, 1, 1), date(2026, 10, 31))
    try:
        _check_same_dashboard(service_dashboard(), by_hand.dashboard(*months))
        assert [row[0] for row in by_hand.first_page()][:50] == service_first()
        for name, way in ways.items():
            assert way()[:50] == service_search(), name
        for name, total in summed.items():
            assert total() == service_totals(), name
        return Reading(
            compare(
                {"service": service_dashboard, "by hand": lambda: by_hand.dashboard(*months)}, repetitions
            ),
            compare({"service": service_first, "by hand": by_hand.first_page}, repetitions),
            compare({"service": service_search, **ways}, repetitions),
            compare({"service": service_totals, **summed}, max(5, repetitions // 3), warm=2),
        )
    finally:
        by_hand.close()


def _check_same_dashboard(view: DashboardView, by_hand: list[list[tuple[object, ...]]]) -> None:
    net_worth, cash_flow, spending, accounts, uncategorised, _, recent = by_hand
    assets = sum(row[2] for row in net_worth if row[0] == "asset")
    assert view.net_worth[-1].assets.minor == assets
    income = {row[1]: -row[2] for row in cash_flow if row[0] == "income"}
    assert {m.month: m.income.minor for m in view.cash_flow} == income
    assert view.spending_total.minor == -sum(row[4] for row in spending)
    by_account: dict[object, int] = {}
    for row in accounts:
        by_account[row[0]] = by_account.get(row[0], 0) + (row[7] or 0)
    assert {a.account_id: a.balance.minor for g in view.account_groups for a in g.accounts} == by_account
    assert view.uncategorised_count == sum(row[1] for row in uncategorised)
    assert [row.id for row in view.recent] == [row[0] for row in recent]


def best_by_hand(found: dict[str, Timing]) -> tuple[str, Timing]:
    """Return the fastest of the ways written by hand."""
    return min(((n, t) for n, t in found.items() if n != "service"), key=lambda pair: pair[1].median)
