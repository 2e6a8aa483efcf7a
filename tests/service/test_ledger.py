"""The ledger's promises on real PostgreSQL: balance, immutability, exact totals, versions, restore."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account, edit_account, get_account
from recaller.services.categories import list_categories
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    categorise_transactions,
    delete_transaction,
    delete_transactions,
    edit_transaction,
    get_transaction,
    record_opening_balance,
    record_transaction,
    restore_transaction,
    set_cleared,
)
from tests.support.households import Household

pytestmark = pytest.mark.usefixtures("nothing_drifts")

DAY = date(2026, 3, 31)


@pytest.fixture
def scope(household: Household) -> Scope:
    """A household with its starter accounts."""
    with work(household.scope) as w:
        create_starter_accounts(w)
    return household.scope


def account(
    w: Work, name: str, subtype: str = "checking", currency: str = "USD", *, private: bool = False
) -> UUID:
    """Create an account and return its id."""
    return create_account(w, AccountDraft(name=name, subtype=subtype, currency=currency, private=private)).id


def category(w: Work, name: str) -> UUID:
    """Return a starter category by name."""
    return next(view.id for view in list_categories(w) if view.name == name)


def balance(w: Work, account_id: UUID) -> int:
    """Return an account's balance from the rollups."""
    row = w.row(
        "SELECT coalesce(sum(inflow + outflow), 0) FROM account_month WHERE account_id = :id", id=account_id
    )
    assert row is not None
    return int(row[0])


def test_an_expense_has_two_postings_and_rolls_up(scope: Scope) -> None:
    with work(scope) as w:
        checking, food = account(w, "Checking"), category(w, "Groceries")
        view = record_transaction(
            w, EntryDraft(DAY, checking, -1250, "O'Brien's", (Part(food, -1250),), tags=("a", "A", "b"))
        )
        assert view.shape == "simple"
        assert [(line.amount, line.kind) for line in view.lines] == [(-1250, "asset"), (1250, "expense")]
        assert view.tags == ("a", "b")
        assert balance(w, checking) == -1250
        assert balance(w, food) == 1250


def test_splits_total_to_the_cent_or_are_refused(scope: Scope) -> None:
    with work(scope) as w:
        checking, food, fuel = account(w, "Checking"), category(w, "Groceries"), category(w, "Fuel")
        view = record_transaction(
            w, EntryDraft(DAY, checking, -1000, "Shop", (Part(food, -333), Part(fuel, -667)))
        )
        assert view.shape == "split"
        assert view.category_id is None
        with pytest.raises(ValidationFailed, match="total -999"):
            record_transaction(
                w, EntryDraft(DAY, checking, -1000, "Shop", (Part(food, -333), Part(fuel, -666)))
            )


def test_a_transfer_is_one_transaction_and_a_conversion_never_mixes(scope: Scope) -> None:
    with work(scope) as w:
        usd, savings, eur = account(w, "A"), account(w, "B", "savings"), account(w, "C", currency="EUR")
        moved = record_transaction(w, TransferDraft(DAY, usd, savings, 5000))
        assert (moved.shape, moved.amount, moved.counter_account_id) == ("transfer", -5000, savings)
        with pytest.raises(ValidationFailed, match="EUR"):
            record_transaction(w, TransferDraft(DAY, usd, eur, 5000))
        changed = record_transaction(w, TransferDraft(DAY, usd, eur, 5000, 4601))
        assert changed.shape == "conversion"
        assert len(changed.lines) == 4
        assert (balance(w, usd), balance(w, savings), balance(w, eur)) == (-10000, 5000, 4601)
        rate = w.row("SELECT base, base_minor, quote, quote_minor FROM exchange_rate")
        assert rate is not None and tuple(rate) == ("USD", 5000, "EUR", 4601)


def test_the_database_itself_refuses_an_unbalanced_journal(scope: Scope) -> None:
    with work(scope) as w:
        checking = account(w, "Checking")
        view = record_transaction(w, EntryDraft(DAY, checking, -100))
    insert = (
        "INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency)"
        " VALUES (:t, :s, :id, 9, :a, '2026-03-31', 5, 'USD')"
    )
    with pytest.raises(DBAPIError, match="does not balance"), work(scope) as w:
        w.run(insert, t=scope.tenant_id, s=scope.shared_space_id, id=view.id, a=checking)
    with pytest.raises(DBAPIError, match="does not balance"), work(scope) as w:
        w.run("DELETE FROM posting WHERE transaction_id = :id AND line = 0", id=view.id)
    with pytest.raises(DBAPIError, match="permission denied"), work(scope) as w:
        w.run("UPDATE posting SET amount = 7 WHERE transaction_id = :id", id=view.id)
    with pytest.raises(DBAPIError, match="permission denied"), work(scope) as w:
        w.run("UPDATE account_month SET inflow = 7")
    with pytest.raises(DBAPIError, match="permission denied"), work(scope) as w:
        w.run("UPDATE audit_event SET action = 'nothing'")


def test_fifty_parallel_posts_give_the_exact_total(scope: Scope) -> None:
    with work(scope) as w:
        checking = account(w, "Checking")

    def post(number: int) -> None:
        with work(scope) as w:
            record_transaction(w, EntryDraft(DAY, checking, -number, f"Shop {number % 7}"))

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(post, range(1, 51)))
    with work(scope) as w:
        assert balance(w, checking) == -sum(range(1, 51))


def test_two_tabs_editing_one_row(scope: Scope) -> None:
    with work(scope) as w:
        checking = account(w, "Checking")
        view = record_transaction(w, EntryDraft(DAY, checking, -100, "Shop"))
    with work(scope) as w:
        edit_transaction(w, view.id, EntryDraft(DAY, checking, -200, "Shop"), version=view.version)
    with pytest.raises(Conflict), work(scope) as w:
        edit_transaction(w, view.id, EntryDraft(DAY, checking, -300, "Shop"), version=view.version)
    with work(scope) as w:
        assert get_transaction(w, view.id).amount == -200


def test_an_edit_keeps_the_banks_marks(scope: Scope) -> None:
    with work(scope) as w:
        checking = account(w, "Checking")
        view = record_transaction(w, EntryDraft(DAY, checking, -100, "Shop"))
        view = set_cleared(w, view.id, checking, cleared=True)
        after = edit_transaction(
            w,
            view.id,
            EntryDraft(DAY, checking, -150, "Shop", (Part(category(w, "Fuel"), -150),)),
            version=view.version,
        )
        assert after.lines[0].cleared


def test_delete_and_restore_bring_back_the_same(scope: Scope) -> None:
    with work(scope) as w:
        checking, food, fuel = account(w, "Checking"), category(w, "Groceries"), category(w, "Fuel")
        draft = EntryDraft(
            DAY, checking, -1000, "Shop", (Part(food, -400, "eggs"), Part(fuel, -600)), "note", tags=("x",)
        )
        view = record_transaction(w, draft)
        delete_transaction(w, view.id, version=view.version)
    with work(scope) as w:
        assert balance(w, checking) == 0
        with pytest.raises(NotFound):
            get_transaction(w, view.id)
        back = restore_transaction(w, view.id)
        assert replace(back, version=view.version) == view


def test_bulk_categorise_moves_only_simple_ones(scope: Scope) -> None:
    with work(scope) as w:
        checking, savings, food = account(w, "Checking"), account(w, "S", "savings"), category(w, "Groceries")
        plain = [record_transaction(w, EntryDraft(DAY, checking, -number)) for number in (1, 2, 3)]
        moved = record_transaction(w, TransferDraft(DAY, checking, savings, 10))
        assert categorise_transactions(w, [*(view.id for view in plain), moved.id], food) == 3
        assert balance(w, food) == 6
        assert {get_transaction(w, view.id).category_id for view in plain} == {food}
        assert delete_transactions(w, [view.id for view in plain]) == 3
        assert balance(w, food) == 0


def test_opening_balance_is_replaced_not_added(scope: Scope) -> None:
    with work(scope) as w:
        card = account(w, "Card", "credit_card")
        record_opening_balance(w, card, -5000, DAY)
        record_opening_balance(w, card, -7000, DAY)
        assert balance(w, card) == -7000
        record_opening_balance(w, card, 0, DAY)
        assert balance(w, card) == 0


def test_account_number_is_unreadable_in_sql_and_edits_are_versioned(scope: Scope) -> None:
    draft = AccountDraft("Giro", "checking", "EUR", number="DE89 3704 0044 0532 0130 00")
    with work(scope) as w:
        view = create_account(w, draft)
        assert view.number_masked == "•••• 3000"
        row = w.row("SELECT number_encrypted FROM account WHERE id = :id", id=view.id)
        assert row is not None and b"0532" not in bytes(row[0])
        edit_account(w, view.id, replace(draft, name="Main", number=""), version=view.version)
        with pytest.raises(Conflict):
            edit_account(w, view.id, draft, version=view.version)
        assert get_account(w, view.id).number_masked == "•••• 3000"


def test_another_household_sees_and_reaches_nothing(
    scope: Scope, new_household: Callable[..., Household]
) -> None:
    with work(scope) as w:
        checking = account(w, "Checking")
        view = record_transaction(w, EntryDraft(DAY, checking, -100, "Shop"))
    other = new_household("Birch").scope
    with work(other) as w:
        create_starter_accounts(w)
        own = account(w, "Own")
    for attempt in (
        lambda w: get_transaction(w, view.id),
        lambda w: get_account(w, checking),
        lambda w: delete_transaction(w, view.id),
        lambda w: record_transaction(w, EntryDraft(DAY, checking, -100)),
        lambda w: record_transaction(w, TransferDraft(DAY, own, checking, 100)),
        lambda w: record_transaction(w, EntryDraft(DAY, own, -100, parts=(Part(checking, -100),))),
        lambda w: categorise_transactions(w, [view.id], own),
    ):
        with pytest.raises(NotFound), work(other) as w:
            attempt(w)


def test_a_private_account_stays_private_and_its_shared_part_cannot_be_broken(
    scope: Scope,
) -> None:
    fellow = replace(scope, private_space_id=None, space_ids=(scope.shared_space_id,))
    with work(scope) as w:
        joint, own = account(w, "Joint"), account(w, "Own", private=True)
        secret = record_transaction(
            w, EntryDraft(DAY, own, -900, "Gift", (Part(category(w, "Gifts given"), -900),))
        )
        moved = record_transaction(w, TransferDraft(DAY, own, joint, 5000))
        assert secret.private and not moved.private
    with work(fellow) as w:
        assert balance(w, joint) == 5000
        assert balance(w, category(w, "Gifts given")) == 0
        with pytest.raises(NotFound):
            get_transaction(w, secret.id)
        seen = get_transaction(w, moved.id)
        assert not seen.complete
    with pytest.raises(DBAPIError, match="does not balance"), work(fellow) as w:
        w.run("DELETE FROM posting WHERE transaction_id = :id", id=moved.id)
