"""The demo household: full, balanced, the same each time, and never on top of somebody's own data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recaller.core.errors import Conflict
from recaller.domain.occurrences import State
from recaller.infra.work import work
from recaller.services.budgets import budget_period, list_budgets
from recaller.services.demo import fill_demo
from recaller.services.notifications import count_unread, list_notifications
from recaller.services.recurring import list_recurring, upcoming
from recaller.services.recurring.suggestion_views import list_suggestions
from recaller.services.rules import list_rules
from recaller.services.starter import create_starter_accounts
from recaller.services.verify import verify_all
from tests.support.households import Household


@pytest.mark.parametrize(
    "moment", [datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2028, 2, 29, 12, tzinfo=UTC)]
)
def test_the_demo_household_is_full_and_sound(household: Household, moment: datetime) -> None:
    with work(household.scope, clock=lambda: moment) as w:
        create_starter_accounts(w)
        fill_demo(w)
        figures = w.row(
            "SELECT count(*) AS n, count(DISTINCT currency) AS currencies, count(DISTINCT account_id) AS accounts,"
            " count(DISTINCT shape) AS shapes, max(date) AS last, min(date) AS first FROM transaction"
        )
        assert figures is not None
        assert figures.n > 1500
        assert (figures.currencies, figures.accounts) == (2, 8)
        assert figures.shapes == 5
        assert figures.last <= moment.date()
        assert (moment.date() - figures.first).days > 1000
        uncategorised = w.row(
            "SELECT count(*) FROM posting p JOIN account a ON a.id = p.account_id AND a.system = 'uncategorised'"
        )
        assert uncategorised is not None and uncategorised[0] == 0
        # Every state of a bill, budgets of both kinds with alerts, suggestions left to decide, and news of it.
        today = w.today
        seen = {one.state for one in upcoming(w, today - timedelta(days=120), today + timedelta(days=40))}
        assert seen >= {State.SCHEDULED, State.DUE, State.LATE, State.MISSED, State.PAID, State.DIFFERS}
        assert len(list_recurring(w)) >= 10
        assert list_suggestions(w)
        assert {one.kind for one in list_budgets(w)} == {"limit", "envelope"}
        assert len(list_rules(w)) == 3
        assert count_unread(w) == 5
        kinds = {one.kind for one in list_notifications(w).items}
        assert kinds >= {"bill.missed", "bill.confirm", "budget.alert", "recurring.found"}
        assert not w.row("SELECT 1 FROM notification_delivery WHERE state <> 'cancelled'")
        envelopes = next(one for one in list_budgets(w) if one.kind == "envelope")
        period = budget_period(w, envelopes.id)
        assert period.unassigned is not None and period.unassigned > 0
    assert verify_all() == []
    with pytest.raises(Conflict), work(household.scope) as w:
        fill_demo(w)
