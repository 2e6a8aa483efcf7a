"""Limits, templates and pace, against figures worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.budgeting import (
    PaceState,
    Rollover,
    Template,
    TemplateFacts,
    TemplateKind,
    crossed_percents,
    pace_of,
    read_template,
    roll_limits,
    template_amount,
)

NONE, SURPLUS, BOTH = Rollover.NONE, Rollover.SURPLUS, Rollover.BOTH


@pytest.mark.parametrize(
    ("rollover", "left"),
    [(NONE, [100, -50, 300, 250]), (SURPLUS, [100, 50, 350, 600]), (BOTH, [100, 50, 350, 600])],
)
def test_a_limit_holds_until_another_one_and_carries_over(rollover: Rollover, left: list[int]) -> None:
    states = roll_limits([400, None, 500, None], [300, 450, 200, 250], [rollover] * 4)
    assert [state.left for state in states] == left
    assert [state.limit for state in states] == [400, 400, 500, 500]


def test_a_deficit_is_carried_only_when_asked() -> None:
    for rollover, wanted in ((NONE, 100), (SURPLUS, 100), (BOTH, -100)):
        assert roll_limits([100, None], [300, 0], [rollover] * 2)[1].left == wanted


def test_nothing_is_carried_before_a_limit_is_set() -> None:
    states = roll_limits([None, 100], [300, 40], [BOTH, BOTH])
    assert (states[0].limit, states[1].carried, states[1].left) == (None, 0, 60)


@pytest.mark.parametrize(
    ("template", "facts", "wanted"),
    [
        (Template(TemplateKind.FIXED, amount=500), TemplateFacts(), 500),
        (Template(TemplateKind.AVERAGE, periods=3), TemplateFacts(spent_before=(100, 200, 301, 9_999)), 200),
        (Template(TemplateKind.AVERAGE, periods=2), TemplateFacts(spent_before=(100, 101)), 101),
        (Template(TemplateKind.AVERAGE, periods=2), TemplateFacts(spent_before=(-100, 20)), 0),
        (Template(TemplateKind.AVERAGE, periods=2), TemplateFacts(), 0),
        (Template(TemplateKind.LAST_YEAR), TemplateFacts(spent_last_year=777), 777),
        (Template(TemplateKind.INCOME, basis_points=1_050), TemplateFacts(income=300_001), 31_500),
        (Template(TemplateKind.INCOME, basis_points=1_000), TemplateFacts(income=-5), 0),
        (
            Template(TemplateKind.BY_DATE, amount=1_000, by=date(2026, 12, 1)),
            TemplateFacts(carried=100, periods_left=4), 225,
        ),
        (
            Template(TemplateKind.BY_DATE, amount=1_000, by=date(2026, 12, 1)),
            TemplateFacts(carried=0, periods_left=3), 334,
        ),
        (
            Template(TemplateKind.BY_DATE, amount=1_000, by=date(2026, 12, 1)),
            TemplateFacts(carried=1_200, periods_left=3), 0,
        ),
        (Template(TemplateKind.BY_DATE, amount=1_000, by=date(2020, 1, 1)), TemplateFacts(), 0),
    ],
)  # fmt: skip
def test_templates_by_hand(template: Template, facts: TemplateFacts, wanted: int) -> None:
    assert template_amount(template, facts) == wanted
    assert read_template(template.plain()) == template


@given(st.integers(0, 10_000_000), st.integers(-100_000, 9_000_000), st.integers(1, 60))
def test_equal_steps_reach_the_goal_in_its_last_period(goal: int, carried: int, count: int) -> None:
    template = Template(TemplateKind.BY_DATE, amount=goal, by=date(2030, 1, 1))
    for left in range(count, 0, -1):
        carried += template_amount(template, TemplateFacts(carried=carried, periods_left=left))
    assert carried >= goal and carried - goal < max(goal, carried) + 1
    assert carried == goal or template_amount(template, TemplateFacts(carried=carried, periods_left=1)) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"kind": TemplateKind.AVERAGE, "periods": 0},
        {"kind": TemplateKind.INCOME, "basis_points": 10_001},
        {"kind": TemplateKind.BY_DATE, "amount": 5},
        {"kind": TemplateKind.FIXED, "amount": -1},
    ],
)
def test_templates_that_cant_be(options: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        Template(**options)


@pytest.mark.parametrize(
    ("allowed", "spent", "elapsed", "paid", "due", "state", "projected"),
    [
        (40_000, 20_000, 15, 0, 0, PaceState.ON_TRACK, 40_000),
        (40_000, 30_000, 15, 0, 0, PaceState.AHEAD, 60_000),
        # A tenth of the budget ahead of the days is no alarm yet.
        (40_000, 23_000, 15, 0, 0, PaceState.ON_TRACK, 46_000),
        (40_000, 40_001, 29, 0, 0, PaceState.OVER, 41_380),
        # Rent on the first day says nothing about the other days.
        (100_000, 90_000, 1, 90_000, 0, PaceState.ON_TRACK, 90_000),
        # Half is left, but a bill will take more than that.
        (40_000, 20_000, 15, 0, 25_000, PaceState.AHEAD, 65_000),
        (40_000, 10_000, 15, 0, 15_000, PaceState.ON_TRACK, 35_000),
        (0, 0, 10, 0, 0, PaceState.ON_TRACK, 0),
        (0, 1, 10, 0, 0, PaceState.OVER, 3),
        (-500, 0, 10, 0, 0, PaceState.ON_TRACK, 0),
        (40_000, -2_000, 15, 0, 0, PaceState.ON_TRACK, -2_000),
        (40_000, 39_000, 30, 0, 0, PaceState.ON_TRACK, 39_000),
        (40_000, 500, 0, 0, 0, PaceState.ON_TRACK, 500),
    ],
)
def test_pace_by_hand(
    allowed: int, spent: int, elapsed: int, paid: int, due: int, state: PaceState, projected: int
) -> None:
    pace = pace_of(allowed, spent, elapsed=elapsed, days=30, bills_paid=paid, bills_due=due)
    assert (pace.state, pace.projected) == (state, projected)


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 31),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_over_is_exactly_when_more_is_spent_than_allowed(
    allowed: int, spent: int, elapsed: int, paid: int, due: int
) -> None:
    pace = pace_of(allowed, spent, elapsed=elapsed, days=31, bills_paid=min(paid, spent), bills_due=due)
    assert (pace.state is PaceState.OVER) == (spent > allowed)
    assert pace.projected >= spent


@pytest.mark.parametrize(
    ("allowed", "spent", "wanted"),
    [(100, 79, ()), (100, 80, (80,)), (100, 100, (80, 100)), (0, 1, (80, 100)), (0, 0, ()), (100, -5, ()),
     (-10, 5, (80, 100))],
)  # fmt: skip
def test_which_percentages_are_reached(allowed: int, spent: int, wanted: tuple[int, ...]) -> None:
    assert crossed_percents(allowed, spent, (100, 80)) == wanted


def test_one_payment_is_no_daily_rate() -> None:
    rent = pace_of(100_000, 95_000, elapsed=2, days=30, payments=1)
    assert (rent.state, rent.projected) == (PaceState.ON_TRACK, 95_000)
    assert pace_of(100_000, 95_000, elapsed=2, days=30, payments=3).state is PaceState.AHEAD
    assert pace_of(100_000, 105_000, elapsed=2, days=30, payments=1).state is PaceState.OVER
    assert pace_of(100_000, 95_000, elapsed=2, days=30, payments=1, bills_due=6_000).state is PaceState.AHEAD
