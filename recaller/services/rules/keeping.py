"""Rules as people keep them: made, changed, switched on and off, put in order, deleted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.rules.acting import read_actions, write_actions
from recaller.domain.rules.limits import MAX_NAME, MAX_RULES
from recaller.domain.rules.model import Action, Group, Rule, accounts_in
from recaller.domain.rules.reading import read_conditions, write_conditions
from recaller.domain.rules.sentences import describe
from recaller.infra.work import Work
from recaller.services.rules.preparing import check_references, problems_of, stored_rule
from recaller.services.rules.views import RuleView, recurring_names

STALE = "This rule was changed elsewhere meanwhile. Look at it again, then repeat your change."


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What a user enters. A rule without a name is called by what it says. `private` can't change later."""

    conditions: Group
    actions: tuple[Action, ...]
    name: str = ""
    active: bool = True
    stop: bool = False
    once: bool = False
    private: bool = False


def read_draft(raw: dict[str, Any]) -> RuleDraft:
    """Read conditions and actions from JSON, the rest as it is; raise ValidationFailed naming the place."""
    flags = {name: bool(raw[name]) for name in ("active", "stop", "once", "private") if name in raw}
    return RuleDraft(
        read_conditions(raw.get("conditions")),
        read_actions(raw.get("actions")),
        _name(raw.get("name", "")),
        **flags,
    )


def draft_rule(draft: RuleDraft, rule_id: UUID | None = None) -> Rule:
    """Return the draft as the engine's rule."""
    return Rule(rule_id, draft.name, draft.conditions, draft.actions, draft.stop, draft.once)


_RULES = """
SELECT r.id, r.name, r.position, r.conditions, r.actions, r.active, r.stop, r.once, r.version, r.space_id,
       coalesce((SELECT sum((ran ->> 'changed')::int) FROM rule_run n, jsonb_array_elements(n.rules) AS ran
                  WHERE n.tenant_id = r.tenant_id AND n.status = 'done' AND ran ->> 'id' = r.id::text), 0) AS changed
  FROM rule r
"""


def list_rules(w: Work) -> tuple[RuleView, ...]:
    """Return all rules in sight in their order, the household's first; each with what is wrong with it, if anything."""
    rows = w.rows(
        f"{_RULES} ORDER BY r.space_id <> :shared, r.position, r.id LIMIT :most",
        shared=w.scope.shared_space_id,
        most=2 * MAX_RULES,
    )
    return _views(w, rows)


def get_rule(w: Work, rule_id: UUID) -> RuleView:
    """Return one rule; raise NotFound when none is in sight."""
    rows = w.rows(f"{_RULES} WHERE r.id = :id", id=rule_id)
    if not rows:
        raise NotFound("rule", rule_id)
    return _views(w, rows)[0]


def _views(w: Work, rows: Sequence[Row[Any]]) -> tuple[RuleView, ...]:
    rules = [(row.space_id, stored_rule(row)) for row in rows]
    problems = problems_of(w, rules)
    names = rule_names(w, [rule for _, rule in rules])
    return tuple(
        RuleView(
            id=row.id,
            name=row.name,
            position=row.position,
            conditions=row.conditions,
            actions=tuple(row.actions),
            active=row.active,
            stop=row.stop,
            once=row.once,
            private=row.space_id != w.scope.shared_space_id,
            version=row.version,
            problem=problems.get(row.id, ""),
            sentence=describe(rule.conditions, rule.actions, names),
            changed=int(row.changed),
        )
        for row, (_, rule) in zip(rows, rules, strict=True)
    )


def create_rule(w: Work, draft: RuleDraft) -> RuleView:
    """Keep a new rule, after the others of its space; raise ValidationFailed naming what is wrong."""
    space = w.scope.default_space(draft.private)
    made = new_id()
    _lock_order(w, space)
    count = w.row(
        "SELECT count(*) AS n, coalesce(max(position), 0) AS last FROM rule WHERE space_id = :s", s=space
    )
    assert count is not None
    if count.n >= MAX_RULES:
        raise Conflict(f"There can be at most {MAX_RULES} rules: delete one that isn't needed.")
    check_references(w, space, draft_rule(draft, made))
    w.run(
        "INSERT INTO rule (tenant_id, space_id, id, name, position, conditions, actions, active, stop, once,"
        " created_by, created_at) VALUES (:tenant, :space, :id, :name, :position, CAST(:conditions AS jsonb),"
        " CAST(:actions AS jsonb), :active, :stop, :once, :user, :now)",
        tenant=w.scope.tenant_id,
        space=space,
        id=made,
        name=_name(draft.name) or _sentence(w, draft),
        position=count.last + 1,
        user=w.scope.user_id,
        now=w.now,
        **_columns(draft),
    )
    view = get_rule(w, made)
    w.audit("create", "rule", made, space_id=space, after=plain(view))
    return view


def edit_rule(w: Work, rule_id: UUID, draft: RuleDraft, *, version: int) -> RuleView:
    """Replace a rule's content; raise Conflict when its version isn't `version` any more."""
    before, space = get_rule(w, rule_id), _space(w, rule_id)
    check_references(w, space, draft_rule(draft, rule_id))
    done = w.run(
        "UPDATE rule SET name = :name, conditions = CAST(:conditions AS jsonb), actions = CAST(:actions AS jsonb),"
        " active = :active, stop = :stop, once = :once, version = version + 1 WHERE id = :id AND version = :version",
        id=rule_id,
        version=version,
        name=_name(draft.name) or _sentence(w, draft),
        **_columns(draft),
    )
    if done.rowcount == 0:
        raise Conflict(STALE)
    after = get_rule(w, rule_id)
    w.audit("edit", "rule", rule_id, space_id=space, before=plain(before), after=plain(after))
    return after


def switch_rule(w: Work, rule_id: UUID, *, active: bool) -> RuleView:
    """Switch a rule on or off."""
    before, space = get_rule(w, rule_id), _space(w, rule_id)
    if before.active == active:
        return before
    w.run("UPDATE rule SET active = :active, version = version + 1 WHERE id = :id", active=active, id=rule_id)
    w.audit(
        "edit", "rule", rule_id, space_id=space, before={"active": before.active}, after={"active": active}
    )
    return get_rule(w, rule_id)


def delete_rule(w: Work, rule_id: UUID) -> RuleView:
    """Delete a rule and return what it was; what it changed stays, and its runs can still be taken back."""
    before, space = get_rule(w, rule_id), _space(w, rule_id)
    w.run("DELETE FROM rule WHERE id = :id", id=rule_id)
    w.audit("delete", "rule", rule_id, space_id=space, before=plain(before))
    return before


def order_rules(w: Work, ids: Sequence[UUID]) -> tuple[RuleView, ...]:
    """Put a space's rules into this order; all of them must be named, once. Returns all rules in sight."""
    if not ids:
        raise ValidationFailed("ids", "Name the rules in their new order.")
    space = _space(w, ids[0])
    _lock_order(w, space)
    known = [
        row.id
        for row in w.rows("SELECT id FROM rule WHERE space_id = :space ORDER BY position, id", space=space)
    ]
    if sorted(known) != sorted(ids):
        raise ValidationFailed(
            "ids", "Name each rule of the household, or each private one, exactly once: the list has changed."
        )
    _write_order(w, ids)
    w.audit(
        "reorder",
        "rule",
        None,
        space_id=space,
        before={"ids": [str(one) for one in known]},
        after={"ids": [str(one) for one in ids]},
    )
    return list_rules(w)


def move_rule(w: Work, rule_id: UUID, *, before: UUID | None) -> tuple[RuleView, ...]:
    """Put a rule right before another one of its space, or at the end for None. Returns all rules in sight."""
    space = _space(w, rule_id)
    _lock_order(w, space)
    rows = w.rows("SELECT id FROM rule WHERE space_id = :space ORDER BY position, id", space=space)
    ids = [row.id for row in rows if row.id != rule_id]
    if before is not None and before not in ids:
        raise NotFound("rule", before)
    place = len(ids) if before is None else ids.index(before)
    return order_rules(w, [*ids[:place], rule_id, *ids[place:]])


def _write_order(w: Work, ids: Sequence[UUID]) -> None:
    w.run(
        "UPDATE rule r SET position = v.n FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS v(id, n)"
        " WHERE r.tenant_id = :tenant AND r.id = v.id",
        tenant=w.scope.tenant_id,
        ids=list(ids),
    )


def _lock_order(w: Work, space_id: UUID) -> None:
    """Two people who add or move rules at the same time go one after the other."""
    key = int.from_bytes(space_id.bytes[:8], "big", signed=True)
    w.run("SELECT pg_advisory_xact_lock(:key)", key=key)


def _columns(draft: RuleDraft) -> dict[str, Any]:
    return {
        "conditions": json.dumps(write_conditions(draft.conditions)),
        "actions": json.dumps(write_actions(draft.actions)),
        "active": draft.active,
        "stop": draft.stop,
        "once": draft.once,
    }


def _name(raw: object) -> str:
    tidy = " ".join(raw.split()) if isinstance(raw, str) else ""
    if len(tidy) > MAX_NAME or "\0" in tidy:
        raise ValidationFailed("name", f"A rule's name may have at most {MAX_NAME} characters.")
    return tidy


def _sentence(w: Work, draft: RuleDraft) -> str:
    names = rule_names(w, [draft_rule(draft)])
    said = describe(draft.conditions, draft.actions, names)
    return said if len(said) <= MAX_NAME else f"{said[: MAX_NAME - 1]}…"


def rule_names(w: Work, rules: Sequence[Rule]) -> dict[UUID, str]:
    """Return the names of every category, account and recurring item that these rules name, in two queries."""
    ids = {one for rule in rules for one in accounts_in(rule)}
    if not ids:
        return {}
    rows = w.rows("SELECT id, name FROM account WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))
    return recurring_names(w, ids) | {row.id: row.name for row in rows}


def _space(w: Work, rule_id: UUID) -> UUID:
    row = w.row("SELECT space_id FROM rule WHERE id = :id", id=rule_id)
    if row is None:
        raise NotFound("rule", rule_id)
    return UUID(str(row.space_id))


def plain(view: RuleView) -> dict[str, Any]:
    """Return a rule as the audit trail keeps it: enough to make it again."""
    return {
        "name": view.name,
        "conditions": view.conditions,
        "actions": list(view.actions),
        "active": view.active,
        "stop": view.stop,
        "once": view.once,
        "private": view.private,
    }
