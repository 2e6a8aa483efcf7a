"""Takes a committed import back, to the exact state before it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from recaller.core.errors import Conflict
from recaller.infra.work import Work
from recaller.services.imports.views import ImportView, batch_row, get_import
from recaller.services.transactions.recording import HIDDEN_PART

MAX_LISTED = 200
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '600s'"


@dataclass(frozen=True, slots=True)
class UndoView:
    """What an undo did: transactions removed, those kept because they were edited, the batch afterwards."""

    removed: int
    kept: tuple[UUID, ...]
    batch: ImportView


def edited_since(w: Work, batch_id: UUID) -> tuple[UUID, ...]:
    """Return transactions of the import that were edited after it."""
    rows = w.rows(
        "SELECT id FROM transaction WHERE batch_id = :id AND version > 1 ORDER BY date, id LIMIT :most",
        id=batch_id,
        most=MAX_LISTED,
    )
    return tuple(row.id for row in rows)


def undo_import(w: Work, batch_id: UUID, *, keep_edited: bool = False) -> UndoView:
    """Remove what an import brought: its transactions, and the payees and tags that nothing else uses.

    Transactions edited since are removed too, unless `keep_edited`: then they stay and leave the import. Links to
    hand-made transactions are undone. Raises Conflict when not committed, or when something of it is reconciled.
    """
    w.run(STATEMENT_TIMEOUT)
    w.lock_ledger()
    batch = batch_row(w, batch_id, lock=True)
    if batch.status != "committed":
        raise Conflict("Only a committed import can be undone.")
    edited = edited_since(w, batch_id)
    if keep_edited and edited:
        w.run("UPDATE transaction SET batch_id = NULL WHERE batch_id = :id AND version > 1", id=batch_id)
    reconciled = w.row(
        "SELECT 1 FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id"
        " WHERE t.batch_id = :id AND p.reconciled LIMIT 1",
        id=batch_id,
    )
    if reconciled:
        raise Conflict("A transaction of this import is reconciled: undo the reconciliation first.")
    hidden = w.row(
        "SELECT 1 FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id"
        " WHERE t.batch_id = :id GROUP BY p.transaction_id, p.currency HAVING sum(p.amount) <> 0 LIMIT 1",
        id=batch_id,
    )
    if hidden:
        raise Conflict(HIDDEN_PART)
    w.run(
        "DELETE FROM posting WHERE transaction_id IN (SELECT id FROM transaction WHERE batch_id = :id)",
        id=batch_id,
    )
    removed = w.run("DELETE FROM transaction WHERE batch_id = :id", id=batch_id).rowcount
    w.run(
        "UPDATE posting p SET import_id = NULL, cleared = false FROM import_row r WHERE r.batch_id = :id"
        " AND r.choice = 'match' AND r.match_id = p.transaction_id AND r.account_id = p.account_id"
        " AND r.import_id = p.import_id AND p.tenant_id = r.tenant_id AND NOT p.reconciled",
        id=batch_id,
    )
    w.run(
        "DELETE FROM payee p WHERE p.batch_id = :id AND NOT EXISTS"
        " (SELECT 1 FROM transaction t WHERE t.tenant_id = p.tenant_id AND t.payee_id = p.id)",
        id=batch_id,
    )
    w.run(
        "DELETE FROM tag g WHERE g.batch_id = :id AND NOT EXISTS"
        " (SELECT 1 FROM transaction_tag x WHERE x.tenant_id = g.tenant_id AND x.tag_id = g.id)",
        id=batch_id,
    )
    for account_id in (batch.counts or {}).get("number_learnt", []):
        w.run(
            "UPDATE account SET number_encrypted = NULL, number_digest = NULL WHERE id = :id",
            id=UUID(account_id),
        )
    w.run("UPDATE import_batch SET status = 'undone' WHERE id = :id", id=batch_id)
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    kept = edited if keep_edited else ()
    w.audit(
        "undo",
        "import",
        batch_id,
        space_id=batch.space_id,
        before={"file": batch.filename, "removed": removed},
        after={"kept": [str(one) for one in kept]},
    )
    return UndoView(removed, kept, get_import(w, batch_id))
