"""How a job ends: tried again a bounded number of times, failed in the app and in RQ, traced by its request's id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
import structlog
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from recaller.core.errors import ValidationFailed
from recaller.infra.queue import push, queue_named, redis_connection
from recaller.infra.work import identity_work, work
from recaller.jobs import entry
from recaller.jobs.registry import HANDLERS
from recaller.jobs.running import JobRun
from recaller.jobs.sweep import requeue_lost_jobs
from recaller.services.households import household_scopes
from recaller.services.job_names import JOB_NAMES
from recaller.services.jobs import JobView, get_job, requeue_job
from tests.support.households import Household

KIND = "test.kind"


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[JobRun], None]], None]:
    return lambda handler: monkeypatch.setitem(entry.HANDLERS, KIND, handler)


def enqueue(household: Household) -> UUID:
    with work(replace(household.scope, request_id="click-77")) as w:
        return w.enqueue(KIND, {})


def look(household: Household, job_id: UUID) -> JobView:
    with work(household.scope) as w:
        return get_job(w, job_id)


def work_off() -> None:
    """Let RQ run what is queued, in this process."""
    queue = queue_named("default")
    SimpleWorker([queue], connection=redis_connection(), serializer=JSONSerializer).work(burst=True)


def time_passes(household: Household) -> None:
    with work(household.scope) as w:
        w.run("UPDATE job SET created_at = created_at - interval '1 hour'")


def failed_in_rq() -> list[str]:
    return list(queue_named("default").failed_job_registry.get_job_ids())


def broken(_: JobRun) -> None:
    raise ZeroDivisionError


def refused(_: JobRun) -> None:
    raise ValidationFailed("file", "The file holds no rows.")


def test_a_defect_is_tried_three_times_then_failed_here_and_in_rq_without_its_trace(
    household: Household, handle: Callable[..., None]
) -> None:
    runs: list[UUID] = []
    handle(lambda run: (runs.append(run.job_id), broken(run)))
    job_id = enqueue(household)
    for attempts in (1, 2, 3):
        work_off()
        job = look(household, job_id)
        assert (job.attempts, job.status) == (attempts, "failed" if attempts == 3 else "queued")
        assert job.error is not None
        time_passes(household)
        assert requeue_lost_jobs() == (0 if attempts == 3 else 1)
    assert runs == [job_id] * 3
    assert failed_in_rq() == [str(job_id)]
    kept = queue_named("default").fetch_job(str(job_id))
    assert kept is not None
    result = kept.latest_result()
    assert result is not None
    assert result.exc_string is not None
    assert "JobFailed" in result.exc_string
    assert "ZeroDivisionError" not in result.exc_string
    # Started again by hand, it is no failure any more.
    handle(lambda run: None)
    with work(household.scope) as w:
        requeue_job(w, job_id)
    assert failed_in_rq() == []
    work_off()
    assert look(household, job_id).status == "done"


def test_what_cant_be_done_is_not_tried_again(household: Household, handle: Callable[..., None]) -> None:
    handle(refused)
    job_id = enqueue(household)
    work_off()
    job = look(household, job_id)
    assert (job.status, job.attempts, job.error) == ("failed", 1, "The file holds no rows.")
    assert failed_in_rq() == [str(job_id)]


def test_a_job_whose_worker_dies_again_and_again_is_given_up(household: Household) -> None:
    job_id = enqueue(household)
    with work(household.scope) as w:
        w.run(
            "UPDATE job SET status = 'running', attempts = 3, heartbeat_at = now() - interval '1 hour' WHERE id = :id",
            id=job_id,
        )
    assert push("default", household.tenant_id, job_id)
    work_off()
    job = look(household, job_id)
    assert (job.status, job.error) == ("failed", "Given up: its worker died 3 times.")
    assert failed_in_rq() == [str(job_id)]


def test_the_log_of_a_job_carries_the_id_of_the_request_that_asked_for_it(
    household: Household, handle: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    handle(lambda run: structlog.get_logger().info("inside"))
    job_id = enqueue(household)
    work_off()
    lines = [line for line in capsys.readouterr().out.splitlines() if "inside" in line or "job_ended" in line]
    assert len(lines) == 2
    assert all("click-77" in line and str(job_id) in line and KIND in line for line in lines)


def test_a_household_wide_job_sees_all_spaces_even_when_its_actor_left(
    household: Household, handle: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[JobRun] = []
    handle(seen.append)
    job_id = enqueue(household)
    work_off()
    monkeypatch.setattr(entry, "HOUSEHOLD_WIDE", frozenset({KIND}))
    with work(household.scope) as w:
        w.run("UPDATE membership SET active = false")
    wide = enqueue(household)
    work_off()
    assert [run.job_id for run in seen] == [job_id, wide]
    assert seen[0].scope.user_id == household.user_id
    with identity_work() as identity:
        whole = household_scopes(identity, [household.tenant_id])[household.tenant_id]
    assert (seen[1].scope.user_id, seen[1].scope.space_ids) == (None, whole.space_ids)
    assert set(whole.space_ids) == set(household.scope.space_ids)


def test_each_kind_of_job_has_a_name_for_people() -> None:
    assert set(HANDLERS) <= set(JOB_NAMES)


def test_who_asked_for_a_job_is_told_once_that_it_failed(
    household: Household, handle: Callable[..., None]
) -> None:
    def refuse(_: JobRun) -> None:
        raise ValidationFailed("file", "This file <b>can't</b> be read.")

    handle(refuse)
    job_id = enqueue(household)
    work_off()
    assert look(household, job_id).status == "failed"
    with work(household.scope) as w:
        told = w.rows("SELECT kind, user_id, body, href, read_at FROM notification")
    assert [(one.kind, one.user_id, one.href, one.read_at) for one in told] == [
        ("job.failed", household.user_id, "/jobs", None)
    ]
    assert told[0].body == "This file <b>can't</b> be read."
