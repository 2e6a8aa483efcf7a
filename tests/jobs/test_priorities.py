"""What somebody waits for, or must be told in time, is done while long work fills the other queues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from recaller.core.clock import utc_now
from recaller.infra.queue import queue_named
from recaller.infra.work import work
from recaller.jobs import notifications
from recaller.jobs.daily import DAILY
from recaller.jobs.notifications import deliver_batch, hand_over_deliveries
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.budgets import BudgetDraft, LineDraft, create_budget, monthly
from recaller.services.categories import list_categories
from recaller.services.daily_log import run_daily_now
from recaller.services.notifications import Notice, notify
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import EntryDraft, Part, record_transaction
from recaller.settings import Settings
from tests.jobs.test_worker import WorkerProcess
from tests.support.fill_daily import plan_with
from tests.support.households import Household, make_household
from tests.support.mail import MailServer
from tests.support.waiting import wait_until


@pytest.fixture
def family(mail: MailServer) -> Household:
    return make_household("Alder")


@pytest.fixture
def workers(mail: MailServer, database: Settings) -> Iterator[None]:
    """One worker for each queue; those of `default` and `bulk` have their hands full for minutes."""
    for queue in ("default", "bulk"):
        for _ in range(3):
            queue_named(queue).enqueue("time.sleep", 300)
    settings = mail.settings(database)
    processes = [WorkerProcess(settings, queue) for queue in ("default", "bulk", "critical")]
    wait_until(
        lambda: all(len(queue_named(queue).job_ids) == 2 for queue in ("default", "bulk")), "busy workers"
    )
    yield
    for process in processes:
        process.kill()


def remind(household: Household, thing: str = "bill:1:0") -> None:
    with work(household.scope) as w:
        notify(
            w,
            Notice("bill.reminder", thing, w.today, "Rent is due", "", "/recurring", w.scope.shared_space_id),
        )


def test_critical_work_is_done_while_the_other_queues_are_busy(
    family: Household, mail: MailServer, workers: None
) -> None:
    scope = family.scope
    # A budget that a write overspends,
    with work(scope) as w:
        create_starter_accounts(w)
        checking = create_account(w, AccountDraft("Checking", "checking", "USD"))
        groceries = next(one for one in list_categories(w) if one.name == "Groceries")
        create_budget(w, BudgetDraft("Home", "limit", monthly(), lines=(LineDraft(groceries.id, 100),)))
    with work(scope) as w:
        part = Part(groceries.id, -500)
        record_transaction(w, EntryDraft(w.today, checking.id, -500, "x", (part,)))
    # a reminder by mail,
    remind(family)
    assert hand_over_deliveries() == 1
    # daily work that somebody asks for.
    clean_up = next(one for one in DAILY if one.kind == "clean-up")
    plan_with(family, clean_up, utc_now() - timedelta(days=2))
    with work(scope) as w:
        run_daily_now(w, "clean-up")

    def told() -> set[str]:
        with work(scope) as w:
            return {row.kind for row in w.rows("SELECT kind FROM notification")}

    def ran() -> list[str]:
        with work(scope) as w:
            return [row.kind for row in w.rows("SELECT kind FROM daily_run WHERE error IS NULL")]

    wait_until(lambda: "budget.alert" in told(), "the budget's alert")
    wait_until(lambda: "Rent is due" in mail.subjects, "the reminder's mail")
    wait_until(lambda: ran() == ["clean-up"], "the work that was asked for")
    assert [len(queue_named(queue).job_ids) for queue in ("default", "bulk")] == [2, 2]


def test_whom_a_batch_has_no_time_for_is_handed_to_the_next(
    family: Household, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_household("Birch")
    for household in (family, other):
        remind(household)
    assert hand_over_deliveries() == 2
    (job,) = queue_named("critical").jobs
    people, batch_id = job.args
    queue_named("critical").empty()
    monkeypatch.setattr(notifications, "BATCH_SECONDS", 0.0)
    assert deliver_batch(people, batch_id) == {"sent": 0, "failed": 0}
    (job,) = queue_named("critical").jobs
    assert job.args == [people, batch_id]
    monkeypatch.undo()
    assert deliver_batch(*job.args) == {"sent": 2, "failed": 0}
    assert sorted(mail.recipients) == sorted([family.email, other.email])
