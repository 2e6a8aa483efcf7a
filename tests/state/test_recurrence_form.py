"""The recurrence editor's fields: what they mean, how it is said, and that nothing is lost on the way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.recurrence import BusinessDay, Frequency, Recurrence, Shift
from recaller.state.formatting import Formatter
from recaller.state.recurrence_form import (
    PatternItem,
    pattern_of,
    preview_of,
    recurrence_of,
    short_words,
    weekday_items,
    words_of,
)
from recaller.state.recurring_view import month_span, month_weeks

SAY = Formatter("en_US", "UTC")
START = date(2026, 1, 31)
TODAY = date(2026, 11, 23)


def monthly(**more: object) -> Recurrence:
    return Recurrence(start=START, frequency=Frequency.MONTHLY, **more)  # type: ignore[arg-type]


def test_it_is_said_in_a_sentence() -> None:
    assert words_of(monthly(nth=2, weekdays=(1,), count=1), SAY) == "2nd Tuesday of each month, once"


def test_lists_say_it_short() -> None:
    assert short_words(monthly()) == "monthly"
    assert short_words(Recurrence(START, Frequency.WEEKLY, 2)) == "every 2 weeks"


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    start = draw(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
    frequency = draw(st.sampled_from(Frequency))
    more: dict[str, object] = {}
    if frequency is Frequency.WEEKLY:
        more["weekdays"] = tuple(draw(st.sets(st.integers(0, 6))))
    elif frequency is not Frequency.DAILY:
        by = draw(st.sampled_from(("day", "nth", "last", "business")))
        if by == "nth":
            more |= {
                "nth": draw(st.sampled_from((1, 2, 3, 4, 5, -1))),
                "weekdays": (draw(st.integers(0, 6)),),
            }
        elif by == "business":
            more["business_day"] = draw(st.sampled_from(BusinessDay))
        elif by == "last":
            more["month_day"] = -1
    ends = draw(st.sampled_from(("never", "on", "after")))
    if ends == "on":
        more["until"] = start + timedelta(days=draw(st.integers(0, 3000)))
    elif ends == "after":
        more["count"] = draw(st.integers(1, 200))
    if "business_day" not in more:
        more["shift"] = draw(st.sampled_from(Shift))
    return Recurrence(start, frequency, draw(st.integers(1, 12)), **more)  # type: ignore[arg-type]


@given(recurrences())
def test_what_is_read_back_from_the_fields_is_the_same(one: Recurrence) -> None:
    chosen = one.weekdays if one.frequency is Frequency.WEEKLY else ()
    assert recurrence_of(pattern_of(one), chosen) == one
    assert words_of(one, SAY)[0] in "EFL12345"


@given(recurrences(), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_the_preview_is_short_and_in_order(one: Recurrence, today: date) -> None:
    found = preview_of(one, today, None, lambda day: day.isoformat())
    assert len(found) <= 5 and found == sorted(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"every": "0"}, "every"), ({"every": "x"}, "every"), ({"every": "1e3"}, "every"), ({"every": ""}, "every"),
        ({"unit": "hour"}, "unit"), ({"day": "32"}, "day"), ({"day": "0"}, "day"), ({"start": ""}, "start"),
        ({"ends": "on", "until": "2025-01-01"}, "until"), ({"ends": "on", "until": ""}, "until"),
        ({"ends": "after", "count": "0"}, "count"), ({"shift": "sideways"}, "shift"),
        ({"by": "nth", "ordinal": "7"}, "ordinal"), ({"by": "nth", "weekday": "9"}, "weekday"),
        ({"by": "whatever"}, "by"), ({"ends": "whenever"}, "ends"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named_by_its_field(changes: dict[str, str], field: str) -> None:
    base = {"start": "2026-01-31", "day": "31"} | changes
    with pytest.raises(ValidationFailed) as wrong:
        recurrence_of(PatternItem(**base), ())
    assert wrong.value.field == field


def test_the_week_begins_where_the_user_has_it() -> None:
    assert [day.value for day in weekday_items(6, (), "en_US")] == ["6", "0", "1", "2", "3", "4", "5"]
    assert next(day.long for day in weekday_items(0, (), "de_DE")) == "Montag"


@pytest.mark.parametrize("first_weekday", range(7))
@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2026, 11, 1), date(2027, 8, 1), date(2028, 2, 1)])
def test_a_month_is_whole_weeks_around_it(month: date, first_weekday: int) -> None:
    start, end = month_span(month, first_weekday)
    assert start.weekday() == first_weekday and (end - start).days % 7 == 6
    assert start <= month and (month - start).days < 7
    weeks = month_weeks(month, (), today=TODAY, first_weekday=first_weekday, say=SAY)
    days = [day for week in weeks for day in week.days]
    assert [day.iso for day in days] == [
        (start + timedelta(days=number)).isoformat() for number in range((end - start).days + 1)
    ]
    inside = [day for day in days if not day.outside]
    assert inside[0].number == "1" and len(inside) >= 28
    assert sum(day.entry for day in days) == 1
    assert sum(day.today for day in days) == ((month.year, month.month) == (2026, 11))
