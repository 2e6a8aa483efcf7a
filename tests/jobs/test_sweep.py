"""Ticks: what they forget, and that the scheduler takes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from rq_scheduler import Scheduler

from recaller.infra.queue import redis_connection
from recaller.infra.work import work
from recaller.jobs.scheduler import TICK_QUEUE, TICKS, install_ticks
from recaller.jobs.sweep import forget_old_keys
from recaller.settings import Settings
from tests.support.full_household import fill_every_table
from tests.support.households import Household


def keys(household: Household) -> int:
    with work(household.scope) as w:
        return len(w.rows("SELECT 1 FROM idempotency_key"))


def test_old_idempotency_keys_are_forgotten_in_every_household(
    household: Household, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch")
    for one in (household, other):
        fill_every_table(one)
    assert forget_old_keys() == 0
    with work(other.scope) as w:
        w.run("UPDATE idempotency_key SET created_at = created_at - interval '8 days'")
    assert forget_old_keys() == 1
    assert (keys(household), keys(other)) == (1, 0)


def test_ticks_are_installed_once_under_their_names(database: Settings) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    install_ticks(redis_connection(), now)
    install_ticks(redis_connection(), now)
    scheduled = Scheduler(queue_name=TICK_QUEUE, connection=redis_connection()).get_jobs()
    assert sorted(job.id for job in scheduled) == sorted(tick.id for tick in TICKS)
