"""Which transactions came of a recurring one: for the marks in lists, a whole page in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from recaller.infra.work import Work


def recurring_of_transactions(w: Work, ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Return the recurring transaction of each of these that has one in sight (posted by it, or settling it)."""
    if not ids:
        return {}
    rows = w.rows(
        "SELECT transaction_id, recurring_id FROM occurrence WHERE transaction_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(ids),
    )
    return {row.transaction_id: row.recurring_id for row in rows}
