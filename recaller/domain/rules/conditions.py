"""Conditions compiled to filters over columns: each takes row numbers and gives back those for which it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from recaller.core.text import fold
from recaller.domain.rules.model import (
    AMOUNT_FIELDS,
    TEXT_FIELDS,
    Condition,
    Field,
    Group,
    Match,
    Op,
    conditions_in,
)
from recaller.domain.rules.patterns import Patterns
from recaller.domain.rules.rows import Rows

# Row numbers in rising order -> those that hold, in the same order.
Filter = Callable[[Rows, Sequence[int]], Sequence[int]]


class PatternPool:
    """The regular expressions of all rules that run together, so that a text is searched for all of them at once."""

    def __init__(self, groups: Iterable[Group]) -> None:
        found: dict[Field, dict[str, int]] = {}
        for group in groups:
            for one in conditions_in(group):
                if one.op is Op.MATCHES:
                    known = found.setdefault(one.field, {})
                    known.setdefault(str(one.values[0]), len(known))
        self._numbers = found
        self._pools = {field: Patterns(list(known)) for field, known in found.items()}

    def filter(self, condition: Condition) -> Filter:
        """Return the filter of a condition that looks for a pattern."""
        field, pool = condition.field, self._pools[condition.field]
        number = self._numbers[field][str(condition.values[0])]
        held_by = pool.held_by

        def matching(rows: Rows, among: Sequence[int]) -> Sequence[int]:
            column = rows.text(field)
            return [i for i in among if number in held_by(column[i])]

        return matching


def compile_group(group: Group, pool: PatternPool) -> Filter:
    """Return the filter of a whole group."""
    filters = [
        compile_group(item, pool) if isinstance(item, Group) else compile_condition(item, pool)
        for item in sorted(group.items, key=_cost)
    ]
    if group.match is Match.ALL:
        return _all(filters)
    if group.match is Match.ANY:
        return _any(filters)
    return _not(_any(filters))


def _cost(item: Condition | Group) -> int:
    """Cheap questions first: in a group that needs all, they leave fewer rows for the dear ones."""
    if isinstance(item, Group):
        return 10 + sum(map(_cost, item.items))
    return 5 if item.op is Op.MATCHES else 3 if item.field in TEXT_FIELDS else 1


def _all(filters: list[Filter]) -> Filter:
    if len(filters) == 1:
        return filters[0]

    def every(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        for one in filters:
            if not among:
                break
            among = one(rows, among)
        return among

    return every


def _any(filters: list[Filter]) -> Filter:
    if len(filters) == 1:
        return filters[0]

    def either(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        held: set[int] = set()
        rest = among
        for one in filters:
            found = one(rows, rest)
            if found:
                held.update(found)
                rest = [i for i in rest if i not in held]
        return [i for i in among if i in held] if held else []

    return either


def _not(inner: Filter) -> Filter:
    def without(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        held = set(inner(rows, among))
        return [i for i in among if i not in held] if held else among

    return without


def compile_condition(condition: Condition, pool: PatternPool) -> Filter:
    """Return the filter of one condition."""
    found = pool.filter(condition) if condition.op is Op.MATCHES else _compile(condition)
    return _not(found) if condition.negated else found


def _compile(condition: Condition) -> Filter:
    if condition.field in TEXT_FIELDS:
        return _text(condition)
    if condition.field in AMOUNT_FIELDS:
        return _amount(condition)
    return _OTHERS[condition.field](condition)


def _text(condition: Condition) -> Filter:
    field = condition.field
    folded = [fold(str(value)) for value in condition.values]
    if condition.op is Op.EMPTY:
        return lambda rows, among: _where(rows.text(field), among, "".__eq__)
    wanted = folded[0]
    if condition.op is Op.CONTAINS:

        def containing(rows: Rows, among: Sequence[int]) -> Sequence[int]:
            column = rows.text(field)
            return [i for i in among if wanted in column[i]]

        return containing
    if condition.op is Op.STARTS_WITH:
        return lambda rows, among: _where(rows.text(field), among, lambda text: text.startswith(wanted))
    if condition.op is Op.ENDS_WITH:
        return lambda rows, among: _where(rows.text(field), among, lambda text: text.endswith(wanted))
    listed = frozenset(folded)

    def equal(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        column = rows.text(field)
        return [i for i in among if column[i] in listed]

    return equal


def _where(column: list[str], among: Sequence[int], holds: Callable[[str], bool]) -> list[int]:
    return [i for i in among if holds(column[i])]


def _amount(condition: Condition) -> Filter:
    currency, sized = condition.currency, condition.field is Field.SIZE
    low, high = _bounds(condition)

    def within(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        amounts, currencies = rows.amounts, rows.currencies
        if sized:
            return [i for i in among if low <= abs(amounts[i]) <= high and currencies[i] == currency]
        return [i for i in among if low <= amounts[i] <= high and currencies[i] == currency]

    return within


def _bounds(condition: Condition) -> tuple[int, int]:
    """Return the inclusive range that the comparison stands for (the outermost BIGINTs where it is open)."""
    first, last = condition.values[0], condition.values[-1]
    assert isinstance(first, int) and isinstance(last, int)
    if condition.op is Op.BELOW:
        return -(2**63), first - 1
    if condition.op is Op.ABOVE:
        return first + 1, 2**63
    return first, last


def _account(condition: Condition) -> Filter:
    wanted = frozenset(condition.values)

    def inside(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        own, other = rows.accounts, rows.counters
        return [i for i in among if own[i] in wanted or other[i] in wanted]

    return inside


def _direction(condition: Condition) -> Filter:
    if condition.values[0] == "in":
        return lambda rows, among: [i for i in among if rows.amounts[i] > 0]
    return lambda rows, among: [i for i in among if rows.amounts[i] < 0]


def _category(condition: Condition) -> Filter:
    """A split is in each of its parts' categories. Which categories count as "none" the caller puts into the values."""
    wanted = frozenset(value for value in condition.values if isinstance(value, UUID))

    def inside(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        column, parts = rows.categories, rows.parts
        return [
            i
            for i in among
            if column[i] in wanted or (i in parts and any(part[0] in wanted for part in parts[i]))
        ]

    return inside


def _tag(condition: Condition) -> Filter:
    if condition.op is Op.EMPTY:
        return lambda rows, among: [i for i in among if not rows.tags.get(i)]
    wanted = frozenset(fold(str(value)) for value in condition.values)

    def tagged(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        tags = rows.tags
        return [i for i in among if i in tags and any(fold(name) in wanted for name in tags[i])]

    return tagged


def _day(condition: Condition) -> Filter:
    days = _numbers(condition)
    return lambda rows, among: [i for i in among if rows.dates[i].day in days]


def _weekday(condition: Condition) -> Filter:
    days = _numbers(condition)
    return lambda rows, among: [i for i in among if rows.dates[i].isoweekday() in days]


def _month(condition: Condition) -> Filter:
    months = _numbers(condition)
    return lambda rows, among: [i for i in among if rows.dates[i].month in months]


def _numbers(condition: Condition) -> frozenset[int]:
    numbers = [value for value in condition.values if isinstance(value, int)]
    if condition.op is Op.BETWEEN:
        return frozenset(range(numbers[0], numbers[1] + 1))
    return frozenset(numbers)


def _date(condition: Condition) -> Filter:
    first, last = condition.values

    def within(rows: Rows, among: Sequence[int]) -> Sequence[int]:
        found = among
        if first is not None:
            found = [i for i in found if rows.dates[i] >= first]  # type: ignore[operator]
        if last is not None:
            found = [i for i in found if rows.dates[i] <= last]  # type: ignore[operator]
        return found

    return within


_OTHERS: dict[Field, Callable[[Condition], Filter]] = {
    Field.ACCOUNT: _account,
    Field.DIRECTION: _direction,
    Field.CATEGORY: _category,
    Field.TAG: _tag,
    Field.DAY: _day,
    Field.WEEKDAY: _weekday,
    Field.MONTH: _month,
    Field.DATE: _date,
}
