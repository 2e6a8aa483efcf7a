"""Payees: found or made by name, renamed, merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.text import fold
from recaller.infra.work import Work

MAX_NAME = 200
MAX_SUGGESTIONS = 20
# How many of a payee's newest transactions say which category is usual for it.
LATELY = 30


@dataclass(frozen=True, slots=True)
class PayeeView:
    """A payee; `default_category_id` is proposed for the next transaction with it."""

    id: UUID
    name: str
    default_category_id: UUID | None


def check_name(name: str) -> str:
    """Return the name with its white space tidied; raise ValidationFailed when empty or too long."""
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= MAX_NAME:
        raise ValidationFailed("payee", f"A payee's name has 1 to {MAX_NAME} characters.")
    return tidy


def find_or_create_payee(w: Work, name: str, space_id: UUID) -> UUID:
    """Return the id of the payee of exactly this name in the space, making it when there is none."""
    tidy = check_name(name)
    row = w.row(
        "INSERT INTO payee (tenant_id, space_id, id, name, folded) VALUES (:tenant, :space, :id, :name, :folded)"
        " ON CONFLICT (tenant_id, space_id, name) DO UPDATE SET name = excluded.name RETURNING id",
        tenant=w.scope.tenant_id,
        space=space_id,
        id=new_id(),
        name=tidy,
        folded=fold(tidy),
    )
    assert row is not None
    return UUID(str(row.id))


def get_payee(w: Work, payee_id: UUID) -> PayeeView:
    """Return one payee; raise NotFound when none is in sight."""
    row = w.row("SELECT id, name, default_category_id FROM payee WHERE id = :id", id=payee_id)
    if row is None:
        raise NotFound("payee", payee_id)
    return PayeeView(row.id, row.name, row.default_category_id)


def list_payees(
    w: Work, *, starting_with: str = "", after: str = "", limit: int = 100
) -> tuple[PayeeView, ...]:
    """Return payees by name, those after `after`, optionally only names that contain `starting_with`."""
    pattern = "%" + escape_like(fold(starting_with)) + "%"
    rows = w.rows(
        "SELECT id, name, default_category_id FROM payee WHERE folded LIKE :pattern AND name > :after"
        " ORDER BY name LIMIT :most",
        pattern=pattern,
        after=after,
        most=min(limit, 200),
    )
    return tuple(PayeeView(row.id, row.name, row.default_category_id) for row in rows)


def suggest_payees(w: Work, typed: str) -> tuple[PayeeView, ...]:
    """Return likely payees for what was typed so far: names that start with it first, then names with it inside."""
    folded = escape_like(fold(typed))
    rows = w.rows(
        "SELECT id, name, default_category_id FROM payee WHERE folded LIKE :inside"
        " ORDER BY (folded LIKE :start) DESC, name LIMIT :most",
        inside=f"%{folded}%",
        start=f"{folded}%",
        most=MAX_SUGGESTIONS,
    )
    return tuple(PayeeView(row.id, row.name, row.default_category_id) for row in rows)


def get_payees(w: Work, ids: Sequence[UUID]) -> tuple[PayeeView, ...]:
    """Return those of these payees that are in sight, by name."""
    rows = w.rows(
        "SELECT id, name, default_category_id FROM payee WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY name",
        ids=list(ids),
    )
    return tuple(PayeeView(row.id, row.name, row.default_category_id) for row in rows)


def usual_category(w: Work, payee_id: UUID) -> UUID | None:
    """Return the category to propose for a payee: its default, else the one most often used lately.

    Only open categories that aren't the ledger's own are proposed. Raises NotFound for a payee out of sight.
    """
    payee = get_payee(w, payee_id)
    row = w.row(
        "SELECT c.id FROM account c LEFT JOIN (SELECT t.category_id, count(*) AS uses, max(t.date) AS latest FROM"
        " (SELECT category_id, date FROM transaction WHERE payee_id = :payee ORDER BY date DESC, id DESC"
        " LIMIT :most) t GROUP BY t.category_id) u ON u.category_id = c.id"
        " WHERE (c.id = :default OR u.category_id IS NOT NULL) AND c.system IS NULL AND c.closed_on IS NULL"
        " AND c.kind IN ('income', 'expense')"
        " ORDER BY (c.id = :default) DESC NULLS LAST, u.uses DESC NULLS LAST, u.latest DESC LIMIT 1",
        payee=payee_id,
        default=payee.default_category_id,
        most=LATELY,
    )
    return None if row is None else UUID(str(row.id))


def rename_payee(w: Work, payee_id: UUID, name: str) -> PayeeView:
    """Rename a payee everywhere; raise Conflict when another one has the name (merge them instead)."""
    before = get_payee(w, payee_id)
    tidy = check_name(name)
    space = _space(w, payee_id)
    taken = w.row(
        "SELECT 1 FROM payee WHERE name = :name AND space_id = :space AND id <> :id",
        name=tidy,
        space=space,
        id=payee_id,
    )
    if taken:
        raise Conflict(f"There is already a payee named {tidy!r}: merge the two instead.")
    w.run(
        "UPDATE payee SET name = :name, folded = :folded WHERE id = :id",
        name=tidy,
        folded=fold(tidy),
        id=payee_id,
    )
    w.audit("rename", "payee", payee_id, space_id=space, before={"name": before.name}, after={"name": tidy})
    return get_payee(w, payee_id)


def merge_payees(w: Work, payee_id: UUID, into_id: UUID) -> PayeeView:
    """Give all transactions of one payee to another and remove the first; raise NotFound for either."""
    if payee_id == into_id:
        raise ValidationFailed("into", "A payee can't be merged into itself.")
    gone, kept = get_payee(w, payee_id), get_payee(w, into_id)
    w.lock_ledger()
    moved = w.run(
        "UPDATE transaction SET payee_id = :into WHERE payee_id = :id", into=into_id, id=payee_id
    ).rowcount
    w.run("UPDATE recurring SET payee_id = :into WHERE payee_id = :id", into=into_id, id=payee_id)
    space = _space(w, payee_id)
    w.run("DELETE FROM payee WHERE id = :id", id=payee_id)
    w.audit(
        "merge",
        "payee",
        payee_id,
        space_id=space,
        before={"name": gone.name},
        after={"into": str(into_id), "name": kept.name, "transactions": moved},
    )
    return kept


def escape_like(text: str) -> str:
    """Return the text so that LIKE takes each of its characters literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _space(w: Work, payee_id: UUID) -> UUID:
    row = w.row("SELECT space_id FROM payee WHERE id = :id", id=payee_id)
    if row is None:
        raise NotFound("payee", payee_id)
    return UUID(str(row.space_id))
