"""Takes a committed import back, to the exact state before it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from recaller.core.errors import Conflict
from recaller.infra.work import Work
from recaller.services.category_use import is_category_named, use_of_category
from recaller.services.imports.views import ImportView, batch_row, get_import
from recaller.services.ledger_events import ledger_changed
from recaller.services.occurrence_links import batch_removed
from recaller.services.recurring.settlements import take_back_settlements
from recaller.services.rules.linking import take_back_links
from recaller.services.transactions.recording import HIDDEN_PART
from recaller.services.transfers.undoing import merges_edited, split_merges_of

MAX_LISTED = 200
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '600s'"


@dataclass(frozen=True, slots=True)
class UndoView:
    """What an undo did: transactions removed, those kept because they were edited, the batch afterwards."""

    removed: int
    kept: tuple[UUID, ...]
    batch: ImportView


def edited_since(w: Work, batch_id: UUID) -> tuple[UUID, ...]:
    """Return transactions of the import that were edited after it; being merged into a transfer is no edit."""
    rows = w.rows(
        "SELECT t.id FROM transaction t WHERE t.batch_id = :id AND t.version > 1 AND NOT EXISTS (SELECT 1"
        " FROM transfer_merge m WHERE m.tenant_id = t.tenant_id AND m.transaction_id = t.id)"
        " ORDER BY t.date, t.id LIMIT :most",
        id=batch_id,
        most=MAX_LISTED,
    )
    return (*(row.id for row in rows), *merges_edited(w, batch_id))[:MAX_LISTED]


def undo_import(
    w: Work, batch_id: UUID, *, keep_edited: bool = False, keep: Collection[UUID] = ()
) -> UndoView:
    """Remove what an import brought: its transactions, and the payees and tags that nothing else uses.

    Transactions edited since are removed too, unless `keep_edited`: then they stay and leave the import; `keep` names
    those of them that stay alone. Links to
    hand-made transactions are undone, and transfers that its entries were merged into are split. Raises Conflict when
    not committed, or when something of it is reconciled.
    """
    w.run(STATEMENT_TIMEOUT)
    # Before any lock: a commit holds the batch while it waits for the ledger.
    _refuse_uncommitted(batch_row(w, batch_id))
    w.lock_ledger()
    batch = batch_row(w, batch_id, lock=True)
    _refuse_uncommitted(batch)
    edited = edited_since(w, batch_id)
    staying = edited if keep_edited else tuple(one for one in edited if one in set(keep))
    take_back_links(w, batch_id, keep=staying)
    take_back_settlements(w, batch_id, keep=staying)
    split_merges_of(w, batch_id, keep_edited=keep_edited, keep=staying)
    if keep_edited and edited:
        w.run("UPDATE transaction SET batch_id = NULL WHERE batch_id = :id AND version > 1", id=batch_id)
    elif staying:
        w.run(
            "UPDATE transaction SET batch_id = NULL WHERE batch_id = :id AND id = ANY(CAST(:ids AS uuid[]))",
            id=batch_id,
            ids=list(staying),
        )
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
    batch_removed(w, batch_id)
    w.run(
        "DELETE FROM posting WHERE transaction_id IN (SELECT id FROM transaction WHERE batch_id = :id)",
        id=batch_id,
    )
    removed = w.run("DELETE FROM transaction WHERE batch_id = :id", id=batch_id).rowcount
    w.run(
        "UPDATE posting p SET import_id = NULL, cleared = coalesce(r.was_cleared, false) FROM import_row r"
        " WHERE r.batch_id = :id AND r.choice = 'match' AND r.match_id = p.transaction_id"
        " AND r.account_id = p.account_id AND r.import_id = p.import_id AND p.tenant_id = r.tenant_id"
        " AND NOT p.reconciled",
        id=batch_id,
    )
    w.run(
        "DELETE FROM payee p WHERE p.batch_id = :id AND NOT EXISTS"
        " (SELECT 1 FROM transaction t WHERE t.tenant_id = p.tenant_id AND t.payee_id = p.id)"
        " AND NOT EXISTS (SELECT 1 FROM recurring r WHERE r.tenant_id = p.tenant_id AND r.payee_id = p.id)",
        id=batch_id,
    )
    w.run(
        "DELETE FROM tag g WHERE g.batch_id = :id AND NOT EXISTS"
        " (SELECT 1 FROM transaction_tag x WHERE x.tenant_id = g.tenant_id AND x.tag_id = g.id)"
        " AND NOT EXISTS (SELECT 1 FROM recurring_tag x WHERE x.tenant_id = g.tenant_id AND x.tag_id = g.id)",
        id=batch_id,
    )
    _remove_categories(w, (batch.counts or {}).get("categories_made", []))
    for account_id in (batch.counts or {}).get("number_learnt", []):
        w.run(
            "UPDATE account SET number_encrypted = NULL, number_digest = NULL WHERE id = :id",
            id=UUID(account_id),
        )
    w.run("UPDATE import_batch SET status = 'undone' WHERE id = :id", id=batch_id)
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    kept = staying
    w.audit(
        "undo",
        "import",
        batch_id,
        space_id=batch.space_id,
        before={"file": batch.filename, "removed": removed},
        after={"kept": [str(one) for one in kept]},
    )
    ledger_changed(w)
    return UndoView(removed, kept, get_import(w, batch_id))


def _refuse_uncommitted(batch: Row[Any]) -> None:
    if batch.status != "committed":
        raise Conflict("Only a committed import can be undone.")


def _remove_categories(w: Work, made: list[str]) -> None:
    """Remove the categories that the import made, children first, unless something uses or names them by now."""
    for category_id in map(UUID, reversed(made)):
        if use_of_category(w, category_id) is not None or is_category_named(w, category_id):
            continue
        try:
            with w.connection.begin_nested():
                w.run("DELETE FROM account WHERE id = :id", id=category_id)
        except IntegrityError:  # what another member keeps private uses it
            continue
