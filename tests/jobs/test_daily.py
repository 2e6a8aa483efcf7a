"""Daily work: once a day at the household's own hour, caught up, one household's failure its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from recaller.core.ids import new_id
from recaller.infra.work import Work, work
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import DailyOutcome, run_due, sweep_daily
from recaller.services.daily import ErrorLog
from recaller.services.household_settings import HouseholdSettingsView, save_household_settings
from recaller.settings import get_settings
from tests.support.households import Household

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Diary:
    """A kind of daily work that notes in the database, so that an undone run leaves no note, and in memory."""

    started: list[tuple[UUID, date]] = field(default_factory=list)
    broken: set[UUID] = field(default_factory=set)
    errors: list[tuple[UUID, UUID]] = field(default_factory=list)

    def run(self, w: Work, errors: ErrorLog) -> Mapping[str, int]:
        self.started.append((w.scope.tenant_id, w.today))
        w.run(
            "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:tenant, :space, :id, :name)",
            tenant=w.scope.tenant_id,
            space=w.scope.shared_space_id,
            id=new_id(),
            name=f"{w.today} {len(self.started)}",
        )
        for entity_id, space_id in self.errors:
            errors.add("account", entity_id, space_id, "The account is closed.")
        if w.scope.tenant_id in self.broken:
            raise ZeroDivisionError
        return {"noted": 1}

    def kind(self, hour: str = "recurring") -> DailyWork:
        return DailyWork(f"test.{hour}", hour, self.run, "Keep a diary")  # type: ignore[arg-type]


@pytest.fixture
def diary() -> Diary:
    return Diary()


def noted(household: Household) -> list[str]:
    with work(household.scope) as w:
        return [row.name.split()[0] for row in w.rows("SELECT name FROM tag ORDER BY name")]


def look(household: Household, sql: str) -> list[tuple[object, ...]]:
    with work(household.scope) as w:
        return [tuple(row) for row in w.rows(sql)]


def run(diary: Diary, now: datetime) -> tuple[int, int, int]:
    outcome = run_due(now, kinds=(diary.kind(),))
    return outcome.done, outcome.failed, outcome.skipped


def test_it_runs_once_a_day_at_the_households_own_hour_and_zone(
    diary: Diary, new_household: Callable[..., Household]
) -> None:
    east, west = (
        new_household("East", time_zone="Asia/Tokyo"),
        new_household("West", time_zone="America/New_York"),
    )
    for hour in range(3 * 24):
        run(diary, NOON + timedelta(hours=hour, minutes=5))
    # 06:00 in Tokyo is 21:00 UTC the day before, in New York 10:00 UTC (daylight saving time).
    assert noted(east) == ["2026-03-11", "2026-03-12", "2026-03-13"]
    assert noted(west) == ["2026-03-11", "2026-03-12", "2026-03-13"]
    assert diary.started[:2] == [(east.tenant_id, date(2026, 3, 11)), (west.tenant_id, date(2026, 3, 11))]


def test_three_ticks_and_four_workers_at_once_do_it_once(
    diary: Diary, new_household: Callable[..., Household]
) -> None:
    households = [new_household(f"H{number}") for number in range(20)]
    run(diary, NOON)
    with ThreadPoolExecutor(4) as threads:
        outcomes: list[DailyOutcome] = list(
            threads.map(lambda _: run_due(NOON + DAY, kinds=(diary.kind(),)), range(12))
        )
    assert sum(outcome.done for outcome in outcomes) == 20
    assert all(noted(one) == ["2026-03-11"] for one in households)


def test_after_days_of_downtime_it_runs_once_and_stands_for_the_last_hour_that_came(
    diary: Diary, household: Household
) -> None:
    run(diary, NOON)
    assert run(diary, datetime(2026, 3, 20, 3, tzinfo=UTC)) == (1, 0, 0)
    assert diary.started == [(household.tenant_id, date(2026, 3, 19))]
    assert run(diary, datetime(2026, 3, 20, 5, 59, tzinfo=UTC)) == (0, 0, 0)
    assert run(diary, datetime(2026, 3, 20, 6, tzinfo=UTC)) == (1, 0, 0)


def test_one_households_failure_undoes_its_run_only_and_is_tried_again_a_few_times(
    diary: Diary, household: Household, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch")
    run(diary, NOON)
    diary.broken = {household.tenant_id}
    now = NOON + DAY
    assert run(diary, now) == (1, 1, 0)
    assert (noted(household), noted(other)) == ([], ["2026-03-11"])
    assert run(diary, now) == (0, 0, 0)
    failures = sum(run(diary, now + timedelta(minutes=minutes))[1] for minutes in range(0, 18 * 60, 10))
    assert failures == 3
    ((attempts, error, next_at),) = look(household, "SELECT attempts, error, next_at FROM daily_work")
    assert (attempts, next_at) == (4, datetime(2026, 3, 12, 6, tzinfo=UTC))
    assert "went wrong" in str(error)
    assert look(household, "SELECT attempt, error IS NULL FROM daily_run ORDER BY id") == [
        (n, False) for n in (1, 2, 3, 4)
    ]
    diary.broken = set()
    assert run(diary, now + DAY) == (2, 0, 0)
    assert look(household, "SELECT attempts, error FROM daily_work") == [(0, None)]
    assert noted(household) == ["2026-03-12"]


def test_a_broken_item_is_seen_by_who_sees_it_until_it_works_again(
    diary: Diary, household: Household
) -> None:
    shared, private = new_id(), new_id()
    assert household.scope.private_space_id is not None
    diary.errors = [(shared, household.scope.shared_space_id), (private, household.scope.private_space_id)]
    run(diary, NOON)
    run(diary, NOON + DAY)
    run(diary, NOON + 2 * DAY)
    assert (
        look(household, "SELECT times, message FROM item_error WHERE resolved_at IS NULL")
        == [(2, "The account is closed.")] * 2
    )
    assert look(household, "SELECT item_errors FROM daily_run") == [(2,), (2,)]
    diary.errors = diary.errors[1:]
    run(diary, NOON + 3 * DAY)
    open_items = look(household, "SELECT entity_id, space_id FROM item_error WHERE resolved_at IS NULL")
    assert open_items == [(private, household.scope.private_space_id)]


def test_hours_and_zones_that_change_neither_skip_nor_double_a_date(
    diary: Diary, household: Household
) -> None:
    run(diary, NOON)
    assert run(diary, NOON + DAY) == (1, 0, 0)
    with work(household.scope, clock=lambda: NOON + DAY) as w:
        save_household_settings(w, HouseholdSettingsView(recurring_minute=20 * 60))
    assert run(diary, NOON + DAY + timedelta(hours=9)) == (0, 0, 0)
    assert run(diary, NOON + 2 * DAY) == (0, 0, 0)
    with work(household.scope) as w:
        w.run("UPDATE tenant SET time_zone = 'Pacific/Kiritimati'")
    # Two hours past noon UTC it is the 13th at 02:00 there; the 12th was not done yet.
    assert run(diary, NOON + 2 * DAY) == (1, 0, 0)
    with work(household.scope) as w:
        w.run("UPDATE tenant SET time_zone = 'Pacific/Honolulu'")
    for hour in range(72):
        run(diary, NOON + 2 * DAY + timedelta(hours=hour))
    assert noted(household) == ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14"]


def test_three_sweeps_hand_it_over_once(diary: Diary, household: Household) -> None:
    kinds = (diary.kind(), diary.kind("night"))
    assert sweep_daily(NOON, kinds=kinds) == 0
    assert [sweep_daily(NOON + DAY, kinds=kinds) for _ in range(3)] == [2, 0, 0]
    assert sweep_daily(NOON + DAY + timedelta(minutes=4), kinds=kinds) == 2


KILLED = """
import time
from datetime import datetime
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import run_due

def run(w, errors):
    w.run("INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:tenant, :space, gen_random_uuid(), 'half')",
          tenant=w.scope.tenant_id, space=w.scope.shared_space_id)
    print("inside", flush=True)
    time.sleep(60)

run_due(datetime.fromisoformat({now!r}), kinds=(DailyWork("test.recurring", "recurring", run, "Keep a diary"),))
"""


def test_killed_in_the_middle_nothing_happened_and_it_is_due_at_once(
    diary: Diary, household: Household
) -> None:
    run(diary, NOON)
    now = NOON + DAY
    with subprocess.Popen(
        [sys.executable, "-c", KILLED.format(now=now.isoformat())],
        env=os.environ | get_settings().child_environment(),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"inside\n"
        # While it is at it, nobody else does it.
        assert run(diary, now) == (0, 0, 1)
        process.kill()
    for _ in range(200):
        if run(diary, now) == (1, 0, 0):
            break
    assert noted(household) == ["2026-03-11"]
    assert look(household, "SELECT attempt, error FROM daily_run") == [(1, None)]
