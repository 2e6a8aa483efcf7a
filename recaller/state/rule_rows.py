"""The rows of the rule editor: conditions, groups, actions and parts, added, filled in and taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import reflex as rx

from recaller.domain.rules import limits
from recaller.state.base import event, text_of
from recaller.state.forms import focus_on
from recaller.state.pickers import Choice
from recaller.state.rule_actions import (
    ACTIONS,
    AMOUNT,
    PERCENT,
    ActionLine,
    PartLine,
    begun,
    numbered_actions,
)
from recaller.state.rule_conditions import (
    FIELDS,
    MATCHES,
    ConditionLine,
    allows,
    end_of,
    numbered,
    shape_of,
    started,
)


class RuleRows(rx.State, mixin=True):
    """The vars and events of the rows, and what they offer; a state that mixes it in tells `_changed`."""

    conditions: list[ConditionLine] = []
    actions: list[ActionLine] = []
    accounts: list[Choice] = []
    open_accounts: list[Choice] = []
    categories: list[Choice] = []
    open_categories: list[Choice] = []
    recurring: list[Choice] = []
    currencies: list[Choice] = []
    names: dict[str, str] = {}
    _last: int = 0
    _base: str = "USD"

    @event
    async def add(self, what: str, key: str = "") -> Any:
        """Add a condition or a group (into a group, or at the end), an action, or a part of a split."""
        fresh = self._new_key()
        if what in ("condition", "group"):
            if not self._add_condition(what, key, fresh):
                return rx.toast.info("A rule can't have more of these, or deeper ones.")
        elif what == "action" and len(self.actions) < limits.MAX_ACTIONS:
            self.actions = numbered_actions([*self.actions, ActionLine(fresh)])
        elif what == "part":
            self.actions = numbered_actions(
                [
                    replace(one, parts=[*one.parts, PartLine(fresh)])
                    if one.key == key and one.do == "split" and len(one.parts) < limits.MAX_PARTS
                    else one
                    for one in self.actions
                ]
            )
        return [self._changed(), focus_on(f"[data-line={fresh}] :is(select, input)")]

    @event
    async def remove(self, key: str) -> Any:
        """Take a condition, a group with all that is in it, an action, or a part of a split away."""
        lines = list(self.conditions)
        at = next((place for place, one in enumerate(lines) if one.key == key), None)
        if at is not None:
            del lines[at : end_of(lines, at)]
            self.conditions = numbered(lines)
        self.actions = numbered_actions(
            [
                replace(one, parts=[part for part in one.parts if part.key != key])
                for one in self.actions
                if one.key != key
            ]
        )
        return self._changed()

    @event
    async def write(self, key: str, part: str, value: str) -> Any:
        """Take what was chosen or typed in a row: any client may send anything, so each row takes only its own."""
        text = text_of(value, "value")
        before = self.conditions, self.actions
        self.conditions = [
            self._condition(one, part, text) if one.key == key else one for one in self.conditions
        ]
        self.actions = [
            self._action(one, part, text) if one.key == key else _with_part(one, key, part, text)
            for one in self.actions
        ]
        return None if before == (self.conditions, self.actions) else self._changed()

    @event
    async def toggle(self, key: str, value: str) -> Any:
        """Put an account, category, weekday or month into a row's list, or take it out."""
        chosen = text_of(value, "value", most=40)
        if not chosen:
            return None
        self.conditions = [
            replace(one, chosen=_toggled(one.chosen, chosen), error="") if one.key == key else one
            for one in self.conditions
        ]
        return self._changed()

    # ---- Inside ----------------------------------------------------------------------------------

    def _changed(self) -> Any:
        raise NotImplementedError

    def _new_key(self) -> str:
        self._last += 1
        return f"r{self._last}"

    def _add_condition(self, what: str, parent: str, fresh: str) -> bool:
        lines = list(self.conditions)
        most = limits.MAX_CONDITIONS if what == "condition" else limits.MAX_GROUPS - 1
        if sum(one.kind == what for one in lines) >= most:
            return False
        depth, end = 1, len(lines)
        if parent:
            at = next((n for n, one in enumerate(lines) if one.key == parent and one.kind == "group"), None)
            if at is None or (what == "group" and lines[at].deep):
                return False
            depth, end = lines[at].depth + 1, end_of(lines, at)
        line = ConditionLine(fresh, depth)
        added = [line]
        if what == "group":
            added = [ConditionLine(fresh, depth, kind="group", match="any", shape="group")]
            added.append(ConditionLine(self._new_key(), depth + 1))
        self.conditions = numbered([*lines[:end], *added, *lines[end:]])
        return True

    def _condition(self, one: ConditionLine, part: str, text: str) -> ConditionLine:
        if one.kind == "group":
            return replace(one, match=text) if part == "match" and text in MATCHES else one
        match part:
            case "field" if text in FIELDS and text != one.field:
                return started(one, text, self._base)
            case "op" if allows(one.field, text):
                return replace(one, op=text, shape=shape_of(one.field, text), error="")
            case "value" | "last":
                return replace(one, **{part: text})  # type: ignore[arg-type]
            case "currency" if text in {choice.value for choice in self.currencies}:
                return replace(one, currency=text)
        return one

    def _action(self, one: ActionLine, part: str, text: str) -> ActionLine:
        match part:
            case "do" if text in ACTIONS and text != one.do:
                return begun(one, text, self._base, self._new_key)
            case "value" | "rest":
                return replace(one, **{part: text})  # type: ignore[arg-type]
            case "by" if text in (PERCENT, AMOUNT):
                return replace(one, by=text, currency=one.currency or self._base)
            case "currency" if text in {choice.value for choice in self.currencies}:
                return replace(one, currency=text)
        return one


def _with_part(one: ActionLine, key: str, part: str, text: str) -> ActionLine:
    """Return a split with what was typed into one of its parts."""
    if part not in ("category", "size", "memo") or key not in {each.key for each in one.parts}:
        return one
    return replace(
        one,
        parts=[replace(each, **{part: text}) if each.key == key else each for each in one.parts],  # type: ignore[arg-type]
    )


def _toggled(chosen: list[str], value: str) -> list[str]:
    if value in chosen:
        return [one for one in chosen if one != value]
    return [*chosen, value][: limits.MAX_VALUES]
