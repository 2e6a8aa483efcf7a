"""Fills the tables of daily work, with one run and one broken item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra.work import Work, work
from recaller.jobs.daily import DailyWork
from recaller.jobs.daily_running import run_one
from recaller.services.daily import ErrorLog
from recaller.services.daily_plan import PlannedKind, plan_household
from recaller.services.household_settings import get_household_settings
from tests.support.households import Household


def plan_with(household: Household, one: DailyWork, now: datetime) -> None:
    """Plan one kind of work of a household as a sweep at `now` would."""
    with work(household.scope, clock=lambda: now) as w:
        plan_household(w, [PlannedKind(one.kind, one.hour, one.label)], get_household_settings(w).minutes)


def fill_daily(household: Household) -> None:
    """Leave a planned kind of work, its run, and an item that it could not do."""

    def run(w: Work, errors: ErrorLog) -> Mapping[str, int]:
        errors.add("account", new_id(), w.scope.shared_space_id, "This one can't be done.")
        return {"seen": 1}

    one = DailyWork("test.fill", "night", run, "Fill the tables")
    now = utc_now()
    plan_with(household, one, now - timedelta(days=2))
    assert run_one(household.scope, one, lambda: now) == "done"
