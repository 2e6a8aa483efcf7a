"""Rules as JSON: read with an error that names the place, as in `conditions.of.2.value`, and written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.core.money import check_currency, check_minor
from recaller.core.text import fold
from recaller.domain.rules import limits
from recaller.domain.rules.model import (
    AMOUNT_FIELDS,
    OPERATORS,
    TEXT_FIELDS,
    Condition,
    Field,
    Group,
    Match,
    Op,
    Value,
)
from recaller.domain.rules.patterns import check_pattern

EnumT = TypeVar("EnumT", bound=StrEnum)

_NUMBERS: dict[Field, tuple[int, int]] = {Field.DAY: (1, 31), Field.WEEKDAY: (1, 7), Field.MONTH: (1, 12)}


def read_conditions(raw: Any, place: str = "conditions") -> Group:
    """Read a group: `{"match": "all" | "any" | "none", "of": [condition or group, ...]}`.

    Raises ValidationFailed naming the place, for anything unknown, too deep, too many or too long.
    """
    count = [0, 0]
    group = _group(raw, place, 1, count)
    if count[0] > limits.MAX_CONDITIONS:
        raise ValidationFailed(place, f"A rule can have at most {limits.MAX_CONDITIONS} conditions.")
    return group


def _group(raw: Any, place: str, depth: int, count: list[int]) -> Group:
    if depth > limits.MAX_DEPTH:
        raise ValidationFailed(place, f"Groups can stand at most {limits.MAX_DEPTH} deep in one another.")
    count[1] += 1
    if count[1] > limits.MAX_GROUPS:
        raise ValidationFailed(place, f"A rule can have at most {limits.MAX_GROUPS} groups.")
    fields = mapping(raw, place, ("match", "of"))
    match = choice(fields.get("match"), Match, f"{place}.match")
    items: list[Condition | Group] = []
    for number, item in enumerate(sequence(fields.get("of"), f"{place}.of", limits.MAX_CONDITIONS)):
        inner = f"{place}.of.{number}"
        if isinstance(item, Mapping) and "match" in item:
            items.append(_group(item, inner, depth + 1, count))
        else:
            count[0] += 1
            items.append(_condition(item, inner))
    return Group(match, tuple(items))


def _condition(raw: Any, place: str) -> Condition:
    fields = mapping(raw, place, ("field", "op", "value", "to", "not", "currency"))
    field = choice(fields.get("field"), Field, f"{place}.field")
    op = choice(fields.get("op"), Op, f"{place}.op")
    if op not in OPERATORS[field]:
        allowed = ", ".join(OPERATORS[field])
        raise ValidationFailed(f"{place}.op", f"{field} can't be compared by {op}: use one of {allowed}.")
    negated = fields.get("not", False)
    if not isinstance(negated, bool):
        raise ValidationFailed(f"{place}.not", "Say true or false.")
    value_place = f"{place}.value"
    read = _reader(field, op)
    values: tuple[Value, ...]
    if op is Op.EMPTY:
        values = ()
    elif op is Op.ONE_OF:
        listed = sequence(fields.get("value"), value_place, limits.MAX_VALUES)
        values = tuple(dict.fromkeys(read(one, value_place) for one in listed))
        if not values:
            raise ValidationFailed(value_place, "Choose at least one value.")
    elif op is Op.BETWEEN:
        values = _range(fields, field, read, place)
    else:
        values = (read(fields.get("value"), value_place),)
    currency = None
    if field in AMOUNT_FIELDS:
        currency = check_currency(text(fields.get("currency"), f"{place}.currency", 3), f"{place}.currency")
    return Condition(field, op, values, negated, currency)


def _range(
    fields: Mapping[str, Any], field: Field, read: Callable[[Any, str], Value], place: str
) -> tuple[Value, ...]:
    low, high = fields.get("value"), fields.get("to")
    if field is not Field.DATE and (low is None or high is None):
        raise ValidationFailed(f"{place}.{'to' if high is None else 'value'}", "Give both ends of the range.")
    if low is None and high is None:
        raise ValidationFailed(f"{place}.value", "Give at least one end of the range.")
    ends = (
        None if low is None else read(low, f"{place}.value"),
        None if high is None else read(high, f"{place}.to"),
    )
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:  # type: ignore[operator]
        raise ValidationFailed(f"{place}.to", "The range ends before it begins.")
    return ends


def _reader(field: Field, op: Op) -> Callable[[Any, str], Value]:
    if field in TEXT_FIELDS:
        return check_pattern_text if op is Op.MATCHES else _searched
    if field in AMOUNT_FIELDS:
        return _minor_of(field)
    if field in (Field.ACCOUNT, Field.CATEGORY):
        return parse_id
    if field is Field.DIRECTION:
        return lambda raw, place: one_of(raw, ("in", "out"), place)
    if field is Field.TAG:
        return tag
    if field is Field.DATE:
        return day
    low, high = _NUMBERS[field]
    return lambda raw, place: number(raw, place, low, high)


def check_pattern_text(raw: Any, place: str) -> str:
    """Return a regular expression that RE2 takes."""
    return check_pattern(text(raw, place, 10_000), place)


def _searched(raw: Any, place: str) -> str:
    found = text(raw, place, limits.MAX_VALUE)
    if not fold(found):
        raise ValidationFailed(place, "Write the text to look for.")
    return found


def _minor_of(field: Field) -> Callable[[Any, str], Value]:
    def read(raw: Any, place: str) -> int:
        amount = check_minor(raw, place)
        if field is Field.SIZE and amount < 0:
            raise ValidationFailed(place, "The size of an amount is never below zero.")
        return amount

    return read


def write_conditions(group: Group) -> dict[str, Any]:
    """Return what `read_conditions` reads back to an equal group."""
    return {
        "match": group.match.value,
        "of": [
            write_conditions(item) if isinstance(item, Group) else _write_condition(item)
            for item in group.items
        ],
    }


def _write_condition(condition: Condition) -> dict[str, Any]:
    written: dict[str, Any] = {"field": condition.field.value, "op": condition.op.value}
    values = [plain(value) for value in condition.values]
    if condition.op is Op.BETWEEN:
        written |= {"value": values[0], "to": values[1]}
    elif condition.op is Op.ONE_OF:
        written["value"] = values
    elif condition.op is not Op.EMPTY:
        written["value"] = values[0]
    if condition.negated:
        written["not"] = True
    if condition.currency is not None:
        written["currency"] = condition.currency
    return written


def plain(value: Value) -> str | int | None:
    """Return a value as JSON has it: ids and dates as text."""
    return str(value) if isinstance(value, UUID | date) else value


def mapping(raw: Any, place: str, allowed: Sequence[str]) -> Mapping[str, Any]:
    """Return an object whose keys are all known; raise ValidationFailed otherwise."""
    if not isinstance(raw, Mapping):
        raise ValidationFailed(place, "Expected an object here.")
    for key in raw:
        if key not in allowed:
            raise ValidationFailed(
                f"{place}.{str(key)[:40]}", f"Only these are known here: {', '.join(allowed)}."
            )
    return raw


def sequence(raw: Any, place: str, most: int) -> Sequence[Any]:
    """Return a list of at most `most` items; raise ValidationFailed otherwise."""
    if not isinstance(raw, list | tuple):
        raise ValidationFailed(place, "Expected a list here.")
    if len(raw) > most:
        raise ValidationFailed(place, f"At most {most} are possible here.")
    return raw


def choice(raw: Any, kind: type[EnumT], place: str) -> EnumT:
    """Return the member of an enumeration that the text names; raise ValidationFailed otherwise."""
    try:
        return kind(raw)
    except ValueError as error:
        known = ", ".join(kind)
        raise ValidationFailed(place, f"{str(raw)[:40]!r} is none of: {known}.") from error


def one_of(raw: Any, allowed: Sequence[str], place: str) -> str:
    """Return the text when it is one of these; raise ValidationFailed otherwise."""
    if raw not in allowed:
        raise ValidationFailed(place, f"{str(raw)[:40]!r} is none of: {', '.join(allowed)}.")
    return str(raw)


def text(raw: Any, place: str, most: int) -> str:
    """Return a text of at most `most` characters without NUL; raise ValidationFailed otherwise."""
    if not isinstance(raw, str):
        raise ValidationFailed(place, "Expected a text here.")
    if len(raw) > most:
        raise ValidationFailed(place, f"At most {most} characters are possible here.")
    if "\0" in raw:
        raise ValidationFailed(place, "Text can't hold the character NUL.")
    return raw


def tag(raw: Any, place: str) -> str:
    """Return a tag's name, tidied; raise ValidationFailed for an empty or too long one."""
    tidy = " ".join(text(raw, place, 10 * limits.MAX_TAG).split()).lstrip("#")
    if not 1 <= len(tidy) <= limits.MAX_TAG:
        raise ValidationFailed(place, f"A tag has 1 to {limits.MAX_TAG} characters.")
    return tidy


def day(raw: Any, place: str) -> date:
    """Return a calendar date written as YYYY-MM-DD; raise ValidationFailed otherwise."""
    try:
        return date.fromisoformat(text(raw, place, 10))
    except ValueError as error:
        raise ValidationFailed(place, f"{raw!r} is not a date (YYYY-MM-DD).") from error


def number(raw: Any, place: str, low: int, high: int) -> int:
    """Return a whole number between these bounds; raise ValidationFailed otherwise."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        raise ValidationFailed(place, f"Give a whole number from {low} to {high}.")
    return raw
