"""Recurring transactions as templates: paused, edited, changed, ended, wrong ones, and who sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.domain.recurrence import recurrence_of
from recaller.infra.work import work
from recaller.services import recurring
from recaller.services.accounts import (
    AccountDraft,
    create_account,
    delete_account,
    edit_account,
)
from recaller.services.categories import create_category, delete_category
from recaller.services.payees import merge_payees, suggest_payees
from recaller.services.transactions import (
    EntryDraft,
    Part,
    record_transaction,
)
from tests.support.households import Household
from tests.support.recurring import BEGAN, ledger_of, make_bill, noon, run_bills

pytestmark = pytest.mark.usefixtures("nothing_drifts")


@pytest.fixture
def category(scope: Scope) -> UUID:
    with work(scope) as w:
        return create_category(w, "Upkeep", "expense").id


def test_pause_leaves_the_time_of_the_pause_out(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, date(2026, 1, 10))
    with noon(scope, date(2026, 1, 20)) as w:
        paused = recurring.pause_recurring(w, template.id, version=template.version)
        assert paused.next_due is None
        with pytest.raises(Conflict):
            recurring.pause_recurring(w, template.id)
        assert recurring.upcoming(w, BEGAN, date(2026, 12, 31))[-1].due_date == BEGAN
    assert run_bills(scope, date(2026, 3, 20))[0]["posted"] == 0
    with noon(scope, date(2026, 3, 20)) as w:
        assert recurring.resume_recurring(w, template.id).next_due == date(2026, 4, 5)
    run_bills(scope, date(2026, 4, 5), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05", "2026-04-05"]


def test_editing_touches_nothing_that_was_posted(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, date(2026, 2, 5))
    with noon(scope, date(2026, 2, 10)) as w:
        draft = replace(
            recurring.draft_of(template),
            amount=-12_000,
            recurrence=recurrence_of("FREQ=MONTHLY;BYMONTHDAY=8", BEGAN),
        )
        edited = recurring.edit_recurring(w, template.id, draft, version=1)
        assert (edited.version, edited.amount, edited.next_due) == (2, -12_000, date(2026, 3, 8))
        with pytest.raises(Conflict):
            recurring.edit_recurring(w, template.id, draft, version=1)
    run_bills(scope, date(2026, 3, 10), times=2)
    assert ledger_of(scope) == [("2026-01-05", -10_000), ("2026-02-05", -10_000), ("2026-03-08", -12_000)]


def test_an_edit_loses_nothing_that_a_stopped_server_had_not_posted(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, BEGAN)
    with noon(scope, date(2026, 3, 20)) as w:
        draft = replace(
            recurring.draft_of(template), recurrence=recurrence_of("FREQ=MONTHLY;BYMONTHDAY=6", BEGAN)
        )
        recurring.edit_recurring(w, template.id, draft, version=1)
    run_bills(scope, date(2026, 3, 20), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05", "2026-02-06", "2026-03-06"]


def test_a_change_from_here_on_starts_a_new_template_in_the_old_rhythm(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking, "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31;BYSETPOS=-1;COUNT=6".replace(
        "BYMONTHDAY=31;BYSETPOS=-1", "BYMONTHDAY=28,29,30,31;BYSETPOS=-1"), date(2026, 1, 31))  # fmt: skip
    run_bills(scope, date(2026, 4, 30))
    with noon(scope, date(2026, 5, 20)) as w:
        dearer = replace(recurring.draft_of(template), amount=-13_000)
        with pytest.raises(Conflict):
            recurring.change_recurring_from(w, template.id, date(2026, 4, 30), dearer, version=1)
        new = recurring.change_recurring_from(w, template.id, date(2026, 5, 20), dearer, version=1)
        old = recurring.get_recurring(w, template.id)
        assert (old.state, old.recurrence.until, new.replaces_id) == ("ended", date(2026, 4, 30), template.id)
        assert (new.next_due, new.recurrence.count) == (date(2026, 7, 31), 4)
        assert [one.id for one in recurring.list_recurring(w)] == [new.id]
    run_bills(scope, date(2028, 1, 1), times=2)
    assert ledger_of(scope) == [
        ("2026-01-31", -10_000), ("2026-04-30", -10_000), ("2026-07-31", -13_000), ("2026-10-31", -13_000),
        ("2027-01-31", -13_000), ("2027-04-30", -13_000),
    ]  # fmt: skip
    with noon(scope, date(2028, 1, 1)) as w:
        history = recurring.occurrence_history(w, new.id)
        assert [one.change for one in history] == [None, None, None, 3_000, None, None]
        assert recurring.get_recurring(w, new.id).state == "ended"


def test_ending_deleting_and_bringing_back(scope: Scope, checking: UUID) -> None:
    template = make_bill(scope, checking)
    run_bills(scope, date(2026, 2, 5))
    with noon(scope, date(2026, 2, 6)) as w:
        recurring.delete_recurring(w, template.id, version=1)
        with pytest.raises(NotFound):
            recurring.get_recurring(w, template.id)
        assert recurring.list_recurring(w, ended=True) == ()
    assert run_bills(scope, date(2026, 3, 6))[0]["posted"] == 0
    assert len(ledger_of(scope)) == 2
    with noon(scope, date(2026, 3, 7)) as w:
        back = recurring.restore_recurring(w, template.id)
        assert back.next_due == date(2026, 4, 5)
        with pytest.raises(Conflict):
            recurring.restore_recurring(w, template.id)
        ended = recurring.end_recurring(w, template.id, date(2026, 4, 30))
        assert (ended.state, ended.recurrence.until) == ("active", date(2026, 4, 30))
    run_bills(scope, date(2026, 9, 1), times=2)
    assert [day for day, _ in ledger_of(scope)] == ["2026-01-05", "2026-02-05", "2026-04-05"]


def test_ending_never_makes_it_longer(scope: Scope, checking: UUID) -> None:
    templates = [make_bill(scope, checking, until=date(2026, 3, 31)), make_bill(scope, checking, count=3)]
    for template in templates:
        with noon(scope, BEGAN) as w:
            ended = recurring.end_recurring(w, template.id, date(2027, 12, 31))
            assert ended.recurrence.until is not None
            dates = [
                one.due_date for one in recurring.upcoming(w, BEGAN, date(2028, 1, 1), ids=[template.id])
            ]
            assert dates == [BEGAN, date(2026, 2, 5), date(2026, 3, 5)]


def test_totals_by_month_and_year_never_mix_currencies(scope: Scope, checking: UUID) -> None:
    with noon(scope, BEGAN) as w:
        euros = create_account(w, AccountDraft("Euros", "checking", "EUR")).id
    make_bill(scope, checking, amount=-90_000)
    make_bill(scope, checking, "FREQ=YEARLY", amount=-12_000)
    make_bill(scope, checking, amount=300_000)
    make_bill(scope, euros, "FREQ=WEEKLY", amount=-1_000)
    make_bill(scope, checking, amount=500, target_id=euros, target_amount=450)
    with noon(scope, BEGAN) as w:
        assert [
            (
                one.currency,
                one.monthly_income,
                one.monthly_expense,
                one.yearly_income,
                one.yearly_expense,
                one.templates,
            )
            for one in recurring.recurring_totals(w)
        ] == [("EUR", 0, -4_348, 0, -52_178, 1), ("USD", 300_000, -91_000, 3_600_000, -1_092_000, 4)]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": 0}, "amount"), ({"name": ""}, "name"), ({"name": "x" * 200}, "name"), ({"mode": "maybe"}, "mode"),
        ({"amount_kind": "wild"}, "amount_kind"), ({"tolerance_percent": 101}, "tolerance_percent"),
        ({"tolerance_minor": -1}, "tolerance_minor"), ({"lead_days": (-1,)}, "lead_days"),
        ({"lead_days": tuple(range(9))}, "lead_days"), ({"country": "XX"}, "country"),
        ({"parts": (Part(None, -1),)}, "splits"), ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"}, "month_day"),
        ({"until": date(2026, 1, 6), "rule": "FREQ=MONTHLY;BYMONTHDAY=20"}, "until"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(scope: Scope, checking: UUID, more: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        make_bill(scope, checking, **more)
    assert refused.value.field == field


def test_accounts_categories_and_payees_of_templates(scope: Scope, checking: UUID, category: UUID) -> None:
    template = make_bill(scope, checking, payee="Landlord", parts=(Part(category, -10_000),))
    with noon(scope, BEGAN) as w:
        with pytest.raises(Conflict):
            delete_account(w, checking)
        with pytest.raises(Conflict):
            delete_category(w, category)
        with pytest.raises(ValidationFailed):
            edit_account(w, checking, AccountDraft("Checking", "checking", "EUR"), version=1)
        record_transaction(w, EntryDraft(BEGAN, checking, -1, "Mr Land"))
        assert template.payee_id is not None
        merge_payees(w, template.payee_id, suggest_payees(w, "Mr Land")[0].id)
        assert recurring.get_recurring(w, template.id).payee == "Mr Land"


def test_nothing_of_another_household_can_be_reached(
    scope: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    template = make_bill(scope, checking)
    other = new_household("Birch").scope
    with noon(other, BEGAN) as w:
        mine = create_account(w, AccountDraft("Ours", "checking", "USD")).id
        draft = recurring.draft_of(template)
        assert recurring.list_recurring(w) == recurring.upcoming(w, BEGAN, BEGAN) == ()
        assert recurring.recurring_totals(w) == recurring.open_occurrences(w) == ()
        calls: list[Callable[[], object]] = [
            lambda: recurring.get_recurring(w, template.id),
            lambda: recurring.create_recurring(w, draft),
            lambda: recurring.edit_recurring(w, template.id, replace(draft, account_id=mine), version=1),
            lambda: recurring.change_recurring_from(w, template.id, BEGAN, draft, version=1),
            lambda: recurring.pause_recurring(w, template.id),
            lambda: recurring.resume_recurring(w, template.id),
            lambda: recurring.end_recurring(w, template.id, BEGAN),
            lambda: recurring.delete_recurring(w, template.id),
            lambda: recurring.restore_recurring(w, template.id),
            lambda: recurring.skip_occurrence(w, template.id, BEGAN),
            lambda: recurring.unskip_occurrence(w, template.id, BEGAN),
            lambda: recurring.post_now(w, template.id),
            lambda: recurring.confirm_occurrence(w, template.id, BEGAN),
            lambda: recurring.undo_occurrence(w, template.id, BEGAN),
            lambda: recurring.occurrence_history(w, template.id),
            lambda: recurring.get_occurrence(w, template.id, BEGAN),
        ]
        for call in calls:
            with pytest.raises(NotFound):
                call()
    assert run_bills(other, date(2026, 3, 1))[0]["posted"] == 0
    assert ledger_of(scope) == []


def member_without_private(scope: Scope) -> Scope:
    """What another member of the household sees: the shared space only."""
    return replace(scope, space_ids=(scope.shared_space_id,), private_space_id=None)


def test_a_private_accounts_templates_are_seen_by_their_owner_alone(scope: Scope, checking: UUID) -> None:
    with noon(scope, BEGAN) as w:
        own = create_account(w, AccountDraft("Mine", "cash", "USD", private=True)).id
    private = make_bill(scope, own, name="Secret", payee="Jeweller", tags=("gift",))
    pocket = make_bill(scope, checking, name="Pocket money", amount=300, target_id=own)
    assert (private.private, pocket.private) == (True, False)
    other = member_without_private(scope)
    with noon(other, BEGAN) as w:
        assert [one.name for one in recurring.list_recurring(w)] == ["Pocket money"]
        assert [one.name for one in recurring.upcoming(w, BEGAN, BEGAN)] == ["Pocket money"]
        with pytest.raises(NotFound):
            recurring.get_recurring(w, private.id)
        with pytest.raises(NotFound):
            recurring.post_now(w, pocket.id)
    # The household's run sees all of it.
    assert run_bills(scope, BEGAN, times=2)[0]["posted"] == 2
    with noon(other, BEGAN) as w:
        assert [one.name for one in recurring.upcoming(w, BEGAN, BEGAN)] == ["Pocket money"]
        assert w.rows("SELECT 1 FROM transaction WHERE amount = -10000") == []
        assert (
            w.rows("SELECT 1 FROM audit_event WHERE CAST(after AS text) LIKE :id", id=f"%{private.id}%") == []
        )
