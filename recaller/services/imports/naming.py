"""What the names in a file stand for at its commit: categories (made when asked for) and own accounts in splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from recaller.core.errors import RecallerError
from recaller.infra.work import Work
from recaller.services.categories import MAX_NAME, CategoryView, create_category, list_categories

MAX_NEW_CATEGORIES = 300

# Each name with the direction of its money: "Refunds" may be an income here and an expense there.
_HINTS = """
SELECT hint, positive, count(*) AS n FROM (
  SELECT category_hint AS hint, amount > 0 AS positive FROM chosen WHERE category_hint IS NOT NULL
  UNION ALL
  SELECT part ->> 0, CAST(part ->> 1 AS bigint) > 0
    FROM chosen, jsonb_array_elements(extra -> 'parts') AS part
   WHERE part ->> 0 IS NOT NULL AND part ->> 0 NOT LIKE '[%') AS named
 GROUP BY hint, positive ORDER BY hint, positive LIMIT 20000
"""


def name_categories(w: Work, *, make: bool) -> list[UUID]:
    """Fill the temporary table `named` with the category of each name in `chosen`; returns those made for it.

    A name is looked for as a whole, as "group:category", then by its last part; without `make` an unknown one stays
    uncategorised.
    """
    w.run("CREATE TEMP TABLE named (hint text, positive boolean, category_id uuid) ON COMMIT DROP")
    wanted = [(row.hint, row.positive) for row in w.rows(_HINTS)]
    if not wanted:
        return []
    book = _Book(list_categories(w))
    made: list[UUID] = []
    found: list[tuple[str, bool, UUID]] = []
    money_out = {hint for hint, positive in wanted if not positive}
    for hint, positive in wanted:
        category = book.find(hint, positive)
        if category is None and make and len(made) < MAX_NEW_CATEGORIES:
            # One category for both directions, on the side where money goes out if any does.
            made += _make(w, book, hint, "expense" if hint in money_out else "income")
            category = book.find(hint, positive)
        if category is not None:
            found.append((hint, positive, category))
    if found:
        hints, directions, ids = zip(*found, strict=True)
        w.run(
            "INSERT INTO named SELECT * FROM unnest(CAST(:hints AS text[]), CAST(:directions AS boolean[]),"
            " CAST(:ids AS uuid[]))",
            hints=list(hints),
            directions=list(directions),
            ids=list(ids),
        )
    return made


def name_accounts(w: Work, names: Iterable[str], statements: Sequence[dict[str, object]]) -> dict[str, UUID]:
    """Return the own account of each name in brackets: as chosen for the file, else the open account of that name."""
    chosen = {
        str(one["hint"]).casefold(): UUID(str(one["account_id"]))
        for one in statements
        if one.get("account_id")
    }
    wanted = list(dict.fromkeys(names))
    rows = w.rows(
        "SELECT DISTINCT ON (lower(name)) lower(name) AS name, id FROM account WHERE kind IN ('asset', 'liability')"
        " AND closed_on IS NULL AND lower(name) = ANY(CAST(:names AS varchar[])) ORDER BY lower(name), id",
        names=[name.lower() for name in wanted],
    )
    known = {row.name: row.id for row in rows}
    found = {name: chosen.get(name.casefold()) or known.get(name.lower()) for name in wanted}
    return {name: account for name, account in found.items() if account is not None}


class _Book:
    """The household's categories by their names."""

    def __init__(self, categories: Iterable[CategoryView]) -> None:
        self.by_name: dict[str, list[CategoryView]] = {}
        for one in categories:
            self.add(one)

    def add(self, category: CategoryView) -> None:
        if category.system:
            return
        names = {category.name.casefold()}
        if category.parent_name:
            names.add(f"{category.parent_name}:{category.name}".casefold())
        for name in names:
            self.by_name.setdefault(name, []).append(category)

    def find(self, hint: str, positive: bool) -> UUID | None:
        """Return the category of a name, of the money's direction if there are two."""
        kind = "income" if positive else "expense"
        for name in dict.fromkeys(
            (hint.casefold(), ":".join(_path(hint)).casefold(), _path(hint)[-1].casefold())
        ):
            found = self.by_name.get(name, ())
            if found:
                return min(found, key=lambda one: (one.kind != kind, one.id)).id
        return None

    def top(self, name: str, kind: str) -> UUID | None:
        """Return the group of this name."""
        return next(
            (
                one.id
                for one in self.by_name.get(name.casefold(), ())
                if one.kind == kind and one.parent_id is None
            ),
            None,
        )


def _path(hint: str) -> list[str]:
    """Return the levels of a name; the tree has two, so deeper ones keep their last two."""
    return [part.strip() for part in hint.split(":") if part.strip()][-2:] or [hint.strip() or "Imported"]


def _make(w: Work, book: _Book, hint: str, kind: str) -> list[UUID]:
    """Make the category of a name, and its group; a name that can't be one is left out."""
    path = [name[:MAX_NAME].strip() for name in _path(hint)]
    made = []
    parent = None
    try:
        with w.connection.begin_nested():
            if len(path) == 2:
                parent = book.top(path[0], kind)
                if parent is None:
                    group = create_category(w, path[0], kind)
                    parent = group.id
                    made.append(group)
            made.append(create_category(w, path[-1], kind, parent_id=parent))
    except RecallerError:
        return []
    for one in made:
        book.add(one)
    return [one.id for one in made]
