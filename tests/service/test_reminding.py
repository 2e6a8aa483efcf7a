"""Reminders of bills: once for each due date and channel, at the household's own hour, to those who may know."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.jobs.daily import DAILY
from recaller.jobs.daily_running import run_due
from recaller.services import recurring
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.daily import ErrorLog
from recaller.services.household_settings import HouseholdSettingsView, save_household_settings
from recaller.services.notifications import PreferenceChange, save_preference
from recaller.services.notifications.sending import send_due
from recaller.services.recurring import RecurringView, record_by_hand
from recaller.services.transactions import EntryDraft
from recaller.settings import Settings
from tests.support.households import Household, make_household
from tests.support.mail import MailServer
from tests.support.people import joined, sign_up_person, who
from tests.support.recurring import household_scope, make_recurring, noon, post_due

DUE = date(2026, 3, 20)
BEFORE = date(2026, 3, 1)
BILLS = tuple(one for one in DAILY if one.kind in ("recurring.post", "reminders"))


@pytest.fixture
def scope(household: Household) -> Scope:
    return household.scope


@pytest.fixture
def checking(scope: Scope) -> UUID:
    return new_account(scope)


def new_account(scope: Scope, **more: Any) -> UUID:
    with noon(scope, BEFORE) as w:
        return create_account(w, AccountDraft("Checking", "checking", "USD", **more)).id


def make(scope: Scope, account: UUID, start: date = DUE, **more: Any) -> RecurringView:
    with noon(scope, BEFORE) as w:
        return make_recurring(
            w, account, more.pop("rule", "FREQ=MONTHLY"), start, **({"mode": "confirm"} | more)
        )


def remind(scope: Scope, day: date) -> dict[str, int]:
    with noon(household_scope(scope), day) as w:
        return dict(recurring.remind_of_bills(w, ErrorLog()))


def told(scope: Scope, kind: str = "bill.reminder") -> list[tuple[date, str]]:
    """What a member was told, as the date and the title."""
    with work(scope) as w:
        rows = w.rows(
            "SELECT day, title FROM notification WHERE kind = :kind AND user_id = :user ORDER BY created_at, id",
            kind=kind,
            user=scope.user_id,
        )
    return [(row.day, row.title) for row in rows]


def test_each_lead_is_told_once_however_often_it_runs(scope: Scope, checking: UUID) -> None:
    make(scope, checking)
    days = [DUE + timedelta(offset) for offset in range(-5, 4)]
    counts = [sum(remind(scope, day)["reminders"] for _ in range(3)) for day in days]
    assert counts == [0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert told(scope) == [(DUE, "Rent is due in 3 days"), (DUE, "Rent is due today")]


def test_runs_at_the_same_time_tell_once(scope: Scope, checking: UUID) -> None:
    for number in range(5):
        make(scope, checking, name=f"Bill {number}")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: remind(scope, DUE)["reminders"], range(4)))
    assert sum(counts) == 5
    assert len(told(scope)) == 5


def test_after_a_downtime_only_what_is_still_useful(scope: Scope, checking: UUID) -> None:
    make(scope, checking, lead_days=(14, 7, 1))
    assert remind(scope, DUE - timedelta(6))["reminders"] == 1
    assert told(scope) == [(DUE, "Rent is due in 6 days")]
    # Two leads passed: the last one of them is told, and the day itself is none.
    late = make(scope, checking, name="Late", lead_days=(14, 7, 5))
    assert remind(scope, DUE - timedelta(2))["reminders"] == 1
    assert remind(scope, DUE)["reminders"] == 1
    assert [title for _, title in told(scope)][1:] == ["Late is due in 2 days", "Rent is due today"]
    assert remind(scope, DUE + timedelta(1))["reminders"] == 0
    assert late.lead_days == (14, 7, 5)


def test_a_template_and_a_member_may_have_leads_of_their_own(scope: Scope, checking: UUID) -> None:
    make(scope, checking, name="Own", lead_days=(10,))
    make(scope, checking, name="Never", lead_days=())
    make(scope, checking, name="Mine")
    make(scope, checking, name="Pay", amount=10_000)
    with work(scope) as w:
        save_preference(w, "bill.reminder", PreferenceChange(lead_days=(5,)))
    for offset in range(-12, 1):
        remind(scope, DUE + timedelta(offset))
    assert [title for _, title in told(scope)] == ["Own is due in 10 days", "Mine is due in 5 days"]


@pytest.mark.parametrize("how", ["paid", "skipped", "paused", "ended", "deleted", "by hand"])
def test_what_is_dealt_with_meanwhile_is_not_told(scope: Scope, checking: UUID, how: str) -> None:
    template = make(scope, checking)
    day = DUE - timedelta(4)
    with noon(scope, day) as w:
        match how:
            case "paid":
                recurring.confirm_occurrence(w, template.id, DUE)
            case "skipped":
                recurring.skip_occurrence(w, template.id, DUE)
            case "paused":
                recurring.pause_recurring(w, template.id)
            case "ended":
                recurring.end_recurring(w, template.id, day)
            case "deleted":
                recurring.delete_recurring(w, template.id)
            case _:
                assert record_by_hand(w, EntryDraft(day, checking, -10_000, "Rent")).settles is not None
    assert [remind(scope, DUE - timedelta(left))["reminders"] for left in (3, 0)] == [0, 0]
    assert told(scope) == []


def test_a_paused_one_is_neither_reminded_of_nor_missed(scope: Scope, checking: UUID) -> None:
    """Also what was due when the pause began, and what is kept as undecided ahead of its date."""
    template = make(scope, checking)
    post_due(scope, DUE)
    following = date(2026, 4, 20)
    with noon(scope, DUE) as w:
        recurring.confirm_occurrence(w, template.id, following)
        recurring.undo_occurrence(w, template.id, following)
        recurring.pause_recurring(w, template.id)
    for day in (DUE + timedelta(11), following - timedelta(3), following, following + timedelta(12)):
        assert remind(scope, day) == {"reminders": 0, "missed": 0, "posted": 0}
    with noon(scope, following - timedelta(3)) as w:
        recurring.resume_recurring(w, template.id)
    assert remind(scope, following - timedelta(3))["reminders"] == 1


def test_one_that_is_expected_again_is_told_again_only_for_what_comes(scope: Scope, checking: UUID) -> None:
    template = make(scope, checking)
    assert remind(scope, DUE - timedelta(3))["reminders"] == 1
    with noon(scope, DUE - timedelta(2)) as w:
        recurring.skip_occurrence(w, template.id, DUE)
        recurring.unskip_occurrence(w, template.id, DUE)
    assert remind(scope, DUE - timedelta(2))["reminders"] == 0
    assert remind(scope, DUE)["reminders"] == 1


def test_long_past_dates_are_caught_up_in_silence(scope: Scope, checking: UUID) -> None:
    make(scope, checking, start=date(2025, 1, 20))
    today = date(2026, 3, 22)
    with noon(household_scope(scope), today) as w:
        assert recurring.post_recurring(w, ErrorLog())["due"] == 15
    # 15 wait in the list; told are the one of two days ago, and the one that a month ago should have come.
    assert told(scope, "bill.confirm") == [(date(2026, 3, 20), "Rent was due on Mar 20, 2026")]
    for _ in range(3):
        remind(scope, today)
    assert told(scope, "bill.missed") == [(date(2026, 2, 20), "Rent hasn't come")]
    assert told(scope) == []


def test_a_missed_bill_is_told_once_after_its_days(scope: Scope, checking: UUID) -> None:
    make(scope, checking, rule="FREQ=YEARLY")
    post_due(scope, DUE)
    counts = [remind(scope, DUE + timedelta(days))["missed"] for days in range(15)]
    assert counts == [0] * 11 + [1, 0, 0, 0]


def test_what_was_posted_by_itself_is_told_on_its_day(scope: Scope, checking: UUID) -> None:
    for name in ("Rent", "Water"):
        make(scope, checking, name=name, mode="auto")
    post_due(scope, DUE)
    assert [remind(scope, DUE)["posted"] for _ in range(3)] == [1, 0, 0]
    assert told(scope, "bill.posted") == [(DUE, "2 bills were booked")]
    # The reminder of the day itself would come too late to be one.
    assert told(scope) == []


@pytest.fixture
def couple(database: Settings) -> tuple[Scope, Scope]:
    """Two members of one household."""
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    bobs = joined(ann, bob, "bob@example.org").scope()
    return who(ann).scope(), bobs


def test_a_private_bill_is_told_to_its_owner_alone(couple: tuple[Scope, Scope]) -> None:
    ann, bob = couple
    make(ann, new_account(ann, private=True), name="Secret")
    make(ann, new_account(ann), name="Rent")
    make(bob, new_account(bob, private=True), DUE - timedelta(30), name="Surprise", rule="FREQ=YEARLY")
    post_due(ann, DUE - timedelta(3))
    assert remind(ann, DUE - timedelta(3)) == {"reminders": 3, "missed": 1, "posted": 0}
    assert sorted(title for _, title in told(ann)) == ["Rent is due in 3 days", "Secret is due in 3 days"]
    assert [title for _, title in told(bob)] == ["Rent is due in 3 days"]
    assert (told(ann, "bill.missed"), len(told(bob, "bill.missed"))) == ([], 1)


def test_members_are_told_at_their_own_leads(couple: tuple[Scope, Scope]) -> None:
    ann, bob = couple
    make(ann, new_account(ann))
    with work(bob) as w:
        save_preference(w, "bill.reminder", PreferenceChange(lead_days=(7,)))
    for left in range(8, -1, -1):
        remind(ann, DUE - timedelta(left))
    assert [title for _, title in told(ann)] == ["Rent is due in 3 days", "Rent is due today"]
    assert [title for _, title in told(bob)] == ["Rent is due in 7 days"]


def test_another_household_hears_nothing(
    scope: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch").scope
    make(scope, checking)
    assert remind(other, DUE)["reminders"] == 0
    assert remind(scope, DUE)["reminders"] == 1
    assert told(other) == []


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Pacific/Kiritimati", date(2026, 6, 1)),
    ],
)
@pytest.mark.parametrize("minute", [150, 480])
def test_it_is_the_households_own_hour_also_when_the_clock_changes(
    new_household: Callable[..., Household], zone: str, around: date, minute: int
) -> None:
    """Hour by hour around the change: told once, not before the hour, and for the right day."""
    scope, here = new_household("Home", time_zone=zone).scope, ZoneInfo(zone)
    begin = datetime(around.year, around.month, around.day, tzinfo=here).astimezone(UTC) - timedelta(days=5)
    with work(scope, clock=lambda: begin) as w:
        save_household_settings(w, HouseholdSettingsView(reminder_minute=minute))
        account = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        for offset in (-1, 0, 1):
            make_recurring(w, account, "FREQ=YEARLY", around + timedelta(offset), name=f"Bill {offset}", mode="confirm",
                           lead_days=(1,))  # fmt: skip
    heard: dict[str, datetime] = {}
    for hours in range(8 * 24):
        now = begin + timedelta(hours=hours, minutes=1)
        run_due(now, kinds=BILLS)
        for _, title in told(scope):
            heard.setdefault(title, now)
    assert sorted(heard) == [f"Bill {offset} is due tomorrow" for offset in (-1, 0, 1)]
    for offset in (-1, 0, 1):
        day = around + timedelta(offset - 1)
        hour = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=here)
        # An hour that this day lacks is the one after the gap, half an hour or more before what its offset says.
        lacking = hour.astimezone(UTC).astimezone(here).time() != hour.time()
        waited = heard[f"Bill {offset} is due tomorrow"] - hour.astimezone(UTC)
        assert timedelta(minutes=-30 if lacking else 0) <= waited < timedelta(minutes=61)


def test_days_that_were_missed_are_caught_up(household: Household) -> None:
    scope = household.scope
    begin = datetime(2026, 3, 10, 9, tzinfo=UTC)
    with work(scope, clock=lambda: begin) as w:
        account = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        for day in (12, 15, 18):
            make_recurring(w, account, "FREQ=YEARLY", date(2026, 3, day), name=f"Bill {day}", mode="confirm")
    run_due(begin, kinds=BILLS)
    # Down from the 10th to the 16th: the 12th and 15th are over, the 18th is still to come.
    for _ in range(3):
        run_due(datetime(2026, 3, 16, 9, tzinfo=UTC), kinds=BILLS)
    assert [title for _, title in told(scope)] == ["Bill 18 is due in 2 days"]
    assert [day.day for day, _ in told(scope, "bill.confirm")] == [12, 15]
    for day in range(17, 30):
        run_due(datetime(2026, 3, day, 9, tzinfo=UTC), kinds=BILLS)
    assert [day.day for day, _ in told(scope, "bill.missed")] == [12, 15, 18]


def test_one_mail_for_each_due_date_after_three_runs(mail: MailServer) -> None:
    household = make_household("Ann")
    scope = household.scope
    make(scope, new_account(scope))
    for _ in range(3):
        remind(scope, DUE - timedelta(3))
        for _ in range(2):
            send_due(scope, clock=lambda: datetime(2026, 3, 17, 12, 30, tzinfo=UTC))
    assert mail.subjects == ["Rent is due in 3 days"]
    assert mail.recipients == [household.email]
    with work(scope) as w:
        rows = w.rows("SELECT day, thing, count(*) AS n FROM notification_delivery GROUP BY day, thing")
    assert [(row.day, row.n) for row in rows] == [(DUE, 1)]
