"""The clock driven through 26 months in four time zones: every bill posted once, on its day, in order, whatever dies.

Two clock changes a year on both hemispheres, month ends, holidays, a leap day. Between the days that matter the walk
takes strides of several days, as a server that was down does; RECALLER_CLOCK_STRIDE=1 goes hour by hour instead,
RECALLER_CLOCK_KILLS=500 kills more workers.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from recaller.domain.recurrence import Shift
from recaller.infra.work import work
from recaller.jobs.daily_running import run_due
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.household_settings import HouseholdSettingsView, save_household_settings
from recaller.services.transactions import Part
from recaller.services.verify import verify_all
from recaller.settings import Settings
from tests.support.clock_oracle import BILLS, FIRST, LAST, Bill
from tests.support.clock_worker import POSTING, ClockWorkers
from tests.support.households import Household
from tests.support.recurring import make_recurring

BEGIN = datetime(2026, 1, 31, 12, tzinfo=UTC)
END = datetime(2028, 4, 2, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
STRIDE = int(os.environ.get("RECALLER_CLOCK_STRIDE", "240"))
KILLS = int(os.environ.get("RECALLER_CLOCK_KILLS", "50"))
# Zone, country of the holidays, minute of the day: in the gap of spring, in the hour that comes twice, at midnight.
HOMES = (
    ("America/New_York", "US", 150),
    ("Europe/Berlin", "DE", 135),
    ("Pacific/Auckland", "NZ", 360),
    ("Australia/Lord_Howe", "AU", 0),
)
# Around these days (UTC) the clock goes hour by hour: changes of the clock, a leap day, ends of month and year.
CLOSELY = tuple(
    date.fromisoformat(day)
    for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-11-01", "2027-12-31", "2028-02-29")
)  # fmt: skip


@dataclass
class Home:
    """A household of the walk with its templates."""

    household: Household
    zone: ZoneInfo
    country: str
    minute: int
    bills: dict[UUID, Bill] = field(default_factory=dict)
    dates: list[tuple[UUID, date, date]] = field(default_factory=list)

    def today(self, now: datetime) -> date:
        """The latest date whose hour has come, by the zone's own clock."""
        day = now.astimezone(self.zone).date()
        at = datetime(day.year, day.month, day.day, self.minute // 60, self.minute % 60, tzinfo=self.zone)
        return day if at.astimezone(UTC) <= now else day - timedelta(days=1)

    def expected(self, now: datetime) -> set[tuple[UUID, date, date]]:
        """What must be there at that moment: template, nominal date, day in the ledger."""
        today = self.today(now)
        if not self.dates:
            self.dates = [
                (one, *days) for one, bill in self.bills.items() for days in bill.dates(self.country)
            ]
        return {one for one in self.dates if one[2] <= today}


@pytest.fixture
def homes(new_household: Callable[..., Household]) -> list[Home]:
    """Four households in four zones, with a template of every kind each."""
    return [_home(new_household, *one) for one in HOMES]


def _home(new_household: Callable[..., Household], zone: str, country: str, minute: int) -> Home:
    home = Home(new_household(zone, time_zone=zone), ZoneInfo(zone), country, minute)
    with work(home.household.scope, clock=lambda: BEGIN) as w:
        settings = HouseholdSettingsView(country=country, recurring_minute=minute)
        save_household_settings(w, settings)
        checking = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        euros = create_account(w, AccountDraft("Euros", "savings", "EUR")).id
        own = create_account(w, AccountDraft("Mine", "cash", "USD", private=True)).id
        shapes: dict[str, dict[str, object]] = {
            "split": {
                "amount": -300,
                "parts": (Part(None, -100, "a"), Part(None, -200, "b")),
                "tags": ("home",),
            },
            "transfer": {"amount": 500, "target_id": savings},
            "conversion": {"amount": 500, "target_id": euros, "target_amount": 460},
            "confirm": {"amount": -700, "mode": "confirm"},
        }
        for bill in BILLS:
            made = make_recurring(
                w, own if bill.kind == "private" else checking, bill.rule, FIRST, name=bill.name, payee=bill.name,
                until=bill.until, count=bill.count, shift=Shift(bill.shift), **shapes.get(bill.kind, {}),
            )  # fmt: skip
            home.bills[made.id] = bill
    return home


def moments(rng: random.Random) -> Iterator[datetime]:
    """Give the ticks of the walk."""
    close = {day + timedelta(days=around) for day in CLOSELY for around in (-1, 0, 1)}
    now, pause = BEGIN, 0
    while now < END:
        if now.date() in close or pause <= 0:
            yield now
            pause = rng.randint(1, STRIDE)
        now += HOUR
        pause -= 1
    yield END


def check(homes: list[Home], now: datetime) -> int:
    """Compare what is there with what must be; returns how many occurrences there are."""
    total = 0
    for home in homes:
        with work(home.household.scope, read_only=True) as w:
            rows = w.rows(
                "SELECT o.recurring_id, o.due_date, o.posted_on, o.state, o.transaction_id, t.date FROM occurrence o"
                " LEFT JOIN transaction t ON t.tenant_id = o.tenant_id AND t.id = o.transaction_id"
                " ORDER BY o.recurring_id, o.due_date"
            )
            ledger = w.rows("SELECT id, date FROM transaction WHERE source = 'recurring' ORDER BY id")
        found = {(row.recurring_id, row.due_date, row.posted_on) for row in rows}
        expected = home.expected(now)
        assert found == expected, (
            f"{home.zone} at {now}: missing {expected - found}, too many {found - expected}"
        )
        assert len(rows) == len(found)
        for row in rows:
            confirm = home.bills[row.recurring_id].kind == "confirm"
            assert row.state == ("due" if confirm else "posted")
            assert row.date == (None if confirm else row.posted_on)
        posted = [row.transaction_id for row in rows if row.transaction_id is not None]
        assert Counter(posted) == Counter(row.id for row in ledger)
        # Ids rise with the time of writing: each template's were written in the order of their dates.
        order = {row.id: number for number, row in enumerate(ledger)}
        last: dict[UUID, int] = {}
        for row in rows:
            if row.transaction_id is not None:
                assert order[row.transaction_id] > last.get(row.recurring_id, -1)
                last[row.recurring_id] = order[row.transaction_id]
        total += len(rows)
    return total


def finish(homes: list[Home], what: str) -> None:
    total = check(homes, END)
    assert total > 2_000
    assert END.date() < LAST
    assert verify_all() == []
    print(f"{what}: {total} occurrences of {sum(len(home.bills) for home in homes)} templates, each once")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("runs_a_tick", [1, 3])
def test_every_bill_is_posted_once_on_its_day_and_in_order(homes: list[Home], runs_a_tick: int) -> None:
    ticks = list(moments(random.Random(runs_a_tick)))
    for number, now in enumerate(ticks):
        for _ in range(runs_a_tick):
            assert run_due(now, kinds=POSTING).failed == 0
        if number > 0 and (now.date() in CLOSELY or number % 40 == 0):
            check(homes, now)
    finish(homes, f"{len(ticks)} ticks, {runs_a_tick} runs each")


@pytest.fixture
def workers(database: Settings) -> Iterator[ClockWorkers]:
    pool = ClockWorkers(database)
    yield pool
    pool.close()


@pytest.mark.timeout(3600)
def test_four_workers_at_once_double_nothing(homes: list[Home], workers: ClockWorkers) -> None:
    ticks = [now for now in moments(random.Random(4)) if now.hour % 12 == 0 or now == END]
    workers.warm(BEGIN)
    for number, now in enumerate(ticks):
        workers.start(now, 4)
        assert workers.wait() == 4
        if number % 40 == 1:
            check(homes, now)
    finish(homes, f"{len(ticks)} ticks, 4 workers at once")


@pytest.mark.timeout(3600)
def test_workers_killed_at_random_points_lose_and_double_nothing(
    homes: list[Home], workers: ClockWorkers
) -> None:
    rng = random.Random(9)
    ticks = [now for now in moments(rng) if now.hour % 6 == 0][:-1]
    workers.warm(BEGIN)
    killed = survived = 0
    for now in ticks:
        alive = workers.start(now, 2)
        if killed < KILLS:
            time.sleep(rng.uniform(0.0, 0.06))
            os.kill(rng.choice(alive), signal.SIGKILL)
        unharmed = workers.wait()
        killed += 2 - unharmed
        survived += unharmed
    workers.start(END, 1)
    assert workers.wait() == 1
    finish(homes, f"{len(ticks)} ticks, {killed} workers killed at work, {survived} not")
    assert killed >= KILLS, "take a shorter RECALLER_CLOCK_STRIDE for so many kills"
