"""Tags: free labels on transactions, made when first used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.ids import new_id
from recaller.infra.work import Work

MAX_NAME = 50
MAX_TAGS = 20


@dataclass(frozen=True, slots=True)
class TagView:
    """A tag."""

    id: UUID
    name: str


def check_tags(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names tidied and without repeats; raise ValidationFailed for bad or too many ones."""
    tidy: dict[str, str] = {}
    for name in names:
        clean = " ".join(name.split()).lstrip("#")
        if not 1 <= len(clean) <= MAX_NAME:
            raise ValidationFailed("tags", f"A tag has 1 to {MAX_NAME} characters.")
        tidy.setdefault(clean.lower(), clean)
    if len(tidy) > MAX_TAGS:
        raise ValidationFailed("tags", f"A transaction can have at most {MAX_TAGS} tags.")
    return tuple(tidy.values())


def list_tags(w: Work) -> tuple[TagView, ...]:
    """Return all tags by name."""
    rows = w.rows("SELECT id, name FROM tag ORDER BY lower(name), id LIMIT 1000")
    return tuple(TagView(row.id, row.name) for row in rows)


def set_tags(w: Work, transaction_id: UUID, names: Sequence[str], space_id: UUID) -> None:
    """Give a transaction exactly these tags, making new ones in its space."""
    w.run("DELETE FROM transaction_tag WHERE transaction_id = :id", id=transaction_id)
    for name in check_tags(names):
        row = w.row(
            "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:tenant, :space, :id, :name)"
            " ON CONFLICT (tenant_id, space_id, lower(name)) DO UPDATE SET name = tag.name RETURNING id",
            tenant=w.scope.tenant_id,
            space=space_id,
            id=new_id(),
            name=name,
        )
        assert row is not None
        w.run(
            "INSERT INTO transaction_tag (tenant_id, space_id, transaction_id, tag_id)"
            " VALUES (:tenant, :space, :transaction, :tag) ON CONFLICT DO NOTHING",
            tenant=w.scope.tenant_id,
            space=space_id,
            transaction=transaction_id,
            tag=row.id,
        )
