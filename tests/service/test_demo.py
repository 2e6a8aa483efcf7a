"""The demo household: full, balanced, the same each time, and never on top of somebody's own data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recaller.core.errors import Conflict
from recaller.infra.work import work
from recaller.services.demo import fill_demo
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
    assert verify_all() == []
    with pytest.raises(Conflict), work(household.scope) as w:
        fill_demo(w)
