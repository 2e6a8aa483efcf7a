"""Runs rules over a batch of transactions and says what they change: preview, apply and import all come through here.

Rules run in their order. Each sees what the ones before it changed. A rule whose conditions hold and that says
"stop" ends the row's turn, whether it changed anything or not. A field that was set by hand is left alone. What a
field ends up as is compared with what it was: a detour that leads back is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from recaller.domain.rules.conditions import Filter, PatternPool, compile_group
from recaller.domain.rules.limits import MAX_NOTE, MAX_TAGS
from recaller.domain.rules.linking import Assigned, Claim
from recaller.domain.rules.model import (
    Action,
    AddTags,
    AppendNote,
    LinkRecurring,
    MakeTransfer,
    RemoveTags,
    Rule,
    SetCategory,
    SetNote,
    SetPayee,
    Split,
)
from recaller.domain.rules.rows import Content, Rows
from recaller.domain.rules.splitting import divide


@dataclass(frozen=True, slots=True)
class Change:
    """What the rules do to one row: its number in the batch, before, after, and who set each field that differs.

    `rules` are the numbers of all rules that had an effect on the row, in order.
    """

    index: int
    before: Content
    after: Content
    fields: Mapping[str, int]
    rules: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    """What a batch's turn gave: the rows that change, and how many rows each rule (by its number) held for."""

    changes: list[Change]
    matched: Counter[int]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What making a transfer needs to know of the other account."""

    currency: str


@dataclass(slots=True)
class _Turn:
    """What happens to a batch while the rules run."""

    rows: Rows
    accounts: Mapping[UUID, AccountFacts]
    before: dict[int, Content] = field(default_factory=dict)
    setters: dict[int, dict[str, int]] = field(default_factory=dict)
    touched: dict[int, list[int]] = field(default_factory=dict)
    links: Mapping[UUID, Assigned] | None = None
    claims: list[Claim] = field(default_factory=list)

    def note_effect(self, index: int, name: str, rule: int) -> None:
        self.setters.setdefault(index, {})[name] = rule
        seen = self.touched.setdefault(index, [])
        if not seen or seen[-1] != rule:
            seen.append(rule)

    def keep(self, index: int) -> None:
        if index not in self.before:
            self.before[index] = self.rows.content(index)

    def free(self, index: int, name: str) -> bool:
        marks = self.rows.by_hand.get(index)
        return marks is None or name not in marks


class Engine:
    """Rules made ready to run. `accounts` are the accounts that a transfer may lead to."""

    def __init__(self, rules: Sequence[Rule], accounts: Mapping[UUID, AccountFacts]) -> None:
        pool = PatternPool(rule.conditions for rule in rules)
        self.rules = tuple(rules)
        self._filters: list[Filter] = [compile_group(rule.conditions, pool) for rule in rules]
        self._accounts = accounts

    def run(self, rows: Rows, links: Mapping[UUID, Assigned] | None = None) -> Outcome:
        """Run all rules over the rows, changing their columns, and return what differs afterwards.

        `links` are the dates that transactions settle, as `assign_links` gives them for the claims of all rows.
        """
        turn = _Turn(rows, self._accounts, links=links or {})
        matched = self._turn(turn)
        return Outcome(_changes(turn), matched)

    def claims(self, rows: Rows) -> list[Claim]:
        """Run all rules as `run` does, changing columns too, and return which rows they want linked to what."""
        turn = _Turn(rows, self._accounts)
        self._turn(turn)
        return turn.claims

    def _turn(self, turn: _Turn) -> Counter[int]:
        rows = turn.rows
        matched: Counter[int] = Counter()
        active: Sequence[int] = range(len(rows))
        for number, (rule, holds) in enumerate(zip(self.rules, self._filters, strict=True)):
            among = active
            if rule.once and rule.id is not None and rows.spent:
                spent = rows.spent
                among = [i for i in active if i not in spent or rule.id not in spent[i]]
            found = holds(rows, among)
            if not found:
                continue
            matched[number] += len(found)
            for action in rule.actions:
                _act(turn, action, found, number)
            if rule.stop:
                ended = set(found)
                active = [i for i in active if i not in ended]
                if not active:
                    break
        return matched

    def holds(self, rows: Rows, number: int) -> Sequence[int]:
        """Return the rows for which one rule's conditions hold, changing nothing."""
        return self._filters[number](rows, range(len(rows)))


def _changes(turn: _Turn) -> list[Change]:
    found = []
    for index in sorted(turn.before):
        before = turn.before[index]
        after = turn.rows.content(index)
        setters = turn.setters.get(index, {})
        fields = {name: setters[name] for name in _differing(before, after)}
        if fields:
            found.append(Change(index, before, after, fields, tuple(turn.touched.get(index, ()))))
    return found


def _differing(before: Content, after: Content) -> list[str]:
    names = []
    if before.side() != after.side():
        names.append("category")
    if before.payee != after.payee:
        names.append("payee")
    if before.note != after.note:
        names.append("note")
    if before.tags != after.tags:
        names.append("tags")
    if before.link != after.link:
        names.append("recurring")
    return names


def _act(turn: _Turn, action: Action, found: Sequence[int], rule: int) -> None:
    _ACTIONS[type(action)](turn, action, found, rule)


def _set_category(turn: _Turn, action: SetCategory, found: Sequence[int], rule: int) -> None:
    rows, wanted = turn.rows, action.category_id
    shapes, categories = rows.shapes, rows.categories
    for i in found:
        if categories[i] != wanted and shapes[i] == "simple" and turn.free(i, "category"):
            turn.keep(i)
            categories[i] = wanted
            turn.note_effect(i, "category", rule)


def _split(turn: _Turn, action: Split, found: Sequence[int], rule: int) -> None:
    rows = turn.rows
    for i in found:
        if rows.shapes[i] != "simple" or not turn.free(i, "category"):
            continue
        if action.currency is not None and rows.currencies[i] != action.currency:
            continue
        parts = divide(rows.amounts[i], action)
        if parts is not None:
            turn.keep(i)
            rows.shapes[i], rows.categories[i] = "split", None
            rows.parts[i] = parts
            turn.note_effect(i, "category", rule)


def _make_transfer(turn: _Turn, action: MakeTransfer, found: Sequence[int], rule: int) -> None:
    rows, other = turn.rows, turn.accounts.get(action.account_id)
    for i in found:
        if other is None or rows.shapes[i] != "simple" or not turn.free(i, "category"):
            continue
        # The other account has an entry of its own for this money: merging the two is a person's decision.
        if i in rows.mirrored and action.account_id in rows.mirrored[i]:
            continue
        if rows.currencies[i] == other.currency and rows.accounts[i] != action.account_id and rows.amounts[i]:
            turn.keep(i)
            rows.shapes[i], rows.categories[i] = "transfer", None
            rows.counters[i] = action.account_id
            turn.note_effect(i, "category", rule)


def _set_payee(turn: _Turn, action: SetPayee, found: Sequence[int], rule: int) -> None:
    rows, wanted = turn.rows, action.payee
    payees = rows.payees
    for i in found:
        if payees[i] != wanted and turn.free(i, "payee"):
            turn.keep(i)
            rows.set_payee(i, wanted)
            turn.note_effect(i, "payee", rule)


def _add_tags(turn: _Turn, action: AddTags, found: Sequence[int], rule: int) -> None:
    for i in found:
        names = turn.rows.tags.get(i, ())
        known = {name.lower() for name in names}
        added = [name for name in action.tags if name.lower() not in known]
        _tag(turn, i, (*names, *added), names, rule)


def _remove_tags(turn: _Turn, action: RemoveTags, found: Sequence[int], rule: int) -> None:
    dropped = {name.lower() for name in action.tags}
    for i in found:
        names = turn.rows.tags.get(i, ())
        _tag(turn, i, tuple(name for name in names if name.lower() not in dropped), names, rule)


def _tag(turn: _Turn, index: int, wanted: tuple[str, ...], names: tuple[str, ...], rule: int) -> None:
    """Give a row these tags; more than a transaction can have are left as they were."""
    if len(wanted) == len(names) or len(wanted) > MAX_TAGS or not turn.free(index, "tags"):
        return
    turn.keep(index)
    turn.rows.tags[index] = sorted_tags(wanted)
    turn.note_effect(index, "tags", rule)


def sorted_tags(names: Sequence[str]) -> tuple[str, ...]:
    """Return tag names in the one order in which they are compared."""
    return tuple(sorted(names, key=lambda name: (name.lower(), name)))


def _set_note(turn: _Turn, action: SetNote, found: Sequence[int], rule: int) -> None:
    for i in found:
        _write_note(turn, i, action.text, rule)


def _append_note(turn: _Turn, action: AppendNote, found: Sequence[int], rule: int) -> None:
    for i in found:
        note = turn.rows.notes[i]
        if action.text not in note.split("\n"):
            _write_note(turn, i, f"{note}\n{action.text}" if note else action.text, rule)


def _write_note(turn: _Turn, index: int, note: str, rule: int) -> None:
    if turn.rows.notes[index] == note or len(note) > MAX_NOTE or not turn.free(index, "note"):
        return
    turn.keep(index)
    turn.rows.set_note(index, note)
    turn.note_effect(index, "note", rule)


def _link(turn: _Turn, action: LinkRecurring, found: Sequence[int], rule: int) -> None:
    """Link rows that settle nothing yet; which date is theirs can't be told from this batch alone."""
    rows = turn.rows
    for i in found:
        if i in rows.links or not turn.free(i, "recurring"):
            continue
        if turn.links is None:
            turn.claims.append(
                Claim(
                    rows.ids[i],
                    rows.dates[i],
                    rows.amounts[i],
                    rows.currencies[i],
                    rows.accounts[i],
                    action.recurring_id,
                    rule,
                )
            )
            continue
        found_date = turn.links.get(rows.ids[i])
        if found_date is not None and found_date.rule == rule:
            turn.keep(i)
            rows.links[i] = found_date.link
            turn.note_effect(i, "recurring", rule)


_ACTIONS: dict[type, Any] = {
    SetCategory: _set_category,
    Split: _split,
    MakeTransfer: _make_transfer,
    SetPayee: _set_payee,
    AddTags: _add_tags,
    RemoveTags: _remove_tags,
    SetNote: _set_note,
    AppendNote: _append_note,
    LinkRecurring: _link,
}
