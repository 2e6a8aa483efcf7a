"""The rules page: rules in their order, what they would change, their runs, and rules that repeated edits suggest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.domain.filters import TransactionFilter
from recaller.domain.rules.model import Rule
from recaller.infra.work import Work
from recaller.services import rules
from recaller.services.rules import Selection
from recaller.state.base import date_of, event, id_of, in_work
from recaller.state.forms import busy_event
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import formatter_of, put
from recaller.state.rule_words import (
    ChangeItem,
    IdeaItem,
    RuleItem,
    RunItem,
    change_item,
    count_words,
    draft_of,
    idea_item,
    rule_items,
    run_item,
)

SAMPLE = 20
SHOWN = 100


class RulesState(rx.State):
    """All of the page but the editor."""

    loading: bool = True
    rules: list[RuleItem] = []
    ideas: list[IdeaItem] = []
    runs: list[RunItem] = []
    waiting: bool = False
    applying: bool = False
    busy: bool = False
    changes: list[ChangeItem] = []
    changes_title: str = ""
    changes_count: str = ""
    problems: list[str] = []
    past: bool = False
    _only: str = ""
    _since: str = ""
    _until: str = ""
    _deleted: dict[str, Any] = {}

    @event
    async def load(self) -> None:
        """Show rules, suggestions and the latest runs."""

        def read(w: Work) -> tuple[Any, ...]:
            return rules.list_rules(w), rules.suggest_rules(w), rules.list_runs(w, limit=10), formatter_of(w)

        kept, ideas, runs, say = await in_work(self, read, read_only=True)
        put(
            self,
            rules=rule_items(kept),
            ideas=[idea_item(one) for one in ideas],
            runs=[run_item(one, say) for one in runs.items],
            waiting=any(one.status == "queued" for one in runs.items),
            loading=False,
        )

    @event
    async def switch(self, rule_id: str, active: bool) -> Any:
        """Switch a rule on or off."""
        identity = id_of(rule_id)
        view = await in_work(self, lambda w: rules.switch_rule(w, identity, active=active is True))
        undo = undo_action(RulesState.switch(str(identity), active is not True))
        words = f"{view.name} is {'on' if view.active else 'off'}"
        return [RulesState.load, rx.toast.success(words, action=undo, duration=UNDO_MILLISECONDS)]

    @event
    async def move(self, rule_id: str, up: bool) -> Any:
        """Move a rule one place up or down among those of its space."""
        identity = id_of(rule_id)

        def go(w: Work) -> None:
            private = rules.get_rule(w, identity).private
            ids = [one.id for one in rules.list_rules(w) if one.private == private]
            at = ids.index(identity)
            to = max(0, at - 1) if up is True else min(len(ids) - 1, at + 1)
            if to != at:
                ids.insert(to, ids.pop(at))
                rules.order_rules(w, ids)

        await in_work(self, go)
        return RulesState.load

    @event
    async def delete(self, rule_id: str) -> Any:
        """Delete a rule; what it changed stays."""
        identity = id_of(rule_id)

        def go(w: Work) -> tuple[rules.RuleView, UUID | None]:
            private = rules.get_rule(w, identity).private
            ids = [one.id for one in rules.list_rules(w) if one.private == private]
            after = ids[ids.index(identity) + 1 :]
            return rules.delete_rule(w, identity), after[0] if after else None

        gone, follower = await in_work(self, go)
        self._deleted = {**draft_of(gone), "before": "" if follower is None else str(follower)}
        undo = undo_action(RulesState.undo_delete)
        return [
            RulesState.load,
            rx.toast.success(f"Deleted {gone.name}", action=undo, duration=UNDO_MILLISECONDS),
        ]

    @event
    async def undo_delete(self) -> Any:
        """Bring the rule that was deleted last back to its place."""
        raw, self._deleted = dict(self._deleted), {}
        if not raw:
            return None
        before = raw.pop("before")

        def go(w: Work) -> None:
            made = rules.create_rule(w, rules.read_draft(raw))
            if before in {str(one.id) for one in rules.list_rules(w)}:
                rules.move_rule(w, made.id, before=id_of(before))

        await in_work(self, go)
        return [RulesState.load, rx.toast.success("The rule is back")]

    @event
    async def accept(self, payee_id: str, category_id: str) -> Any:
        """Make a suggested rule."""
        payee, category = id_of(payee_id), id_of(category_id)
        view = await in_work(self, lambda w: rules.accept_suggestion(w, payee, category))
        undo = undo_action(RulesState.delete(str(view.id)))
        return [RulesState.load, rx.toast.success("Rule made", action=undo, duration=UNDO_MILLISECONDS)]

    @event
    async def dismiss_idea(self, payee_id: str, category_id: str) -> Any:
        """Never suggest this again."""
        payee, category = id_of(payee_id), id_of(category_id)
        await in_work(self, lambda w: rules.dismiss_suggestion(w, payee, category))
        return [RulesState.load, rx.toast.success("It won't be suggested again")]

    @event
    async def open_apply(self, rule_id: str = "") -> Any:
        """Show what all active rules (or just this one) would change now."""
        only = str(id_of(rule_id)) if rule_id else ""
        name = next((one.name for one in self.rules if one.id == only), "")
        title = f"Apply {name}" if only else "Apply all rules that are on"
        put(self, applying=True, past=False, changes_title=title, changes=[], changes_count="Looking …")
        put(self, problems=[], _since="", _until="", _only=only)
        return RulesState.look

    @event
    async def choose_since(self, day: str) -> Any:
        """Look at transactions from this day on."""
        self._since = date_of(day).isoformat() if day else ""
        return RulesState.look

    @event
    async def choose_until(self, day: str) -> Any:
        """Look at transactions up to this day."""
        self._until = date_of(day).isoformat() if day else ""
        return RulesState.look

    @event
    async def look(self) -> None:
        """Count and sample what applying would change; nothing is written."""
        selection, only = self._selection(), id_of(self._only) if self._only else None

        def read(w: Work) -> tuple[int, list[ChangeItem], list[str]]:
            say, count, found, wrong = formatter_of(w), 0, [], []
            for space, meant in _meant(w, only):
                view = rules.preview_rules(w, space, meant, selection, limit=SAMPLE)
                count += view.changed or 0
                found += [change_item(one, say) for one in view.rows]
                wrong += [f"{one.name}: {one.message}" for one in view.problems]
            return count, found[:SAMPLE], wrong

        count, found, wrong = await in_work(self, read, read_only=True)
        words = count_words(count, "would change")
        if count > len(found):
            words += f"; here are {len(found)} of them"
        put(self, changes=found, changes_count=words, problems=wrong)

    @busy_event
    async def apply(self) -> Any:
        """Run all active rules over what is meant, once for each time that it was asked."""
        if not self.applying or self.past:
            return None
        selection, only = self._selection(), [id_of(self._only)] if self._only else None
        runs = await in_work(self, lambda w: rules.apply_rules(w, selection, rule_ids=only))
        self.applying = False
        if any(one.status == "queued" for one in runs):
            return [
                RulesState.load,
                rx.toast.info("A worker applies the rules; the log shows when it's done."),
            ]
        changed = count_words(sum(one.changed for one in runs), "changed")
        return [RulesState.load, rx.toast.success(changed)]

    @event
    async def dismiss(self) -> None:
        """Close the dialog of changes."""
        self.applying = False

    @event
    async def reverse(self, run_id: str) -> Any:
        """Take a run back; what was changed since stays."""
        identity = id_of(run_id)
        run = await in_work(self, lambda w: rules.reverse_run(w, identity))
        words = f"{run.restored} taken back" if run.status == "reversed" else "A worker takes it back"
        if run.conflicts:
            words += f", {run.conflicts} left alone because they were changed since"
        return [RulesState.load, rx.toast.success(words)]

    @event
    async def show_changes(self, run_id: str, conflicts: bool) -> None:
        """List what a run changed, or what its reversal left alone."""
        identity, only = id_of(run_id), conflicts is True

        def read(w: Work) -> list[ChangeItem]:
            page = rules.run_changes(w, identity, conflicts_only=only, limit=SHOWN)
            say = formatter_of(w)
            return [change_item(one, say) for one in page.items]

        found = await in_work(self, read, read_only=True)
        words = f"The first {SHOWN} of them." if len(found) == SHOWN else count_words(len(found))
        put(self, applying=True, past=True, changes=found, changes_count=words, problems=[])
        put(self, changes_title="Left alone when taken back" if only else "What the run changed")

    def _selection(self) -> Selection:
        query = {"from": self._since, "to": self._until}
        return Selection(TransactionFilter.from_query({k: v for k, v in query.items() if v}))


def _meant(w: Work, only: UUID | None) -> list[tuple[UUID, Sequence[Rule]]]:
    """Return the rules that are meant, by space: all that are on, or one."""
    if only is not None:
        view = rules.get_rule(w, only)
        space = w.scope.default_space(private=view.private)
        return [(space, [rules.draft_rule(rules.read_draft(draft_of(view)), only)])]
    spaces = {w.scope.default_space(private=one.private) for one in rules.list_rules(w) if one.active}
    return [(space, rules.active_rules(w, space)) for space in sorted(spaces)]
