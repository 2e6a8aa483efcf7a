"""The page "Jobs" in a real browser: a failing household, work run now by real workers, hours, RQ Dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import psycopg
from playwright.sync_api import BrowserContext, Page, expect

from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra.work import Work, identity_work
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import run_one
from recaller.services.daily import ErrorLog
from recaller.services.daily_plan import PlannedKind, plan_household
from recaller.services.household_settings import get_household_settings
from recaller.services.households import household_scopes
from recaller.settings import libpq_url
from tests.e2e.conftest import Person

KIND = "test.bills"
# The scheduler ticks once a minute, and a worker may have to start first.
PLANNED = 120_000


def run_bills(person: Person, *, breaks: bool) -> None:
    """Run a household's bills, which break as a whole or meet one closed account."""

    def bills(w: Work, errors: ErrorLog) -> Mapping[str, int]:
        if breaks:
            raise ZeroDivisionError
        errors.add("account", new_id(), w.scope.shared_space_id, "The account “Old card” is closed.")
        return {"posted": 3}

    one = DailyWork(KIND, "recurring", bills, "Post bills")
    with person.working() as w:
        w.now -= timedelta(days=2)
        plan_household(w, [PlannedKind(one.kind, one.hour, one.label)], get_household_settings(w).minutes)
        tenant = w.scope.tenant_id
    with person.server.services():
        with identity_work() as reading:
            scope = household_scopes(reading, [tenant])[tenant]
        run_one(scope, one, utc_now)


def test_one_household_fails_and_says_so_while_the_others_bills_are_posted(
    page: Page,
    new_context: Callable[..., BrowserContext],
    sign_up: Callable[..., Person],
    assert_accessible: Callable[[Page], None],
) -> None:
    failing = sign_up(page)
    other_page = new_context().new_page()
    working = sign_up(other_page)
    run_bills(failing, breaks=True)
    run_bills(working, breaks=False)
    page.goto("/jobs")
    row = page.get_by_role("row").filter(has_text="Post bills").first
    expect(row).to_contain_text("Failed")
    expect(row).to_contain_text("Something went wrong here")
    other_page.goto("/jobs")
    expect(other_page.get_by_text("3 posted, 1 item could not be done")).to_be_visible()
    expect(other_page.get_by_text("The account “Old card” is closed.")).to_be_visible()
    assert_accessible(page)
    assert_accessible(other_page)


def test_work_is_run_now_by_a_worker_and_shows_up_by_itself(
    page: Page, sign_up: Callable[..., Person]
) -> None:
    sign_up(page, "/jobs")
    # The scheduler plans a new household within a minute, and the open page shows it.
    button = page.get_by_role("button", name="Run now: Clean up")
    expect(button).to_be_visible(timeout=PLANNED)
    button.click()
    expect(page.get_by_text("“Clean up” runs now.")).to_be_visible()
    ran = page.get_by_role("table", name="What ran").get_by_role("row").filter(has_text="Clean up").first
    expect(ran).to_contain_text("Nothing to do", timeout=PLANNED)
    expect(page.get_by_role("row").filter(has_text="Clean up").first).to_contain_text("All well")


def test_hours_are_set_with_the_keyboard(
    page: Page, sign_up: Callable[..., Person], assert_accessible: Callable[[Page], None]
) -> None:
    sign_up(page, "/jobs")
    # Keys press what is there, and only administrators are shown this.
    expect(page.get_by_role("button", name="Change hours")).to_be_visible()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Hours of the daily work")
    expect(dialog).to_be_visible()
    assert_accessible(page)
    dialog.get_by_label("Bills are posted at").fill("07:15")
    dialog.get_by_label("Country of your holidays").select_option("DE")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The hours are saved.")).to_be_visible()
    expect(page.get_by_text("Bills at 07:15")).to_be_visible()
    expect(dialog).to_be_hidden()


def test_rq_dashboard_is_for_super_administrators(
    page: Page, new_context: Callable[..., BrowserContext], sign_up: Callable[..., Person]
) -> None:
    person = sign_up(page, "/jobs")
    with person.working() as w:
        user_id = w.scope.user_id
    with psycopg.connect(libpq_url(person.server.settings.owner_url), autocommit=True) as owner:
        owner.execute("UPDATE app_user SET super_admin = false WHERE id = %s", [user_id])
        assert page.goto("/ops/rq").status == 404  # type: ignore[union-attr]
        owner.execute("UPDATE app_user SET super_admin = true WHERE id = %s", [user_id])
    page.goto("/jobs")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="RQ Dashboard").click()
    dashboard = opened.value
    # Drawn by its own scripts from its own data: nothing is blocked by the policy of our pages.
    expect(dashboard.get_by_role("cell", name="ticks", exact=True).first).to_be_visible()
    dashboard.get_by_role("link", name="Workers").click()
    expect(dashboard.locator("#workers")).to_contain_text("critical")
    stranger = new_context().new_page()
    stranger.goto("/ops/rq")
    stranger.wait_for_url("**/sign-in?next=%2Fops%2Frq")
