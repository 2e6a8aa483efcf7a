"""Suggestions: found at night, told once, confirmed with their history, dismissed for good, price changes noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound
from recaller.core.scope import Scope
from recaller.domain.recurrence import recurrence_of
from recaller.infra.work import work
from recaller.jobs.entry import run_job
from recaller.services import recurring
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.daily import ErrorLog
from recaller.services.households import system_scopes
from recaller.services.imports import commit_import, start_import, undo_import
from recaller.services.jobs import get_job
from recaller.services.recurring import RecurringDraft
from recaller.services.recurring.suggesting import find_suggestions, request_look
from recaller.services.recurring.suggestion_views import SuggestionView, get_suggestion, list_suggestions
from recaller.services.recurring.suggestions import (
    confirm_suggestion,
    dismiss_suggestion,
    drafts_of_suggestion,
    restore_suggestion,
)
from recaller.services.transactions import TransferDraft, record_transaction
from tests.support.households import make_household

pytestmark = pytest.mark.usefixtures("nothing_drifts")

TODAY = date(2026, 11, 20)


def at(scope: Scope, day: date) -> Any:
    """A unit of work at noon of a day."""
    return work(scope, clock=lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


@pytest.fixture
def checking(scope: Scope) -> UUID:
    with at(scope, date(2025, 1, 1)) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


def monthly(
    name: str, amount: str, months: range = range(1, 12), day: int = 5, year: int = 2026
) -> list[str]:
    """Rows of a CSV, one a month, with a number that changes."""
    return [f"{year}-{month:02}-{day:02},{name} {month * 7919:06},{amount}" for month in months]


def bring(scope: Scope, account: UUID, rows: list[str], day: date = TODAY) -> UUID:
    content = "\n".join(["Date,Payee,Amount", *rows, ""]).encode()
    with at(scope, day) as w:
        return commit_import(w, start_import(w, "bank.csv", content, account_id=account).id).id


def look(scope: Scope, day: date = TODAY) -> dict[str, int]:
    system = next(one for one in system_scopes() if one.tenant_id == scope.tenant_id)
    with at(system, day) as w:
        return dict(find_suggestions(w, ErrorLog()))


def suggested(scope: Scope, state: str = "open") -> tuple[SuggestionView, ...]:
    with at(scope, TODAY) as w:
        return list_suggestions(w, state=state)


def notices(scope: Scope, kind: str) -> list[str]:
    with work(scope) as w:
        return [row.title for row in w.rows("SELECT title FROM notification WHERE kind = :kind", kind=kind)]


def test_a_pattern_is_suggested_and_told_once(scope: Scope, checking: UUID) -> None:
    bring(
        scope,
        checking,
        [*monthly("NETFLIX.COM", "-12.99"), "2026-05-09,Baker,-3.50", "2026-08-30,Baker,-4.10"],
    )
    assert look(scope) == {"patterns": 1, "suggested": 1, "prices": 0}
    assert look(scope) == {"patterns": 1, "suggested": 0, "prices": 0}
    (one,) = suggested(scope)
    assert (one.kind, one.name, one.amount, one.currency) == ("new", "NETFLIX.COM", -1299, "USD")
    assert (one.interval, one.interval_words, one.confidence) == ("monthly", "every month", "sure")
    assert (one.fixed, one.times, one.last_on, one.next_on) == (
        True,
        11,
        date(2026, 11, 5),
        date(2026, 12, 5),
    )
    assert [payment.on for payment in one.payments[:2]] == [date(2026, 11, 5), date(2026, 10, 5)]
    assert notices(scope, "recurring.found") == ["A payment that recurs was found"]


def test_confirming_makes_a_template_with_its_history(scope: Scope, checking: UUID) -> None:
    bring(
        scope,
        checking,
        monthly("NETFLIX.COM", "-12.99", range(1, 9)) + monthly("NETFLIX.COM", "-13.99", range(9, 12)),
    )
    look(scope)
    (one,) = suggested(scope)
    assert (one.amount, one.earlier) == (-1399, -1299)
    with at(scope, TODAY) as w:
        (template,) = confirm_suggestion(w, one.id)
        history = recurring.occurrence_history(w, template.id)
    assert (template.name, template.amount, template.mode) == ("NETFLIX.COM", -1399, "confirm")
    assert template.next_due == date(2026, 12, 5)
    assert [entry.state for entry in history] == ["paid"] * 11
    assert [entry.due_date for entry in history[:2]] == [date(2026, 11, 5), date(2026, 10, 5)]
    assert [entry.change for entry in history if entry.change] == [100]
    assert suggested(scope) == ()
    # Nothing of the past is posted, and the pattern isn't suggested again.
    system = next(found for found in system_scopes() if found.tenant_id == scope.tenant_id)
    with at(system, TODAY) as w:
        assert recurring.post_recurring(w, ErrorLog())["posted"] == 0
    assert look(scope)["suggested"] == 0
    assert suggested(scope) == ()
    with at(scope, TODAY) as w, pytest.raises(Conflict):
        confirm_suggestion(w, one.id)


def test_what_was_dismissed_never_returns(scope: Scope, checking: UUID) -> None:
    batch = bring(scope, checking, monthly("GYM PURE LONDON", "-20.00", range(1, 8)), date(2026, 7, 20))
    look(scope, date(2026, 7, 20))
    (one,) = suggested(scope)
    with at(scope, TODAY) as w:
        dismiss_suggestion(w, one.id)
    # New payments, a new price, another spelling.
    bring(scope, checking, monthly("Gym Pure Ltd LEEDS REF", "-23.00", range(8, 12)))
    assert look(scope)["suggested"] == 0
    assert suggested(scope) == ()
    # The same file read anew: other transactions, the same thing.
    with at(scope, TODAY) as w:
        undo_import(w, batch)
    bring(scope, checking, monthly("GYM PURE LONDON", "-20.00", range(1, 8)))
    assert look(scope)["suggested"] == 0
    assert suggested(scope) == ()
    (still,) = suggested(scope, "dismissed")
    assert (still.id, still.amount) == (one.id, -2300)
    assert len(notices(scope, "recurring.found")) == 1
    with at(scope, TODAY) as w:
        restore_suggestion(w, one.id)
    look(scope)
    assert [found.id for found in suggested(scope)] == [one.id]


def test_two_contracts_with_one_payee_are_two_suggestions(scope: Scope, checking: UUID) -> None:
    bring(scope, checking, monthly("VODAFONE LTD", "-9.99") + monthly("VODAFONE LTD", "-24.99", day=17))
    look(scope)
    small, large = sorted(suggested(scope), key=lambda one: -one.amount)
    assert (small.amount, large.amount) == (-999, -2499)
    with at(scope, TODAY) as w:
        dismiss_suggestion(w, small.id)
        confirm_suggestion(w, large.id)
    assert look(scope)["suggested"] == 0
    assert suggested(scope) == ()


def test_a_template_made_by_hand_is_not_suggested(scope: Scope, checking: UUID) -> None:
    bring(scope, checking, monthly("NETFLIX.COM", "-12.99"))
    look(scope)
    assert len(suggested(scope)) == 1
    with at(scope, TODAY) as w:
        recurring.create_recurring(
            w,
            RecurringDraft(
                "Films", checking, -1299, recurrence_of("FREQ=MONTHLY", date(2026, 12, 5)), payee="Netflix"
            ),
        )
    look(scope)
    assert suggested(scope) == ()


def test_a_stopped_pattern_leaves_the_list(scope: Scope, checking: UUID) -> None:
    bring(scope, checking, monthly("NETFLIX.COM", "-12.99", range(1, 7)), date(2026, 6, 20))
    look(scope, date(2026, 6, 20))
    assert len(suggested(scope)) == 1
    look(scope)
    assert suggested(scope) == ()


def test_a_new_price_is_noticed_once_and_taken_over(scope: Scope, checking: UUID) -> None:
    bring(scope, checking, monthly("NETFLIX.COM", "-12.99", range(1, 9)), date(2026, 8, 20))
    look(scope, date(2026, 8, 20))
    with at(scope, date(2026, 8, 20)) as w:
        (template,) = confirm_suggestion(w, list_suggestions(w)[0].id)
    bring(scope, checking, monthly("NETFLIX.COM", "-14.99", range(9, 10)), date(2026, 9, 20))
    assert look(scope, date(2026, 9, 20))["prices"] == 0
    bring(scope, checking, monthly("NETFLIX.COM", "-14.99", range(10, 12)))
    assert look(scope)["prices"] == 1
    assert look(scope)["prices"] == 0
    assert notices(scope, "price.change") == ["NETFLIX.COM costs more now"]
    (one,) = suggested(scope)
    assert (one.kind, one.amount, one.earlier, one.recurring_id) == ("price", -1499, -1299, template.id)
    with at(scope, TODAY) as w:
        (changed,) = confirm_suggestion(w, one.id)
    assert (changed.id, changed.amount) == (template.id, -1499)
    assert look(scope)["prices"] == 0
    assert suggested(scope) == ()


def test_twice_a_month_becomes_two_templates(scope: Scope, checking: UUID) -> None:
    rows = monthly("ACME PAYROLL", "2100.00", day=15) + monthly("ACME PAYROLL", "2100.00", day=28)
    bring(scope, checking, rows)
    look(scope)
    (one,) = suggested(scope)
    assert one.interval == "semi-monthly"
    with at(scope, TODAY) as w:
        made = confirm_suggestion(w, one.id)
        states = [entry.state for template in made for entry in recurring.occurrence_history(w, template.id)]
    assert len(made) == 2
    assert states.count("paid") == one.times
    assert look(scope)["suggested"] == 0


def test_a_transfer_between_own_accounts(scope: Scope, checking: UUID) -> None:
    with at(scope, date(2025, 1, 1)) as w:
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        for month in range(3, 12):
            record_transaction(w, TransferDraft(date(2026, month, 2), checking, savings, 25000))
    look(scope)
    (one,) = suggested(scope)
    assert (one.account_id, one.target_id) == (checking, savings)
    with at(scope, TODAY) as w:
        (draft,) = drafts_of_suggestion(w, one.id)
        (template,) = confirm_suggestion(w, one.id)
    assert (draft.amount, draft.target_id, draft.mode) == (25000, savings, "auto")
    assert template.shape == "transfer"


def test_spaces_and_households_are_looked_at_apart(scope: Scope, checking: UUID) -> None:
    with at(scope, TODAY) as w:
        private = create_account(w, AccountDraft("Mine", "checking", "USD", private=True)).id
    bring(scope, private, monthly("NETFLIX.COM", "-12.99"))
    # The same payee, one payment each month in another space: no pattern is made of both.
    bring(scope, checking, ["2026-05-20,NETFLIX.COM,-12.99"])
    other = make_household("Other").scope
    look(scope)
    look(other)
    (one,) = suggested(scope)
    assert one.private
    partner = replace(scope, space_ids=(scope.shared_space_id,), private_space_id=None)
    assert suggested(partner) == ()
    assert suggested(other) == ()
    for stranger in (partner, other):
        with at(stranger, TODAY) as w:
            for act in (get_suggestion, confirm_suggestion, dismiss_suggestion, restore_suggestion):
                with pytest.raises(NotFound):
                    act(w, one.id)


def test_looking_now_runs_as_a_job(scope: Scope, checking: UUID) -> None:
    first = datetime.now(UTC).date().replace(day=1)
    rows = []
    for back in range(6):
        first = (first - timedelta(days=1)).replace(day=1)
        rows.append(f"{first},NETFLIX.COM {back},-12.99")
    bring(scope, checking, rows)
    with work(scope) as w:
        job_id = request_look(w)
        assert request_look(w) == job_id
    run_job(str(scope.tenant_id), str(job_id))
    with work(scope) as w:
        assert get_job(w, job_id).status == "done"
        assert len(list_suggestions(w)) == 1
    assert notices(scope, "recurring.found") == []
