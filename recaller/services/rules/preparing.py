"""Rules made ready to run in one space: what they name is looked up, and a rule that names what is gone is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import ValidationFailed
from recaller.domain.account_kinds import SYSTEM_UNCATEGORISED
from recaller.domain.rules.acting import read_actions
from recaller.domain.rules.engine import AccountFacts, Engine
from recaller.domain.rules.model import (
    Action,
    AddTags,
    Condition,
    Field,
    Group,
    LinkRecurring,
    MakeTransfer,
    Op,
    Rule,
)
from recaller.domain.rules.reading import read_conditions
from recaller.infra.work import Work
from recaller.services.rules.references import look_up, problem_of


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Why a rule couldn't run; the others did."""

    rule_id: UUID | None
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An engine for the rules that can run, and what is wrong with the others."""

    engine: Engine
    problems: tuple[RuleProblem, ...]

    @property
    def once(self) -> tuple[UUID, ...]:
        """The once-only rules among them."""
        return tuple(rule.id for rule in self.engine.rules if rule.once and rule.id is not None)

    @property
    def transfers_to(self) -> tuple[UUID, ...]:
        """The accounts that the rules make transfers with."""
        actions = [action for rule in self.engine.rules for action in rule.actions]
        return tuple({action.account_id for action in actions if isinstance(action, MakeTransfer)})

    @property
    def links_to(self) -> tuple[UUID, ...]:
        """The recurring items that the rules link to."""
        actions = [action for rule in self.engine.rules for action in rule.actions]
        return tuple({action.recurring_id for action in actions if isinstance(action, LinkRecurring)})


def stored_rule(row: Row[Any]) -> Rule:
    """Return a row of the table as the engine's rule."""
    return Rule(
        row.id, row.name, read_conditions(row.conditions), read_actions(row.actions), row.stop, row.once
    )


def active_rules(w: Work, space_id: UUID) -> tuple[Rule, ...]:
    """Return the space's active rules in their order."""
    rows = w.rows(
        "SELECT id, name, conditions, actions, stop, once FROM rule WHERE space_id = :space AND active"
        " ORDER BY position, id",
        space=space_id,
    )
    return tuple(stored_rule(row) for row in rows)


def prepare(w: Work, space_id: UUID, rules: Sequence[Rule]) -> Prepared:
    """Look up everything that the rules name, in four queries at most, and compile those that can run."""
    known = look_up(w, rules)
    nothing = _uncategorised(w)
    spelling = _tag_spelling(w, space_id, rules)
    fit, problems = [], []
    for rule in rules:
        found = problem_of(rule, known, space_id, w.scope.shared_space_id)
        if found is None:
            conditions = _with_uncategorised(rule.conditions, nothing)
            fit.append(replace(rule, conditions=conditions, actions=_spelt(rule.actions, spelling)))
        else:
            problems.append(RuleProblem(rule.id, rule.name, found[1]))
    targets = {
        account_id: AccountFacts(facts.currency)
        for account_id, facts in known.accounts.items()
        if facts.currency is not None
    }
    return Prepared(Engine(fit, targets), tuple(problems))


def check_references(w: Work, space_id: UUID, rule: Rule) -> None:
    """Raise ValidationFailed naming the place, when the rule names something that isn't there or can't be used."""
    found = problem_of(rule, look_up(w, [rule]), space_id, w.scope.shared_space_id)
    if found is not None:
        raise ValidationFailed(*found)


def problems_of(w: Work, rules: Iterable[tuple[UUID, Rule]]) -> dict[UUID, str]:
    """Return, by rule id, why it can't run; rules are given with their space."""
    listed = list(rules)
    known = look_up(w, [rule for _, rule in listed])
    found = {}
    for space_id, rule in listed:
        problem = problem_of(rule, known, space_id, w.scope.shared_space_id)
        if problem is not None and rule.id is not None:
            found[rule.id] = problem[1]
    return found


def _uncategorised(w: Work) -> tuple[UUID, ...]:
    rows = w.rows("SELECT id FROM account WHERE system = :system", system=SYSTEM_UNCATEGORISED)
    return tuple(row.id for row in rows)


def _tag_spelling(w: Work, space_id: UUID, rules: Sequence[Rule]) -> dict[str, str]:
    """Return, by lower case, how each tag that the rules add is written: as it exists, else as the first rule has it.

    A space has one tag of a name, whatever its case.
    """
    added = [
        name
        for rule in rules
        for action in rule.actions
        if isinstance(action, AddTags)
        for name in action.tags
    ]
    if not added:
        return {}
    spelling: dict[str, str] = {}
    for row in w.rows(
        "SELECT name FROM tag WHERE space_id = :space AND lower(name) = ANY(SELECT lower(n)"
        " FROM unnest(CAST(:names AS varchar[])) AS v(n))",
        space=space_id,
        names=added,
    ):
        spelling[row.name.lower()] = row.name
    for name in added:
        spelling.setdefault(name.lower(), name)
    return spelling


def _spelt(actions: tuple[Action, ...], spelling: Mapping[str, str]) -> tuple[Action, ...]:
    return tuple(
        AddTags(tuple(spelling[name.lower()] for name in action.tags))
        if isinstance(action, AddTags)
        else action
        for action in actions
    )


def _with_uncategorised(group: Group, nothing: tuple[UUID, ...]) -> Group:
    """Say which categories "no category" stands for: the ledger's own two."""
    items: list[Condition | Group] = []
    for item in group.items:
        if isinstance(item, Group):
            items.append(_with_uncategorised(item, nothing))
        elif item.field is Field.CATEGORY and item.op is Op.EMPTY:
            items.append(replace(item, op=Op.ONE_OF, values=nothing))
        else:
            items.append(item)
    return replace(group, items=tuple(items))
