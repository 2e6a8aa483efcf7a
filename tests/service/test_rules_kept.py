"""Rules as a list that people keep: their order, switching, editing, two people at once."""

from __future__ import annotations

import pytest

from recaller.core.errors import Conflict
from recaller.core.scope import Scope
from recaller.infra.work import work
from recaller.services.rules import (
    RuleView,
    active_rules,
    edit_rule,
    list_rules,
    move_rule,
    read_draft,
    switch_rule,
)
from tests.support.households import Household
from tests.support.races import one_after_the_other
from tests.support.ruled_household import make_rule

CONDITIONS = [{"field": "payee", "op": "contains", "value": "rewe"}]


@pytest.fixture
def scope(household: Household) -> Scope:
    return household.scope


@pytest.fixture
def rules(scope: Scope) -> list[RuleView]:
    """Three rules, in the order of their names."""
    with work(scope) as w:
        return [make_rule(w, CONDITIONS, [{"do": "set_note", "text": name}], name=name) for name in "abc"]


def test_rules_are_moved_switched_and_edited(scope: Scope, rules: list[RuleView]) -> None:
    a, b, c = rules
    with work(scope) as w:
        assert [one.name for one in move_rule(w, c.id, before=a.id)] == ["c", "a", "b"]
        assert [one.name for one in move_rule(w, c.id, before=None)] == ["a", "b", "c"]
        switch_rule(w, b.id, active=False)
        assert [rule.name for rule in active_rules(w, scope.shared_space_id)] == ["a", "c"]
        draft = read_draft(
            {
                "name": "A",
                "conditions": {"match": "any", "of": CONDITIONS},
                "actions": [{"do": "set_note", "text": "A"}],
            }
        )
        assert edit_rule(w, a.id, draft, version=a.version).name == "A"
        with pytest.raises(Conflict):
            edit_rule(w, a.id, draft, version=a.version)


def test_two_people_who_move_rules_at_once_both_get_their_way(scope: Scope, rules: list[RuleView]) -> None:
    a, b, c = rules
    one_after_the_other(
        scope, lambda w: move_rule(w, c.id, before=a.id), lambda w: move_rule(w, b.id, before=a.id)
    )
    with work(scope) as w:
        assert [one.name for one in list_rules(w)] == ["c", "b", "a"]
