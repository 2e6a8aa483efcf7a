"""Which categories a budget's lines stand for: a category with a line of its own, else its parent's line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.budgets.views import LineView
from recaller.services.listing.query import fetch

MAX_CATEGORIES = 4000
_CATEGORIES = (
    "SELECT id, parent_id, kind, name, icon, system IS NOT NULL, closed_on IS NOT NULL, position FROM account"
    f" WHERE kind IN ('income', 'expense') LIMIT {MAX_CATEGORIES}"
)


@dataclass(frozen=True, slots=True)
class Category:
    """A category as budgets need it."""

    id: UUID
    parent_id: UUID | None
    kind: str
    name: str
    icon: str
    system: bool
    hidden: bool
    position: int


class CategoryTree:
    """The household's categories, as they are grouped now."""

    def __init__(self, categories: Iterable[Category]) -> None:
        self.by_id = {one.id: one for one in categories}

    def parent(self, category: Category) -> Category | None:
        """Return the category that this one stands under."""
        return None if category.parent_id is None else self.by_id.get(category.parent_id)

    def group(self, category: Category) -> Category:
        """Return the category of the top level that this one belongs to."""
        return self.parent(category) or category

    def of_kind(self, kind: str) -> list[UUID]:
        """Return the ids of all income or expense categories."""
        return [one.id for one in self.by_id.values() if one.kind == kind]

    def owners(self, lines: Sequence[LineView]) -> Mapping[UUID, LineView]:
        """Return each category's line: its own, else its parent's. Each category has at most one."""
        own = {line.category_id: line for line in lines}
        found: dict[UUID, LineView] = {}
        for category in self.by_id.values():
            line = own.get(category.id) or (own.get(category.parent_id) if category.parent_id else None)
            if line is not None:
                found[category.id] = line
        return found


def read_categories(w: Work) -> CategoryTree:
    """Return every category in sight."""
    return CategoryTree(Category(*row) for row in fetch(w, _CATEGORIES))
