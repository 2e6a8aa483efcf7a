"""Two people, or two tabs, change one budget: whoever looked at something older is told so, whenever they come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound
from recaller.domain.budgeting import Rollover
from recaller.infra.work import Work, work
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    assign,
    create_budget,
    edit_budget,
    edit_line,
    monthly,
    read_lines,
    remove_line,
)
from tests.support.households import Household
from tests.support.races import one_after_the_other
from tests.support.reading import open_book


@pytest.fixture
def budget(household: Household) -> UUID:
    """A budget of one line."""
    with work(household.scope) as w:
        book = open_book(w)
        lines = (LineDraft(book.categories["Groceries"], 20_000),)
        return create_budget(w, BudgetDraft("Limits", "limit", monthly(), lines=lines)).id


def test_two_tabs_dont_overwrite_each_other(household: Household, budget: UUID) -> None:
    with work(household.scope) as w:
        line = read_lines(w, budget)[0]
        month = date(w.today.year, w.today.month, 1)
        assign(w, line.id, month, 30_000, version=1)
        with pytest.raises(Conflict):
            assign(w, line.id, month, 40_000, version=1)
        assign(w, line.id, month, 40_000, version=2)
        edit_line(w, line.id, rollover=Rollover.BOTH, template=None, version=line.version)
        with pytest.raises(Conflict):
            edit_line(w, line.id, rollover=Rollover.NONE, template=None, version=line.version)
        edit_budget(w, budget, name="Other", account_ids=None, alert_percents=(90,), version=1)
        with pytest.raises(Conflict):
            edit_budget(w, budget, name="Third", account_ids=None, alert_percents=(), version=1)


def test_an_edit_that_waited_for_another_one_is_refused(household: Household, budget: UUID) -> None:
    with work(household.scope) as w:
        line = read_lines(w, budget)[0]

    def choose(rollover: Rollover) -> Callable[[Work], object]:
        return lambda w: edit_line(w, line.id, rollover=rollover, template=None, version=line.version)

    with pytest.raises(Conflict):
        one_after_the_other(household.scope, choose(Rollover.BOTH), choose(Rollover.NONE))
    with work(household.scope) as w:
        assert read_lines(w, budget)[0].rollovers[-1][1] is Rollover.BOTH


def test_a_line_that_is_taken_out_meanwhile_gets_nothing(household: Household, budget: UUID) -> None:
    with work(household.scope) as w:
        line = read_lines(w, budget)[0]
        month = date(w.today.year, w.today.month, 1)
    with pytest.raises(NotFound):
        one_after_the_other(
            household.scope, lambda w: remove_line(w, line.id), lambda w: assign(w, line.id, month, 5)
        )
