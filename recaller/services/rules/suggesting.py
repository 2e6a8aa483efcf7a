"""Suggests rules from what people keep doing by hand: the same payee to the same category, three times or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound
from recaller.core.text import fold
from recaller.domain.rules.model import Condition, Field, Group, MakeTransfer, Match, Op, SetCategory, Split
from recaller.infra.work import Work
from recaller.services.rules.keeping import RuleDraft, create_rule
from recaller.services.rules.preparing import active_rules, prepare
from recaller.services.rules.selecting import Selection, read_batches
from recaller.services.rules.views import RuleView

LEAST = 3
MAX_SUGGESTIONS = 10
# Candidates looked at; those that a rule covers already fall away.
MAX_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A rule that would save work: `times` entries of this payee were given this category by hand, none another."""

    payee_id: UUID
    payee: str
    category_id: UUID
    category: str
    times: int
    private: bool


# An entry that came by itself (or was corrected later) and whose category a person chose. A payee that got different
# categories by hand follows no rule.
_REPEATED = """
SELECT t.space_id, t.payee_id, y.name AS payee, (array_agg(t.category_id))[1] AS category_id, count(*) AS times,
       (array_agg(t.id ORDER BY t.date DESC, t.id DESC))[1] AS sample
  FROM field_origin o JOIN transaction t ON t.tenant_id = o.tenant_id AND t.id = o.transaction_id
  JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
 WHERE o.field = 'category' AND o.rule_id IS NULL AND (t.source NOT IN ('manual', 'api', 'ai') OR t.version > 1)
   AND (CAST(:payee AS uuid) IS NULL OR t.payee_id = CAST(:payee AS uuid))
 GROUP BY t.space_id, t.payee_id, y.name
HAVING count(*) >= :least AND count(DISTINCT t.category_id) = 1 AND count(t.category_id) = count(*)
 ORDER BY count(*) DESC, y.name, t.payee_id LIMIT :most
"""


def suggest_rules(w: Work) -> tuple[SuggestionView, ...]:
    """Return suggested rules, the most often repeated first; dismissed ones and what a rule does already left out."""
    return tuple(_suggestions(w, None))[:MAX_SUGGESTIONS]


def accept_suggestion(w: Work, payee_id: UUID, category_id: UUID) -> RuleView:
    """Make a suggested rule; raise NotFound when it isn't suggested (any more)."""
    found = _one(w, payee_id, category_id)
    condition = Condition(Field.PAYEE, Op.EQUALS, (found.payee,))
    draft = RuleDraft(
        Group(Match.ALL, (condition,)), (SetCategory(found.category_id),), private=found.private
    )
    return create_rule(w, draft)


def dismiss_suggestion(w: Work, payee_id: UUID, category_id: UUID) -> None:
    """Never suggest this payee with this category again; raise NotFound when it isn't suggested."""
    found = _one(w, payee_id, category_id)
    w.run(
        "INSERT INTO rule_suggestion_dismissal (tenant_id, space_id, payee, category_id, dismissed_by, dismissed_at)"
        " VALUES (:tenant, :space, :payee, :category, :user, :now) ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=w.scope.default_space(private=found.private),
        payee=fold(found.payee),
        category=category_id,
        user=w.scope.user_id,
        now=w.now,
    )


def _one(w: Work, payee_id: UUID, category_id: UUID) -> SuggestionView:
    for found in _suggestions(w, payee_id):
        if found.category_id == category_id:
            return found
    raise NotFound("suggestion", payee_id)


def _suggestions(w: Work, payee_id: UUID | None) -> list[SuggestionView]:
    rows = w.rows(_REPEATED, payee=payee_id, least=LEAST, most=MAX_CANDIDATES)
    if not rows:
        return []
    names = {
        row.id: row.name
        for row in w.rows(
            "SELECT id, name FROM account WHERE id = ANY(CAST(:ids AS uuid[])) AND system IS NULL"
            " AND closed_on IS NULL",
            ids=[row.category_id for row in rows],
        )
    }
    dismissed = {
        (row.space_id, row.payee, row.category_id)
        for row in w.rows("SELECT space_id, payee, category_id FROM rule_suggestion_dismissal LIMIT 10000")
    }
    wanted = [
        row
        for row in rows
        if row.category_id in names and (row.space_id, fold(row.payee), row.category_id) not in dismissed
    ]
    covered = _covered(w, wanted)
    return [
        SuggestionView(
            row.payee_id,
            row.payee,
            row.category_id,
            names[row.category_id],
            row.times,
            row.space_id != w.scope.shared_space_id,
        )
        for row in wanted
        if row.sample not in covered
    ]


def _covered(w: Work, rows: Sequence[Row[Any]]) -> set[UUID]:
    """Return those of the samples whose category a rule decides already."""
    found: set[UUID] = set()
    for space in {row.space_id for row in rows}:
        deciding = [
            rule
            for rule in active_rules(w, space)
            if any(isinstance(action, SetCategory | Split | MakeTransfer) for action in rule.actions)
        ]
        engine = prepare(w, space, deciding).engine
        samples = Selection(ids=tuple(row.sample for row in rows if row.space_id == space))
        for batch in read_batches(w, space, samples):
            for number in range(len(engine.rules)):
                found |= {batch.rows.ids[index] for index in engine.holds(batch.rows, number)}
    return found
