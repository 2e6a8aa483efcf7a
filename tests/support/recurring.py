"""Recurring transactions for tests: rows for the isolation tests, templates in a few words."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from recaller.core.scope import Scope
from recaller.domain.recurrence import recurrence_of
from recaller.infra.work import Work, work
from recaller.services.daily import ErrorLog
from recaller.services.households import system_scopes
from recaller.services.recurring import (
    RecurringDraft,
    RecurringView,
    create_recurring,
    occurrence_history,
    post_now,
    post_recurring,
)

# The day on which templates of `make_bill` are made, and from which they recur if nothing else is said.
BEGAN = date(2026, 1, 5)


def fill_recurring(w: Work, account_id: UUID, on: date) -> None:
    """Leave a template with a line, a tag and an occurrence."""
    made = make_recurring(w, account_id, "FREQ=MONTHLY", on, tags=("home",))
    post_now(w, made.id, on)


def make_recurring(
    w: Work,
    account_id: UUID,
    rule: str,
    start: date,
    *,
    amount: int = -10_000,
    name: str = "Rent",
    **more: Any,
) -> RecurringView:
    """Create a template by its rule."""
    ends = {key: more.pop(key) for key in ("until", "count", "shift", "country") if key in more}
    return create_recurring(
        w, RecurringDraft(name, account_id, amount, recurrence_of(rule, start, **ends), **more)
    )


def noon(scope: Scope, day: date) -> AbstractContextManager[Work]:
    """A unit of work at noon of a day (UTC)."""
    return work(scope, clock=lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def household_scope(scope: Scope) -> Scope:
    """What daily runs see of a household: all of its spaces."""
    return next(one for one in system_scopes() if one.tenant_id == scope.tenant_id)


def post_due(scope: Scope, day: date) -> int:
    """Run the household's posting as of a day; returns how many it posted."""
    with noon(household_scope(scope), day) as w:
        return post_recurring(w, ErrorLog())["posted"]


def make_bill(
    scope: Scope, account: UUID, rule: str = "FREQ=MONTHLY", start: date = BEGAN, **more: Any
) -> RecurringView:
    """Create a template on the day on which these households begin."""
    with noon(scope, BEGAN) as w:
        return make_recurring(w, account, rule, start, **more)


def run_bills(scope: Scope, day: date, *, times: int = 1) -> tuple[dict[str, int], ErrorLog]:
    """Run the household's posting as of a day; returns the first run's counts and errors."""
    system = household_scope(scope)
    results = []
    for _ in range(times):
        with noon(system, day) as w:
            errors = ErrorLog()
            results.append((dict(post_recurring(w, errors)), errors))
    assert all(counts["posted"] == 0 for counts, _ in results[1:])
    return results[0]


def ledger_of(scope: Scope) -> list[tuple[str, int]]:
    """What is in the ledger, as date and amount."""
    with work(scope) as w:
        return [
            (row.date.isoformat(), row.amount)
            for row in w.rows("SELECT date, amount FROM transaction ORDER BY date, id")
        ]


def states_of(scope: Scope, template: RecurringView, day: date) -> dict[str, str]:
    """The states of a template's dates, by nominal date."""
    with noon(scope, day) as w:
        history = occurrence_history(w, template.id)
    return {one.due_date.isoformat(): one.state.value for one in reversed(history)}
