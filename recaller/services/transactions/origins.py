"""Who set a field of a transaction: a rule in a run, or a person; what a person set no rule overwrites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recaller.core.scope import Source
from recaller.infra.work import Work
from recaller.services.transactions.drafts import Draft, EntryDraft
from recaller.services.transactions.views import TransactionView

# Surfaces through which a person says what they want; imports and recurring postings only propose.
BY_HAND = frozenset({Source.MANUAL, Source.API, Source.AI})

_MARK = """
INSERT INTO field_origin (tenant_id, space_id, transaction_id, field, user_id, set_at)
SELECT :tenant, s, t, f, :user, :now
  FROM unnest(CAST(:spaces AS uuid[]), CAST(:ids AS uuid[]), CAST(:fields AS varchar[])) AS v(s, t, f)
ON CONFLICT (tenant_id, transaction_id, field) DO UPDATE
SET space_id = excluded.space_id, rule_id = NULL, run_id = NULL, user_id = excluded.user_id, set_at = excluded.set_at
"""


@dataclass(frozen=True, slots=True)
class OriginView:
    """Who set `field` last and when (UTC): the rule of this id and name, or somebody by hand (both None).

    A rule that is gone meanwhile has an id and no name.
    """

    field: str
    rule_id: UUID | None
    rule_name: str | None
    run_id: UUID | None
    set_at: datetime

    @property
    def by_hand(self) -> bool:
        """Whether a person set it, so that rules leave it alone."""
        return self.rule_id is None


def origins_of(w: Work, transaction_id: UUID) -> tuple[OriginView, ...]:
    """Return who set which field of a transaction; fields that nobody set are missing."""
    rows = w.rows(
        "SELECT o.field, o.rule_id, r.name, o.run_id, o.set_at FROM field_origin o"
        " LEFT JOIN rule r ON r.tenant_id = o.tenant_id AND r.id = o.rule_id"
        " WHERE o.transaction_id = :id ORDER BY o.field",
        id=transaction_id,
    )
    return tuple(OriginView(row.field, row.rule_id, row.name, row.run_id, row.set_at) for row in rows)


def mark_filled(w: Work, transaction_id: UUID, draft: Draft, space_id: UUID) -> None:
    """Note which fields a person filled when recording a transaction; nothing for imports and the like."""
    fields = []
    if not isinstance(draft, EntryDraft) or any(part.category_id is not None for part in draft.parts):
        fields.append("category")
    if draft.payee.strip():
        fields.append("payee")
    if draft.note:
        fields.append("note")
    if draft.tags:
        fields.append("tags")
    _mark(w, [(space_id, transaction_id, field) for field in fields])


def mark_edited(w: Work, pairs: Sequence[tuple[TransactionView, TransactionView]]) -> None:
    """Note which fields differ between before and after, as set by hand; the others keep their origin.

    A transaction that moved to another space takes its marks along.
    """
    marks = []
    for before, after in pairs:
        space = w.scope.default_space(private=after.private)
        marks += [(space, after.id, field) for field in _differing(before, after)]
        if before.private != after.private:
            w.run(
                "UPDATE field_origin SET space_id = :space WHERE transaction_id = :id",
                space=space,
                id=after.id,
            )
    _mark(w, marks)


def kept_origins(w: Work, ids: Sequence[UUID]) -> dict[UUID, list[list[str | None]]]:
    """Return the marks of transactions that are about to go, JSON-ready, so that a restored one has them again."""
    found: dict[UUID, list[list[str | None]]] = {}
    for row in w.rows(
        "SELECT transaction_id, field, rule_id, run_id FROM field_origin"
        " WHERE transaction_id = ANY(CAST(:ids AS uuid[])) ORDER BY transaction_id, field",
        ids=list(ids),
    ):
        ids_or_none = [None if one is None else str(one) for one in (row.rule_id, row.run_id)]
        found.setdefault(row.transaction_id, []).append([row.field, *ids_or_none])
    return found


def restore_origins(
    w: Work, transaction_id: UUID, space_id: UUID, kept: Sequence[Sequence[str | None]]
) -> None:
    """Write back what `kept_origins` gave."""
    for field, rule_id, run_id in kept:
        w.run(
            "INSERT INTO field_origin (tenant_id, space_id, transaction_id, field, rule_id, run_id, user_id, set_at)"
            " VALUES (:tenant, :space, :id, :field, CAST(:rule AS uuid), CAST(:run AS uuid), :user, :now)",
            tenant=w.scope.tenant_id,
            space=space_id,
            id=transaction_id,
            field=field,
            rule=rule_id,
            run=run_id,
            user=w.scope.user_id if rule_id is None else None,
            now=w.now,
        )


def _differing(before: TransactionView, after: TransactionView) -> list[str]:
    fields = []
    if _side(before) != _side(after):
        fields.append("category")
    if before.payee != after.payee:
        fields.append("payee")
    if before.note != after.note:
        fields.append("note")
    if before.tags != after.tags:
        fields.append("tags")
    return fields


def _side(view: TransactionView) -> tuple[object, ...]:
    """Return the other side of the entry; a simple entry's amount is no part of its category."""
    if view.shape == "simple":
        return view.shape, view.category_id
    others = [
        (line.account_id, line.amount, line.memo) for line in view.lines if line.account_id != view.account_id
    ]
    return view.shape, *others


def _mark(w: Work, marks: Sequence[tuple[UUID, UUID, str]]) -> None:
    if not marks or w.scope.source not in BY_HAND:
        return
    spaces, ids, fields = zip(*marks, strict=True)
    w.run(
        _MARK,
        tenant=w.scope.tenant_id,
        user=w.scope.user_id,
        now=w.now,
        spaces=list(spaces),
        ids=list(ids),
        fields=list(fields),
    )
