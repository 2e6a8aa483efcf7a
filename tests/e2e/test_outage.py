"""Redis goes away and comes back under open pages: people go on working, and background work catches up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from playwright.sync_api import Page, expect

from recaller.infra.background import SILENCE
from recaller.infra.embedded.valkey import EmbeddedRedis
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.demo import DEMO_JOB
from recaller.services.jobs import get_job
from tests.e2e.browsing import Chromium
from tests.e2e.conftest import Person, ready, sign_up_on
from tests.e2e.serving import Server, running_server
from tests.support.waiting import PATIENCE_SECONDS, wait_until

PAUSED = "Background work is paused"
# A job that Redis never saw is handed over again a minute later, and a worker is missed after SILENCE.
LATER = 1000 * (SILENCE.total_seconds() + PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def valkey() -> Iterator[EmbeddedRedis]:
    """The Redis of this server, which the test may stop."""
    with tempfile.TemporaryDirectory(prefix="recaller-outage-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedRedis(Path(folder)) as redis:
            yield redis


@pytest.fixture(scope="module")
def outage_server(valkey: EmbeddedRedis) -> Iterator[Server]:
    """A Recaller on that Redis."""
    with running_server(REDIS_URL=valkey.url) as running:
        yield running


def record(page: Page, payee: str, amount: str) -> None:
    """Enter an expense through the editor."""
    page.goto("/transactions")
    ready(page)
    page.get_by_role("button", name="Add transaction").first.click()
    box = page.get_by_role("dialog")
    box.get_by_label("Amount").fill(amount)
    box.get_by_role("combobox", name="Payee").fill(payee)
    box.get_by_role("button", name="Save", exact=True).click()
    expect(box).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text=payee)).to_be_visible()


def test_pages_work_while_redis_is_stopped_and_jobs_catch_up(
    browser: Chromium, outage_server: Server, valkey: EmbeddedRedis
) -> None:
    context = browser.new_context(base_url=outage_server.url, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    person = sign_up_on(page, outage_server)
    with person.working() as w:
        create_account(w, AccountDraft("Checking", "checking", "USD"))
    record(page, "Before", "1.50")
    expect(page.get_by_text(PAUSED)).to_be_hidden()

    valkey.stop()
    # The page that was open goes on, and one loaded anew works too.
    page.get_by_role("button", name="Before", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    record(page, "Meanwhile", "2.50")
    expect(page.get_by_text(PAUSED)).to_be_visible()
    other = browser.new_context(base_url=outage_server.url, locale="en-US", timezone_id="UTC")
    second = other.new_page()
    second.goto("/sign-in")
    second.get_by_label("E-mail").fill(person.email)
    second.get_by_label("Password", exact=True).fill(person.password)
    second.get_by_role("button", name="Sign in", exact=True).click()
    second.wait_for_url("**/")
    second.goto("/transactions")
    expect(second.get_by_role("row").filter(has_text="Meanwhile")).to_be_visible()
    # Somebody signs up meanwhile and asks for demo data: the job waits.
    third = browser.new_context(base_url=outage_server.url).new_page()
    newcomer = sign_up_on(third, outage_server)
    with newcomer.working() as w:
        job_id = w.enqueue(DEMO_JOB, {})
    with newcomer.working() as w:
        assert get_job(w, job_id).status == "queued"

    valkey.begin()
    valkey.finish()
    expect(page.get_by_text(PAUSED)).to_be_hidden(timeout=LATER)
    record(page, "After", "3.50")
    page.goto("/transactions")
    for payee in ("Before", "Meanwhile", "After"):
        page.goto(f"/transactions?q={payee}")
        expect(page.get_by_role("row").filter(has_text=payee)).to_be_visible()
    assert wait_until(lambda: _ending(newcomer, job_id), "the job to end") == "done"
    for one in (context, other, third.context):
        browser.close_context(one)


def test_a_stopped_worker_is_told_and_its_work_is_done_when_it_returns(
    browser: Chromium, outage_server: Server, valkey: EmbeddedRedis
) -> None:
    context = browser.new_context(base_url=outage_server.url, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    person = sign_up_on(page, outage_server)
    pool = _pool_of(valkey)
    pool.suspend()  # or it would start new ones at once
    try:
        for worker in pool.children():
            worker.terminate()
        # One that ended without saying so is missed once it has been silent for long enough.
        expect(page.get_by_text(PAUSED)).to_be_visible(timeout=LATER)
        with person.working() as w:
            create_account(w, AccountDraft("Checking", "checking", "USD"))
            job_id = w.enqueue(DEMO_JOB, {})
        record(page, "By hand", "4.50")
        page.goto("/accounts")
        expect(page.get_by_text("Checking").first).to_be_visible()
        assert _status(person, job_id) == "queued"
    finally:
        pool.resume()
    # The pool waits ever longer before it starts what keeps ending.
    expect(page.get_by_text(PAUSED)).to_be_hidden(timeout=LATER)
    # Demo data goes into an empty household only: the job ran, and said so.
    assert wait_until(lambda: _ending(person, job_id), "the job to end") == "failed"
    browser.close_context(context)


def _pool_of(valkey: EmbeddedRedis) -> psutil.Process:
    """Return the process that keeps this server's workers, which are its forks."""
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:] == ["-m", "recaller.cli", "worker"]
        and process.environ().get("REDIS_URL") == valkey.url
    ]
    ids = {process.pid for process in found}
    found = [process for process in found if process.ppid() not in ids]
    assert len(found) == 1, found
    return found[0]


def _status(person: Person, job_id: UUID) -> str:
    with person.working() as w:
        return get_job(w, job_id).status


def _ending(person: Person, job_id: UUID) -> str | None:
    status = _status(person, job_id)
    return None if status in ("queued", "running") else status
