"""Periods: each date lies in exactly one, in every kind."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.budgeting import Period, PeriodKind, PeriodRule, elapsed_days, period_at, periods

DAY = timedelta(1)
DATES = st.dates(date(1990, 1, 1), date(2080, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> PeriodRule:
    kind = draw(st.sampled_from(PeriodKind))
    anchor = draw(DATES)
    if kind is not PeriodKind.PAY_CYCLE:
        return PeriodRule(
            kind, anchor if kind is PeriodKind.WEEKLY else anchor.replace(day=min(anchor.day, 28))
        )
    way = draw(st.sampled_from(("every", "days", "dates")))
    if way == "every":
        return PeriodRule(kind, anchor, every_days=draw(st.integers(1, 62)))
    if way == "days":
        return PeriodRule(
            kind, anchor, pay_days=tuple(draw(st.sets(st.integers(1, 31), min_size=1, max_size=4)))
        )
    steps = draw(st.lists(st.integers(1, 45), min_size=1, max_size=20))
    dates = [anchor]
    for step in steps:
        dates.append(dates[-1] + timedelta(step))
    return PeriodRule(kind, anchor, pay_dates=tuple(dates))


@given(rules(), DATES)
@settings(max_examples=400)
def test_every_date_lies_in_exactly_one_period(rule: PeriodRule, day: date) -> None:
    period = period_at(rule, day)
    assert period.start <= day <= period.end
    # All its days say the same period, and the neighbours touch it without a gap.
    for one in (period.start, period.end, period.start + (period.end - period.start) // 2):
        assert period_at(rule, one) == period
    assert period_at(rule, period.start - DAY).end == period.start - DAY
    assert period_at(rule, period.end + DAY).start == period.end + DAY


@given(rules(), DATES, st.integers(0, 700))
@settings(max_examples=150)
def test_periods_follow_each_other_without_gap(rule: PeriodRule, first: date, length: int) -> None:
    found = list(periods(rule, first, first + timedelta(length)))
    assert first in found[0] and first + timedelta(length) in found[-1]
    assert all(later.start == earlier.end + DAY for earlier, later in itertools.pairwise(found))
    assert sum(period.days for period in found) == (found[-1].end - found[0].start).days + 1


@pytest.mark.parametrize(
    ("rule", "day", "wanted"),
    [
        (PeriodRule(PeriodKind.WEEKLY, date(2026, 11, 2)), date(2026, 11, 8), (date(2026, 11, 2), date(2026, 11, 8))),
        (PeriodRule(PeriodKind.MONTHLY, date(2026, 1, 1)), date(2028, 2, 29), (date(2028, 2, 1), date(2028, 2, 29))),
        (PeriodRule(PeriodKind.MONTHLY, date(2026, 1, 25)), date(2026, 3, 24), (date(2026, 2, 25), date(2026, 3, 24))),
        (PeriodRule(PeriodKind.QUARTERLY, date(2026, 2, 1)), date(2026, 1, 31), (date(2025, 11, 1), date(2026, 1, 31))),
        (PeriodRule(PeriodKind.YEARLY, date(2020, 4, 6)), date(2026, 4, 5), (date(2025, 4, 6), date(2026, 4, 5))),
        (
            PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 1, 2), every_days=14),
            date(2026, 1, 1), (date(2025, 12, 19), date(2026, 1, 1)),
        ),
        (
            PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 1, 1), pay_days=(15, 31)),
            date(2026, 2, 28), (date(2026, 2, 28), date(2026, 3, 14)),
        ),
        (
            PeriodRule(PeriodKind.PAY_CYCLE, date(2026, 1, 1), pay_dates=(date(2026, 1, 30), date(2026, 2, 27))),
            date(2026, 3, 1), (date(2026, 2, 27), date(2026, 3, 26)),
        ),
    ],
)  # fmt: skip
def test_periods_worked_out_by_hand(rule: PeriodRule, day: date, wanted: tuple[date, date]) -> None:
    assert period_at(rule, day) == Period(*wanted)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (PeriodKind.MONTHLY, {"anchor": date(2026, 1, 29)}),
        (PeriodKind.PAY_CYCLE, {}),
        (PeriodKind.PAY_CYCLE, {"every_days": 14, "pay_days": (1,)}),
        (PeriodKind.WEEKLY, {"every_days": 14}),
        (PeriodKind.PAY_CYCLE, {"pay_days": (0,)}),
        (PeriodKind.PAY_CYCLE, {"pay_dates": (date(2026, 1, 1),)}),
        (PeriodKind.PAY_CYCLE, {"pay_dates": (date(2026, 1, 2), date(2026, 1, 1))}),
        (PeriodKind.PAY_CYCLE, {"every_days": 400}),
    ],
)
def test_rules_that_cant_be(kind: PeriodKind, options: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        PeriodRule(kind, **({"anchor": date(2026, 1, 1)} | options))


def test_elapsed_days() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 23), date(2026, 11, 30), date(2027, 1, 1))
    assert [elapsed_days(november, day) for day in days] == [0, 1, 23, 30, 30]
