"""Labelled household histories from a seed: what recurs, and the much larger rest that only looks like it.

Nothing here knows how detection works. Schedules, amounts and texts follow what bank files show: payments move off
weekends and holidays, land some days late, are missed, change price or name, end and begin; payees carry numbers,
dates and cities; and people buy coffee on weekdays, groceries on Saturdays and have their hair cut about monthly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

import holidays

from bench.history_names import BILLS, CURRENCIES, SHOPS, Writing, one_off_name, write, writing

WINDOW_DAYS = 792  # 26 months, as much as the nightly detection reads
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One bank row; `amount` in minor units, negative = spent. `series` is the label: None when it doesn't recur."""

    number: int
    on: date
    amount: int
    account: int
    payee: str
    memo: str
    series: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """The label of one recurring series, as it shows within the window.

    `kind` says what made it (for figures per kind); `ended_on` is the last payment of one that was stopped.
    """

    number: int
    kind: str
    interval: str
    rows: tuple[int, ...]
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class History:
    """A household's rows in order of date, as of `today`, and the series hidden in them."""

    seed: int
    country: str
    currency: str
    today: date
    rows: tuple[Row, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one series behaves. `day` is a day of the month, 0 the last business day; `shift` moves off weekends."""

    kind: str
    name: str
    interval: str
    amount: int
    day: int
    shift: str
    jitter: tuple[int, int]
    vary: float = 0.0
    seasonal: float = 0.0
    rises: float = 0.3
    bonus: bool = False
    missed: float = 0.0
    card: bool = False


_STEP_DAYS = {"weekly": 7, "fortnightly": 14, "four-weekly": 28}
_STEP_MONTHS = {"monthly": 1, "two-monthly": 2, "quarterly": 3, "half-yearly": 6, "yearly": 12}


class _Household:
    def __init__(self, seed: int) -> None:
        self.rng = Random(f"history:{seed}")
        self.country = self.rng.choice(sorted(BILLS))
        self.today = date(2026, 1, 1) + timedelta(days=self.rng.randrange(365))
        self.first = self.today - timedelta(days=WINDOW_DAYS)
        self.closed = holidays.country_holidays(self.country, years=range(2023, 2028))
        self.rows: list[Row] = []
        self.labels: list[tuple[_Plan, date | None]] = []

    # -- what recurs -------------------------------------------------------------------------------------------

    def plans(self) -> Iterator[_Plan]:
        """Choose what recurs in this household."""
        rng, bills = self.rng, BILLS[self.country]
        monthly_jitter = lambda: rng.choice(((0, 0), (0, 0), (0, 1), (0, 2), (-1, 2), (-2, 3)))  # noqa: E731

        def bill(kind: str, what: str, low: int, high: int, **more: object) -> _Plan:
            names = [name for name in bills[what] if name not in used] or list(bills[what])
            name = rng.choice(names)
            used.add(name)
            plan = _Plan(
                kind, name, "monthly", -rng.randint(low, high), rng.randint(1, 31),
                rng.choice(("none", "next", "next", "previous")), monthly_jitter(),
                missed=rng.choice((0.0,) * 5 + (0.05, 0.1)),
            )  # fmt: skip
            return replace(plan, **more)  # type: ignore[arg-type]

        used: set[str] = set()
        home = rng.choice(("rent", "rent", "mortgage"))
        yield bill(home, home, 60_000, 240_000, day=rng.choice((1, 1, 1, 3, 5, 28, 0)), missed=0.0)
        for _ in range(rng.choice((1, 1, 2))):
            wage = rng.randint(150_000, 520_000)
            pay = rng.choice(("monthly",) * 5 + ("fortnightly", "semi-monthly", "four-weekly", "weekly"))
            shape = rng.choice(("fixed", "fixed", "bonus", "hours"))
            yield bill(
                "salary", "salary", 1, 2, interval=pay, amount=wage if pay == "monthly" else wage // 3,
                day=rng.choice((0, 0, 15, 25, 27, 28, 31)), shift="previous", jitter=rng.choice(((0, 0), (-1, 0))),
                bonus=shape == "bonus", vary=0.07 if shape == "hours" else 0.0, rises=0.5, missed=0.0,
            )  # fmt: skip
        for _ in range(rng.choice((1, 2, 2, 3))):
            if rng.random() < 0.55:
                interval = rng.choice(("monthly",) * 4 + ("two-monthly", "quarterly"))
                swing = rng.uniform(0.1, 0.4)
                yield bill("utility, varying", "utility", 3_500, 16_000, interval=interval, seasonal=swing, vary=0.06,
                           rises=0.2)  # fmt: skip
            else:
                yield bill("utility, flat", "utility", 3_500, 16_000, rises=0.5)
        for _ in range(rng.choice((1, 2))):
            extra = rng.choice((0.0, 0.0, 0.03, 0.12))
            yield bill("telecom", "telecom", 1_500, 9_500, vary=extra, card=self.country in ("US", "GB"))
        for _ in range(rng.choice((2, 3, 4, 5))):
            price = rng.choice((299, 499, 599, 799, 899, 999, 1099, 1299, 1499, 1799, 1999, 2499))
            plan = bill("subscription", "subscription", 1, 2, amount=-price, shift="none",
                        jitter=rng.choice(((0, 0), (0, 1), (0, 2))), card=True)  # fmt: skip
            yield plan
            if rng.random() < 0.15:
                other = -price - rng.choice((200, 500, 1000, 1500))
                yield replace(plan, kind="second at one payee", amount=other, day=rng.randint(1, 28))
        for _ in range(rng.choice((1, 2))):
            interval = rng.choice(("monthly", "monthly", "quarterly", "quarterly", "half-yearly", "yearly"))
            yield bill(
                f"insurance, {interval}", "insurance", 1_500, 60_000, interval=interval, rises=0.5, missed=0.0
            )
        for _ in range(rng.choice((1, 2, 2, 3))):
            yield bill("yearly", "yearly", 1_200, 18_000, interval="yearly", missed=0.0, jitter=rng.choice(
                ((0, 0), (0, 2), (-4, 4))), rises=0.4)  # fmt: skip
        if rng.random() < 0.6:
            yield bill("weekly or fortnightly", "lesson", 1_500, 9_000, missed=rng.choice((0.0, 0.08, 0.15)),
                       interval=rng.choice(("weekly", "weekly", "fortnightly", "four-weekly")), shift="none",
                       jitter=rng.choice(((0, 0), (0, 0), (0, 1), (-1, 1))))  # fmt: skip
        if rng.random() < 0.5:
            yield bill("fee", "fee", 300, 1_500, day=rng.choice((0, 31, 1)), jitter=(0, 0), missed=0.0)
        if rng.random() < 0.4:
            yield bill(
                "charity", "charity", 500, 5_000, interval=rng.choice(("monthly", "monthly", "quarterly"))
            )
        if rng.random() < 0.5:
            yield bill("tax", "tax", 4_000, 60_000, interval=rng.choice(("quarterly", "monthly")), missed=0.0,
                       day=rng.choice((10, 15, 15, 1)))  # fmt: skip
        if rng.random() < 0.6:
            yield bill("saving", "saving", 2_500, 60_000, amount=-rng.choice((2_500, 5_000, 10_000, 20_000, 50_000)),
                       rises=0.15)  # fmt: skip

    def add_series(self, plan: _Plan) -> None:
        """Write the rows of one series and note its label."""
        rng = self.rng
        begun, ended = self._life(plan.interval)
        dates = [day for day in self._schedule(plan) if begun <= day and (ended is None or day <= ended)]
        how = writing(rng, self.country, card=plan.card)
        renamed = rng.random() < 0.05 and len(dates) > 8
        number = len(self.labels)
        prices = self._prices(plan, len(dates))
        last: date | None = None
        for place, (nominal, price) in enumerate(zip(dates, prices, strict=True)):
            late = rng.random() < 0.75
            on = nominal + timedelta(days=0 if late and plan.jitter[0] == 0 else rng.randint(*plan.jitter))
            if on > self.today or on < self.first or rng.random() < plan.missed:
                continue
            name = f"{plan.name} (EUROPE)" if renamed and place >= len(dates) // 2 else plan.name
            self._row(on, self._amount(plan, price, on), name, how, number)
            last = on
            if plan.bonus and on.month in (6, 12) and rng.random() < 0.5:
                self._row(on, plan.amount // 2, name, how, None)
        self.labels.append((plan, last if ended is not None else None))

    def _life(self, interval: str) -> tuple[date, date | None]:
        """Choose when the series begins and ends: mostly before the window and not yet."""
        rng = self.rng
        chance = rng.random()
        begun = self.first - timedelta(days=400)
        if chance < 0.15:
            begun = self.first + timedelta(days=rng.randrange(60, WINDOW_DAYS - 200))
        elif chance < 0.22 and interval != "yearly":
            begun = self.today - timedelta(days=rng.randrange(10, 100))
        ended = None
        if rng.random() < 0.12:
            ended = self.first + timedelta(days=rng.randrange(150, WINDOW_DAYS))
        return begun, ended

    def _schedule(self, plan: _Plan) -> list[date]:
        """Return the due dates from before the window until today, moved off closed days as the bank does."""
        rng = self.rng
        start = self.first - timedelta(days=rng.randrange(365) + 1)
        found: list[date] = []
        if plan.interval in _STEP_DAYS:
            step = timedelta(days=_STEP_DAYS[plan.interval])
            day = start + timedelta(days=(4 - start.weekday()) % 7) if plan.kind == "salary" else start
            while day <= self.today + 10 * _DAY:
                found.append(self._shifted(day, plan.shift))
                day += step
            return found
        month = date(start.year, start.month, 1)
        while month <= self.today:
            if plan.interval == "semi-monthly":
                found.append(self._shifted(month.replace(day=15), plan.shift))
                found.append(self._shifted(_clamped(month, 31), plan.shift))
                month = _later(month, 1)
                continue
            nominal = self._last_business_day(month) if plan.day == 0 else _clamped(month, plan.day)
            found.append(self._shifted(nominal, plan.shift))
            month = _later(month, _STEP_MONTHS[plan.interval])
        return found

    def _shifted(self, day: date, shift: str) -> date:
        step = {"none": 0, "next": 1, "previous": -1}[shift]
        while step and (day.weekday() > 4 or day in self.closed):
            day += step * _DAY
        return day

    def _last_business_day(self, month: date) -> date:
        return self._shifted(_clamped(month, 31), "previous")

    def _prices(self, plan: _Plan, count: int) -> list[int]:
        """Return the price at each payment: steps up (rarely down) for a plan that has rises."""
        rng = self.rng
        prices = [plan.amount] * count
        if rng.random() >= plan.rises or count < 2:
            return prices
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.randrange(1, count)
            factor = rng.choice((1.03, 1.05, 1.08, 1.1, 1.15, 1.25, 0.92))
            prices[at:] = [round(price * factor) for price in prices[at:]]
        return prices

    def _amount(self, plan: _Plan, price: int, on: date) -> int:
        season = 1 + plan.seasonal * math.cos((on.timetuple().tm_yday - 20) / 365 * 2 * math.pi)
        amount = price * season * (1 + plan.vary * self.rng.uniform(-1, 1))
        if plan.bonus and on.month in (6, 12) and self.rng.random() < 0.4:
            amount *= self.rng.uniform(1.4, 2.0)
        return round(amount)

    # -- what doesn't ------------------------------------------------------------------------------------------

    def add_noise(self) -> None:
        """Write everything that people buy without any schedule, or with one that only looks like it."""
        rng, shops = self.rng, SHOPS[self.country]
        for shop in rng.sample(shops["groceries"], rng.choice((2, 3, 3))):
            self._often(shop, rng.uniform(2.5, 8), lambda: rng.lognormvariate(8.1, 0.6))
        if rng.random() < 0.3:  # the large shopping on Saturdays
            self._weekly_shopping(rng.choice(shops["groceries"]))
        if rng.random() < 0.6:
            price = rng.randrange(210, 480, 10)
            self._often(rng.choice(shops["coffee"]), rng.uniform(1.3, 3), lambda: price, weekdays=True)
        for _ in range(rng.choice((0, 1, 1, 2))):
            self._about(rng.choice(shops["fuel"]), 10, 3.5, lambda: rng.uniform(3_500, 8_500))
        for place in rng.sample(shops["eating"], 5):
            self._often(place, rng.uniform(12, 60), lambda: rng.lognormvariate(7.9, 0.5))
        for place in rng.sample(shops["market"], 2):
            self._often(place, rng.uniform(6, 20), lambda: rng.lognormvariate(7.7, 0.9), refunds=0.08)
        if rng.random() < 0.6:
            self._often(rng.choice(shops["apps"]), 20, lambda: rng.choice((99, 199, 299, 499, 999)))
        self._about(
            rng.choice(shops["cash"]), rng.choice((8, 14, 25)), 5, lambda: rng.choice((5_000, 5_000, 10_000))
        )
        if rng.random() < 0.7:
            price = rng.randrange(1_800, 4_500, 100)
            self._about(rng.choice(shops["hair"]), rng.choice((28, 35, 42)), 7, lambda: price)
        if rng.random() < 0.6:
            fare = rng.choice((150, 280, 290, 320))
            self._often(
                rng.choice(shops["fares"]), rng.uniform(2, 9), lambda: fare * rng.choice((1, 1, 1, 2))
            )
        for place in rng.sample(shops["shops"], 6):
            self._often(place, rng.uniform(25, 150), lambda: rng.lognormvariate(8.3, 0.8), refunds=0.06)
        for _ in range(rng.randint(40, 90)):  # places seen once or a few times
            place = one_off_name(rng)
            for _ in range(rng.choice((1, 1, 2, 2, 3))):
                self._row(self.first + rng.randrange(WINDOW_DAYS) * _DAY, -round(rng.lognormvariate(8, 0.8)), place,
                          writing(rng, self.country, card=True), None)  # fmt: skip
        for person in rng.sample(shops["people"], 2):
            self._often(
                person, rng.uniform(20, 90), lambda: rng.choice((1_000, 1_500, 2_000, 2_500, 4_200, 5_000))
            )

    def _often(
        self, name: str, every: float, price: object, *, weekdays: bool = False, refunds: float = 0.0
    ) -> None:
        """Visits at random, one in `every` days on average."""
        how = writing(self.rng, self.country, card=True)
        day = self.first
        while day <= self.today:
            if self.rng.random() < 1 / every and not (weekdays and day.weekday() > 4):
                spent = max(50, round(price()))  # type: ignore[operator]
                self._row(day, -spent, name, how, None)
                back = day + timedelta(days=self.rng.randint(3, 20))
                if self.rng.random() < refunds and back <= self.today:
                    self._row(back, spent, name, how, None)
            day += _DAY

    def _about(self, name: str, every: int, spread: float, price: object) -> None:
        """Visits that come again when due, not on a date: each gap is drawn anew, so that the phase drifts."""
        how = writing(self.rng, self.country, card=True)
        day = self.first + timedelta(days=self.rng.randrange(every))
        while day <= self.today:
            self._row(day, -max(50, round(price())), name, how, None)  # type: ignore[operator]
            day += timedelta(days=max(2, round(self.rng.gauss(every, spread))))

    def _weekly_shopping(self, name: str) -> None:
        how = writing(self.rng, self.country, card=True)
        day = self.first + timedelta(days=(5 - self.first.weekday()) % 7)
        while day <= self.today:
            if self.rng.random() < 0.85:
                self._row(day, -round(self.rng.uniform(7_000, 16_000)), name, how, None)
            day += 7 * _DAY

    def _row(self, on: date, amount: int, name: str, how: Writing, series: int | None) -> None:
        payee, memo = write(self.rng, name, how, on)
        account = 1 if self.country in ("US", "GB") and how.style in ("city", "store", "phone") else 0
        self.rows.append(Row(0, on, amount, account, payee, memo, series))

    def history(self, seed: int) -> History:
        """Return everything in order of date, with its labels."""
        ordered = sorted(self.rows, key=lambda row: (row.on, row.amount, row.payee))
        rows = tuple(replace(row, number=number) for number, row in enumerate(ordered))
        members: dict[int, list[int]] = {}
        for row in rows:
            if row.series is not None:
                members.setdefault(row.series, []).append(row.number)
        series = tuple(
            Series(number, plan.kind, plan.interval, tuple(members[number]), ended)
            for number, (plan, ended) in enumerate(self.labels)
            if number in members
        )
        return History(seed, self.country, CURRENCIES[self.country], self.today, rows, series)


def _later(month: date, months: int) -> date:
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _clamped(month: date, day: int) -> date:
    last = (_later(month, 1) - _DAY).day
    return month.replace(day=min(day, last))


def make_history(seed: int) -> History:
    """Return the household of this seed; the same one each time."""
    household = _Household(seed)
    for plan in list(household.plans()):
        household.add_series(plan)
    household.add_noise()
    return household.history(seed)
