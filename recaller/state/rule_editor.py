"""The editor of a rule: rows of conditions and actions, and what the rule would change while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from dataclasses import replace
from typing import Any

import reflex as rx

from recaller.services import rules
from recaller.state.base import background_event, event, id_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.forms import Fields, FormState, focus_on, form_event
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import put
from recaller.state.rule_actions import (
    ActionLine,
    actions_of,
    numbered_actions,
    read_action_lines,
)
from recaller.state.rule_choices import rule_choices
from recaller.state.rule_conditions import (
    MATCHES,
    ConditionLine,
    lines_of,
    numbered,
    read_lines,
    typed,
)
from recaller.state.rule_preview import FILL_IN, Preview, preview_of
from recaller.state.rule_rows import RuleRows
from recaller.state.rule_words import ChangeItem, calls_itself, draft_of
from recaller.state.rules import RulesState

# How long typing must rest before the ledger is looked through.
PAUSE_SECONDS = 0.3
UNFINISHED = "Some rows aren't finished: look at what is marked."
# What the address asked for is done: it isn't asked for again by a reload, and may be asked for again by a link.
_TIDY = "history.replaceState(history.state, '', '/rules')"


class RuleEditorState(FormState, RuleRows, rx.State):
    """A rule while it is written. Every change counts up `_edition`; a preview of an older one is dropped."""

    shown: bool = False
    looking: bool = False
    title: str = "New rule"
    is_new: bool = True
    name: str = ""
    match: str = "all"
    stop: bool = False
    once: bool = False
    private: bool = False
    matches: str = FILL_IN
    remark: str = ""
    problem: str = ""
    changes: list[ChangeItem] = []
    _identity: str = ""
    _version: int = 0
    _active: bool = True
    _edition: int = 0
    # The rows that stood there when saving was last refused: what is wrong with them is said until it is mended.
    _told: list[str] = []
    _before: dict[str, Any] = {}
    _say: tuple[str, str] = ("en_US", "UTC")

    # ---- Opening and closing ---------------------------------------------------------------------

    @event
    async def arrive(self) -> Any:
        """Open what the address asks for: ?open=<rule>, or a new one for ?payee=...&category=..."""
        query = self.router.url.query_parameters
        asked = {
            name: str(query.get(name, ""))[:200] for name in ("open", "payee", "text", "category", "private")
        }
        # A connection that was lost and found again comes here too: what is being written stays.
        if not any(asked.values()):
            return None
        if asked["open"]:
            return [rx.call_script(_TIDY), RuleEditorState.open_rule(asked["open"])]
        await self._start(None)
        if asked["payee"] or asked["text"]:
            field, op = ("payee", "equals") if asked["payee"] else ("bank_text", "contains")
            self.conditions = [
                replace(one, field=field, op=op, value=asked["payee"] or asked["text"])
                for one in self.conditions
            ]
        self.private = asked["private"] == "1"
        if asked["category"] in {one.value for one in self.open_categories}:
            self.actions = [replace(one, value=asked["category"]) for one in self.actions]
        return [rx.call_script(_TIDY), self._changed()]

    @event
    async def open_new(self) -> Any:
        """Start an empty rule."""
        await self._start(None)

    @event
    async def open_rule(self, rule_id: str) -> Any:
        """Edit a rule."""
        identity = id_of(rule_id)
        view = await in_work(self, lambda w: rules.get_rule(w, identity), read_only=True)
        await self._start(view)
        return self._changed()

    @event
    async def dismiss(self) -> Any:
        """Leave the editor without saving."""
        self.shown = False
        self._edition += 1

    # ---- While the rule is written ---------------------------------------------------------------

    @event
    async def write_name(self, value: str) -> None:
        """Keep the name as typed."""
        self.name = text_of(value, "name", most=300)

    @event
    async def choose_match(self, value: str) -> Any:
        """Join the conditions by all, any or none."""
        self.match = value if value in MATCHES else "all"
        return self._changed()

    @event
    async def flag(self, name: str, value: bool) -> Any:
        """Set stop, once or (for a new rule) private."""
        if name in ("stop", "once") or (name == "private" and self.is_new):
            setattr(self, name, value is True)
        return self._changed()

    @background_event
    async def look(self, edition: int) -> None:
        """Count and sample what the rule as it stands would change, once typing rests; nothing is written.

        Beside the queue of events, so that nobody waits for it to type on; what has been overtaken is dropped.
        """
        await asyncio.sleep(PAUSE_SECONDS)
        async with self:
            if edition != self._edition or not self.shown:
                return
            raw, errors = self._raw()
            self._tell_errors(errors)
            ready = not any(one.key in errors for one in self.conditions)
            acts = bool(self.actions) and not any(one.key in errors for one in self.actions)
        found = await preview_of(self, raw, ready=ready, acts=acts)
        async with self:
            if edition == self._edition:
                self._show(found, unfinished=not errors.keys().isdisjoint(self._told))

    # ---- Saving ----------------------------------------------------------------------------------

    @form_event
    async def save(self, fields: Fields) -> Any:
        """Keep the rule."""
        self.name = text_of(fields.get("name", self.name), "name", most=300)
        raw, errors = self._raw()
        self._told = [*(one.key for one in self.conditions), *(one.key for one in self.actions)]
        self._tell_errors(errors)
        if errors:
            self.form_error = UNFINISHED
            return focus_on("#rule-editor [aria-invalid=true]")
        identity, version = id_of(self._identity) if self._identity else None, self._version
        draft = rules.read_draft(raw)
        view = await in_work(
            self,
            lambda w: (
                rules.create_rule(w, draft)
                if identity is None
                else rules.edit_rule(w, identity, draft, version=version)
            ),
        )
        self.shown, self._version = False, view.version
        self._edition += 1
        back = (
            RulesState.delete(str(view.id))
            if identity is None
            else RuleEditorState.undo_save(str(view.id), view.version)
        )
        toast = rx.toast.success("Rule saved", action=undo_action(back), duration=UNDO_MILLISECONDS)
        return [RulesState.load, toast]

    @event
    async def undo_save(self, rule_id: str, version: int) -> Any:
        """Give a rule the content that it had before it was saved."""
        identity, raw = id_of(rule_id), dict(self._before)
        if not raw or str(identity) != self._identity or not isinstance(version, int):
            return None
        await in_work(self, lambda w: rules.edit_rule(w, identity, rules.read_draft(raw), version=version))
        return [RulesState.load, rx.toast.success("Taken back")]

    # ---- Inside ----------------------------------------------------------------------------------

    async def _start(self, view: rules.RuleView | None) -> None:
        stored = None if view is None else draft_of(view)
        found = await in_work(self, lambda w: rule_choices(w, stored), read_only=True)
        self._base, self._say = found.base, (found.say.locale, found.say.time_zone)
        for name in ("accounts", "open_accounts", "categories", "open_categories", "recurring", "currencies"):
            put(self, **{name: getattr(found, name)})
        put(self, names=found.names)
        if view is None or stored is None:
            self._identity, self._active, self._before = "", True, {}
            conditions, actions = [ConditionLine(self._new_key(), 1)], [ActionLine(self._new_key())]
            put(
                self,
                title="New rule",
                name="",
                match="all",
                stop=False,
                once=False,
                private=False,
                is_new=True,
            )
        else:
            self._identity, self._version, self._active = str(view.id), view.version, view.active
            self._before = stored
            conditions = lines_of(stored["conditions"], self._new_key, found.say)
            actions = actions_of(stored["actions"], self._new_key, found.say)
            put(
                self,
                title="Edit rule",
                name="" if calls_itself(view) else view.name,
                match=str(view.conditions["match"]),
                is_new=False,
            )
            put(self, stop=view.stop, once=view.once, private=view.private)
        put(self, conditions=numbered(conditions), actions=numbered_actions(actions))
        put(self, matches=FILL_IN, remark="", problem="", changes=[], looking=False, shown=True)
        self._told = []
        self._begin_form()

    def _shown_fields(self) -> Container[str]:
        return ()

    def _changed(self) -> Any:
        """Note a change and have it looked at; what the server refused may be mended by it."""
        self._edition += 1
        put(self, looking=True, form_error=self.form_error if self.form_error == UNFINISHED else "")
        return RuleEditorState.look(self._edition)

    def _show(self, found: Preview, *, unfinished: bool) -> None:
        put(self, matches=found.words, remark=found.remark, problem=found.problem, changes=found.rows)
        put(
            self,
            looking=False,
            form_error="" if self.form_error == UNFINISHED and not unfinished else self.form_error,
        )

    def _tell_errors(self, errors: dict[str, str]) -> None:
        """Put each error beside its row; a row in which nothing stands yet is left in peace until it is saved."""
        told = {key: error for key, error in errors.items() if key in self._told}
        self.conditions = [
            replace(one, error=(errors if typed(one) else told).get(one.key, "")) for one in self.conditions
        ]
        self.actions = [replace(one, error=told.get(one.key, "")) for one in self.actions]

    def _raw(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the rule in its JSON form, and by row what is wrong with it."""
        say = Formatter(*self._say)
        conditions, errors = read_lines(self.match, self.conditions, say)
        actions, more = read_action_lines(self.actions, say)
        return {
            "name": self.name,
            "conditions": conditions,
            "actions": actions,
            "active": self._active,
            "stop": self.stop,
            "once": self.once,
            "private": self.private,
        }, errors | more
