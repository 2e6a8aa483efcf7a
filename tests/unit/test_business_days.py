"""Business days by country, shifts, tolerances, and how an occurrence stands on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.domain.business_days import countries, is_business_day, posting_date, shifted
from recaller.domain.occurrences import (
    LATE_AFTER_DAYS,
    MISSED_AFTER_DAYS,
    State,
    Tolerance,
    settled_state,
    state_on,
)
from recaller.domain.recurrence import BusinessDay, Frequency, Recurrence, Shift, dates_between

COUNTRIES = st.sampled_from([None, "DE", "US", "NZ", "IN", "AE", "JP", "XX"])


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2050, 12, 31)), st.sampled_from(Shift), COUNTRIES)
def test_a_shift_goes_to_the_nearest_business_day_on_its_side(
    day: date, shift: Shift, country: str | None
) -> None:
    there = shifted(day, shift, country)
    if shift is Shift.NONE or is_business_day(day, country):
        assert there == day
        return
    assert is_business_day(there, country)
    between = [min(day, there) + timedelta(days=n) for n in range(abs((there - day).days) + 1)]
    assert [one for one in between if is_business_day(one, country)] == [there]
    if shift is Shift.BEFORE:
        assert there < day
    elif shift is Shift.AFTER:
        assert there > day
    else:
        assert (there.year, there.month) == (day.year, day.month)
        assert there > day or shifted(day, Shift.AFTER, country).month != day.month


@pytest.mark.parametrize(
    ("day", "shift", "country", "there"),
    [
        ("2026-10-03", "before", "DE", "2026-10-02"),  # a Saturday and a holiday
        ("2026-10-03", "after", "DE", "2026-10-05"),
        ("2026-01-31", "modified", "DE", "2026-01-30"),
        ("2026-01-24", "modified", "DE", "2026-01-26"),
        ("2026-07-03", "none", "US", "2026-07-03"),
        ("2026-07-03", "after", "US", "2026-07-06"),  # observed Independence Day
        ("2026-04-03", "before", "DE", "2026-04-02"),  # Good Friday
        ("2026-04-06", "after", "DE", "2026-04-07"),  # Easter Monday
        ("2026-04-06", "after", None, "2026-04-06"),
        ("2026-01-04", "after", "AE", "2026-01-05"),
    ],
)
def test_known_days(day: str, shift: str, country: str | None, there: str) -> None:
    assert shifted(date.fromisoformat(day), Shift(shift), country).isoformat() == there


def test_last_and_first_business_days_of_a_year_in_germany() -> None:
    last = Recurrence(date(2026, 1, 1), Frequency.MONTHLY, business_day=BusinessDay.LAST)
    first = Recurrence(date(2026, 1, 1), Frequency.MONTHLY, business_day=BusinessDay.FIRST)
    for one, days in (
        (last, (30, 27, 31, 30, 29, 30, 31, 31, 30, 30, 30, 31)),
        (first, (2, 2, 2, 1, 4, 1, 1, 3, 1, 1, 2, 1)),
    ):
        dues = dates_between(one, date(2026, 1, 1), date(2026, 12, 31))
        assert [due.month for due in dues] == list(range(1, 13))
        assert tuple(posting_date(one, due, "DE").day for due in dues) == days


def test_two_dates_may_share_a_day_and_stay_two_occurrences() -> None:
    daily = Recurrence(date(2026, 1, 2), Frequency.DAILY, shift=Shift.AFTER)
    dues = dates_between(daily, date(2026, 1, 3), date(2026, 1, 5))
    assert len(set(dues)) == 3
    assert {posting_date(daily, due, None) for due in dues} == {date(2026, 1, 5)}


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(Shift), COUNTRIES)
def test_posting_dates_keep_the_order_of_their_nominal_dates(
    start: date, shift: Shift, country: str | None
) -> None:
    days = [shifted(start + timedelta(days=n), shift, country) for n in range(40)]
    assert days == sorted(days)


def test_the_templates_country_goes_before_the_households() -> None:
    one = Recurrence(date(2026, 10, 3), Frequency.YEARLY, shift=Shift.AFTER, country="us")
    assert posting_date(one, date(2025, 10, 3), "DE") == date(2025, 10, 3)
    assert "DE" in countries()


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance", "state"),
    [
        (-1000, -1000, Tolerance(), "paid"), (-1000, -1001, Tolerance(), "differs"),
        (-1000, -1050, Tolerance(50), "paid"),
        (-1000, -1051, Tolerance(50), "differs"), (-1000, -1100, Tolerance(50, 10), "paid"),
        (-1000, -899, Tolerance(50, 10), "differs"), (-1000, 1000, Tolerance(0, 100), "differs"),
        (999, 1008, Tolerance(0, 1), "paid"), (999, 1009, Tolerance(0, 1), "differs"),
    ],
)  # fmt: skip
def test_tolerance_is_exact(expected: int, actual: int, tolerance: Tolerance, state: str) -> None:
    assert settled_state(expected, actual, tolerance) == state


def test_how_an_occurrence_stands_by_day() -> None:
    on = date(2026, 3, 10)
    seen = [state_on("due", on, on + timedelta(days=n)) for n in range(-1, MISSED_AFTER_DAYS + 2)]
    assert seen[:2] == [State.SCHEDULED, State.DUE]
    assert seen.count(State.DUE) == LATE_AFTER_DAYS + 1
    assert seen.count(State.LATE) == MISSED_AFTER_DAYS - LATE_AFTER_DAYS
    assert seen[-1] is State.MISSED
    assert state_on("scheduled", on, on) is State.DUE
    for settled in ("posted", "paid", "differs", "skipped"):
        assert state_on(settled, on, date(2030, 1, 1)) == settled
