"""Quiet hours and digests by the clock on the wall, through nights that have one hour more or less."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recaller.domain.quiet_hours import Schedule, delivery_time, end_of_quiet, is_quiet, next_local_minute

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Schedule(quiet_from=22 * 60, quiet_to=7 * 60)
# The clock goes forward by an hour, back by half an hour, never, over midnight, and by a whole day (Samoa, 2011).
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo", "America/Havana", "Pacific/Apia")


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "released"),
    [
        ("2026-11-23T21:59", "2026-11-23T21:59"),
        ("2026-11-23T22:00", "2026-11-24T07:00"),
        ("2026-11-24T03:30", "2026-11-24T07:00"),
        ("2026-11-24T07:00", "2026-11-24T07:00"),
        ("2026-03-28T23:00", "2026-03-29T07:00"),  # a night of one hour less
        ("2026-10-24T23:00", "2026-10-25T07:00"),  # a night of one hour more
    ],
)
def test_a_night_ends_by_the_clock_on_the_wall(now: str, released: str) -> None:
    assert end_of_quiet(berlin(now), BERLIN, NIGHT) == berlin(released)


def test_an_end_that_the_clock_leaves_out_is_the_moment_of_the_change() -> None:
    until_half_past_two = Schedule(quiet_from=0, quiet_to=150)
    # At 02:00 the clock shows 03:00.
    assert end_of_quiet(berlin("2026-03-29T01:00"), BERLIN, until_half_past_two) == berlin("2026-03-29T03:00")


def test_an_end_that_comes_twice() -> None:
    until_half_past_two = Schedule(quiet_from=0, quiet_to=150)
    first, second = berlin("2026-10-25T02:30"), berlin("2026-10-25T02:30", fold=1)
    assert second - first == timedelta(hours=1)
    assert end_of_quiet(berlin("2026-10-25T01:00"), BERLIN, until_half_past_two) == first
    assert end_of_quiet(berlin("2026-10-25T02:10", fold=1), BERLIN, until_half_past_two) == second


def test_no_wish_and_an_empty_stretch_hold_nothing_back() -> None:
    now = berlin("2026-11-23T23:00")
    assert delivery_time(now, BERLIN, Schedule()).at == now
    assert delivery_time(now, BERLIN, Schedule(quiet_from=600, quiet_to=600)).at == now


def test_a_digest_gathers_a_day() -> None:
    daily = Schedule(quiet_from=0, quiet_to=9 * 60, digest_minute=8 * 60)
    before = delivery_time(berlin("2026-03-29T07:59"), BERLIN, daily)
    assert (before.at, before.digest_day) == (berlin("2026-03-29T08:00"), date(2026, 3, 29))
    after = delivery_time(berlin("2026-03-29T08:01"), BERLIN, daily)
    assert (after.at, after.digest_day) == (berlin("2026-03-30T08:00"), date(2026, 3, 30))


def hours_from(text: str, hours: int) -> st.SearchStrategy[datetime]:
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return st.integers(0, hours * 60).map(lambda minute: start + timedelta(minutes=minute))


moments = st.one_of(
    hours_from("2026-01-01", 365 * 24),
    hours_from("2026-03-28T20:00", 16),
    hours_from("2026-10-24T20:00", 16),
    hours_from("2011-12-29", 72),
)
minutes = st.integers(0, 1439)


@given(now=moments, zone=st.sampled_from(ZONES).map(ZoneInfo), start=minutes, end=minutes)
@example(now=datetime(2011, 12, 29, 10, 2, tzinfo=UTC), zone=ZoneInfo("Pacific/Apia"), start=2, end=1)
def test_released_at_the_first_minute_that_is_not_quiet(
    now: datetime, zone: ZoneInfo, start: int, end: int
) -> None:
    schedule = Schedule(start, end)
    released = end_of_quiet(now, zone, schedule)
    assert released >= now
    assert not is_quiet(released, zone, schedule)
    minute = now
    while minute < released:
        assert is_quiet(minute, zone, schedule), minute
        minute += timedelta(minutes=1)


@given(now=moments, zone=st.sampled_from(ZONES).map(ZoneInfo), minute=minutes)
def test_the_next_local_minute_comes_within_a_day_and_its_change(
    now: datetime, zone: ZoneInfo, minute: int
) -> None:
    at = next_local_minute(now, zone, minute)
    assert now <= at <= now + timedelta(hours=26)
