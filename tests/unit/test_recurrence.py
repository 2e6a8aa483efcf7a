"""Recurrences against a calendar that is walked day by day, through leap days, 31sts and decades."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.recurrence import (
    LATEST,
    MAX_DATES,
    BusinessDay,
    Frequency,
    Recurrence,
    Shift,
    dates_between,
    describe,
    end_of,
    first_date,
    monthly_equivalent,
    next_date,
    per_year,
    recurrence_of,
    round_minor,
    rule_of,
    yearly_equivalent,
)
from tests.support.effort import within

DAY = timedelta(days=1)
STARTS = st.dates(date(1995, 1, 1), date(2035, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2028, 2, 29), date(2026, 1, 31), date(2027, 12, 31), date(2026, 2, 1)]
)


@st.composite
def recurrences(draw: st.DrawFn, *, ends: bool = True) -> Recurrence:
    """Any recurrence that a user can make."""
    start = draw(STARTS)
    frequency = draw(st.sampled_from(Frequency))
    most = {Frequency.DAILY: 40, Frequency.WEEKLY: 9, Frequency.MONTHLY: 14, Frequency.YEARLY: 5}
    chosen: dict[str, object] = {"interval": draw(st.integers(1, most[frequency]))}
    if frequency is Frequency.WEEKLY:
        chosen["weekdays"] = tuple(draw(st.sets(st.integers(0, 6))))
    if frequency in (Frequency.MONTHLY, Frequency.YEARLY):
        chosen |= draw(
            st.sampled_from([{}, {"business_day": BusinessDay.FIRST}, {"business_day": BusinessDay.LAST}])
            | st.builds(lambda day: {"month_day": day}, st.sampled_from([-1, *range(1, 32)]))
            | st.builds(
                lambda nth, day: {"nth": nth, "weekdays": (day,)},
                st.sampled_from([1, 2, 3, 4, 5, -1]),
                st.integers(0, 6),
            )
        )
    if frequency is Frequency.YEARLY:
        month = draw(st.integers(1, 12))
        day = chosen.get("month_day")
        if not chosen.keys() - {"interval"}:
            assume(start.day <= calendar.monthrange(2000, month)[1])
        assume(not isinstance(day, int) or day <= calendar.monthrange(2000, month)[1])
        chosen["month"] = month
    if ends:
        chosen |= draw(
            st.sampled_from([{}])
            | st.builds(lambda count: {"count": count}, st.integers(1, 60))
            | st.builds(lambda days: {"until": start + timedelta(days=days)}, st.integers(0, 5000))
        )
    return Recurrence(start, frequency, **chosen)  # type: ignore[arg-type]


def hit(one: Recurrence, day: date) -> bool:
    """Whether a day is meant, said plainly, with no look at start and end."""
    start = one.start
    match one.frequency:
        case Frequency.DAILY:
            return (day - start).days % one.interval == 0
        case Frequency.WEEKLY:
            weeks = (
                (day - timedelta(days=day.weekday())) - (start - timedelta(days=start.weekday()))
            ).days // 7
            return weeks % one.interval == 0 and day.weekday() in one.weekdays
        case Frequency.MONTHLY:
            months = (day.year - start.year) * 12 + day.month - start.month
            return months % one.interval == 0 and day_of_month(one, day)
        case Frequency.YEARLY:
            return (
                (day.year - start.year) % one.interval == 0
                and day.month == one.month
                and day_of_month(one, day)
            )


def day_of_month(one: Recurrence, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if one.business_day is not None:
        return day.day == (last if one.business_day is BusinessDay.LAST else 1)
    if one.nth == -1:
        return day.weekday() == one.weekdays[0] and day.day + 7 > last
    if one.nth is not None:
        return day.weekday() == one.weekdays[0] and (day.day - 1) // 7 + 1 == one.nth
    assert one.month_day is not None
    return day.day == (last if one.month_day == -1 else min(one.month_day, last))


def walked(one: Recurrence, until: date) -> list[date]:
    """All nominal dates up to a day, found by looking at every single one."""
    day, found = one.start, []
    if one.business_day is BusinessDay.FIRST and day.day <= 4:
        early = [day.replace(day=number) for number in range(1, day.day)]
        if all(other.weekday() > 4 or (other.month, other.day) == (1, 1) for other in early):
            day = day.replace(day=1)
    while day <= min(until, one.until or until) and len(found) != one.count:
        if hit(one, day):
            found.append(day)
        day += DAY
    return found


@settings(max_examples=200, deadline=None)
@given(recurrences(), st.integers(0, MAX_DATES - 1))
def test_dates_are_those_of_a_calendar_walked_day_by_day(one: Recurrence, days: int) -> None:
    until = one.start + timedelta(days=days)
    assert dates_between(one, date(1990, 1, 1), until) == walked(one, until)


@settings(max_examples=150, deadline=None)
@given(recurrences(), st.integers(-400, 9000), st.integers(0, 900))
def test_a_window_far_from_the_start_holds_the_same_dates(one: Recurrence, skipped: int, length: int) -> None:
    first = one.start + timedelta(days=skipped)
    last = first + timedelta(days=length)
    everything = dates_between(one, date(1990, 1, 1), last)
    assert dates_between(one, first, last) == [day for day in everything if day >= first]


@settings(max_examples=200, deadline=None)
@given(recurrences(), st.integers(-400, 9000))
def test_the_next_date_is_the_first_one_after(one: Recurrence, days: int) -> None:
    after = one.start + timedelta(days=days)
    upcoming = dates_between(one, after + DAY, LATEST, most=1)
    assert next_date(one, after) == (upcoming[0] if upcoming else None)


@settings(max_examples=200, deadline=None)
@given(recurrences())
def test_a_series_with_a_count_has_so_many_dates(one: Recurrence) -> None:
    if one.count is not None:
        found = dates_between(one, date(1990, 1, 1), LATEST)
        endless = dates_between(replace(one, count=None), date(1990, 1, 1), LATEST)
        assert found == endless[: one.count]
        assert end_of(one) == found[-1]


@settings(max_examples=150, deadline=None)
@given(recurrences())
def test_its_rrule_says_the_same(one: Recurrence) -> None:
    assert recurrence_of(rule_of(one), one.start, until=one.until, count=one.count) == one


@settings(max_examples=200, deadline=None)
@given(recurrences(ends=False))
def test_other_calendars_read_the_same_dates_out_of_its_rrule(one: Recurrence) -> None:
    assume(one.business_day is None)  # nominal dates are the month's ends there
    last = one.start + timedelta(days=3000)
    ours = dates_between(one, one.start, last)
    read = rrulestr(rule_of(one), dtstart=datetime.combine(one.start, datetime.min.time()))
    theirs = [
        moment.date()
        for moment in read.xafter(datetime.combine(one.start - DAY, datetime.min.time()), count=len(ours) + 1)
    ]
    assert ours == [day for day in theirs if day <= last]


def test_the_31st_stays_the_31st() -> None:
    one = Recurrence(date(2026, 1, 31), Frequency.MONTHLY)
    days = [day.day for day in dates_between(one, one.start, date(2028, 12, 31))]
    assert days == [calendar.monthrange(2026 + number // 12, number % 12 + 1)[1] for number in range(36)]


def test_a_leap_day_falls_on_the_28th_in_other_years() -> None:
    one = Recurrence(date(2024, 2, 29), Frequency.YEARLY, count=6)
    assert [day.isoformat() for day in dates_between(one, one.start, LATEST)] == [
        "2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2026-03-02", "2026-03-01"),
        ("2026-01-02", "2026-01-01"),
        ("2026-03-03", "2026-04-01"),
        ("2026-01-05", "2026-02-01"),
    ],
)
def test_the_first_business_day_may_be_the_start(start: str, first: str) -> None:
    one = Recurrence(date.fromisoformat(start), Frequency.MONTHLY, business_day=BusinessDay.FIRST)
    assert first_date(one) == date.fromisoformat(first)


@settings(max_examples=60, deadline=None)
@given(recurrences(ends=False), st.integers(-(10**12), 10**12))
def test_equivalents_are_exact_over_the_whole_cycle_of_the_calendar(one: Recurrence, amount: int) -> None:
    # All cycles fit into 400 years as often as the interval is long; only short ones are counted out here.
    assume(one.interval in (1, 2, 4, 5))
    began = date(2000, 1, 1) if one.frequency is not Frequency.WEEKLY else date(2000, 1, 3)
    cycle = replace(one, start=began, month=one.month)
    days = 146_097 * (1 if one.frequency in (Frequency.MONTHLY, Frequency.YEARLY) else one.interval)
    found = count_dates(cycle, began, days)
    years = Fraction(days, 146_097) * 400
    assert per_year(cycle) == Fraction(found) / years
    assert (
        yearly_equivalent(cycle, amount) == amount * per_year(cycle) == 12 * monthly_equivalent(cycle, amount)
    )


def count_dates(one: Recurrence, began: date, days: int) -> int:
    return sum(hit(one, date.fromordinal(began.toordinal() + number)) for number in range(days))


@pytest.mark.parametrize(
    ("rule", "amount", "monthly"),
    [("FREQ=MONTHLY;BYMONTHDAY=1", -90_000, -90_000), ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1", -12_000, -1000),
     ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", 300, 100), ("FREQ=WEEKLY;BYDAY=MO", -1000, -4348),
     ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", -1000, -2174), ("FREQ=DAILY", 100, 3044)],
)  # fmt: skip
def test_monthly_equivalents(rule: str, amount: int, monthly: int) -> None:
    one = recurrence_of(rule, date(2026, 1, 1))
    assert round_minor(monthly_equivalent(one, amount)) == monthly


@pytest.mark.parametrize(
    ("rule", "start", "words"),
    [
        ("FREQ=DAILY", "2026-01-01", "every day"),
        ("FREQ=DAILY;INTERVAL=10", "2026-01-01", "every 10 days"),
        ("FREQ=WEEKLY", "2026-01-01", "every Thursday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2026-01-01", "every 2nd Tuesday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-01-01", "every day from Monday to Friday"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "2026-01-01", "every 3 weeks on Monday and Friday"),
        ("FREQ=MONTHLY", "2026-01-31", "every month on the 31st"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=2", "2026-01-31", "every 3 months on the 2nd"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "last day of each month"),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-31", "2nd Tuesday of each month"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-31", "last Friday of each month"),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "2026-01-31", "last Friday of each month"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-31", "last business day of each month"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "2026-01-31",
         "first business day of every 3rd month"),
        ("FREQ=YEARLY", "2024-02-29", "every year on February 29"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-01-31", "every year on the 4th Thursday of November"),
        ("FREQ=MONTHLY;COUNT=12", "2026-01-05", "every month on the 5th, 12 times"),
        ("RRULE:FREQ=WEEKLY;UNTIL=20270305T000000Z", "2026-01-01", "every Thursday, until Mar 5, 2027"),
    ],
)  # fmt: skip
def test_plain_words(rule: str, start: str, words: str) -> None:
    assert describe(recurrence_of(rule, date.fromisoformat(start))) == words


def test_words_of_shift_and_locale() -> None:
    one = Recurrence(date(2026, 1, 5), Frequency.MONTHLY, shift=Shift.AFTER, until=date(2027, 3, 5))
    assert describe(one, "de_DE") == (
        "every month on the 5th, on the next business day if it isn't one, until 05.03.2027"
    )
    assert describe(Recurrence(date(2026, 3, 5), Frequency.YEARLY), "en-GB") == "every year on 5 March"
    assert describe(Recurrence(date(2026, 3, 5), Frequency.YEARLY), "de_DE") == "every year on 5 March"


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"frequency": Frequency.YEARLY, "month": 2, "month_day": 31}, "month_day"),
        ({"frequency": Frequency.YEARLY, "month": 4, "month_day": 31}, "month_day"),
        ({"frequency": Frequency.MONTHLY, "month_day": 32}, "month_day"),
        ({"frequency": Frequency.MONTHLY, "month_day": 0}, "month_day"),
        ({"frequency": Frequency.MONTHLY, "nth": 6, "weekdays": (1,)}, "nth"),
        ({"frequency": Frequency.MONTHLY, "nth": 1}, "weekdays"),
        ({"frequency": Frequency.MONTHLY, "nth": 1, "weekdays": (1,), "month_day": 4}, "month_day"),
        ({"frequency": Frequency.MONTHLY, "weekdays": (1,), "month_day": 4}, "weekdays"),
        ({"frequency": Frequency.WEEKLY, "weekdays": (7,)}, "weekdays"),
        ({"frequency": Frequency.WEEKLY, "month_day": 4}, "frequency"),
        ({"frequency": Frequency.DAILY, "weekdays": (1,)}, "weekdays"),
        ({"frequency": Frequency.DAILY, "interval": 0}, "interval"),
        ({"frequency": Frequency.DAILY, "interval": 10**9}, "interval"),
        ({"frequency": Frequency.YEARLY, "month": 13, "month_day": 1}, "month"),
        ({"frequency": Frequency.MONTHLY, "month": 3}, "month"),
        ({"frequency": Frequency.DAILY, "count": 0}, "count"),
        ({"frequency": Frequency.DAILY, "count": 10**9}, "count"),
        ({"frequency": Frequency.DAILY, "count": 3, "until": date(2027, 1, 1)}, "until"),
        ({"frequency": Frequency.DAILY, "until": date(2025, 1, 1)}, "until"),
        ({"frequency": Frequency.DAILY, "start": date(9999, 12, 31)}, "start"),
        ({"frequency": Frequency.DAILY, "country": "Germany"}, "country"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_by_the_field_that_is_wrong(chosen: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        Recurrence(**{"start": date(2026, 1, 5)} | chosen)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ=", "FREQ=SECONDLY", "FREQ=HOURLY;INTERVAL=1", "INTERVAL=2", "FREQ=MONTHLY;FREQ=DAILY", "garbage",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=YEARLY;BYYEARDAY=366",
        "FREQ=YEARLY;BYWEEKNO=53", "FREQ=DAILY;BYHOUR=1,2,3", "FREQ=DAILY;COUNT=99999999", "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=2TU,3WE", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=MONTHLY;BYMONTHDAY=29,30,31;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3", "FREQ=MONTHLY;BYSETPOS=1", "FREQ=DAILY;UNTIL=soon",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=DAILY;" + "X" * 400,
        "FREQ=DAILY\nDTSTART=20260101", "FREQ=MONTHLY;BYMONTHDAY=\u0663",
    ],
)  # fmt: skip
def test_hostile_rules_are_refused_at_once(rule: str) -> None:
    def refused() -> None:
        with pytest.raises(ValidationFailed):
            recurrence_of(rule, date(2026, 1, 5))

    within(0.1, refused)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="FREQ=DAILYMONTHWKUNBSP;,-0123456789", max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        one = recurrence_of(text, date(2026, 1, 5))
    except ValidationFailed:
        return
    assert dates_between(one, one.start, one.start + timedelta(days=500)) is not None


def test_every_allowed_recurrence_expands_quickly() -> None:
    """The widest intervals and the rarest days, looked for from the far past to the far future."""
    rare = [
        Recurrence(date(1900, 2, 1), Frequency.YEARLY, interval=20, nth=5, weekdays=(6,), month=2),
        Recurrence(date(1900, 1, 31), Frequency.MONTHLY, interval=120, nth=5, weekdays=(6,)),
        Recurrence(date(1900, 1, 31), Frequency.DAILY, interval=366),
        Recurrence(date(1900, 1, 31), Frequency.DAILY, count=1200),
    ]

    def expand() -> None:
        for one in rare:
            dates_between(one, date(1900, 1, 1), LATEST)
            next_date(one, date(2199, 1, 1))
            per_year(one)

    within(2, expand)
