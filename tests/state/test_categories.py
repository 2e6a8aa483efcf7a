"""The categories page: trees with sums that drill down, and the form."""

from __future__ import annotations

from collections.abc import Callable

from recaller.domain.filters import TransactionFilter
from recaller.services import identity
from recaller.services.listing import totals
from recaller.state.categories import CategoriesState, CategoryItem
from tests.state.conftest import Tab, fire
from tests.support.ledger_screens import Home

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]
State = CategoriesState


async def loaded(tab: Tab) -> CategoriesState:
    page = tab.open(State, "/categories")
    await fire(State.load.fn, page)
    return page


def named(items: list[CategoryItem], name: str) -> CategoryItem:
    return next(one for one in items if one.name == name)


async def test_parents_hold_their_children_and_every_sum_drills_down(place: tuple[Tab, Home]) -> None:
    tab, home = place
    with home.work() as w:
        today = w.today
    home.record(-1000, on=today)
    home.record(-500, category="Food", on=today)
    home.record(-700, category="Restaurants", on=today.replace(year=today.year - 2))
    home.record(90_000, category="Salary", on=today)
    page = await loaded(tab)
    food = named(page.expense, "Food")
    assert (food.month, food.year, food.child) == ("\u2212$15.00", "\u2212$15.00", False)
    assert named(page.expense, "Groceries").child and named(page.expense, "Groceries").month == "\u2212$10.00"
    assert named(page.expense, "Restaurants").year == "–"
    assert (page.expense_month, page.income_year) == ("\u2212$15.00", "$900.00")
    query = dict(part.split("=") for part in food.year_href.partition("?")[2].split("&"))
    with home.work() as w:
        assert [one.net for one in totals(w, TransactionFilter.from_query(query))] == [-1500]


async def test_a_category_is_added_moved_hidden_and_deleted(place: tuple[Tab, Home]) -> None:
    tab, home = place
    page = await loaded(tab)
    await fire(State.open_new.fn, page, "expense")
    assert page.shown and "Food" in {one.label for one in page.parents}
    await fire(State.submit.fn, page, {"name": " "})
    assert list(page.form_errors) == ["name"]
    food = str(home.categories["Food"])
    assert "Bakery added" in await fire(State.submit.fn, page, {"name": "Bakery", "parent": food})
    await fire(State.load.fn, page)
    bakery = named(page.expense, "Bakery")
    assert bakery.child
    await fire(State.open_category.fn, page, bakery.id)
    assert "Bread saved" in await fire(State.submit.fn, page, {"name": "Bread", "parent": ""})
    await fire(State.open_category.fn, page, bakery.id)
    assert "hidden" in await fire(State.hide_or_show.fn, page)
    await fire(State.load.fn, page)
    assert page.hidden_count == 1 and not any(one.name == "Bread" for one in page.expense)
    await fire(State.toggle_hidden.fn, page)
    await fire(State.load.fn, page)
    assert named(page.expense, "Bread").hidden
    await fire(State.open_category.fn, page, bakery.id)
    assert "Bread deleted" in await fire(State.delete.fn, page)


async def test_what_is_in_use_or_the_ledgers_own_stays(place: tuple[Tab, Home]) -> None:
    tab, home = place
    home.record(-1000)
    page = await loaded(tab)
    await fire(State.open_category.fn, page, str(home.categories["Groceries"]))
    await fire(State.delete.fn, page)
    assert "has transactions" in page.form_error and page.shown
    system = named(page.expense, "Uncategorised")
    page.shown = False
    assert "belongs to the ledger" in await fire(State.open_category.fn, page, system.id)
    assert not page.shown


async def test_the_side_decides_the_parents(place: tuple[Tab, Home]) -> None:
    page = await loaded(place[0])
    await fire(State.open_new.fn, page, "expense")
    await fire(State.choose_kind.fn, page, "income")
    assert "Salary" in {one.label for one in page.parents} and page.kind == "income"
    await fire(State.choose_kind.fn, page, "equity")
    assert page.kind == "income"


async def test_categories_of_others_are_out_of_sight(place: tuple[Tab, Home], new_tab: NewTab) -> None:
    _, home = place
    stranger, _ = new_tab("bob@example.org")
    page = await loaded(stranger)
    theirs = str(home.categories["Food"])
    assert "There is no category" in await fire(State.open_category.fn, page, theirs)
    page._identity, page._version = theirs, 1
    await fire(State.submit.fn, page, {"name": "Mine"})
    assert "There is no category" in page.form_error
    assert "There is no category" in await fire(State.delete.fn, page)
    await fire(State.open_new.fn, page, "expense")
    await fire(State.submit.fn, page, {"name": "Mine", "parent": theirs})
    assert "There is no category" in page.form_error
