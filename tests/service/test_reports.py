"""The dashboard equals figures worked out by hand, and each of them opens to transactions of exactly that sum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work, work
from recaller.services.listing import list_transactions, totals
from recaller.services.reports import (
    DashboardView,
    Figure,
    account_balances,
    balance_at,
    category_month_table,
    dashboard,
)
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    record_opening_balance,
    record_transaction,
)
from tests.support.households import Household
from tests.support.reading import Book, counted_statements, fill, open_book, second_member, sum_of


def now() -> datetime:
    """Half past eleven at night in UTC on the last of October: already November in Berlin."""
    return datetime(2026, 10, 31, 23, 30, tzinfo=UTC)


def look(scope: Scope, **options: object) -> DashboardView:
    with work(scope, read_only=True, clock=now) as w:
        return dashboard(w, **options)  # type: ignore[arg-type]


@pytest.fixture
def book(household: Household) -> Book:
    """A quarter of a household, small enough to add up in one's head."""
    with work(household.scope) as w:
        made = open_book(w)
        checking, visa, giro = (made.accounts[name] for name in ("Checking", "Visa", "Giro"))
        category = made.categories
        record_opening_balance(w, checking, 100_000, date(2026, 7, 31))
        record_opening_balance(w, giro, 20_000, date(2025, 1, 15))
        for draft in (
            EntryDraft(date(2026, 8, 25), checking, 300_000, "Work", (Part(category["Salary"], 300_000),)),
            EntryDraft(date(2026, 9, 2), visa, -4_000, "Shop", (Part(category["Groceries"], -4_000),)),
            EntryDraft(date(2026, 9, 25), checking, 300_000, "Work", (Part(category["Salary"], 300_000),)),
            EntryDraft(
                date(2026, 10, 3), visa, -10_000, "Shop",
                (Part(category["Groceries"], -6_000), Part(category["Fuel"], -3_000), Part(category["Food"], -1_000)),
            ),
            EntryDraft(date(2026, 10, 4), visa, 500, "Shop", (Part(category["Groceries"], 500),)),
            EntryDraft(date(2026, 10, 5), checking, -700, "Kiosk"),
            TransferDraft(date(2026, 10, 6), checking, visa, 5_000),
            TransferDraft(date(2026, 10, 7), checking, giro, 11_000, 10_000),
            EntryDraft(date(2026, 10, 8), giro, -2_500, "Markt", (Part(category["Groceries"], -2_500),)),
            EntryDraft(date(2026, 12, 24), checking, -9_999, "Later"),
        ):  # fmt: skip
            record_transaction(w, draft)
    return made


def test_the_dashboard_equals_the_figures_worked_out_by_hand(household: Household, book: Book) -> None:
    view = look(household.scope, months=4)
    assert (view.currency, view.other_currencies) == ("USD", ("EUR",))
    assert view.months == tuple(date(2026, month, 1) for month in (7, 8, 9, 10))
    assert [(p.assets.minor, p.liabilities.minor, p.net.minor) for p in view.net_worth] == [
        (100_000, 0, 100_000),
        (400_000, 0, 400_000),
        (700_000, -4_000, 696_000),
        (683_300, -8_500, 674_800),
    ]
    assert view.net_worth_change == -21_200
    assert [(m.income.minor, m.expense.minor, m.net_minor) for m in view.cash_flow] == [
        (0, 0, 0),
        (300_000, 0, 300_000),
        (300_000, -4_000, 296_000),
        (0, -10_200, -10_200),
    ]
    assert (view.this_month.month, view.last_month.month) == (date(2026, 10, 1), date(2026, 9, 1))
    tree = [(c.name, c.total.minor, [(d.name, d.total.minor) for d in c.children]) for c in view.spending]
    assert tree == [
        ("Food", -6_500, [("Groceries", -5_500)]),
        ("Transport", -3_000, [("Fuel", -3_000)]),
        ("Uncategorised", -700, []),
    ]
    assert view.spending_total.minor == -10_200
    groups = [
        (g.kind, g.subtype, g.currency, g.total_minor, [a.name for a in g.accounts])
        for g in view.account_groups
    ]
    assert groups == [
        ("asset", "checking", "USD", 683_300, ["Checking"]),
        ("asset", "checking", "EUR", 27_500, ["Giro"]),
        ("asset", "savings", "USD", 0, ["Own"]),
        ("liability", "credit_card", "USD", -8_500, ["Visa"]),
    ]
    checking = view.account_groups[0].accounts[0]
    assert checking.trend == (100_000, 400_000, 700_000, 683_300)
    assert (checking.last_booked, checking.last_import) == (date(2026, 12, 24), None)
    assert view.uncategorised_count == 2
    assert [row.payee for row in view.recent][:3] == ["Later", "Markt", ""]
    assert len(view.recent) == 10


def test_another_currency_stands_on_its_own(household: Household, book: Book) -> None:
    view = look(household.scope, months=2, currency="EUR")
    assert (view.currency, view.other_currencies) == ("EUR", ("USD",))
    assert [p.net.minor for p in view.net_worth] == [20_000, 27_500]
    assert view.this_month.expense.minor == -2_500
    assert [c.total.minor for c in view.spending] == [-2_500]


def test_an_earlier_month_can_be_chosen_for_spending(household: Household, book: Book) -> None:
    view = look(household.scope, months=1, spending_month=date(2026, 9, 17))
    assert view.months == (date(2026, 10, 1),)
    assert len(view.net_worth) == len(view.cash_flow) == len(view.account_groups[0].accounts[0].trend) == 1
    assert view.last_month.income.minor == 300_000
    assert [(c.name, c.total.minor) for c in view.spending] == [("Food", -4_000)]


@pytest.mark.parametrize(("zone", "last"), [("UTC", date(2026, 10, 1)), ("Europe/Berlin", date(2026, 11, 1))])
@pytest.mark.parametrize("months", [1, 12, 27])
def test_every_month_is_there_once_in_the_users_calendar(
    new_household: type, zone: str, last: date, months: int
) -> None:
    view = look(new_household("Zone", time_zone=zone).scope, months=months)
    assert view.months[-1] == last
    assert len(set(view.months)) == months
    assert sorted(view.months) == list(view.months)
    for series in (view.net_worth, view.cash_flow):
        assert tuple(point.month for point in series) == view.months


def test_an_empty_household_has_an_empty_dashboard(household: Household) -> None:
    view = look(household.scope)
    assert (view.spending, view.account_groups, view.recent, view.uncategorised_count) == ((), (), (), 0)
    assert {point.net.minor for point in view.net_worth} == {0}


def figures(view: DashboardView) -> Iterator[Figure]:
    """Yield every figure of the dashboard that opens to transactions."""
    for point in view.net_worth:
        yield from (point.assets, point.liabilities, point.net)
    for month in (*view.cash_flow, view.this_month, view.last_month):
        yield from (month.income, month.expense)
    for category in view.spending:
        yield category.total
        yield from (child.total for child in category.children)
    yield view.spending_total
    for group in view.account_groups:
        yield from (account.balance for account in group.accounts)


def listed_sum(w: Work, wanted: TransactionFilter, currency: str) -> int:
    """Return the sum of what the rows of all pages say was asked for."""
    page, minor = list_transactions(w, wanted, limit=200), 0
    while True:
        minor += sum(sum_of(row.matched)[currency] for row in page.items)
        if page.next_cursor is None:
            return minor
        page = list_transactions(w, wanted, limit=200, cursor=page.next_cursor)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22])
def test_every_figure_opens_to_transactions_of_exactly_its_sum(household: Household, seed: int) -> None:
    fill(household.scope, 70, seed)
    member = second_member(household)
    for scope in (household.scope, member):
        for currency in ("USD", "EUR"):
            view = look(scope, months=4, currency=currency)
            with work(scope, read_only=True, clock=now) as w:
                for figure in figures(view):
                    through_url = TransactionFilter.from_query(figure.filter.to_query())
                    sums = {total.currency: total.net for total in totals(w, through_url)}
                    assert sums.get(figure.currency, 0) == figure.minor, figure
                    assert set(sums) <= {figure.currency}
                    assert listed_sum(w, through_url, figure.currency) == figure.minor
                rows = list_transactions(w, view.uncategorised_filter, limit=200).items
                assert len(rows) == view.uncategorised_count


def test_the_dashboard_costs_three_queries(household: Household, new_household: type) -> None:
    for home, count in ((household, 3), (new_household("Larger"), 40)):
        fill(home.scope, count, seed=31)
        with work(home.scope, read_only=True, clock=now) as w, counted_statements() as seen:
            dashboard(w)
        assert len(seen) == 3


def test_the_dashboard_shows_nothing_of_others(household: Household, new_household: type) -> None:
    book, _ = fill(household.scope, 25, seed=41)
    stranger = new_household("Other").scope
    assert look(stranger).account_groups == ()
    member = look(second_member(household))
    names = {account.name for group in member.account_groups for account in group.accounts}
    assert names == {"Checking", "Visa", "Giro"}
    assert book.accounts["Own"] not in {row.account_id for row in member.recent}
    with work(stranger, read_only=True) as w:
        assert account_balances(w) == ()
        with pytest.raises(NotFound):
            balance_at(w, book.accounts["Checking"], date(2026, 10, 1))


def test_any_dates_balance_can_be_asked(household: Household) -> None:
    book, views = fill(household.scope, 60, seed=51)
    days = (
        date(2026, 7, 30),
        date(2026, 7, 31),
        date(2026, 8, 31),
        date(2026, 9, 1),
        date(2026, 9, 17),
        None,
    )
    for day in days:
        with work(household.scope, read_only=True) as w:
            found = {view.account_id: view.minor for view in account_balances(w, day)}
        assert set(found) == set(book.accounts.values())
        for account in book.accounts.values():
            lines = [
                x for v in views if day is None or v.date <= day for x in v.lines if x.account_id == account
            ]
            assert found[account] == sum(line.amount for line in lines)


def test_categories_by_months_equal_the_figures_worked_out_by_hand(household: Household, book: Book) -> None:
    with work(household.scope, read_only=True, clock=now) as w:
        table = category_month_table(w, months=3)
    assert table.months == (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    assert {row.name: row.by_month for row in table.rows} == {
        "Salary": (300_000, 300_000, 0),
        "Groceries": (0, -4_000, -5_500),
        "Food": (0, 0, -1_000),
        "Fuel": (0, 0, -3_000),
        "Uncategorised": (0, 0, -700),
    }


@pytest.mark.parametrize(
    "options", [{"months": 0}, {"months": 121}, {"currency": "EURO"}, {"currency": "'; --"}]
)
def test_bad_arguments_are_refused(household: Household, options: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        look(household.scope, **options)


def test_an_unknown_account_has_no_balance(household: Household) -> None:
    with work(household.scope, read_only=True) as w, pytest.raises(NotFound):
        balance_at(w, new_id(), date(2026, 10, 1))
