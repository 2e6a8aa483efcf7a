"""Daily moments in every time zone: each date once, in order, on its own date, across every clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recaller.domain.schedule import due_date, first_moment, moment_on, next_moment

ZONES = sorted(available_timezones() - {"localtime"})
DAY = timedelta(days=1)


def dates_of(zone: ZoneInfo, first: date, days: int) -> list[date]:
    """Return the dates that a clock in the zone shows, read off hour by hour."""
    start = datetime.combine(first, datetime.min.time(), tzinfo=UTC)
    shown = {
        (start + timedelta(minutes=15 * n)).astimezone(zone).date()
        for n in range(-4 * 48, 4 * 24 * (days + 3))
    }
    return sorted(day for day in shown if first < day <= first + days * DAY)


@given(
    st.sampled_from(ZONES), st.dates(date(1995, 1, 1), date(2037, 1, 1)), st.integers(0, 1439)
)  # fmt: skip
@example("Australia/Lord_Howe", date(2026, 10, 2), 135)
@example("Pacific/Apia", date(2011, 12, 28), 0)
@example("Pacific/Apia", date(2011, 12, 28), 1439)
@example("Antarctica/Troll", date(2026, 3, 27), 90)
@example("America/Sao_Paulo", date(2018, 11, 2), 30)
@example("America/Scoresbysund", date(2024, 3, 29), 1439)
@example("America/Nuuk", date(2026, 3, 26), 1410)
@example("America/St_Johns", date(2006, 10, 27), 0)
def test_each_date_comes_once_in_order_on_its_own_date(name: str, first: date, minute: int) -> None:
    zone = ZoneInfo(name)
    expected = dates_of(zone, first, 20)
    last, before = first, datetime.min.replace(tzinfo=UTC)
    for day in expected:
        moment = next_moment(last, minute, zone)
        assert moment > before
        assert moment.astimezone(zone).date() == day
        before, last = moment, day


@given(
    st.sampled_from(ZONES),
    st.integers(0, 42 * 366 * 24 * 60),
    st.integers(0, 1439),
)
def test_a_run_stands_for_the_latest_date_whose_moment_has_come(name: str, later: int, minute: int) -> None:
    now = datetime(1995, 1, 1, tzinfo=UTC) + timedelta(minutes=later)
    zone = ZoneInfo(name)
    day = due_date(now, minute, zone)
    came = moment_on(day, minute, zone)
    assert came is not None
    assert came <= now < first_moment(now, minute, zone) == next_moment(day, minute, zone)


@pytest.mark.parametrize(
    ("zone", "day", "minute", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), 150, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, datetime(2026, 10, 3, 15, 45, tzinfo=UTC)),
        ("America/Nuuk", date(2026, 3, 28), 1410, datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), 360, None),
    ],
)
def test_gaps_folds_and_left_out_dates(zone: str, day: date, minute: int, expected: datetime | None) -> None:
    assert moment_on(day, minute, ZoneInfo(zone)) == expected


def test_a_minute_outside_the_day_is_refused() -> None:
    with pytest.raises(ValueError, match="1439"):
        moment_on(date(2026, 1, 1), 1440, ZoneInfo("UTC"))
