"""Workers killed around the hand-over of a reminder: exactly one mail reaches the server, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from recaller.infra.queue import queue_named
from recaller.infra.work import work
from recaller.jobs.notifications import hand_over_deliveries
from recaller.services.notifications import Notice, notify
from recaller.settings import Settings
from tests.jobs.test_worker import WorkerProcess
from tests.support.households import Household
from tests.support.mail import MailServer
from tests.support.waiting import wait_until


@pytest.fixture
def worker(database: Settings, mail: MailServer) -> Iterator[Callable[[], WorkerProcess]]:
    running: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        running.append(WorkerProcess(mail.settings(database), "critical"))
        return running[-1]

    yield start
    for process in running:
        process.kill()


def remind(household: Household) -> None:
    with work(household.scope) as w:
        notice = Notice(
            "bill.reminder",
            "bill:1:0",
            date(2026, 11, 24),
            "Rent is due",
            "",
            "/recurring",
            w.scope.shared_space_id,
        )
        notify(w, notice)


def states(household: Household) -> list[str]:
    with work(household.scope) as w:
        return [row.state for row in w.rows("SELECT state FROM notification_delivery")]


def time_passes(household: Household) -> None:
    """Let whoever claimed something be taken for dead, without waiting for it."""
    queue_named("critical").empty()
    with work(household.scope) as w:
        w.run(
            "UPDATE notification_delivery SET next_at = now() - interval '1 second', handed_at = NULL"
            " WHERE state IN ('queued', 'sending', 'handing_over')"
        )


def killed_at(point: str, mail: MailServer, start: Callable[[], WorkerProcess]) -> None:
    """Start a worker, and kill it while the mail server holds it at that point."""
    mail.reached.clear()
    mail.go_on.clear()
    mail.hold_at = point
    assert hand_over_deliveries() == 1
    process = start()
    wait_until(mail.reached.is_set, f"a worker to come to {point}")
    process.kill()
    mail.hold_at = ""
    mail.go_on.set()


def test_one_mail_after_three_runs_and_two_crashes(
    household: Household, mail: MailServer, worker: Callable[[], WorkerProcess]
) -> None:
    remind(household)
    killed_at("RCPT", mail, worker)
    assert (states(household), mail.messages) == (["sending"], [])

    remind(household)
    time_passes(household)
    killed_at("DATA", mail, worker)
    assert (states(household), mail.subjects) == (["handing_over"], ["Rent is due"])

    for _ in range(3):
        remind(household)
        time_passes(household)
        hand_over_deliveries()
        process = worker()
        wait_until(lambda: states(household) == ["uncertain"], "the delivery to be uncertain")
        process.kill()
    assert mail.subjects == ["Rent is due"]


def test_a_worker_delivers_what_is_due_once(
    household: Household, mail: MailServer, worker: Callable[[], WorkerProcess]
) -> None:
    for _ in range(3):
        remind(household)
    assert hand_over_deliveries() == 1
    assert hand_over_deliveries() == 0
    worker()
    wait_until(lambda: states(household) == ["sent"], "the mail to be sent")
    assert (mail.subjects, mail.recipients) == (["Rent is due"], [household.email])
    assert hand_over_deliveries() == 0
