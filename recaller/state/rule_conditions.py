"""The conditions of a rule while it is written: a flat list of rows, groups indented, from and to their JSON form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as fresh
from typing import Any

from recaller.core.errors import ValidationFailed
from recaller.domain.amount_input import parse_amount
from recaller.domain.rules.limits import MAX_DEPTH
from recaller.domain.rules.model import OPERATORS, Field
from recaller.domain.rules.reading import read_conditions
from recaller.state.formatting import Formatter

NOT = "!"
MATCHES = ("all", "any", "none")
TEXTS = ("payee", "bank_text", "note")
AMOUNTS = ("amount", "size")
FIELDS = tuple(one.value for one in Field)
PICKED = ("account", "category")
CHIPS = ("weekday", "month")
# The comparison that a row starts with when its field is chosen.
_FIRST_OP = {"amount": "below", "size": "above", "direction": "equals", "day": "equals", "date": "between"}


@dataclass(frozen=True)
class ConditionLine:
    """A row: a condition, or the head of a group whose rows follow one level deeper.

    `op` is the comparison, "!" before it when it must not hold; `shape` tells which inputs are drawn for it. `value`
    and `last` are texts as typed, `chosen` the ids, weekdays or months of a list. `place` numbers the row, as in "2.1".
    """

    key: str
    depth: int
    kind: str = "condition"
    place: str = ""
    match: str = "all"
    field: str = "payee"
    op: str = "contains"
    shape: str = "text"
    value: str = ""
    last: str = ""
    currency: str = ""
    chosen: list[str] = fresh(default_factory=list)
    error: str = ""
    deep: bool = False


def shape_of(name: str, op: str) -> str:
    """Return which inputs a comparison of a field has."""
    bare = op.removeprefix(NOT)
    if bare == "empty":
        return "none"
    if name in TEXTS:
        return {"one_of": "lines", "matches": "pattern"}.get(bare, "text")
    if name in AMOUNTS:
        return "money_range" if bare == "between" else "money"
    if name == "day":
        return {"between": "number_range", "one_of": "numbers"}.get(bare, "number")
    return {"account": "accounts", "category": "categories", "direction": "way", "tag": "lines", "date": "dates",
            "weekday": "weekdays", "month": "months"}[name]  # fmt: skip


def allows(name: str, op: str) -> bool:
    """Tell whether a field can be compared so, negated or not."""
    return op.removeprefix(NOT) in OPERATORS[Field(name)]


def started(line: ConditionLine, name: str, currency: str) -> ConditionLine:
    """Return the row looking at another field: what was typed stays among texts and among amounts."""
    alike = any(line.field in kinds and name in kinds for kinds in (TEXTS, AMOUNTS))
    if alike:
        return replace(line, field=name, shape=shape_of(name, line.op), error="")
    op = "contains" if name in TEXTS else _FIRST_OP.get(name, "one_of")
    empty = ConditionLine(line.key, line.depth, field=name, op=op, shape=shape_of(name, op), place=line.place)
    return replace(
        empty,
        value="out" if name == "direction" else "",
        currency=currency if name in AMOUNTS else "",
        deep=line.deep,
    )


# ---- The tree as rows --------------------------------------------------------------------------------


def lines_of(
    group: Mapping[str, Any], new_key: Callable[[], str], say: Formatter, depth: int = 1
) -> list[ConditionLine]:
    """Return the rows of what is in a group, in order."""
    found: list[ConditionLine] = []
    for item in group["of"]:
        if "match" in item:
            found.append(
                ConditionLine(new_key(), depth, kind="group", match=str(item["match"]), shape="group")
            )
            found += lines_of(item, new_key, say, depth + 1)
        else:
            found.append(_line_of(item, new_key(), say, depth))
    return found


def _line_of(raw: Mapping[str, Any], key: str, say: Formatter, depth: int) -> ConditionLine:
    name, op = str(raw["field"]), (NOT if raw.get("not") else "") + str(raw["op"])
    value, to, currency = raw.get("value"), raw.get("to"), str(raw.get("currency") or "")
    shape = shape_of(name, op)
    line = ConditionLine(key, depth, field=name, op=op, shape=shape, currency=currency)
    if shape in ("accounts", "categories", "weekdays", "months"):
        return replace(line, chosen=[str(one) for one in value or ()])
    if shape == "lines":
        return replace(line, value="\n".join(" ".join(str(one).split()) for one in value or ()))
    if shape == "numbers":
        return replace(line, value=", ".join(str(one) for one in value or ()))
    if shape in ("money", "money_range"):
        ends = ["" if one is None else say.number(int(one), currency) for one in (value, to)]
        return replace(line, value=ends[0], last=ends[1])
    if shape == "text":
        return replace(line, value=" ".join(str(value).split()))
    return replace(line, value="" if value is None else str(value), last="" if to is None else str(to))


def numbered(lines: Sequence[ConditionLine]) -> list[ConditionLine]:
    """Return the rows with their numbers, and whether a group is as deep as groups may be."""
    counts: list[int] = []
    found = []
    for line in lines:
        counts = [*counts[: line.depth], *[0] * (line.depth - len(counts))]
        counts[line.depth - 1] += 1
        place = ".".join(str(one) for one in counts)
        found.append(replace(line, place=place, deep=line.depth >= MAX_DEPTH - 1))
    return found


def end_of(lines: Sequence[ConditionLine], at: int) -> int:
    """Return where the group whose head is at this place ends (the place after a condition)."""
    end = at + 1
    while lines[at].kind == "group" and end < len(lines) and lines[end].depth > lines[at].depth:
        end += 1
    return end


# ---- Back to JSON ------------------------------------------------------------------------------------


def read_lines(
    match: str, lines: Sequence[ConditionLine], say: Formatter
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the group that the rows stand for, and by row what is wrong with it."""
    errors: dict[str, str] = {}

    def group(joint: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
        items: list[Any] = []
        while at < len(lines) and lines[at].depth >= depth:
            line = lines[at]
            if line.kind == "group":
                inner, at = group(line.match, at + 1, depth + 1)
                items.append(inner)
                continue
            try:
                raw = _condition_of(line, say)
                read_conditions({"match": "all", "of": [raw]})
                items.append(raw)
            except ValidationFailed as error:
                errors[line.key] = error.message
            at += 1
        return {"match": joint, "of": items}, at

    return group(match, 0, 1)[0], errors


def _condition_of(line: ConditionLine, say: Formatter) -> dict[str, Any]:
    made: dict[str, Any] = {"field": line.field, "op": line.op.removeprefix(NOT)}
    if line.op.startswith(NOT):
        made["not"] = True
    if line.field in AMOUNTS:
        made["currency"] = line.currency
    match line.shape:
        case "none":
            return made
        case "accounts" | "categories":
            return made | {"value": list(line.chosen)}
        case "weekdays" | "months":
            return made | {"value": sorted(int(one) for one in line.chosen)}
        case "lines":
            return made | {"value": [one.strip() for one in line.value.splitlines() if one.strip()]}
        case "money":
            return made | {"value": parse_amount(line.value, line.currency, say.locale)}
        case "money_range":
            ends = [parse_amount(one, line.currency, say.locale) for one in (line.value, line.last)]
            return made | {"value": ends[0], "to": ends[1]}
        case "number":
            return made | {"value": _whole(line.value)}
        case "number_range":
            return made | {"value": _whole(line.value), "to": _whole(line.last)}
        case "numbers":
            return made | {
                "value": [_whole(one) for one in line.value.replace(";", ",").split(",") if one.strip()]
            }
        case "dates":
            return made | {"value": line.value or None, "to": line.last or None}
        case _:
            return made | {"value": line.value}


def _whole(text: str) -> int:
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= 2):
        raise ValidationFailed("value", "Give days of the month, from 1 to 31.")
    return int(stripped)


def typed(line: ConditionLine) -> bool:
    """Tell whether something is in the row that may be wrong, so that an empty one isn't scolded while it is new."""
    return bool(line.value.strip() or line.last.strip())
