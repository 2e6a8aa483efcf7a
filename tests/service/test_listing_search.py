"""The search box: words as written, typing errors in payees' names, operators by name; and account registers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import work
from recaller.services.listing import RegisterRow, account_register, list_transactions, search
from recaller.services.reports import balance_at
from recaller.services.transactions import EntryDraft, Part, record_transaction
from tests.support.households import Household
from tests.support.reading import Book, counted_statements, fill, open_book, second_member

DAY = date(2026, 10, 5)


@pytest.fixture
def book(household: Household) -> Book:
    """Six purchases, each to be told apart by what is searched for."""
    with work(household.scope) as w:
        made = open_book(w)
        for payee, note, amount, category, tags in (
            ("Starbucks Coffee", "", -450, "Coffee & snacks", ()),
            ("O'Brien & Sons", "new roof", -250_000, "Repairs", ("house",)),
            ("REWE Markt", "100% organic", -3120, "Groceries", ()),
            ("Café Größenwahn", "under_score", -1280, "Restaurants", ("Friends",)),
            ("Amazon", "back\\slash", -999, "Electronics", ()),
            ("", "birthday of a friend", -2000, None, ("Friends",)),
        ):
            parts = (Part(made.categories[category], amount),) if category else ()
            record_transaction(
                w, EntryDraft(DAY, made.accounts["Visa"], amount, payee, parts, note, "booked", tags)
            )  # fmt: skip
    return made


def found(household: Household, text: str) -> set[int]:
    """Return the amounts of what a search shows."""
    with work(household.scope, read_only=True) as w:
        return {row.amount for row in list_transactions(w, TransactionFilter(text=text)).items}


SEARCHES = [
    ("starbucks", {-450}),
    ("starbcuks", {-450}),
    ("amazno", {-999}),
    ("cafe grossenwahn", {-1280}),
    ("o'brien", {-250_000}),
    ("O'Brien roof", {-250_000}),
    ("rewe organic", {-3120}),
    ("%", {-3120}),
    ("_", {-1280}),
    ("\\", {-999}),
    ("' OR 1=1 --", set()),
    ("%' UNION SELECT 1; DROP TABLE posting; --", set()),
    ("category:groceries", {-3120}),
    ("category:food", {-450, -3120, -1280}),
    ('category:"no such thing"', set()),
    ("payee:starbcuks", {-450}),
    ("tag:friends", {-1280, -2000}),
    ("tag:friends amount:<15", {-1280}),
    ("account:visa amount:>100", {-250_000}),
    ("account:checking", set()),
    ("is:uncategorised", {-2000}),
    ("date:2026-10-05 kind:expense birthday", {-2000}),
    ("date:<2026-10", set()),
    ("currency:eur", set()),
    ("status:pending", set()),
    ("zzzzz", set()),
]


@pytest.mark.parametrize(("text", "amounts"), SEARCHES)
def test_the_search_box_finds(household: Household, book: Book, text: str, amounts: set[int]) -> None:
    assert found(household, text) == amounts


@pytest.mark.parametrize(("text", "amounts"), [case for case in SEARCHES if ":" not in case[0]])
def test_it_finds_the_same_without_trigrams(
    household: Household, book: Book, text: str, amounts: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_trigrams", lambda w: False)
    assert found(household, text) == amounts


def test_a_search_is_bounded(household: Household, book: Book) -> None:
    with work(household.scope, read_only=True) as w:
        for text in ("a b c d e f g h i", "x" * 201, "amount:many"):
            with pytest.raises(ValidationFailed) as caught:
                list_transactions(w, TransactionFilter(text=text))
            assert caught.value.field == "q"


def test_a_common_word_is_not_turned_into_a_list_of_payees(
    household: Household, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_PAYEES", 1)
    assert found(household, "r") == {-450, -250_000, -3120, -1280, -2000}


def read_register(household: Household, book: Book, limit: int) -> list[RegisterRow]:
    with work(household.scope, read_only=True) as w:
        pages = [account_register(w, book.accounts["Checking"], limit=limit)]
        while pages[-1].next_cursor is not None:
            pages.append(
                account_register(w, book.accounts["Checking"], limit=limit, cursor=pages[-1].next_cursor)
            )
        last = pages[-1]
        for page in reversed(pages[:-1]):
            last = account_register(w, book.accounts["Checking"], limit=limit, cursor=last.previous_cursor)
            assert last.items == page.items
        assert last.previous_cursor is None
    return [row for page in pages for row in page.items]


@pytest.mark.parametrize("limit", [4, 50])
def test_a_register_runs_its_balance_through_every_page(household: Household, limit: int) -> None:
    book, views = fill(household.scope, 40, seed=11)
    checking = book.accounts["Checking"]
    rows = read_register(household, book, limit)
    balance, expected = 0, []
    for view in views:
        lines = [line for line in view.lines if line.account_id == checking]
        if lines:
            balance += sum(line.amount for line in lines)
            expected.append((view.id, sum(line.amount for line in lines), balance))
    assert [(row.transaction.id, row.amount, row.balance) for row in reversed(rows)] == expected
    assert {row.currency for row in rows} == {"USD"}
    by_date = {view.date: None for view in views}
    with work(household.scope, read_only=True) as w:
        for day in by_date:
            start = account_register(w, checking, until=day, limit=1).items
            assert balance_at(w, checking, day).minor == (start[0].balance if start else 0)


def test_a_register_is_stable_under_inserts(household: Household) -> None:
    with work(household.scope) as w:
        book = open_book(w)
        visa = book.accounts["Visa"]
        for day in range(12):
            record_transaction(w, EntryDraft(DAY + timedelta(day), visa, -100))
        first = account_register(w, visa, limit=5)
        record_transaction(w, EntryDraft(DAY + timedelta(20), visa, -7))
        record_transaction(w, EntryDraft(DAY - timedelta(20), visa, -1000))
        second = account_register(w, visa, limit=5, cursor=first.next_cursor)
    assert [row.balance for row in first.items] == [-1200, -1100, -1000, -900, -800]
    assert [row.balance for row in second.items] == [-1700, -1600, -1500, -1400, -1300]


def test_a_register_costs_four_queries_at_most(household: Household) -> None:
    book, _ = fill(household.scope, 30, seed=12)
    with work(household.scope, read_only=True) as w, counted_statements() as seen:
        assert account_register(w, book.accounts["Checking"]).items
    assert len(seen) <= 4


def test_a_register_in_nobodys_sight_is_not_there(household: Household, new_household: type) -> None:
    book, _ = fill(household.scope, 5, seed=13)
    stranger, member = new_household("Other").scope, second_member(household)
    for scope, account in (
        (stranger, book.accounts["Checking"]),
        (member, book.accounts["Own"]),
        (household.scope, new_id()),
        (household.scope, book.categories["Food"]),
    ):
        with work(scope, read_only=True) as w, pytest.raises(NotFound):
            account_register(w, account)
