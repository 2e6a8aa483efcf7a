"""A failed or stopped job that is started again does its work, or says that there is nothing for it to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound
from recaller.core.scope import Scope, Source
from recaller.infra.work import work
from recaller.jobs.entry import run_job
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import (
    change_import,
    commit_import,
    discard_import,
    get_import,
    start_import,
    stop_import,
)
from recaller.services.job_retries import retriable_jobs, retry_job
from recaller.services.jobs import cancel_job, get_job
from recaller.services.rules import Selection, apply_rules, get_run, reverse_run
from tests.jobs.test_worker import big_csv
from tests.support.households import Household
from tests.support.ruled_household import make_rule

ROWS = 2100


@pytest.fixture
def account(scope: Scope) -> UUID:
    with work(scope) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD")).id


def upload(scope: Scope, account: UUID, content: bytes) -> tuple[UUID, UUID]:
    """Give a large file to a worker; returns the import and its job."""
    with work(scope) as w:
        batch = start_import(w, "big.csv", content, account_id=account)
    assert batch.status == "reading" and batch.job_id is not None
    return batch.id, batch.job_id


def run(scope: Scope, job: UUID) -> str:
    return run_job(str(scope.tenant_id), str(job))


def again(scope: Scope, job: UUID) -> None:
    with work(scope) as w:
        assert job in retriable_jobs(w, [get_job(w, job)])
        assert retry_job(w, job).status == "queued"


def refused(scope: Scope, job: UUID) -> None:
    with work(scope) as w:
        before = get_job(w, job)
        assert job not in retriable_jobs(w, [before])
    with pytest.raises(Conflict), work(scope) as w:
        retry_job(w, job)
    with work(scope) as w:
        assert get_job(w, job) == before


def test_reading_a_file_that_failed_is_done_again(scope: Scope, account: UUID) -> None:
    batch, job = upload(scope, account, big_csv(ROWS) + b"\n2026-01-01,Somebody,no amount,x\n")
    assert run(scope, job) == "failed"
    again(scope, job)
    with work(scope) as w:
        assert get_import(w, batch).status == "reading"
    assert run(scope, job) == "failed", "the file is still wrong, and the job says so"
    with work(scope) as w:
        view = get_import(w, batch)
    assert view.status == "failed" and "no amount" in (view.error or "")


def test_reading_a_file_that_was_stopped_is_done_again(scope: Scope, account: UUID) -> None:
    batch, job = upload(scope, account, big_csv(ROWS))
    with work(scope) as w:
        assert stop_import(w, batch).status == "failed"
    again(scope, job)
    assert run(scope, job) == "done"
    with work(scope) as w:
        assert (get_import(w, batch).status, get_import(w, batch).counts["new"]) == ("ready", ROWS)


def test_a_commit_that_was_stopped_is_done_again(scope: Scope, account: UUID) -> None:
    batch, reading = upload(scope, account, big_csv(ROWS))
    run(scope, reading)
    with work(scope) as w:
        job = commit_import(w, batch).job_id
    assert job is not None
    with work(scope) as w:
        assert stop_import(w, batch).status == "ready"
    again(scope, job)
    with work(scope) as w:
        assert get_import(w, batch).status == "committing"
    assert run(scope, job) == "done"
    with work(scope) as w:
        assert get_import(w, batch).counts["imported"] == ROWS


def test_what_was_settled_otherwise_is_not_done_again(scope: Scope, account: UUID) -> None:
    batch, job = upload(scope, account, big_csv(ROWS))
    with work(scope) as w:
        stop_import(w, batch)
        second = change_import(w, batch, account_id=account).job_id
    assert second is not None and second != job
    refused(scope, job)
    assert run(scope, second) == "done"
    refused(scope, job)
    with work(scope) as w:
        commit = commit_import(w, batch).job_id
    assert commit is not None
    with work(scope) as w:
        stop_import(w, batch)
        discard_import(w, batch)
    refused(scope, commit)


def test_a_stopped_run_of_rules_and_its_reversal_are_done_again(scope: Scope, account: UUID) -> None:
    importing = replace(scope, source=Source.IMPORT)
    batch, job = upload(importing, account, big_csv(ROWS))
    run(scope, job)
    with work(scope) as w:
        job = commit_import(w, batch).job_id or job
    run(scope, job)
    with work(scope) as w:
        make_rule(
            w,
            [{"field": "payee", "op": "contains", "value": "payee"}],
            [{"do": "add_tags", "tags": ["seen"]}],
        )
        started = apply_rules(w, Selection())[0]
    assert started.job_id is not None
    with work(scope) as w:
        cancel_job(w, started.job_id)
    again(scope, started.job_id)
    with work(scope) as w:
        w.run("UPDATE job SET cancel_requested = true WHERE id = :id", id=started.job_id)
    assert run(scope, started.job_id) == "cancelled"
    with work(scope) as w:
        assert get_run(w, started.id).status == "stopped"
    again(scope, started.job_id)
    assert run(scope, started.job_id) == "done"
    with work(scope) as w:
        assert (get_run(w, started.id).status, get_run(w, started.id).changed) == ("done", ROWS)
    refused(scope, started.job_id)
    with work(scope) as w:
        back = reverse_run(w, started.id).job_id
    assert back is not None
    with work(scope) as w:
        cancel_job(w, back)
    again(scope, back)
    assert run(scope, back) == "done"
    with work(scope) as w:
        assert get_run(w, started.id).status == "reversed"


def test_another_household_starts_nothing(
    scope: Scope, account: UUID, new_household: Callable[..., Household]
) -> None:
    batch, job = upload(scope, account, big_csv(ROWS))
    with work(scope) as w:
        stop_import(w, batch)
        view = get_job(w, job)
    with work(new_household("Birch").scope) as w:
        assert retriable_jobs(w, [view]) == frozenset()
        with pytest.raises(NotFound):
            retry_job(w, job)
