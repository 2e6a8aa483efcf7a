"""Rules that link transactions to recurring items: which date, what the preview says, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import ValidationFailed
from recaller.core.scope import Scope, Source
from recaller.infra.work import work
from recaller.services import recurring
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.daily import ErrorLog
from recaller.services.households import system_scopes
from recaller.services.imports import commit_import, start_import, undo_import
from recaller.services.recurring import OccurrenceView, delete_recurring, get_occurrence, undo_occurrence
from recaller.services.rules import (
    active_rules,
    apply_rules,
    get_rule,
    preview_rules,
    reverse_run,
    run_changes,
)
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import EntryDraft, get_transaction, origins_of, record_transaction
from tests.support.households import Household, make_household
from tests.support.recurring import make_recurring
from tests.support.ruled_household import make_rule, named

pytestmark = pytest.mark.usefixtures("nothing_drifts")

TODAY = date(2026, 4, 20)
MARCH, APRIL, MAY = date(2026, 3, 5), date(2026, 4, 5), date(2026, 5, 5)
RENT = [{"field": "payee", "op": "contains", "value": "oak"}]


def at(scope: Scope, day: date = TODAY) -> Any:
    """A unit of work at noon of a day."""
    return work(scope, clock=lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


@pytest.fixture
def scope(household: Household) -> Scope:
    with at(household.scope) as w:
        create_starter_accounts(w)
        create_account(w, AccountDraft("Checking", "checking", "USD"))
        create_account(w, AccountDraft("Euros", "checking", "EUR"))
        create_account(w, AccountDraft("My own", "checking", "USD", private=True))
    return household.scope


def rent(scope: Scope, *, account: str = "Checking", **more: Any) -> UUID:
    """Make a monthly bill of 800 that waits to be confirmed since March; two of its dates have come."""
    with at(scope, date(2026, 2, 20)) as w:
        amount = more.pop("amount", -80_000)
        found = make_recurring(
            w,
            named(w, account),
            "FREQ=MONTHLY",
            more.pop("start", MARCH),
            amount=amount,
            mode="confirm",
            **more,
        )
    system = next(one for one in system_scopes() if one.tenant_id == scope.tenant_id)
    with at(system) as w:
        recurring.post_recurring(w, ErrorLog())
    return found.id


def bank_row(scope: Scope, on: date, amount: int = -80_000, *, account: str = "Checking") -> UUID:
    """Record what a bank reported: nothing in it was set by hand."""
    with at(replace(scope, source=Source.IMPORT)) as w:
        return record_transaction(w, EntryDraft(on, named(w, account), amount, "Oakwood")).id


def link(scope: Scope, item: UUID, **more: Any) -> UUID:
    with at(scope) as w:
        return make_rule(w, RENT, [{"do": "link_recurring", "recurring_id": str(item)}], **more).id


def apply(scope: Scope, day: date = TODAY) -> Any:
    with at(scope, day) as w:
        (run,) = apply_rules(w)
        return run


def promised(scope: Scope, *, private: bool = False) -> Any:
    with at(scope) as w:
        space = w.scope.default_space(private)
        return preview_rules(w, space, active_rules(w, space))


def date_of(scope: Scope, item: UUID, due: date, day: date = TODAY) -> OccurrenceView:
    with at(scope, day) as w:
        return get_occurrence(w, item, due)


def test_a_transaction_settles_the_nearest_open_date(scope: Scope) -> None:
    item = rent(scope)
    late, early = bank_row(scope, date(2026, 4, 7)), bank_row(scope, date(2026, 3, 2), -81_500)
    other = bank_row(scope, date(2026, 4, 6), 80_000)
    rule = link(scope, item)
    with at(scope) as w:
        assert "link it to the recurring Rent" in get_rule(w, rule).sentence
        version = get_transaction(w, late).version
    said = promised(scope)
    assert (said.matched, said.changed) == (3, 2)
    assert [(one.after.recurring, one.after.due_date) for one in said.rows] == [
        ("Rent", APRIL),
        ("Rent", MARCH),
    ]
    assert all(one.before.recurring == "" and set(one.fields) == {"recurring"} for one in said.rows)
    assert date_of(scope, item, APRIL).transaction_id is None, "a preview writes nothing"
    run = apply(scope)
    assert run.changed == 2
    april, march = date_of(scope, item, APRIL), date_of(scope, item, MARCH)
    assert (april.transaction_id, april.state.value) == (late, "paid")
    assert (march.transaction_id, march.state.value, march.actual_amount) == (early, "differs", -81_500)
    with at(scope) as w:
        assert get_transaction(w, late).version == version, "nothing of the transaction itself changed"
        assert [(one.field, one.rule_id) for one in origins_of(w, late)] == [("recurring", rule)]
        assert origins_of(w, other) == ()
        kept = run_changes(w, run.id).items
        assert {one.transaction_id: one.after.due_date for one in kept} == {late: APRIL, early: MARCH}
    assert apply(scope).changed == 0


def test_two_transactions_never_share_a_date(scope: Scope) -> None:
    item = rent(scope)
    near, far = bank_row(scope, date(2026, 4, 6)), bank_row(scope, date(2026, 4, 8))
    link(scope, item)
    assert {one.transaction_id for one in promised(scope).rows} == {near}
    apply(scope)
    assert date_of(scope, item, APRIL).transaction_id == near
    with at(scope) as w:
        assert origins_of(w, far) == ()


def test_what_does_not_fit_is_left_alone(scope: Scope) -> None:
    item = rent(scope)
    bank_row(scope, date(2026, 4, 15))
    bank_row(scope, APRIL, account="Euros")
    bank_row(scope, APRIL, 80_000)
    link(scope, item)
    assert promised(scope).changed == 0
    assert apply(scope).changed == 0


def test_a_run_taken_back_lets_the_dates_go(scope: Scope) -> None:
    item = rent(scope)
    bank_row(scope, date(2026, 4, 7))
    ahead = bank_row(scope, date(2026, 5, 4))
    before = [date_of(scope, item, one) for one in (APRIL, MAY)]
    assert before[1].projected
    link(scope, item)
    run = apply(scope)
    assert date_of(scope, item, MAY).transaction_id == ahead
    with at(scope) as w:
        done = reverse_run(w, run.id)
        assert (done.restored, done.conflicts) == (2, 0)
        assert origins_of(w, ahead) == ()
    assert [date_of(scope, item, one) for one in (APRIL, MAY)] == before


def test_a_link_taken_back_by_hand_stays_off_and_is_a_conflict(scope: Scope) -> None:
    item = rent(scope)
    bank_row(scope, date(2026, 4, 7))
    link(scope, item)
    run = apply(scope)
    with at(scope) as w:
        undo_occurrence(w, item, APRIL)
    assert promised(scope).changed == 0
    assert apply(scope).changed == 0
    with at(scope) as w:
        assert reverse_run(w, run.id).conflicts == 1
    assert date_of(scope, item, APRIL).transaction_id is None


def test_a_bill_paid_later_does_not_bar_a_reversal_of_other_fields(scope: Scope) -> None:
    item, other = rent(scope), rent(scope, name="Parking", start=date(2026, 3, 15))
    linked, tagged = bank_row(scope, date(2026, 4, 7)), bank_row(scope, date(2026, 4, 15))
    with at(scope) as w:
        actions = [{"do": "add_tags", "tags": ["home"]}, {"do": "link_recurring", "recurring_id": str(item)}]
        make_rule(w, RENT, actions)
    first = apply(scope)
    link(scope, other)
    assert apply(scope).changed == 1
    with at(scope) as w:
        done = reverse_run(w, first.id)
        assert (done.restored, done.conflicts) == (2, 0)
        assert get_transaction(w, tagged).tags == get_transaction(w, linked).tags == ()
    assert date_of(scope, item, APRIL).transaction_id is None
    assert date_of(scope, other, date(2026, 4, 15)).transaction_id == tagged


def test_the_first_rule_that_links_wins(scope: Scope) -> None:
    one, other = rent(scope), rent(scope, name="Parking")
    bank_row(scope, date(2026, 4, 7))
    first, second = link(scope, one), link(scope, other)
    assert promised(scope).rows[0].after.recurring == "Rent"
    run = apply(scope)
    assert {ran.rule_id: ran.changed for ran in run.rules} == {first: 1, second: 0}


def test_a_deleted_item_is_a_problem_and_a_private_one_out_of_reach(scope: Scope) -> None:
    item, own = rent(scope), rent(scope, account="My own")
    bank_row(scope, date(2026, 4, 7))
    rule = link(scope, item)
    with pytest.raises(ValidationFailed, match="private"):
        link(scope, own)
    with pytest.raises(ValidationFailed, match="private recurring"):
        link(scope, item, private=True)
    mine = link(scope, own, private=True)
    row = bank_row(scope, date(2026, 4, 6), account="My own")
    with at(scope) as w:
        delete_recurring(w, item)
        assert get_rule(w, rule).problem == "A recurring item that this rule names is gone."
        assert get_rule(w, mine).problem == ""
        runs = apply_rules(w)
        assert [one.changed for one in runs if one.private] == [1]
        assert [one.problems[0].rule_id for one in runs if not one.private] == [rule]
    assert date_of(scope, own, APRIL).transaction_id == row


def test_another_household_cannot_be_linked_to(scope: Scope) -> None:
    item = rent(scope)
    stranger = make_household("Mallory").scope
    with at(stranger) as w, pytest.raises(ValidationFailed, match="gone"):
        make_rule(w, RENT, [{"do": "link_recurring", "recurring_id": str(item)}])


def test_one_link_in_a_rule(scope: Scope) -> None:
    item = rent(scope)
    with at(scope) as w, pytest.raises(ValidationFailed, match="one recurring item only"):
        make_rule(w, RENT, [{"do": "link_recurring", "recurring_id": str(item)}] * 2)


def test_an_import_links_and_its_undo_lets_go(scope: Scope) -> None:
    # Another name and price than the template's: only the rule knows.
    item = rent(scope)
    before = date_of(scope, item, APRIL), date_of(scope, item, MAY)
    link(scope, item)
    with at(scope) as w:
        content = b"Date,Payee,Amount\n2026-04-08,Oak Homes 42,-655.00\n2026-05-02,Oak Homes 42,-655.00\n"
        batch = start_import(w, "bank.csv", content, account_id=named(w, "Checking"))
    with at(scope) as w:
        commit_import(w, batch.id)
    assert date_of(scope, item, APRIL).state.value == "differs"
    assert date_of(scope, item, MAY).state.value == "differs"
    with at(scope) as w:
        undo_import(w, batch.id)
    assert (date_of(scope, item, APRIL), date_of(scope, item, MAY)) == before
