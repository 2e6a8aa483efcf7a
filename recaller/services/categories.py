"""Categories: the income and expense accounts, in a tree of two levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.account_kinds import CATEGORY_KINDS, Kind
from recaller.infra.work import Work
from recaller.services.category_use import use_of_category

MAX_NAME = 80
MAX_CATEGORIES = 2000


@dataclass(frozen=True, slots=True)
class CategoryView:
    """An income or expense category; `parent_id` None stands for the top level. `system` ones can't change."""

    id: UUID
    kind: str
    name: str
    parent_id: UUID | None
    parent_name: str | None
    icon: str
    system: bool
    hidden: bool
    version: int

    @property
    def path(self) -> str:
        """Name with its parent's, as pickers show it."""
        return f"{self.parent_name} › {self.name}" if self.parent_name else self.name


_SELECT = (
    "SELECT c.id, c.kind, c.name, c.parent_id, p.name AS parent_name, c.icon, c.system, c.closed_on, c.version,"
    " c.space_id FROM account c LEFT JOIN account p ON p.tenant_id = c.tenant_id AND p.id = c.parent_id"
)


def list_categories(w: Work, *, hidden: bool = False) -> tuple[CategoryView, ...]:
    """Return the categories, income first, each parent followed by its children."""
    rows = w.rows(
        f"{_SELECT} WHERE c.kind IN ('income', 'expense') AND (c.closed_on IS NULL OR :hidden)"
        " ORDER BY c.kind DESC, coalesce(p.position, c.position), coalesce(p.name, c.name),"
        " (c.parent_id IS NOT NULL), c.position, c.name, c.id LIMIT :most",
        hidden=hidden,
        most=MAX_CATEGORIES,
    )
    return tuple(_view(row) for row in rows)


def get_category(w: Work, category_id: UUID) -> CategoryView:
    """Return one category; raise NotFound when none is in sight."""
    return _view(_row(w, category_id))


def create_category(
    w: Work, name: str, kind: str, *, parent_id: UUID | None = None, icon: str = "tag"
) -> CategoryView:
    """Create a category, visible to the whole household; raise ValidationFailed or Conflict (name taken)."""
    if kind not in CATEGORY_KINDS:
        raise ValidationFailed("kind", "A category is either income or expense.")
    tidy = _check_name(name)
    parent = _check_parent(w, parent_id, kind)
    made = new_id()
    _refuse_same_name(w, made, tidy, kind, parent)
    w.run(
        "INSERT INTO account (tenant_id, space_id, id, kind, subtype, name, parent_id, icon, position)"
        " VALUES (:tenant, :space, :id, CAST(:kind AS varchar), 'category', :name, :parent, :icon,"
        " (SELECT coalesce(max(position), 0) + 1 FROM account WHERE kind = CAST(:kind AS varchar)))",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        id=made,
        kind=kind,
        name=tidy,
        parent=parent,
        icon=icon[:40],
    )
    w.audit("create", "category", made, space_id=w.scope.shared_space_id, after={"name": tidy, "kind": kind})
    return get_category(w, made)


def edit_category(
    w: Work, category_id: UUID, *, name: str, parent_id: UUID | None, icon: str, version: int
) -> CategoryView:
    """Rename or move a category; raise Conflict when it was edited elsewhere, or its name is taken."""
    row = _row(w, category_id)
    before = _view(row)
    if before.system:
        raise Conflict("This category belongs to the ledger and can't be changed.")
    tidy = _check_name(name)
    parent = _check_parent(w, parent_id, before.kind)
    if parent == category_id:
        raise ValidationFailed("parent", "A category can't be its own parent.")
    if parent is not None and _has_children(w, category_id):
        raise ValidationFailed("parent", "A category with sub-categories stays at the top level.")
    _refuse_same_name(w, category_id, tidy, before.kind, parent)
    done = w.run(
        "UPDATE account SET name = :name, parent_id = :parent, icon = :icon, version = version + 1"
        " WHERE id = :id AND version = :version",
        name=tidy,
        parent=parent,
        icon=icon[:40],
        id=category_id,
        version=version,
    )
    if done.rowcount == 0:
        raise Conflict(
            "This category was changed elsewhere meanwhile. Look at it again, then repeat your change."
        )
    after = get_category(w, category_id)
    w.audit(
        "edit", "category", category_id, space_id=row.space_id, before=_plain(before), after=_plain(after)
    )
    return after


def hide_category(w: Work, category_id: UUID, *, hidden: bool) -> CategoryView:
    """Take a category out of the pickers (its transactions keep it), or bring it back."""
    row = _row(w, category_id)
    before = _view(row)
    if before.system:
        raise Conflict("This category belongs to the ledger and can't be hidden.")
    if not hidden:
        _refuse_same_name(w, category_id, before.name, before.kind, before.parent_id)
    w.run(
        "UPDATE account SET closed_on = :on, version = version + 1 WHERE id = :id",
        on=w.today if hidden else None,
        id=category_id,
    )
    after = get_category(w, category_id)
    w.audit("hide" if hidden else "show", "category", category_id, space_id=row.space_id,
            before=_plain(before), after=_plain(after))  # fmt: skip
    return after


def delete_category(w: Work, category_id: UUID) -> None:
    """Delete an unused category without children; raise Conflict saying what uses it otherwise.

    Payees lose it as their default, budgets the lines of it that were taken out of them.
    """
    row = _row(w, category_id)
    view = _view(row)
    if view.system:
        raise Conflict("This category belongs to the ledger and can't be deleted.")
    if (used := use_of_category(w, category_id)) is not None:
        raise Conflict(used)
    w.run("UPDATE payee SET default_category_id = NULL WHERE default_category_id = :id", id=category_id)
    w.run("UPDATE recurring_suggestion SET category_id = NULL WHERE category_id = :id", id=category_id)
    # Lines that were taken out of their budgets; one that is in a budget was refused above.
    w.run(
        "DELETE FROM budget_line l USING budget b WHERE l.category_id = :id AND b.tenant_id = l.tenant_id"
        " AND b.id = l.budget_id AND (l.removed_at IS NOT NULL OR b.removed_at IS NOT NULL)",
        id=category_id,
    )
    try:
        with w.connection.begin_nested():
            w.run("DELETE FROM account WHERE id = :id", id=category_id)
    except IntegrityError as error:
        # The database sees what another member keeps private; whose and what it is isn't told.
        raise Conflict("Something out of your sight uses this category: hide it instead.") from error
    w.audit("delete", "category", category_id, space_id=row.space_id, before=_plain(view))


def _check_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= MAX_NAME:
        raise ValidationFailed("name", f"Give the category a name of at most {MAX_NAME} characters.")
    return tidy


def _check_parent(w: Work, parent_id: UUID | None, kind: str) -> UUID | None:
    if parent_id is None:
        return None
    parent = get_category(w, parent_id)
    if parent.kind != kind:
        raise ValidationFailed(
            "parent", "An income category can't stand under an expense category, or vice versa."
        )
    if parent.parent_id is not None or parent.system:
        raise ValidationFailed("parent", "Categories have two levels: choose one at the top level.")
    return parent_id


def _refuse_same_name(w: Work, category_id: UUID, name: str, kind: str, parent: UUID | None) -> None:
    taken = w.row(
        "SELECT 1 FROM account WHERE kind = :kind AND lower(name) = lower(:name) AND closed_on IS NULL"
        " AND parent_id IS NOT DISTINCT FROM :parent AND id <> :id",
        kind=kind,
        name=name,
        parent=parent,
        id=category_id,
    )
    if taken:
        raise Conflict(f"There is already a category named {name!r} there.")


def _has_children(w: Work, category_id: UUID) -> bool:
    return w.row("SELECT 1 FROM account WHERE parent_id = :id LIMIT 1", id=category_id) is not None


def _row(w: Work, category_id: UUID) -> Row[Any]:
    row = w.row(f"{_SELECT} WHERE c.id = :id", id=category_id)
    if row is None or Kind(row.kind) not in CATEGORY_KINDS:
        raise NotFound("category", category_id)
    return row


def _view(row: Row[Any]) -> CategoryView:
    return CategoryView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        parent_id=row.parent_id,
        parent_name=row.parent_name,
        icon=row.icon,
        system=row.system is not None,
        hidden=row.closed_on is not None,
        version=row.version,
    )


def _plain(view: CategoryView) -> dict[str, Any]:
    return {
        "name": view.name,
        "kind": view.kind,
        "parent_id": view.parent_id,
        "icon": view.icon,
        "hidden": view.hidden,
    }
