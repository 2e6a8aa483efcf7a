"""Sums over days are read from the register's index alone: at a million postings a visit to each is felt."""

from __future__ import annotations

from datetime import date

from recaller.infra.work import work
from recaller.services.budgets import sums
from recaller.services.listing.query import fetch
from recaller.services.starter import create_starter_accounts
from tests.support.households import Household


def test_sums_over_days_visit_no_posting(household: Household) -> None:
    with work(household.scope) as w:
        create_starter_accounts(w)
        accounts = [row.id for row in w.rows("SELECT id FROM account")]
        # An empty table is read as a whole, whatever its indexes.
        w.run("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = fetch(
            w,
            f"EXPLAIN {sums._FROM_POSTINGS}",
            {
                "ids": accounts,
                "starts": [date(2026, 1, 2), date(2026, 1, 16)],
                "first": date(2026, 1, 2),
                "last": date(2026, 1, 29),
                "currency": "USD",
                "space": household.scope.shared_space_id,
            },
        )
    assert "Index Only Scan using ix_posting_register" in "\n".join(line for (line,) in plan)
