"""The page "Jobs": daily work with its failures, jobs to start again, the household's hours; what members see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra.work import Work, identity_work, work
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import run_due
from recaller.services import identity
from recaller.services.daily import ErrorLog
from recaller.services.household_settings import get_household_settings
from recaller.services.households import household_scopes
from recaller.services.jobs import claim_job, finish_job
from recaller.state.daily_hours import DailyHoursState
from recaller.state.jobs import JobsState
from tests.state.conftest import Tab, fire
from tests.support.people import who

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]


class Bills:
    """Daily work that breaks in one household and meets a broken item in another."""

    def __init__(self) -> None:
        self.breaks_for: UUID | None = None
        self.broken_item: UUID = new_id()

    def run(self, w: Work, errors: ErrorLog) -> Mapping[str, int]:
        if w.scope.tenant_id == self.breaks_for:
            raise ZeroDivisionError
        errors.add("account", self.broken_item, w.scope.shared_space_id, "The account is closed.")
        return {"posted": 3}

    def kind(self) -> DailyWork:
        return DailyWork("test.bills", "recurring", self.run, "Post bills")


@pytest.fixture
def bills() -> Bills:
    return Bills()


def run_all(bills: Bills) -> None:
    """Let the day pass: what was planned two days ago is due now."""
    kinds = (bills.kind(),)
    run_due(utc_now() - timedelta(days=2), kinds=kinds)
    run_due(utc_now(), kinds=kinds)


async def loaded(tab: Tab) -> JobsState:
    page = tab.open(JobsState, "/jobs")
    await fire(JobsState.load.fn, page)
    return page


async def test_a_failing_household_sees_its_error_and_the_others_bills_are_posted(
    new_tab: NewTab, bills: Bills
) -> None:
    (mine, signed), (theirs, _) = new_tab(), new_tab("ben@example.org")
    bills.breaks_for = who(signed).tenant_id
    run_all(bills)
    failing, working = await loaded(mine), await loaded(theirs)
    assert [(one.label, one.status, one.tone) for one in failing.works] == [
        ("Post bills", "Failed, attempt 1", "error")
    ]
    assert "went wrong" in failing.works[0].error
    assert [(one.status, one.result) for one in failing.runs] == [
        ("Failed", "Something went wrong here; the log has the details.")
    ]
    assert [(one.status, one.tone) for one in working.works] == [("All well", "success")]
    assert [(one.status, one.result) for one in working.runs] == [
        ("Done in part", "3 posted, 1 item could not be done")
    ]
    assert [(one.message, one.href) for one in working.broken] == [
        ("The account is closed.", f"/accounts/{bills.broken_item}")
    ]
    assert failing.broken == []


async def test_run_now_makes_it_due_and_the_page_follows(tab: Tab, bills: Bills) -> None:
    run_all(bills)
    page = await loaded(tab)
    assert not page.active
    assert "runs now" in await fire(JobsState.run_now.fn, page, "test.bills")
    assert page.active and page.works[0].waiting and page.works[0].status == "Due now"
    run_due(utc_now(), kinds=(bills.kind(),))
    await fire(JobsState.follow.fn, page)
    assert not page.active and len(page.runs) == 2
    assert "There is no daily work" in await fire(JobsState.run_now.fn, page, "no.such")


async def test_jobs_are_stopped_and_started_again(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    scope = who(signed).scope()
    with work(scope) as w:
        job = w.enqueue("demo.fill", {})
    page = await loaded(tab)
    assert [(one.name, one.status, one.may_stop) for one in page.jobs] == [
        ("Fill the household with demo data", "Waiting", True)
    ]
    assert "is stopped" in await fire(JobsState.stop.fn, page, str(job))
    assert (page.jobs[0].status, page.jobs[0].may_retry) == ("Stopped", True)
    assert "queued again" in await fire(JobsState.retry.fn, page, str(job))
    with work(scope) as w:
        claim_job(w, job)
        finish_job(w, job, "failed", error="The disk is full.")
    await fire(JobsState.follow.fn, page)
    with work(scope) as w:
        gone = w.enqueue("import.stage", {"batch_id": str(new_id())})
        finish_job(w, gone, "failed", error="The file was discarded.")
    await fire(JobsState.follow.fn, page)
    assert (page.jobs[0].id, page.jobs[0].may_retry) == (str(gone), False)
    assert "settled meanwhile" in await fire(JobsState.retry.fn, page, str(gone))
    assert (page.jobs[1].status, page.jobs[1].error, page.jobs[1].took) == (
        "Failed",
        "The disk is full.",
        "under a second",
    )


async def test_the_hours_are_changed_and_move_what_is_planned(tab: Tab, bills: Bills) -> None:
    run_due(utc_now(), kinds=(bills.kind(),))
    before = (await loaded(tab)).works[0].next
    hours = tab.open(DailyHoursState, "/jobs")
    await fire(DailyHoursState.edit.fn, hours)
    assert (hours.open, hours.recurring, hours.night) == (True, "06:00", "02:30")
    assert {"value": "DE", "label": "Germany"} in hours.countries
    form = {
        "recurring": "06:45",
        "reminders": "08:00",
        "night": "02:30",
        "country": "DE",
        "fetch_rates": "on",
    }
    await fire(DailyHoursState.save.fn, hours, form | {"night": "24:00"})
    assert "night" in hours.form_errors
    await fire(DailyHoursState.save.fn, hours, form | {"country": "XX"})
    assert "country" in hours.form_errors
    assert "saved" in await fire(DailyHoursState.save.fn, hours, form)
    assert not hours.open
    after = (await loaded(tab)).works[0].next
    assert (before[-8:-3].strip(), after[-8:-3].strip()) == ("6:00", "6:45")


async def test_members_see_their_own_jobs_only(new_tab: NewTab, bills: Bills) -> None:
    tab, signed = new_tab()
    run_all(bills)
    scope = who(signed).scope()
    with work(scope) as w:
        w.enqueue("demo.fill", {})
        w.run("UPDATE job SET actor_id = NULL")
        w.enqueue("demo.fill", {})
        w.run("UPDATE membership SET role = 'user'")
    page = await loaded(tab)
    assert (page.is_admin, page.works, page.runs, len(page.jobs), len(page.broken)) == (False, [], [], 1, 1)
    assert "administrator" in await fire(JobsState.run_now.fn, page, "test.bills")
    hours = tab.open(DailyHoursState, "/jobs")
    form = {"recurring": "06:45", "reminders": "08:00", "night": "02:30"}
    assert "administrator" in await fire(DailyHoursState.save.fn, hours, form)
    with identity_work() as reading:
        whole = household_scopes(reading, [scope.tenant_id])[scope.tenant_id]
    with work(whole) as w:
        assert get_household_settings(w).recurring_minute == 360
