"""Lists of transactions equal a plain model of the stored ledger, page by page, for any filter and sorting."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.core.ids import new_id
from recaller.core.paging import encode_cursor
from recaller.core.scope import Scope
from recaller.domain.filters import SHAPES, TransactionFilter
from recaller.infra.work import work
from recaller.services.listing import Sort, TransactionRow, list_transactions, selection_totals, totals
from recaller.services.transactions import EntryDraft, Part, record_transaction
from tests.support.households import Household
from tests.support.reading import Model, counted_statements, fill, open_book, payee_ids, second_member, sum_of


def read_all(scope: Scope, wanted: TransactionFilter, sort: Sort, limit: int) -> list[TransactionRow]:
    """Page forward to the end, then backward to the start; both ways show the same."""
    with work(scope, read_only=True) as w:
        pages = [list_transactions(w, wanted, sort=sort, limit=limit)]
        while pages[-1].next_cursor is not None:
            pages.append(list_transactions(w, wanted, sort=sort, limit=limit, cursor=pages[-1].next_cursor))
        back = [pages[-1]]
        while back[0].previous_cursor is not None:
            back.insert(
                0, list_transactions(w, wanted, sort=sort, limit=limit, cursor=back[0].previous_cursor)
            )
    forward = [row for page in pages for row in page.items]
    assert [row for page in back for row in page.items] == forward
    return forward


@pytest.mark.slow
def test_lists_and_totals_equal_the_plain_model(household: Household) -> None:
    book, views = fill(household.scope, 90, seed=5)
    with work(household.scope, read_only=True) as w:
        model, payees = Model.of(w, views), payee_ids(w)
    # A name may be a tag of the shared space and one of the private space.
    names = set(model.tags.values())
    tags = {name: tuple(tag for tag, other in model.tags.items() if other == name) for name in names}
    accounts = st.sampled_from([*book.accounts.values(), new_id()])
    categories = st.sampled_from(
        [book.categories[n] for n in ("Food", "Groceries", "Fuel", "Salary", "Home")]
    )
    day = st.none() | st.dates(date(2026, 7, 25), date(2026, 11, 5))
    amount = st.none() | st.integers(0, 9000)
    filters = st.builds(
        TransactionFilter,
        account_ids=st.lists(accounts, max_size=2, unique=True).map(tuple),
        category_ids=st.lists(categories, max_size=2, unique=True).map(tuple),
        payee_ids=st.lists(st.sampled_from(payees), max_size=2, unique=True).map(tuple),
        tag_ids=st.sampled_from([(), *tags.values()]),
        kinds=st.sampled_from(
            [(), (), ("asset",), ("liability",), ("asset", "liability"), ("expense",), ("income",)]
        ),
        date_from=day,
        date_to=day,
        amount_min=amount,
        amount_max=amount,
        text=st.sampled_from(["", "", "birthday", "%", "_", "\\", "o'brien", "ete", "alder", "50%", "zzz"]),
        status=st.sampled_from([None, None, "pending", "booked"]),
        shape=st.sampled_from([None, None, None, *SHAPES]),
        uncategorised=st.sampled_from([False, False, False, True]),
        currency=st.sampled_from([None, None, "USD", "EUR"]),
    )
    # Most random filters with all fields match nothing: mix in ones with two fields.
    fields = list(TransactionFilter().__dataclass_fields__)
    few = st.tuples(filters, st.sets(st.sampled_from(fields), max_size=2)).map(
        lambda both: TransactionFilter(**{name: getattr(both[0], name) for name in both[1]})
    )

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(few | filters, st.sampled_from(Sort), st.integers(9, 50))
    def check(wanted: TransactionFilter, sort: Sort, limit: int) -> None:
        rows = read_all(household.scope, wanted, sort, limit)
        assert [row.id for row in rows] == model.listed(wanted, sort)
        by_id = {view.id: view for view in views}
        for row in rows:
            expected: dict[str, int] = {}
            for currency, minor in model.matched(by_id[row.id], wanted) or ():
                expected[currency] = expected.get(currency, 0) + minor
            assert {money.currency: money.minor for money in row.matched} == expected
        with work(household.scope, read_only=True) as w:
            sums = {total.currency: (total.count, total.inflow, total.outflow) for total in totals(w, wanted)}
        assert sums == model.sums(wanted)

    check()


def test_rows_carry_what_a_list_shows(household: Household) -> None:
    with work(household.scope) as w:
        book = open_book(w)
        parts = (Part(book.categories["Groceries"], -700, "apples"), Part(book.categories["Fuel"], -300))
        draft = EntryDraft(
            date(2026, 10, 3), book.accounts["Visa"], -1000, "O'Brien", parts, "both", "pending", ("b", "A")
        )  # fmt: skip
        record_transaction(w, draft)
        food = TransactionFilter(category_ids=(book.categories["Food"],))
        (row,) = list_transactions(w, food).items
    assert (row.payee, row.account, row.category, row.counter_account) == ("O'Brien", "Visa", "", "")
    assert (row.amount, row.currency, row.shape, row.status, row.note) == (
        -1000,
        "USD",
        "split",
        "pending",
        "both",
    )
    assert [(line.name, line.amount, line.memo) for line in row.lines[1:]] == [
        ("Groceries", 700, "apples"), ("Fuel", 300, ""),
    ]  # fmt: skip
    assert [(money.minor, money.currency) for money in row.matched] == [(-700, "USD")]
    assert (sorted(row.tags), row.version, row.private) == (["A", "b"], 1, False)


def test_pages_are_stable_under_inserts(household: Household) -> None:
    with work(household.scope) as w:
        book = open_book(w)
        drafts = [
            EntryDraft(date(2026, 1, 1) + timedelta(day), book.accounts["Visa"], -100 - day)
            for day in range(30)
        ]
        ids = [record_transaction(w, draft).id for draft in drafts]
    with work(household.scope) as w:
        first = list_transactions(w, limit=10)
        record_transaction(w, EntryDraft(date(2026, 3, 1), book.accounts["Visa"], -5))
        second = list_transactions(w, limit=10, cursor=first.next_cursor)
        again = list_transactions(w, limit=10, cursor=second.previous_cursor)
    assert [row.id for row in (*first.items, *second.items)] == ids[:9:-1]
    assert [row.id for row in again.items] == [row.id for row in first.items]
    assert again.previous_cursor is not None, "the new row lies before it"


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        encode_cursor(["-amount", "next", "5", str(UUID(int=1))]),
        encode_cursor(["-date", "sideways", "2026-01-01", str(UUID(int=1))]),
        encode_cursor(["-date", "next", "2026-01-01'; DROP TABLE posting", str(UUID(int=1))]),
        encode_cursor(["-date", "next", "2026-01-01", "x"]),
        encode_cursor(["-date", "next", 5, None]),
    ],
)
def test_a_forged_cursor_is_refused(household: Household, cursor: str) -> None:
    with work(household.scope) as w, pytest.raises(ValidationFailed):
        list_transactions(w, cursor=cursor)


def test_a_cursor_with_a_huge_amount_is_refused(household: Household) -> None:
    cursor = encode_cursor(["amount", "next", str(2**70), str(UUID(int=1))])
    with work(household.scope) as w, pytest.raises(ValidationFailed):
        list_transactions(w, sort=Sort.SMALLEST, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_the_page_size_is_bounded(household: Household, limit: int) -> None:
    with work(household.scope) as w, pytest.raises(ValidationFailed):
        list_transactions(w, limit=limit)


def test_the_number_of_statements_is_constant(household: Household) -> None:
    book, _ = fill(household.scope, 60, seed=9)
    filters = {
        TransactionFilter(): 2,
        TransactionFilter(date_from=date(2026, 9, 1)): 2,
        TransactionFilter(account_ids=(book.accounts["Visa"],)): 3,
        TransactionFilter(category_ids=(book.categories["Food"],), status="booked"): 3,
        TransactionFilter(text="alder"): 3,
    }
    for wanted, most in filters.items():
        for sort in (Sort.NEWEST, Sort.LARGEST):
            for limit in (5, 50):
                with work(household.scope, read_only=True) as w, counted_statements() as seen:
                    assert list_transactions(w, wanted, sort=sort, limit=limit).items
                assert len(seen) <= most, seen


def test_nothing_of_another_household_is_listed(household: Household, new_household: type) -> None:
    fill(household.scope, 12, seed=1)
    other = new_household("Other")
    _, theirs = fill(other.scope, 12, seed=2)
    ours = read_all(household.scope, TransactionFilter(), Sort.NEWEST, 50)
    assert not {row.id for row in ours} & {view.id for view in theirs}
    with work(household.scope, read_only=True) as w:
        asked = TransactionFilter(account_ids=tuple({view.account_id for view in theirs}))
        assert list_transactions(w, asked).items == ()
        assert selection_totals(w, [view.id for view in theirs]) == ()
        assert totals(w, TransactionFilter(payee_ids=tuple({v.payee_id for v in theirs if v.payee_id}))) == ()


def test_a_private_account_stays_with_its_owner(household: Household) -> None:
    book, views = fill(household.scope, 60, seed=3)
    own = book.accounts["Own"]
    other = second_member(household)
    rows = read_all(other, TransactionFilter(), Sort.NEWEST, 50)
    visible = [view for view in views if any(line.kind in ("asset", "liability") and line.account_id != own
                                             for line in view.lines)]  # fmt: skip
    assert {row.id for row in rows} == {view.id for view in visible}
    for row in rows:
        assert own not in (row.account_id, row.counter_account_id)
        assert "Own" not in (row.account, row.counter_account)
        assert own not in {line.account_id for line in row.lines}
        view = next(view for view in views if view.id == row.id)
        seen = [x for x in view.lines if x.account_id == row.account_id]
        assert (row.amount, row.currency) == (sum(x.amount for x in seen), seen[0].currency)
    assert read_all(other, TransactionFilter(account_ids=(own,)), Sort.NEWEST, 50) == []
    with work(other, read_only=True) as w:
        everything = {total.currency: total.net for total in totals(w)}
    matched: dict[str, int] = {}
    for row in rows:
        for currency, minor in sum_of(row.matched).items():
            matched[currency] = matched.get(currency, 0) + minor
    assert everything == matched


def test_selection_totals_are_per_currency(household: Household) -> None:
    _, views = fill(household.scope, 40, seed=4)
    chosen = views[::2]
    with work(household.scope, read_only=True) as w:
        found = {
            total.currency: (total.count, total.net) for total in selection_totals(w, [v.id for v in chosen])
        }
        with pytest.raises(ValidationFailed):
            selection_totals(w, [new_id() for _ in range(5001)])
    model = Model(list(chosen), {}, {}, {})
    assert found == {
        currency: (count, inflow + outflow)
        for currency, (count, inflow, outflow) in model.sums(TransactionFilter()).items()
    }
