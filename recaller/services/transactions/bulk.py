"""Changes to many transactions at once: set-based, one audit entry for each transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from recaller.core.errors import Forbidden, NotFound, ValidationFailed
from recaller.domain.account_kinds import CATEGORY_KINDS
from recaller.infra.work import Work
from recaller.services.ledger_events import ledger_changed
from recaller.services.payees import find_or_create_payee
from recaller.services.tags import check_tags, set_tags
from recaller.services.transactions.origins import mark_edited
from recaller.services.transactions.postings import account_facts
from recaller.services.transactions.recording import HIDDEN_PART, remove_transactions
from recaller.services.transactions.views import TransactionView, get_transactions, snapshot

MAX_SELECTION = 5000

# All postings of the chosen transactions go out in one DELETE and come back in one INSERT, so that each of
# the two statements is balanced; the only difference is the category.
_RECATEGORISE = """
WITH moved AS (
  DELETE FROM posting WHERE transaction_id = ANY(CAST(:ids AS uuid[])) RETURNING *
)
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo, cleared,
                     reconciled, import_id)
SELECT m.tenant_id, m.space_id, m.transaction_id, m.line,
       CASE WHEN m.account_id = t.category_id THEN CAST(:category AS uuid) ELSE m.account_id END,
       m.date, m.amount, m.currency, m.memo, m.cleared, m.reconciled, m.import_id
  FROM moved m JOIN transaction t ON t.tenant_id = m.tenant_id AND t.id = m.transaction_id
"""


def categorise_transactions(w: Work, ids: Sequence[UUID], category_id: UUID) -> int:
    """Give each of these transactions one category; returns how many changed.

    Splits, transfers and openings keep their shape and are left out. Raises NotFound for an unknown category.
    """
    w.lock_ledger()
    category = account_facts(w, [category_id])[category_id]
    if category.kind not in CATEGORY_KINDS:
        raise NotFound("category", category_id)
    if category.closed:
        raise ValidationFailed("category", f"{category.name!r} is hidden.")
    before = [
        view for view in _selected(w, ids) if view.shape == "simple" and view.category_id != category_id
    ]
    if not before:
        return 0
    changed = [view.id for view in before]
    w.run(_RECATEGORISE, ids=changed, category=category_id)
    w.run(
        "UPDATE transaction SET category_id = :category, version = version + 1 WHERE id = ANY(CAST(:ids AS uuid[]))",
        category=category_id,
        ids=changed,
    )
    _note_edits(w, "categorise", before)
    ledger_changed(w)
    return len(changed)


def set_payee_of_transactions(w: Work, ids: Sequence[UUID], payee: str) -> int:
    """Give each of these transactions the payee of this name, or none for ""; returns how many changed."""
    w.lock_ledger()
    before = _selected(w, ids)
    for space in sorted({_space(w, view) for view in before}):
        chosen = [view.id for view in before if _space(w, view) == space]
        payee_id = find_or_create_payee(w, payee, space) if payee.strip() else None
        w.run(
            "UPDATE transaction SET payee_id = :payee, version = version + 1 WHERE id = ANY(CAST(:ids AS uuid[]))",
            payee=payee_id,
            ids=chosen,
        )
    _note_edits(w, "edit", before)
    return len(before)


def tag_transactions(w: Work, ids: Sequence[UUID], add: Sequence[str], remove: Sequence[str] = ()) -> int:
    """Add and remove tags on each of these transactions; returns how many were touched."""
    added, dropped = check_tags(add), {name.lower() for name in remove}
    w.lock_ledger()
    before = _selected(w, ids)
    for view in before:
        kept = [name for name in view.tags if name.lower() not in dropped]
        set_tags(w, view.id, [*kept, *added], _space(w, view))
    if before:
        w.run(
            "UPDATE transaction SET version = version + 1 WHERE id = ANY(CAST(:ids AS uuid[]))",
            ids=[view.id for view in before],
        )
    _note_edits(w, "edit", before)
    return len(before)


def delete_transactions(w: Work, ids: Sequence[UUID]) -> int:
    """Delete these transactions, all or none; returns how many. Each can be restored."""
    w.lock_ledger()
    views = _selected(w, ids)
    remove_transactions(w, views)
    return len(views)


def _selected(w: Work, ids: Sequence[UUID]) -> list[TransactionView]:
    wanted = set(ids)
    if len(wanted) > MAX_SELECTION:
        raise ValidationFailed("ids", f"Choose at most {MAX_SELECTION} transactions at a time.")
    views = get_transactions(w, list(wanted))
    missing = wanted - {view.id for view in views}
    if missing:
        raise NotFound("transaction", next(iter(missing)))
    if not all(view.complete for view in views):
        raise Forbidden(HIDDEN_PART)
    return views


def _space(w: Work, view: TransactionView) -> UUID:
    return w.scope.default_space(private=view.private)


def _note_edits(w: Work, action: str, before: Sequence[TransactionView]) -> None:
    after = {view.id: view for view in get_transactions(w, [view.id for view in before])}
    mark_edited(w, [(view, after[view.id]) for view in before])
    for view in before:
        w.audit(
            action,
            "transaction",
            view.id,
            space_id=_space(w, view),
            before=snapshot(view),
            after=snapshot(after[view.id]),
        )
