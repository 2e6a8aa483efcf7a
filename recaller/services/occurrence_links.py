"""Keeps occurrences in step with their transactions when these are deleted or restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.infra.work import Work
from recaller.services.recurrence_rows import RECURRENCE, planned_day

_REMOVED = f"""
UPDATE occurrence o SET removed_id = o.transaction_id, removed_state = o.state, transaction_id = NULL,
       state = CASE WHEN o.state = 'posted' AND r.mode = 'auto' THEN 'skipped' ELSE 'due' END
  FROM recurring r WHERE r.tenant_id = o.tenant_id AND r.id = o.recurring_id
   AND o.transaction_id = ANY(CAST(:ids AS uuid[]))
RETURNING o.recurring_id, o.due_date, o.posted_on, o.state, {RECURRENCE},
          (SELECT s.country FROM household_settings s WHERE s.tenant_id = o.tenant_id) AS household_country
"""
_TO_THEIR_DAYS = """
UPDATE occurrence o SET posted_on = i.day
  FROM unnest(CAST(:templates AS uuid[]), CAST(:dues AS date[]), CAST(:days AS date[])) AS i(id, due, day)
 WHERE o.recurring_id = i.id AND o.due_date = i.due
"""
# Unless the occurrence was posted another time meanwhile, or the transaction settles something else by now.
_RESTORED = """
UPDATE occurrence o SET transaction_id = o.removed_id, state = o.removed_state, posted_on = t.date, removed_id = NULL,
       removed_state = NULL
  FROM transaction t WHERE t.tenant_id = o.tenant_id AND t.id = o.removed_id
   AND o.removed_id = ANY(CAST(:ids AS uuid[])) AND o.transaction_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM occurrence x WHERE x.tenant_id = o.tenant_id AND x.transaction_id = t.id)
"""
_ORDINARY = """
UPDATE transaction t SET source = 'manual' WHERE t.id = ANY(CAST(:ids AS uuid[])) AND t.source = 'recurring'
   AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.tenant_id = t.tenant_id AND o.transaction_id = t.id)
"""


def transactions_removed(w: Work, ids: Sequence[UUID]) -> None:
    """Free the occurrences of these transactions, just before they are deleted.

    What we posted is skipped from now on (it must not come back by itself); what a member confirmed, or a bank row
    or another transaction paid, is due again on its own day. Restoring the transaction brings the occurrence back.
    """
    _to_their_days(w, w.rows(_REMOVED, ids=list(ids)))


def batch_removed(w: Work, batch_id: UUID) -> None:
    """Free the occurrences of an import's transactions, just before these are removed: they are due again."""
    of_batch = "ANY(SELECT t.id FROM transaction t WHERE t.batch_id = :batch)"
    _to_their_days(w, w.rows(_REMOVED.replace("ANY(CAST(:ids AS uuid[]))", of_batch), batch=batch_id))


def transactions_restored(w: Work, ids: Sequence[UUID]) -> None:
    """Give occurrences their transactions back, just after these were restored.

    A restored transaction whose date has another one by now is an ordinary one from then on.
    """
    w.run(_RESTORED, ids=list(ids))
    w.run(_ORDINARY, ids=list(ids))


def _to_their_days(w: Work, freed: Sequence[Row[Any]]) -> None:
    """Expect what is due again on its own day: while it was paid, it stood on the payment's."""
    moved = [(row, day) for row in freed if row.state == "due" and (day := planned_day(row)) != row.posted_on]
    if moved:
        w.run(
            _TO_THEIR_DAYS,
            templates=[row.recurring_id for row, _ in moved],
            dues=[row.due_date for row, _ in moved],
            days=[day for _, day in moved],
        )
