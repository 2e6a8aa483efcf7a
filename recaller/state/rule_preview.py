"""What a rule that is being written would do, in words and rows; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from recaller.core.errors import RecallerError, ValidationFailed
from recaller.domain.rules.acting import read_actions
from recaller.domain.rules.model import Rule
from recaller.domain.rules.reading import read_conditions
from recaller.infra.work import Work
from recaller.services import rules
from recaller.state.base import in_work
from recaller.state.pickers import formatter_of
from recaller.state.rule_words import ChangeItem, change_item, count_words

ROWS = 8
FILL_IN = "Fill in the conditions to see what they match."
HALF = "Fill in what is done to see what changes."
SAME = "They have these values already, or somebody set them by hand: rules leave that alone."


@dataclass(frozen=True)
class Preview:
    """What the editor shows: how much matches, a remark, what keeps the rule from running, and the first rows."""

    words: str = FILL_IN
    remark: str = ""
    problem: str = ""
    rows: list[ChangeItem] = field(default_factory=list)


async def preview_of(state: rx.State, raw: Mapping[str, Any], *, ready: bool, acts: bool) -> Preview:
    """Return what the rule would do: nothing until its conditions are `ready`, how much matches until it `acts`."""
    if not ready:
        return Preview()
    try:
        conditions = read_conditions(raw["conditions"])
        actions = read_actions(raw["actions"]) if acts else ()
    except ValidationFailed as error:
        return Preview(problem=error.message)
    rule = Rule(None, "", conditions, actions, bool(raw["stop"]), bool(raw["once"]))
    private = bool(raw["private"])
    try:
        return await in_work(state, lambda w: _read(w, rule, private), read_only=True)
    except RecallerError as error:
        return Preview(problem=error.message)


def _read(w: Work, rule: Rule, private: bool) -> Preview:
    view = rules.preview_rules(w, w.scope.default_space(private), [rule], limit=ROWS)
    if view.problems:
        return Preview("", problem=view.problems[0].message)
    say, matched, changed = formatter_of(w), view.matched or 0, view.changed or 0
    if not matched:
        return Preview(f"Nothing matches, of {count_words(view.scanned or 0)}.")
    words = f"Matches {count_words(matched)}"
    if not rule.actions:
        return Preview(f"{words}.", HALF)
    rows = [change_item(one, say) for one in view.rows]
    remark = SAME if not changed else ""
    if changed > len(rows):
        remark = f"The latest {len(rows)} of them:"
    return Preview(f"{words}, would change {changed}.", remark, "", rows)
