"""A long run of rules in a real worker: killed in the middle it leaves nothing, then it is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from recaller.core.scope import Scope, Source
from recaller.infra.work import work
from recaller.jobs.entry import run_job
from recaller.jobs.sweep import requeue_lost_jobs
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.imports import commit_import, start_import
from recaller.services.jobs import cancel_job, get_job
from recaller.services.rules import RunView, Selection, apply_rules, get_run
from recaller.services.starter import create_starter_accounts
from recaller.services.verify import verify_all
from recaller.settings import Settings
from tests.jobs.test_worker import WorkerProcess, big_csv, fall_silent
from tests.support.households import Household
from tests.support.ruled_household import make_rule
from tests.support.waiting import wait_until

ROWS = 25_000


@pytest.fixture
def worker(database: Settings) -> Iterator[Callable[[], WorkerProcess]]:
    running: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        running.append(WorkerProcess(database, "bulk"))
        return running[-1]

    yield start
    for process in running:
        process.kill()


@pytest.fixture
def scope(household: Household) -> Scope:
    """A household with many imported rows, and a rule for all of them."""
    with work(replace(household.scope, source=Source.IMPORT)) as w:
        create_starter_accounts(w)
        account = create_account(w, AccountDraft("Checking", "checking", "USD"))
        staging = start_import(w, "big.csv", big_csv(ROWS), account_id=account.id).job_id
    assert run_job(str(household.tenant_id), str(staging)) == "done"
    with work(household.scope) as w:
        batch = w.row("SELECT id FROM import_batch")
        assert batch is not None
        job = commit_import(w, batch.id).job_id
    assert run_job(str(household.tenant_id), str(job)) == "done"
    with work(household.scope) as w:
        groceries = next(one.id for one in list_categories(w) if one.name == "Groceries")
        make_rule(
            w,
            [{"field": "payee", "op": "contains", "value": "payee"}],
            [
                {"do": "set_category", "category_id": str(groceries)},
                {"do": "add_tags", "tags": ["seen"]},
                {"do": "append_note", "text": "seen"},
            ],
        )
    return household.scope


def start(scope: Scope) -> RunView:
    with work(scope) as w:
        run = apply_rules(w, Selection())[0]
    assert run.status == "queued"
    return run


def look(scope: Scope, run: RunView) -> RunView:
    with work(scope) as w:
        return get_run(w, run.id)


def traces(scope: Scope) -> tuple[int, int, int]:
    """How many rows carry a note, a tag, a kept change."""
    with work(scope) as w:
        row = w.row(
            "SELECT (SELECT count(*) FROM transaction WHERE note <> ''), (SELECT count(*) FROM transaction_tag),"
            " (SELECT count(*) FROM rule_change)"
        )
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def test_killed_in_the_middle_it_leaves_nothing_and_is_done_once(
    scope: Scope, worker: Callable[[], WorkerProcess]
) -> None:
    run = start(scope)
    first = worker()

    def under_way() -> bool:
        with work(scope) as w:
            assert run.job_id is not None
            return get_job(w, run.job_id).progress > 0

    wait_until(under_way, "the first batch to be written")
    first.kill()
    assert traces(scope) == (0, 0, 0)
    assert look(scope, run).status == "queued"
    fall_silent(scope)
    assert requeue_lost_jobs() >= 1
    worker()
    wait_until(lambda: look(scope, run).status == "done", "the run to be done")
    assert traces(scope) == (ROWS, ROWS, ROWS)
    assert run_job(str(scope.tenant_id), str(run.job_id)) == "not claimed"
    assert verify_all() == []


def test_a_stopped_run_changes_nothing(scope: Scope) -> None:
    run = start(scope)
    with work(scope) as w:
        assert run.job_id is not None
        cancel_job(w, run.job_id)
    assert run_job(str(scope.tenant_id), str(run.job_id)) == "not claimed"
    assert traces(scope) == (0, 0, 0)
    assert look(scope, run).status == "stopped"
