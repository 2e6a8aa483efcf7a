"""What uses a category: asked before it is deleted, by hand or by the undo of the import that made it."""

from __future__ import annotations

from uuid import UUID

from recaller.infra.work import Work

_BUDGETED = """
SELECT b.name FROM budget_line l JOIN budget b ON b.tenant_id = l.tenant_id AND b.id = l.budget_id
 WHERE l.category_id = :id AND l.removed_at IS NULL AND b.removed_at IS NULL LIMIT 1
"""
_RECURRING = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM recurring_line WHERE account_id = :id)
            OR EXISTS (SELECT 1 FROM recurring WHERE category_id = :id)
"""
_NAMED = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM payee WHERE default_category_id = :id)
            OR EXISTS (SELECT 1 FROM budget_line WHERE category_id = :id)
            OR EXISTS (SELECT 1 FROM recurring_suggestion WHERE category_id = :id)
            OR EXISTS (SELECT 1 FROM rule WHERE CAST(actions AS text) LIKE :like OR CAST(conditions AS text) LIKE :like)
"""


def use_of_category(w: Work, category_id: UUID) -> str | None:
    """Return a sentence on what would be lost with the category and how to free it; None when nothing uses it."""
    if w.row("SELECT 1 FROM account WHERE parent_id = :id LIMIT 1", id=category_id):
        return "This category has sub-categories: move or delete them first."
    if w.row("SELECT 1 FROM posting WHERE account_id = :id LIMIT 1", id=category_id):
        return "This category has transactions: move them to another one, or hide it."
    budgeted = w.row(_BUDGETED, id=category_id)
    if budgeted is not None:
        return f"The budget {budgeted.name!r} has a line for this category: remove that first."
    if w.row(_RECURRING, id=category_id):
        return "This category is used by a recurring transaction: change that first, or hide it."
    return None


def is_category_named(w: Work, category_id: UUID) -> bool:
    """Tell whether something names the category that can do without it: a payee's default, a rule, a former line."""
    return w.row(_NAMED, id=category_id, like=f"%{category_id}%") is not None
