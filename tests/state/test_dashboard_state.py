"""The dashboard's state: display-ready figures, addresses that list what they sum, one event for all of it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from recaller.core.money import Money
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import work
from recaller.services import identity
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.listing import totals
from recaller.services.transactions import EntryDraft, Part, record_transaction
from recaller.state.charting import sparkline
from recaller.state.dashboard import DashboardState
from tests.state.conftest import Tab, fire
from tests.support.people import who

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]


def book(signed: identity.SignedIn) -> None:
    with work(who(signed).scope()) as w:
        account = create_account(w, AccountDraft(name="Everyday", subtype="checking", currency="USD")).id
        groceries = next(one.id for one in list_categories(w) if one.name == "Groceries")
        record_transaction(w, EntryDraft(w.today, account, -1_234, "Market", (Part(groceries, -1_234),)))
        record_transaction(w, EntryDraft(w.today, account, -500, "Kiosk"))


async def test_a_new_household_is_new(tab: Tab) -> None:
    page = tab.open(DashboardState)
    await fire(DashboardState.load.fn, page)
    assert page.is_new and not page.loading and page.groups == []


async def test_each_figure_says_and_lists_the_same(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    book(signed)
    page = tab.open(DashboardState, "/?period=6m")
    await fire(DashboardState.load.fn, page)
    assert (page.stats.net_worth.value, page.stats.spending.value) == ("−$17.34", "$17.34")
    assert page.uncategorised_words == "1 transaction has no category yet."
    assert [(one.name, one.total) for one in page.groups] == [("Owned", "−$17.34")]
    assert [one.amount for one in page.recent] == ["−$5.00", "−$12.34"]
    expected = {
        page.stats.net_worth.href: -1_734,
        page.stats.spending.href: -1_734,
        page.stats.saved.href: -1_734,
        page.groups[0].accounts[0].href: -1_734,
        page.uncategorised_href: -500,
        page.spending_href: -1_734,
    }
    with work(who(signed).scope(), read_only=True) as w:
        for href, minor in expected.items():
            parts = urlsplit(href)
            assert parts.path == "/transactions"
            found = totals(w, TransactionFilter.from_query(dict(parse_qsl(parts.query))))
            assert [Money(one.net, one.currency) for one in found] == [Money(minor, "USD")], href


async def test_a_bad_address_is_no_dead_page(tab: Tab) -> None:
    page = tab.open(DashboardState, "/?period=99y&month=never")
    await fire(DashboardState.load.fn, page)
    assert page.period == "1y" and not page.loading
    assert "currency code" in await fire(
        DashboardState.load.fn, tab.open(DashboardState, "/?currency=nothing")
    )


async def test_a_point_leads_only_to_transactions(tab: Tab) -> None:
    page = tab.open(DashboardState)
    said = await fire(DashboardState.open_point.fn, page, "kind=expense&javascript=1")
    assert '"/transactions?kind=expense"' in said
    assert "error" in await fire(DashboardState.open_point.fn, page, "from=never")


def test_sparkline_spans_its_box() -> None:
    assert sparkline([5]) == ""
    assert sparkline([0, 10, 5]) == "0.0,19.0 32.0,1.0 64.0,10.0"
    assert sparkline([7, 7]) == "0.0,19.0 64.0,19.0"
