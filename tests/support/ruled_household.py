"""Leaves a row in each table of the rules, through their services."""

from __future__ import annotations

from uuid import UUID

from recaller.infra.work import Work
from recaller.services.rules import RuleView, Selection, apply_rules, create_rule, read_draft


def make_rule(w: Work, conditions: object, actions: object, **more: object) -> RuleView:
    """Keep a rule from its JSON parts; a list of conditions means that all of them hold."""
    group = {"match": "all", "of": conditions} if isinstance(conditions, list) else conditions
    return create_rule(w, read_draft({"conditions": group, "actions": actions, **more}))


def named(w: Work, name: str) -> UUID:
    """Return the id of the account or category of this name."""
    row = w.row("SELECT id FROM account WHERE name = :name", name=name)
    assert row is not None, name
    return UUID(str(row.id))


def fill_rules(w: Work, category_id: UUID) -> None:
    """Make a rule, run it, and dismiss a suggestion; needs a transaction with the payee 'Baker'."""
    make_rule(
        w,
        [{"field": "payee", "op": "equals", "value": "baker"}],
        [{"do": "set_category", "category_id": str(category_id)}, {"do": "add_tags", "tags": ["bread"]}],
    )
    assert sum(run.changed for run in apply_rules(w, Selection())) > 0
    w.run(
        "INSERT INTO rule_suggestion_dismissal (tenant_id, space_id, payee, category_id)"
        " VALUES (:tenant, :space, 'baker', :category)",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        category=category_id,
    )
