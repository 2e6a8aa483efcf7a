"""A second, naive evaluator of rules: row after row, Python's own `re`, straight from the words of the model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.text import fold
from recaller.domain.rules.model import (
    AddTags,
    AppendNote,
    Condition,
    Field,
    Group,
    LinkRecurring,
    MakeTransfer,
    Match,
    Op,
    RemoveTags,
    Rule,
    SetCategory,
    SetNote,
    SetPayee,
    Split,
)


@dataclass(frozen=True)
class Entry:
    """A transaction as the reference sees it; `parts` as (category, share, memo).

    `mirrored` are the accounts that have a simple entry of the same money the other way round, five days off at most.
    """

    id: UUID
    date: date
    amount: int
    currency: str
    account_id: UUID
    payee: str
    bank_text: str
    note: str
    tags: frozenset[str]
    shape: str
    category_id: UUID | None
    counter_id: UUID | None
    parts: tuple[tuple[UUID, int, str], ...]
    by_hand: frozenset[str]
    mirrored: frozenset[UUID] = frozenset()
    settles: tuple[UUID, date] | None = None


@dataclass(frozen=True)
class Bill:
    """An open date of a recurring item: `on` is the day expected, `reach` how many days off it may be paid."""

    item: UUID
    due: date
    on: date
    amount: int
    currency: str
    account_id: UUID
    reach: int


def walk(
    entry: Entry, rules: list[Rule], nothing: frozenset[UUID], currencies: dict[UUID, str]
) -> tuple[Entry, list[tuple[int, UUID]]]:
    """Return the entry after all rules, and the (rule's number, recurring item) that they want it linked to."""
    wanted = []
    for number, rule in enumerate(rules):
        if group_holds(entry, rule.conditions, nothing):
            for action in rule.actions:
                if isinstance(action, LinkRecurring):
                    if entry.settles is None and "recurring" not in entry.by_hand:
                        wanted.append((number, action.recurring_id))
                else:
                    entry = act(entry, action, currencies)
            if rule.stop:
                break
    return entry, wanted


def links(
    wanted: dict[UUID, list[tuple[int, UUID]]], entries: dict[UUID, Entry], bills: list[Bill]
) -> dict[UUID, tuple[UUID, date]]:
    """Give each rule's entries their bills, again and again the nearest pair that is left."""
    found: dict[UUID, tuple[UUID, date]] = {}
    left = list(bills)
    for rule in sorted({number for asked in wanted.values() for number, _ in asked}):
        pairs = {
            (abs((entries[one].date - bill.on).days), abs(entries[one].amount - bill.amount), bill.due,
             entries[one].date, one): bill
            for one, asked in wanted.items()
            for number, item in asked
            if number == rule
            for bill in left
            if bill.item == item and pays(entries[one], bill)
        }  # fmt: skip
        while pairs:
            nearest = min(pairs)
            bill, entry = pairs[nearest], nearest[-1]
            if entry not in found:
                found[entry] = (bill.item, bill.due)
                left.remove(bill)
            pairs = {key: one for key, one in pairs.items() if key[-1] not in found and one in left}
    return found


def pays(entry: Entry, bill: Bill) -> bool:
    """Say whether an entry may be the payment of a bill."""
    same = (entry.account_id, entry.currency) == (bill.account_id, bill.currency)
    return same and entry.amount * bill.amount > 0 and abs((entry.date - bill.on).days) <= bill.reach


def group_holds(entry: Entry, group: Group, nothing: frozenset[UUID]) -> bool:
    """Say whether a group holds."""
    answers = [
        group_holds(entry, item, nothing)
        if isinstance(item, Group)
        else holds(entry, item, nothing) != item.negated
        for item in group.items
    ]
    if group.match is Match.ALL:
        return all(answers)
    return any(answers) if group.match is Match.ANY else not any(answers)


def holds(entry: Entry, condition: Condition, nothing: frozenset[UUID]) -> bool:
    """Say whether a condition holds, its negation left out."""
    values: Any = condition.values
    match condition.field:
        case Field.PAYEE | Field.BANK_TEXT | Field.NOTE:
            return text_holds(fold(getattr(entry, condition.field.value)), condition.op, values)
        case Field.AMOUNT | Field.SIZE:
            if entry.currency != condition.currency:
                return False
            amount = entry.amount if condition.field is Field.AMOUNT else abs(entry.amount)
            return number_holds(amount, condition.op, values)
        case Field.ACCOUNT:
            return entry.account_id in values or entry.counter_id in values
        case Field.DIRECTION:
            return entry.amount > 0 if values[0] == "in" else entry.amount < 0
        case Field.CATEGORY:
            wanted = nothing if condition.op is Op.EMPTY else values
            return entry.category_id in wanted or any(part[0] in wanted for part in entry.parts)
        case Field.TAG:
            if condition.op is Op.EMPTY:
                return not entry.tags
            return bool({fold(name) for name in values} & {fold(name) for name in entry.tags})
        case Field.DAY:
            return number_holds(entry.date.day, condition.op, values)
        case Field.WEEKDAY:
            return number_holds(entry.date.isoweekday(), condition.op, values)
        case Field.MONTH:
            return number_holds(entry.date.month, condition.op, values)
        case Field.DATE:
            return (values[0] is None or values[0] <= entry.date) and (
                values[1] is None or entry.date <= values[1]
            )


def text_holds(text: str, op: Op, values: tuple[str, ...]) -> bool:
    """Compare folded text."""
    if op is Op.EMPTY:
        return text == ""
    if op is Op.MATCHES:
        return (
            re.search("".join(fold(c) if not c.isascii() else c for c in values[0]), text, re.IGNORECASE)
            is not None
        )
    wanted = [fold(value) for value in values]
    return {
        Op.CONTAINS: wanted[0] in text,
        Op.STARTS_WITH: text.startswith(wanted[0]),
        Op.ENDS_WITH: text.endswith(wanted[0]),
    }.get(op, text in wanted)


def number_holds(number: int, op: Op, values: tuple[int, ...]) -> bool:
    """Compare a number."""
    match op:
        case Op.BELOW:
            return number < values[0]
        case Op.ABOVE:
            return number > values[0]
        case Op.BETWEEN:
            return values[0] <= number <= values[1]
        case _:
            return number in values


def act(entry: Entry, action: Any, currencies: dict[UUID, str]) -> Entry:
    """Return the entry after one action."""
    side = entry.shape == "simple" and "category" not in entry.by_hand
    match action:
        case SetCategory(category_id):
            return replace(entry, category_id=category_id) if side else entry
        case SetPayee(payee):
            return entry if "payee" in entry.by_hand else replace(entry, payee=payee)
        case SetNote(text):
            return entry if "note" in entry.by_hand else replace(entry, note=text)
        case AppendNote(line):
            if "note" in entry.by_hand or line in entry.note.split("\n"):
                return entry
            return replace(entry, note="\n".join(filter(None, (entry.note, line))))
        case AddTags(tags):
            known = {name.lower() for name in entry.tags}
            wanted = entry.tags | {name for name in tags if name.lower() not in known}
            return entry if "tags" in entry.by_hand or len(wanted) > 20 else replace(entry, tags=wanted)
        case RemoveTags(tags):
            gone = {name.lower() for name in tags}
            wanted = frozenset(name for name in entry.tags if name.lower() not in gone)
            return entry if "tags" in entry.by_hand else replace(entry, tags=wanted)
        case MakeTransfer(account_id):
            fits = side and entry.currency == currencies[account_id] and entry.account_id != account_id
            fits = fits and account_id not in entry.mirrored
            return (
                replace(entry, shape="transfer", category_id=None, counter_id=account_id) if fits else entry
            )
        case Split():
            parts = divided(entry, action)
            return replace(entry, shape="split", category_id=None, parts=parts) if side and parts else entry
    raise AssertionError(action)


def divided(entry: Entry, split: Split) -> tuple[tuple[UUID, int, str], ...]:
    """Divide by handing out one unit after the other to whoever lacks most of the exact share."""
    size, sign = abs(entry.amount), 1 if entry.amount > 0 else -1
    if split.currency not in (None, entry.currency):
        return ()
    targets = [(share.category_id, share.memo) for share in split.shares]
    if split.shares[0].amount is not None:
        sizes = [share.amount or 0 for share in split.shares]
        if sum(sizes) > size:
            return ()
        sizes.append(size - sum(sizes))
        targets.append((split.rest_id, ""))  # type: ignore[arg-type]
    else:
        points = [share.basis_points or 0 for share in split.shares]
        if split.rest_id is not None:
            points.append(10_000 - sum(points))
            targets.append((split.rest_id, ""))
        sizes = [size * one // 10_000 for one in points]
        for _ in range(size - sum(sizes)):
            lacking = [size * point - one * 10_000 for point, one in zip(points, sizes, strict=True)]
            sizes[lacking.index(max(lacking))] += 1
    parts = tuple(
        (target, sign * one, memo) for (target, memo), one in zip(targets, sizes, strict=True) if one
    )
    return parts if len(parts) > 1 else ()
