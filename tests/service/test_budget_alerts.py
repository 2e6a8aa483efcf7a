"""Budget alerts: once each, to whoever sees the budget, set off by the write itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import Work, identity_work, work
from recaller.jobs.entry import run_job
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    assign,
    check_budgets,
    create_budget,
    monthly,
    read_lines,
)
from recaller.services.daily import ErrorLog
from recaller.services.households import household_scopes
from recaller.services.jobs import claim_job
from recaller.services.ledger_events import BUDGETS_CHECK_JOB, ledger_changed
from recaller.services.transactions import EntryDraft, Part, TransactionView, record_transaction
from tests.support.households import Household
from tests.support.reading import Book, counted_statements, open_book, second_member

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def book(household: Household) -> Book:
    with work(household.scope) as w:
        return open_book(w)


def a_budget(scope: Scope, book: Book, *, private: bool = False, **options: Any) -> UUID:
    lines = (LineDraft(book.categories["Groceries"], 10_000), LineDraft(book.categories["Fuel"], 5_000))
    with work(scope) as w:
        draft = BudgetDraft(
            "Mine" if private else "Home", "limit", monthly(), lines=lines, private=private, **options
        )
        return create_budget(w, draft).id


def spend(
    scope: Scope, book: Book, amount: int, name: str = "Groceries", account: str = "Checking"
) -> TransactionView:
    with work(scope) as w:
        part = Part(book.categories[name], -amount)
        return record_transaction(w, EntryDraft(w.today, book.accounts[account], -amount, "x", (part,)))


def whole(household: Household) -> Scope:
    """The scope of a daily run or a household-wide job."""
    with identity_work() as identity:
        return household_scopes(identity, (household.tenant_id,))[household.tenant_id]


def queued(scope: Scope) -> list[UUID]:
    with work(scope) as w:
        rows = w.rows("SELECT id FROM job WHERE kind = :kind AND status = 'queued'", kind=BUDGETS_CHECK_JOB)
    return [row.id for row in rows]


def run_queued(household: Household) -> None:
    for job in queued(household.scope):
        assert run_job(str(household.tenant_id), str(job)) == "done"


def told(household: Household) -> list[tuple[UUID, str]]:
    with work(whole(household)) as w:
        rows = w.rows(
            "SELECT user_id, title FROM notification WHERE kind = 'budget.alert' ORDER BY created_at, id"
        )
    return [(row.user_id, row.title) for row in rows]


def titles(household: Household) -> list[str]:
    return [title for _, title in told(household)]


def test_a_write_over_the_limit_raises_the_alert_by_itself_and_once(household: Household, book: Book) -> None:
    a_budget(household.scope, book)
    run_queued(household)
    spend(household.scope, book, 7_999)
    run_queued(household)
    assert told(household) == []
    spend(household.scope, book, 1)
    assert len(queued(household.scope)) == 1
    run_queued(household)
    assert titles(household) == ["Groceries has reached 80 % of its budget"]
    spend(household.scope, book, 100)
    run_queued(household)
    spend(household.scope, book, 2_000)
    run_queued(household)
    run_queued(household)
    wanted = ["Groceries has reached 80 % of its budget", "Groceries is over its budget"]
    assert titles(household) == wanted
    # The night, any number of times, and a second write over the limit tell nothing again.
    spend(household.scope, book, 500)
    for _ in range(3):
        with work(whole(household)) as w:
            assert check_budgets(w, ErrorLog())["alerts"] == 0
    run_queued(household)
    assert titles(household) == wanted
    with work(household.scope) as w:
        rows = w.rows("SELECT percent, allowed, spent FROM budget_alert ORDER BY percent")
        assert [(row.percent, row.allowed, row.spent) for row in rows] == [
            (80, 10_000, 8_000),
            (100, 10_000, 10_100),
        ]


def test_the_next_period_starts_anew(household: Household, book: Book) -> None:
    with work(household.scope, clock=lambda: NOW) as w:
        budget = create_budget(
            w, BudgetDraft("B", "limit", monthly(), lines=(LineDraft(book.categories["Fuel"], 100),))
        )
        assert budget.starts_on == date(2026, 11, 1)
        for day in (date(2026, 11, 3), date(2026, 12, 3)):
            part = Part(book.categories["Fuel"], -200)
            record_transaction(w, EntryDraft(day, book.accounts["Checking"], -200, "x", (part,)))
    counts = []
    for month in (11, 11, 12, 12):
        with work(whole(household), clock=lambda month=month: NOW.replace(month=month)) as w:
            counts.append(check_budgets(w, ErrorLog())["alerts"])
    assert counts == [1, 0, 1, 0]


def test_two_checks_at_once_tell_once(household: Household, book: Book) -> None:
    a_budget(household.scope, book)
    spend(household.scope, book, 20_000)
    spend(household.scope, book, 20_000, "Fuel")
    found: list[int] = []

    def check() -> None:
        with work(whole(household)) as w:
            found.append(check_budgets(w, ErrorLog())["alerts"])

    threads = [threading.Thread(target=check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0] * 7 + [2] or sum(found) == 2
    assert len(told(household)) == 2


def test_everybody_who_sees_the_budget_is_told_and_nobody_else(
    household: Household, book: Book, new_household: Callable[..., Household]
) -> None:
    stranger = new_household("Birch")
    member = second_member(household)
    a_budget(household.scope, book)
    a_budget(household.scope, book, private=True)
    spend(household.scope, book, 20_000)
    spend(household.scope, book, 30_000, "Fuel", account="Own")
    run_queued(household)
    assert sorted(told(household)) == sorted([
        (household.user_id, "Groceries is over its budget"),
        (member.user_id, "Groceries is over its budget"),
        (household.user_id, "Fuel is over its budget"),
    ])  # fmt: skip
    assert told(stranger) == []
    # Set off by a member who doesn't see the private budget at all.
    spend(member, book, 20_000, "Fuel")
    run_queued(household)
    assert len(told(household)) == 5


def test_lowering_a_limit_raises_the_alert_too(household: Household, book: Book) -> None:
    budget = a_budget(household.scope, book)
    spend(household.scope, book, 4_000)
    run_queued(household)
    with work(household.scope) as w:
        line = read_lines(w, budget)[0]
        assign(w, line.id, w.today.replace(day=1), 3_000)
    run_queued(household)
    assert titles(household) == ["Groceries is over its budget"]


def test_many_writes_queue_one_check(household: Household, book: Book) -> None:
    a_budget(household.scope, book)
    for _ in range(5):
        spend(household.scope, book, 10)
    assert len(queued(household.scope)) == 1


def test_without_a_budget_that_alerts_nothing_is_queued(household: Household, book: Book) -> None:
    spend(household.scope, book, 10)
    a_budget(household.scope, book, alert_percents=())
    spend(household.scope, book, 10)
    assert queued(household.scope) == []


def test_saying_that_the_ledger_changed_costs_one_statement(household: Household, book: Book) -> None:
    a_budget(household.scope, book)
    with work(household.scope) as w, counted_statements() as seen:
        ledger_changed(w)
    assert len([one for one in seen if "job" in one]) == 1


def test_a_check_that_is_taken_up_meanwhile_misses_no_write(household: Household, book: Book) -> None:
    """A worker takes the waiting check while another write is being committed: it waits, and sees that write."""
    a_budget(household.scope, book)
    (job,) = queued(household.scope)
    claimed, order = threading.Event(), []

    def take() -> None:
        claimed.set()
        with work(household.scope) as w:
            assert claim_job(w, job) is not None
            order.append("claimed")

    def write(w: Work) -> None:
        ledger_changed(w)
        thread.start()
        claimed.wait()
        thread.join(timeout=0.3)
        order.append("written")

    thread = threading.Thread(target=take)
    with work(household.scope) as w:
        write(w)
    thread.join()
    assert order == ["written", "claimed"]
    with work(household.scope) as w:
        ledger_changed(w)
    assert len(queued(household.scope)) == 1


def test_one_broken_budget_doesnt_keep_the_others_back(household: Household, book: Book) -> None:
    broken = a_budget(household.scope, book)
    with work(household.scope) as w:
        create_budget(
            w, BudgetDraft("Second", "limit", monthly(), lines=(LineDraft(book.categories["Fuel"], 5),))
        )
        w.run("UPDATE budget_line SET rollovers = '[]' WHERE budget_id = :id", id=broken)
    spend(household.scope, book, 6, "Fuel")
    errors = ErrorLog()
    with work(whole(household)) as w:
        assert check_budgets(w, errors) == {"alerts": 1, "budgets": 2}
    assert [error.entity_id for error in errors.items] == [broken]
    assert len(told(household)) == 1
