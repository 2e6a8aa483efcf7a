"""Bills that were booked by themselves are told of: each once, also those of days that were caught up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import identity_work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.daily import ErrorLog
from recaller.services.households import household_scopes
from recaller.services.recurring import confirm_occurrence, post_recurring, remind_of_bills
from tests.support.households import Household
from tests.support.recurring import make_recurring

START = date(2026, 1, 5)


def at(day: date, hour: int = 12) -> Callable[[], datetime]:
    return lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def system(household: Household) -> Scope:
    """The scope of the household's daily runs."""
    with identity_work() as identity:
        return household_scopes(identity, (household.tenant_id,))[household.tenant_id]


@pytest.fixture
def checking(household: Household) -> UUID:
    with work(household.scope, clock=at(START)) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


def post(system: Scope, day: date, hour: int = 6) -> None:
    with work(system, clock=at(day, hour)) as w:
        post_recurring(w, ErrorLog())


def remind(system: Scope, day: date, hour: int = 8) -> int:
    with work(system, clock=at(day, hour)) as w:
        return remind_of_bills(w, ErrorLog())["posted"]


def told(scope: Scope) -> list[tuple[str, str]]:
    with work(scope) as w:
        rows = w.rows(
            "SELECT title, body FROM notification WHERE kind = 'bill.posted' ORDER BY created_at, id"
        )
    return [(row.title, row.body) for row in rows]


def test_days_that_were_caught_up_are_told_of_once(
    household: Household, system: Scope, checking: UUID
) -> None:
    with work(household.scope, clock=at(START)) as w:
        make_recurring(w, checking, "FREQ=DAILY", START, name="Milk", amount=-250)
    post(system, date(2026, 1, 5))
    assert [remind(system, date(2026, 1, 5), hour) for hour in (8, 9)] == [1, 0]
    # Three days down.
    post(system, date(2026, 1, 8))
    assert [remind(system, date(2026, 1, 8), hour) for hour in (8, 9)] == [1, 0]
    assert told(household.scope) == [
        ("Milk was booked", "Milk: $2.50 on Jan 5, 2026."),
        (
            "3 bills were booked",
            "Milk: $2.50 on Jan 6, 2026; Milk: $2.50 on Jan 7, 2026; Milk: $2.50 on Jan 8, 2026.",
        ),
    ]


def test_what_a_later_attempt_posts_is_told_of_too(
    household: Household, system: Scope, checking: UUID
) -> None:
    with work(household.scope, clock=at(START)) as w:
        make_recurring(w, checking, "FREQ=DAILY", START, name="Milk", amount=-250)
        make_recurring(w, checking, "FREQ=MONTHLY", START, name="Rent", amount=-90_000)
    assert remind(system, START) == 0
    post(system, START, hour=9)
    # Somebody has the reminders run once more that day.
    assert remind(system, START, hour=10) == 1
    post(system, date(2026, 1, 6))
    assert remind(system, date(2026, 1, 6)) == 1
    assert [title for title, _ in told(household.scope)] == ["2 bills were booked", "Milk was booked"]


def test_what_was_confirmed_by_somebody_is_no_news(
    household: Household, system: Scope, checking: UUID
) -> None:
    with work(household.scope, clock=at(START)) as w:
        made = make_recurring(w, checking, "FREQ=MONTHLY", START, mode="confirm")
    post(system, START)
    with work(household.scope, clock=at(START, 7)) as w:
        confirm_occurrence(w, made.id, START)
    assert remind(system, START) == 0


def test_households_hear_of_their_own(
    household: Household, system: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    birch = new_household("Birch")
    with work(household.scope, clock=at(START)) as w:
        make_recurring(w, checking, "FREQ=MONTHLY", START)
    post(system, START)
    with identity_work() as identity:
        other = household_scopes(identity, (birch.tenant_id,))[birch.tenant_id]
    assert remind(other, START) == 0
    assert remind(system, START) == 1
    assert told(birch.scope) == []
