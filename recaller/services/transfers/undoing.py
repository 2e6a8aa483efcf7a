"""What an import's undo does with entries of it that were merged into transfers since."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from recaller.core.errors import Conflict
from recaller.infra.work import Work
from recaller.services.transactions.recording import HIDDEN_PART
from recaller.services.transfers.merging import restore_ends

_MERGES = """
SELECT m.transaction_id, m.other_id, m.kept, t.version > m.version AS edited,
       EXISTS (SELECT 1 FROM posting p WHERE p.tenant_id = t.tenant_id AND p.transaction_id = t.id AND p.reconciled)
         AS reconciled,
       EXISTS (SELECT 1 FROM posting p WHERE p.tenant_id = t.tenant_id AND p.transaction_id = t.id
                GROUP BY p.currency HAVING sum(p.amount) <> 0) AS hidden
  FROM transfer_merge m JOIN transaction t ON t.tenant_id = m.tenant_id AND t.id = m.transaction_id
 WHERE m.batch_id = :batch OR m.other_batch_id = :batch
"""


def merges_edited(w: Work, batch_id: UUID) -> tuple[UUID, ...]:
    """Return merged transfers with an end from the import that were edited after the merge."""
    return tuple(row.transaction_id for row in w.rows(_MERGES, batch=batch_id) if row.edited)


def split_merges_of(w: Work, batch_id: UUID, *, keep_edited: bool, keep: Collection[UUID] = ()) -> None:
    """Split the transfers that the import's entries became an end of, so that its undo finds them as it left them.

    With `keep_edited` (or named in `keep`), transfers edited since stay as they are and leave the import. Raises
    Conflict for one with a reconciled or hidden part.
    """
    for merge in w.rows(_MERGES, batch=batch_id):
        if merge.edited and (keep_edited or merge.transaction_id in keep):
            w.run(
                "UPDATE transaction SET batch_id = NULL WHERE id = :id AND batch_id = :batch",
                id=merge.transaction_id,
                batch=batch_id,
            )
            w.run("DELETE FROM transfer_merge WHERE transaction_id = :id", id=merge.transaction_id)
            continue
        if merge.hidden:
            raise Conflict(HIDDEN_PART)
        if merge.reconciled:
            raise Conflict(
                "A transfer with an end from this import is reconciled: undo the reconciliation first."
            )
        restore_ends(w, merge.transaction_id, merge.other_id, merge.kept)
