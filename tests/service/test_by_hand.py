"""Transactions entered by hand that are expected: paid once, told where in doubt, let go and undone without a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services import recurring
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import commit_import, start_import
from recaller.services.recurring import RecordedView, RecurringView, record_by_hand
from recaller.services.transactions import (
    EntryDraft,
    TransferDraft,
    delete_transaction,
    get_transaction,
    record_opening_balance,
    record_transaction,
    restore_transaction,
)
from tests.support.households import Household
from tests.support.recurring import make_recurring, noon, post_due

pytestmark = pytest.mark.usefixtures("nothing_drifts")

DUE = date(2026, 3, 2)
BEFORE = date(2026, 2, 20)


@pytest.fixture
def checking(scope: Scope) -> UUID:
    with noon(scope, BEFORE) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


def make(scope: Scope, account: UUID, **more: Any) -> RecurringView:
    with noon(scope, BEFORE) as w:
        values = {"amount": -80_000, "name": "Rent", "payee": "Oakwood Apartments", "mode": "confirm"} | more
        return make_recurring(w, account, values.pop("rule", "FREQ=MONTHLY"), DUE, **values)


def enter(scope: Scope, account: UUID, amount: int = -80_000, **more: Any) -> RecordedView:
    day = more.pop("day", DUE)
    with noon(scope, more.pop("at", day)) as w:
        return record_by_hand(w, EntryDraft(day, account, amount, more.pop("payee", "Oakwood"), **more))


def states(scope: Scope, template: RecurringView, day: date = date(2026, 3, 5)) -> list[str]:
    with noon(scope, day) as w:
        return [one.state.value for one in recurring.occurrence_history(w, template.id)]


def count(scope: Scope) -> int:
    with work(scope) as w:
        return len(w.rows("SELECT 1 FROM transaction"))


def test_it_pays_what_is_expected_and_the_run_posts_nothing_more(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, mode="auto")
    paid = enter(scope, checking, day=date(2026, 2, 28))
    assert paid.settles is not None
    assert (paid.settles.recurring_id, paid.settles.due_date, paid.settles.state) == (
        template.id,
        DUE,
        "paid",
    )
    assert (paid.settles.posted_on, paid.settles.confirmed_by) == (date(2026, 2, 28), scope.user_id)
    assert (paid.recurring_id, paid.due_date, paid.looks_like) == (template.id, DUE, ())
    assert post_due(scope, date(2026, 3, 5)) == 0
    assert post_due(scope, date(2026, 4, 5)) == 1
    assert count(scope) == 2


@pytest.mark.parametrize(
    ("amount", "state"), [(-80_000, "paid"), (-83_999, "paid"), (-84_001, "differs"), (-76_000, "paid")]
)
def test_the_amount_says_how_it_was_paid(scope: Scope, checking: UUID, amount: int, state: str) -> None:
    template = make(scope, checking, amount_kind="estimated", tolerance_percent=5)
    post_due(scope, DUE)
    assert enter(scope, checking, amount).settles is not None
    assert states(scope, template) == [state]


@pytest.mark.parametrize(
    "more",
    [
        {"amount": -30_000},
        {"amount": 80_000},
        {"day": date(2026, 3, 16)},
        {"payee": "Baker"},
    ],
)
def test_what_is_something_else_stays_alone(scope: Scope, checking: UUID, more: dict[str, Any]) -> None:
    template = make(scope, checking)
    post_due(scope, DUE)
    made = enter(scope, checking, **more)
    assert (made.settles, made.looks_like, made.recurring_id) == (None, (), None)
    assert states(scope, template) == ["due"]


def test_without_a_payee_the_amount_alone_is_told_and_not_acted_on(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    post_due(scope, DUE)
    made = enter(scope, checking, payee="")
    assert made.settles is None
    assert [one.recurring_id for one in made.looks_like] == [template.id]
    assert states(scope, template) == ["due"]


def test_of_two_that_it_may_be_none_is_chosen(scope: Scope, checking: UUID) -> None:
    first, second = (
        make(scope, checking, name=f"{who}'s phone", amount=-1999, payee="Vodafone") for who in "AB"
    )
    post_due(scope, DUE)
    made = enter(scope, checking, -1999, payee="Vodafone")
    assert made.settles is None
    assert {one.recurring_id for one in made.looks_like} == {first.id, second.id}
    assert states(scope, first) + states(scope, second) == ["due", "due"]
    # Once one of them is paid, the next one can only be the other.
    with noon(scope, DUE) as w:
        recurring.link_transaction(w, first.id, DUE, made.id)
    again = enter(scope, checking, -1999, payee="Vodafone")
    assert again.settles is not None
    assert again.settles.recurring_id == second.id


def test_of_a_daily_one_the_nearest_day_is_paid(scope: Scope, checking: UUID) -> None:
    make(scope, checking, rule="FREQ=DAILY", name="Lunch", payee="Canteen", amount=-500)
    for day in (DUE + timedelta(1), DUE, DUE + timedelta(2)):
        made = enter(scope, checking, -500, payee="Canteen", day=day)
        assert made.settles is not None
        assert made.settles.due_date == day


def test_what_was_posted_already_is_told_and_can_be_replaced(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, mode="auto")
    assert post_due(scope, DUE) == 1
    made = enter(scope, checking, -80_000)
    assert made.settles is None
    (posted,) = made.looks_like
    assert (posted.recurring_id, posted.state) == (template.id, "posted")
    assert count(scope) == 2
    with noon(scope, DUE) as w:
        with pytest.raises(Conflict, match="replace"):
            recurring.link_transaction(w, template.id, DUE, made.id)
        linked = recurring.link_transaction(w, template.id, DUE, made.id, replace=True)
        assert (linked.state, linked.transaction_id) == ("paid", made.id)
    assert count(scope) == 1
    # What was posted can be had back; it is an ordinary transaction then.
    assert posted.transaction_id is not None
    with noon(scope, DUE) as w:
        assert restore_transaction(w, posted.transaction_id).source == "manual"
        assert recurring.get_occurrence(w, template.id, DUE).transaction_id == made.id


def test_what_a_bank_row_paid_is_told_too(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    with noon(scope, DUE) as w:
        csv = b"Date,Payee,Amount\n2026-03-02,OAKWOOD APARTMENTS,-800.00\n"
        commit_import(w, start_import(w, "a.csv", csv, account_id=checking).id)
    made = enter(scope, checking)
    assert made.settles is None
    (paid,) = made.looks_like
    assert paid.state == "paid"
    with noon(scope, DUE) as w, pytest.raises(Conflict, match="let that go"):
        recurring.link_transaction(w, paid.recurring_id, DUE, made.id, replace=True)


def test_what_the_bank_confirmed_is_not_replaced(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, mode="auto")
    post_due(scope, DUE)
    with noon(scope, DUE) as w:
        csv = b"Date,Payee,Amount\n2026-03-02,OAKWOOD APARTMENTS,-800.00\n"
        commit_import(w, start_import(w, "a.csv", csv, account_id=checking).id)
    made = enter(scope, checking)
    with noon(scope, DUE) as w, pytest.raises(Conflict, match="bank has confirmed"):
        recurring.link_transaction(w, template.id, DUE, made.id, replace=True)
    assert count(scope) == 2


def test_deleting_it_lets_the_bill_be_due_on_its_own_day_again(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, mode="auto")
    paid = enter(scope, checking, day=date(2026, 2, 27))
    with noon(scope, date(2026, 2, 27)) as w:
        delete_transaction(w, paid.id)
        one = recurring.get_occurrence(w, template.id, DUE)
        assert (one.state, one.posted_on, one.transaction_id) == ("scheduled", DUE, None)
    assert post_due(scope, date(2026, 2, 28)) == 0
    with noon(scope, date(2026, 2, 28)) as w:
        restore_transaction(w, paid.id)
        assert recurring.get_occurrence(w, template.id, DUE) == paid.settles
        delete_transaction(w, paid.id)
    assert post_due(scope, DUE) == 1
    with noon(scope, DUE) as w:
        assert w.rows("SELECT date FROM transaction") == [(DUE,)]


def test_letting_it_go_keeps_it_and_the_bill_is_expected_again(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking, mode="auto")
    paid = enter(scope, checking, day=date(2026, 2, 27))
    with noon(scope, date(2026, 2, 27)) as w:
        free = recurring.unlink_transaction(w, template.id, DUE)
        assert (free.state, free.posted_on, free.projected) == ("scheduled", DUE, True)
        assert get_transaction(w, paid.id).recurring_id is None
        with pytest.raises(Conflict):
            recurring.unlink_transaction(w, template.id, DUE)
    assert post_due(scope, DUE) == 1
    assert count(scope) == 2
    with noon(scope, DUE) as w, pytest.raises(Conflict, match="take it back"):
        recurring.unlink_transaction(w, template.id, DUE)


def test_taking_back_deletes_only_what_was_posted_for_it(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    post_due(scope, DUE)
    enter(scope, checking)
    with noon(scope, DUE) as w:
        assert recurring.undo_occurrence(w, template.id, DUE).state == "due"
    assert count(scope) == 1


def test_a_transfer_is_known_by_its_two_accounts(scope: Scope, checking: UUID) -> None:
    with noon(scope, BEFORE) as w:
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        other = create_account(w, AccountDraft("Other", "savings", "USD")).id
    make(scope, checking, name="Save", payee="", amount=20_000, target_id=savings)
    with noon(scope, DUE) as w:
        elsewhere = record_by_hand(w, TransferDraft(DUE, checking, other, 20_000))
        back = record_by_hand(w, TransferDraft(DUE, savings, checking, 20_000))
        spent = record_by_hand(w, EntryDraft(DUE, checking, -20_000, "Save"))
        assert [one.settles for one in (elsewhere, back, spent)] == [None, None, None]
        saved = record_by_hand(w, TransferDraft(DUE, checking, savings, 20_000))
        assert saved.settles is not None
        assert (saved.settles.state, saved.settles.actual_amount) == ("paid", -20_000)


def test_money_sent_abroad_differs_by_the_rate_of_the_day(scope: Scope, checking: UUID) -> None:
    with noon(scope, BEFORE) as w:
        euros = create_account(w, AccountDraft("Euros", "savings", "EUR")).id
    make(scope, checking, name="Abroad", payee="", amount=70_000, target_id=euros, target_amount=65_000,
         tolerance_percent=2)  # fmt: skip
    with noon(scope, DUE) as w:
        sent = record_by_hand(w, TransferDraft(DUE, checking, euros, 70_900, 65_000))
        assert sent.settles is not None
        assert (sent.settles.state, sent.settles.actual_amount) == ("paid", -70_900)


def test_a_link_by_hand_must_make_sense(scope: Scope, checking: UUID) -> None:
    template, other = make(scope, checking), make(scope, checking, name="Car", payee="Dealer", amount=-9_900)
    with noon(scope, DUE) as w:
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        income = record_transaction(w, EntryDraft(DUE, checking, 100)).id
        elsewhere = record_transaction(w, EntryDraft(DUE, savings, -80_000)).id
        opening = record_opening_balance(w, checking, -500, date(2026, 1, 1))
        assert opening is not None
        for wrong in (income, elsewhere, opening.id):
            with pytest.raises(ValidationFailed) as refused:
                recurring.link_transaction(w, template.id, DUE, wrong)
            assert refused.value.field == "transaction_id"
        with pytest.raises(NotFound):
            recurring.link_transaction(w, template.id, date(2026, 3, 3), income)
        fitting = record_transaction(w, EntryDraft(date(2026, 3, 20), checking, -12_345, "Whoever")).id
        linked = recurring.link_transaction(w, template.id, DUE, fitting)
        assert (linked.state, linked.posted_on, linked.actual_amount) == (
            "differs",
            date(2026, 3, 20),
            -12_345,
        )
        with pytest.raises(Conflict, match="already"):
            recurring.link_transaction(w, template.id, DUE, fitting)
        with pytest.raises(Conflict, match="another date"):
            recurring.link_transaction(w, other.id, DUE, fitting)


def test_a_paused_an_ended_and_a_skipped_one_expect_nothing(scope: Scope, checking: UUID) -> None:
    paused, ended, skipped = (
        make(scope, checking, name=name, payee=name) for name in ("Paused", "Ended", "Skipped")
    )
    with noon(scope, BEFORE) as w:
        recurring.pause_recurring(w, paused.id)
        recurring.end_recurring(w, ended.id, BEFORE)
        recurring.skip_occurrence(w, skipped.id, DUE)
    for name in ("Paused", "Ended", "Skipped"):
        made = enter(scope, checking, payee=name)
        assert (made.settles, made.looks_like) == (None, ())


def test_nothing_of_other_households_or_members_is_paid(
    scope: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    template = make(scope, checking)
    other = new_household("Birch").scope
    with noon(other, DUE) as w:
        theirs = create_account(w, AccountDraft("Checking", "checking", "USD")).id
    made = enter(other, theirs)
    assert (made.settles, made.looks_like) == (None, ())
    with noon(other, DUE) as w:
        for call in (
            recurring.link_transaction,
            lambda w, one, due, _: recurring.unlink_transaction(w, one, due),
        ):
            with pytest.raises(NotFound):
                call(w, template.id, DUE, made.id)
    with noon(scope, DUE) as w, pytest.raises(NotFound):
        recurring.link_transaction(w, template.id, DUE, made.id)
    with noon(scope, BEFORE) as w:
        own = create_account(w, AccountDraft("Mine", "checking", "USD", private=True)).id
    private = make(scope, own, name="Gift", payee="Jeweller")
    partner = replace(scope, space_ids=(scope.shared_space_id,), private_space_id=None)
    seen = enter(partner, checking, payee="Jeweller")
    assert (seen.settles, seen.looks_like) == (None, ())
    mine = enter(scope, own, payee="Jeweller")
    assert mine.settles is not None
    assert mine.settles.recurring_id == private.id


def test_what_may_have_paid_is_offered_the_nearest_first(
    scope: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    template = make(scope, checking)
    late, near, other_way, far, tiny = (
        enter(scope, checking, amount, payee="Somebody", day=day)
        for amount, day in (
            (-80_000, date(2026, 3, 20)),
            (-79_000, DUE),
            (80_000, DUE),
            (-80_000, date(2026, 5, 20)),
            (-20_000, DUE),
        )
    )
    with noon(scope, date(2026, 3, 21)) as w:
        found = recurring.payment_candidates(w, template.id, DUE)
        assert [one.transaction_id for one in found] == [late.id, near.id]
        assert next((one.amount, one.currency, one.payee) for one in found) == (-80_000, "USD", "Somebody")
        recurring.link_transaction(w, template.id, DUE, late.id)
        found = recurring.payment_candidates(w, template.id, date(2026, 4, 2))
        assert late.id not in {one.transaction_id for one in found}
        assert {other_way.id, tiny.id}.isdisjoint(one.transaction_id for one in found)
        assert far.id not in {one.transaction_id for one in found}
    with work(new_household("Other").scope) as w, pytest.raises(NotFound):
        recurring.payment_candidates(w, template.id, DUE)
