"""The transactions screen: the URL rules what is shown, rows are display-ready, bulk changes can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from recaller.core.errors import NotFound
from recaller.core.ids import new_id
from recaller.services import identity
from recaller.services.transactions import EntryDraft, Part, TransferDraft, record_transaction
from recaller.state.transactions import PAGE, TransactionsState
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import DAY, Home, furnish, move

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
State = TransactionsState


async def shown(tab: Tab, path: str = "/transactions") -> TransactionsState:
    page = tab.open(State, path)
    await fire(State.load.fn, page)
    await fire(State.load_totals.fn, page)
    return page


async def test_rows_come_display_ready(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(-1250, note="weekly", tags=("kids",), status="pending")
    with home.work() as w:
        record_transaction(
            w, TransferDraft(date(2026, 10, 6), home.accounts["Checking"], home.accounts["Savings"], 500)
        )
    transfer, entry = (await shown(tab)).rows
    assert (entry.date, entry.payee, entry.amount) == ("Oct 5, 2026", "Alder Market", "\u2212$12.50")
    assert (entry.category, entry.account, entry.note, entry.tags) == (
        "Groceries",
        "Checking",
        "weekly",
        ["kids"],
    )
    assert entry.pending and entry.simple and not entry.uncategorised
    assert (transfer.payee, transfer.amount) == ("Transfer to Savings", "$5.00")
    assert transfer.account == "Checking → Savings"


async def test_an_empty_household_has_no_rows_and_no_totals(place: tuple[Tab, Home]) -> None:
    page = await shown(place[0])
    assert (page.rows, page.totals, page.loading, page.filtered) == ([], [], False, False)


async def test_the_url_filters_sorts_and_names_its_filters(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(-1000)
    home.record(-3000, "Corner Shop", "Restaurants")
    home.record(-2000, "Corner Shop", None)
    food = home.categories["Food"]
    page = await shown(tab, f"/transactions?category={food}&sort=amount")
    assert [row.amount for row in page.rows] == ["\u2212$30.00", "\u2212$10.00"]
    assert [chip.label for chip in page.chips] == ["Category: Food"]
    assert [(one.net, one.count) for one in page.totals] == [("\u2212$40.00", "2 transactions")]
    move(page, "/transactions?uncategorised=1")
    await fire(State.load.fn, page)
    assert [row.uncategorised for row in page.rows] == [True]
    assert await fire(State.remove_filter.fn, page, "uncategorised:") and page.only_uncategorised


async def test_operators_work_in_the_search_box(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(-1000)
    home.record(-9000, "Starbucks")
    page = await shown(tab, "/transactions?q=amount%3A%3E50")
    assert [row.payee for row in page.rows] == ["Starbucks"]
    move(page, "/transactions?q=starbcuks")
    await fire(State.load.fn, page)
    assert [row.payee for row in page.rows] == ["Starbucks"] and page.search_text == "starbcuks"


@pytest.mark.parametrize(
    "query", ["category=zzz", "min=x", "sort=up", "page=bogus", "q=date:2026-99", "from=yesterday"]
)
async def test_an_address_that_makes_no_sense_is_told(place: tuple[Tab, Home], query: str) -> None:
    tab, home = place
    home.record(-1000)
    page = await shown(tab, f"/transactions?{query}")
    assert page.failure and not page.rows and not page.loading
    assert '"/transactions"' in await fire(State.clear_filters.fn, page)


async def test_filters_are_put_into_the_address(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await shown(tab, "/transactions?q=market")
    account = str(home.accounts["Savings"])
    assert f"/transactions?account={account}&q=market" in await fire(
        State.add_filter.fn, page, "account", account
    )
    assert "from=2026" in await fire(State.choose_period.fn, page, "this-year")
    ranges = {"from": "2026-01-01", "to": "", "min": "12.50+1", "max": "20"}
    assert "from=2026-01-01&min=1350&max=2000&q=market" in await fire(State.set_ranges.fn, page, ranges)
    assert await fire(State.set_ranges.fn, page, {"min": "much"}) == "" and "min" in page.filter_errors
    assert await fire(State.add_filter.fn, page, "password", "x") == ""


async def test_pages_lead_both_ways(place: tuple[Tab, Home]) -> None:
    tab, home = place
    for number in range(PAGE + 3):
        home.record(-100 - number, on=DAY + timedelta(number))
    page = await shown(tab)
    assert len(page.rows) == PAGE and page.has_older and not page.has_newer
    said = await fire(State.older.fn, page)
    cursor = said.partition("page=")[2].partition('"')[0]
    move(page, f"/transactions?page={cursor}")
    await fire(State.load.fn, page)
    assert len(page.rows) == 3 and page.has_newer and not page.has_older


async def test_a_split_unfolds(place: tuple[Tab, Home]) -> None:
    tab, home = place
    parts = (Part(home.categories["Groceries"], -700, "weekly"), Part(home.categories["Clothing"], -300))
    with home.work() as w:
        split = record_transaction(
            w, EntryDraft(DAY, home.accounts["Checking"], -1000, "Big Store", parts)
        ).id
    page = await shown(tab)
    assert [(part.name, part.amount, part.memo) for part in page.rows[0].parts] == [
        ("Groceries", "\u2212$7.00", "weekly"),
        ("Clothing", "\u2212$3.00", ""),
    ]
    await fire(State.toggle_parts.fn, page, str(split))
    assert page.expanded == [str(split)]


async def test_the_selection_is_summed_and_categorised_and_that_undone(place: tuple[Tab, Home]) -> None:
    tab, home = place
    one, two = home.record(-1000), home.record(-500, category=None)
    page = await shown(tab)
    await fire(State.toggle.fn, page, one)
    await fire(State.toggle.fn, page, two)
    assert page.selection_text == "2 selected · \u2212$15.00" and page.all_selected
    fuel = home.categories["Fuel"]
    said = await fire(State.categorise_selected.fn, page, {"bulk_category": str(fuel)})
    assert "2 transactions moved to Fuel" in said and page.selected == []
    assert {home.read(one).category_id, home.read(two).category_id} == {fuel}
    await fire(State.undo.fn, page, "")
    assert home.read(one).category_id == home.categories["Groceries"]
    assert home.read(two).category_id not in (fuel, home.categories["Groceries"])
    assert "nothing to undo" in await fire(State.undo.fn, page, "")


async def test_payee_and_tags_of_a_selection_can_be_undone(place: tuple[Tab, Home]) -> None:
    tab, home = place
    named, nameless = home.record(-1000, tags=("Kids",)), home.record(-500, "")
    page = await shown(tab)
    await fire(State.toggle_all.fn, page)
    await fire(State.set_payee_of_selected.fn, page, {"bulk_payee_text": "Green Basket"})
    assert home.read(named).payee == home.read(nameless).payee == "Green Basket"
    await fire(State.undo.fn, page, "")
    assert (home.read(named).payee, home.read(nameless).payee) == ("Alder Market", "")
    await fire(State.toggle_all.fn, page)
    await fire(State.tag_selected.fn, page, {"bulk_tags": "kids, tax"})
    assert sorted(home.read(nameless).tags) == ["Kids", "tax"]
    await fire(State.undo.fn, page, "")
    assert (home.read(named).tags, home.read(nameless).tags) == (("Kids",), ())


async def test_deleted_rows_come_back(place: tuple[Tab, Home]) -> None:
    tab, home = place
    gone = home.record(-1000)
    page = await shown(tab)
    await fire(State.toggle.fn, page, gone)
    assert "1 transaction deleted" in (await fire(State.delete_selected.fn, page)).lower()
    assert page.rows == []
    with pytest.raises(NotFound):
        home.read(gone)
    await fire(State.undo.fn, page, "")
    assert home.read(gone).amount == -1000 and len(page.rows) == 1


async def test_one_row_is_categorised_in_place(place: tuple[Tab, Home]) -> None:
    tab, home = place
    row = home.record(-1000, category=None)
    page = await shown(tab)
    await fire(State.start_quick.fn, page, row)
    assert page.quick_id == row
    await fire(State.quick_categorise.fn, page, row, str(home.categories["Pets"]))
    assert page.rows[0].category == "Pets" and page.quick_id == ""


async def test_ids_of_another_household_lead_nowhere(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    _, home = place
    foreign = home.record(-1000)
    other_tab, other = new_tab("bob@example.org")
    there = furnish(other)
    own = there.record(-1)
    page = await shown(other_tab)
    await fire(State.toggle.fn, page, foreign)
    assert page.selected == []
    said = await fire(State.quick_categorise.fn, page, foreign, str(there.categories["Fuel"]))
    assert "There is no transaction" in said
    said = await fire(State.quick_categorise.fn, page, own, str(home.categories["Fuel"]))
    assert "There is no account" in said
    page.selected = [str(new_id())]
    assert "There is no transaction" in await fire(State.delete_selected.fn, page)
    assert home.read(foreign).category_id == home.categories["Groceries"]


async def test_the_address_opens_the_editor_and_is_tidied(place: tuple[Tab, Home]) -> None:
    page = place[0].open(State, "/transactions?new=1&q=x")
    said = await fire(State.load.fn, page)
    assert "open_new" in said and "/transactions?q=x" in said


async def test_the_export_asks_for_the_same_filter(place: tuple[Tab, Home]) -> None:
    page = await shown(place[0], "/transactions?q=market&sort=payee")
    assert "/api/v1/transactions/export.csv?q=market" in await fire(State.export.fn, page)
