"""Which bills are due when, said by hand: every kind of recurrence as a plain question to a day, nothing expanded."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

DAY = timedelta(days=1)
# Templates start here; the walk ends before the last one could be due.
FIRST, LAST = date(2026, 2, 3), date(2028, 4, 10)

Question = Callable[[date], bool]
Move = Callable[[date, str], date]


def month_end(day: date) -> int:
    """The number of days of a day's month."""
    return calendar.monthrange(day.year, day.month)[1]


def months_since(day: date) -> int:
    """Whole months since the first one of the walk."""
    return (day.year - FIRST.year) * 12 + day.month - FIRST.month


def weeks_since(day: date) -> int:
    """Calendar weeks since the first one of the walk."""
    return (day - timedelta(days=day.weekday()) - (FIRST - timedelta(days=FIRST.weekday()))).days // 7


@cache
def off(day: date, country: str) -> bool:
    """Whether a country's banks rest on that day."""
    return holidays.country_holidays(country).get(day) is not None or day.weekday() >= 5


def stays(day: date, _country: str) -> date:
    """No shift."""
    return day


def before(day: date, country: str) -> date:
    """The business day before, at need."""
    while off(day, country):
        day -= DAY
    return day


def after(day: date, country: str) -> date:
    """The business day after, at need."""
    while off(day, country):
        day += DAY
    return day


def modified(day: date, country: str) -> date:
    """The business day after, or before where that is in another month."""
    there = after(day, country)
    return there if there.month == day.month else before(day, country)


@dataclass(frozen=True)
class Bill:
    """A template of the walk: its rule as a user would choose it, and the same as a question to a day."""

    name: str
    rule: str
    asks: Question
    move: Move = stays
    shift: str = "none"
    until: date | None = None
    count: int | None = None
    kind: str = "entry"

    def dates(self, country: str) -> Iterator[tuple[date, date]]:
        """Give every (nominal date, posting date), found by asking each single day."""
        found, day = 0, FIRST
        while day <= min(LAST, self.until or LAST) and found != self.count:
            if self.asks(day):
                found += 1
                yield day, self.move(day, country)
            day += DAY


BILLS = (
    Bill("Every three days", "FREQ=DAILY;INTERVAL=3", lambda d: (d - FIRST).days % 3 == 0),
    Bill("Mondays", "FREQ=WEEKLY;BYDAY=MO", lambda d: d.weekday() == 0, kind="split"),
    Bill("Every second Tuesday and Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR",
         lambda d: d.weekday() in (1, 4) and weeks_since(d) % 2 == 0, kind="transfer"),
    Bill("The 31st", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", lambda d: d.day == month_end(d)),
    Bill("The 29th", "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", lambda d: d.day == min(29, month_end(d)),
         kind="conversion"),
    Bill("The first", "FREQ=MONTHLY;BYMONTHDAY=1", lambda d: d.day == 1, kind="confirm"),
    Bill("Every three months on the 30th", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29,30;BYSETPOS=-1",
         lambda d: d.day == min(30, month_end(d)) and months_since(d) % 3 == 0),
    Bill("Leap day", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
         lambda d: d.month == 2 and d.day == month_end(d)),
    Bill("Second Tuesday", "FREQ=MONTHLY;BYDAY=2TU", lambda d: d.weekday() == 1 and 8 <= d.day <= 14),
    Bill("Last Friday", "FREQ=MONTHLY;BYDAY=-1FR", lambda d: d.weekday() == 4 and d.day > month_end(d) - 7,
         kind="private"),
    Bill("Fifth Sunday", "FREQ=MONTHLY;BYDAY=5SU", lambda d: d.weekday() == 6 and d.day > 28),
    Bill("Thanksgiving", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
         lambda d: d.month == 11 and d.weekday() == 3 and 22 <= d.day <= 28),
    Bill("Last business day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", lambda d: d.day == month_end(d), before),
    Bill("First business day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
         lambda d: d.day == 1, after),
    Bill("The 15th or after", "FREQ=MONTHLY;BYMONTHDAY=15", lambda d: d.day == 15, after, "after"),
    Bill("The 3rd or before", "FREQ=MONTHLY;BYMONTHDAY=3", lambda d: d.day == 3, before, "before"),
    Bill("Month's end, in the month", "FREQ=MONTHLY;BYMONTHDAY=-1", lambda d: d.day == month_end(d), modified,
         "modified"),
    Bill("Daily for a while", "FREQ=DAILY", lambda _: True, after, "after", until=date(2026, 3, 20)),
    Bill("Seven times", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", lambda d: d.day == month_end(d), count=7),
)  # fmt: skip
