"""The actions of a rule while it is written: rows, a split with its parts, from and to their JSON form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from recaller.core.errors import ValidationFailed
from recaller.domain.amount_input import parse_amount, parse_percent
from recaller.domain.rules.acting import KEYS, read_actions
from recaller.state.formatting import Formatter

ACTIONS = tuple(KEYS)
PERCENT, AMOUNT = "percent", "amount"
# The key in JSON of an action's one value.
_KEY = {
    "set_category": "category_id",
    "set_payee": "payee",
    "set_note": "text",
    "append_note": "text",
    "make_transfer": "account_id",
    "link_recurring": "recurring_id",
}
_TAGS = ("add_tags", "remove_tags")


@dataclass(frozen=True)
class PartLine:
    """A part of a split: `size` is its percentage or amount as typed."""

    key: str
    category: str = ""
    size: str = ""
    memo: str = ""
    number: int = 1


@dataclass(frozen=True)
class ActionLine:
    """A row: what is done (`do`) and with what (`value`: an id or text); a split has parts and a category for the rest.

    `shape` tells which inputs are drawn: as `do`, but "tags" for tags by commas and "tag_lines" for one in each line.
    """

    key: str
    do: str = "set_category"
    shape: str = "set_category"
    value: str = ""
    by: str = PERCENT
    currency: str = ""
    rest: str = ""
    parts: list[PartLine] = field(default_factory=list)
    error: str = ""
    number: int = 1


def begun(line: ActionLine, do: str, currency: str, new_key: Callable[[], str]) -> ActionLine:
    """Return the row doing something else; a category goes along into a split."""
    fresh = ActionLine(line.key, do, "tags" if do in _TAGS else do, number=line.number)
    if do in _TAGS and line.do in _TAGS:
        return replace(fresh, value=line.value, shape=line.shape)
    if do == "split":
        first = line.value if line.do == "set_category" else ""
        return replace(fresh, currency=currency, parts=[PartLine(new_key(), first), PartLine(new_key())])
    return fresh


def actions_of(
    raw: Sequence[Mapping[str, Any]], new_key: Callable[[], str], say: Formatter
) -> list[ActionLine]:
    """Return the rows of actions."""
    return [_line_of(one, new_key, say) for one in raw]


def _line_of(raw: Mapping[str, Any], new_key: Callable[[], str], say: Formatter) -> ActionLine:
    do = str(raw["do"])
    line = ActionLine(new_key(), do, do)
    if do in _TAGS:
        # A tag may hold a comma.
        lined = any("," in name for name in raw["tags"])
        return replace(
            line, shape="tag_lines" if lined else "tags", value=("\n" if lined else ", ").join(raw["tags"])
        )
    if do == "split":
        currency = str(raw.get("currency") or "")
        parts = []
        for one in raw["parts"]:
            amount = one.get("amount")
            size = say.percent(one["basis_points"]) if amount is None else say.number(amount, currency)
            parts.append(PartLine(new_key(), str(one["category_id"]), size, str(one.get("memo", ""))))
        return replace(
            line,
            by=AMOUNT if currency else PERCENT,
            currency=currency,
            rest=str(raw.get("rest_category_id") or ""),
            parts=parts,
        )
    return replace(line, value=str(raw[_KEY[do]]))


def numbered_actions(lines: Sequence[ActionLine]) -> list[ActionLine]:
    """Return the rows with their numbers, parts too."""
    return [
        replace(
            line, number=at, parts=[replace(part, number=place) for place, part in enumerate(line.parts, 1)]
        )
        for at, line in enumerate(lines, 1)
    ]


def read_action_lines(
    lines: Sequence[ActionLine], say: Formatter
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the actions that the rows stand for, and by row what is wrong with it."""
    made: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for line in lines:
        try:
            raw = _action_of(line, say)
            read_actions([raw])
        except ValidationFailed as error:
            errors[line.key] = error.message
        else:
            made.append(raw)
    if not errors and lines:
        try:
            read_actions(made)
        except ValidationFailed as error:
            # Of two that exclude each other the place names the second one.
            place = error.field.rsplit(".", 1)[-1]
            errors[lines[int(place) if place.isdigit() else -1].key] = error.message
    return made, errors


def _action_of(line: ActionLine, say: Formatter) -> dict[str, Any]:
    if line.do in _TAGS:
        listed = line.value.splitlines() if line.shape == "tag_lines" else line.value.split(",")
        return {"do": line.do, "tags": [one.strip() for one in listed if one.strip()]}
    if line.do == "split":
        return _split_of(line, say)
    wanted = {
        "set_category": "Choose the category.",
        "make_transfer": "Choose the other account.",
        "link_recurring": "Choose the recurring item.",
    }
    if line.do in wanted and not line.value:
        raise ValidationFailed("value", wanted[line.do])
    return {"do": line.do, _KEY[line.do]: line.value}


def _split_of(line: ActionLine, say: Formatter) -> dict[str, Any]:
    parts = []
    for one in line.parts:
        if not one.category:
            raise ValidationFailed("parts", f"Part {one.number}: choose the category.")
        part: dict[str, Any] = {"category_id": one.category, "memo": one.memo.strip()}
        try:
            if line.by == AMOUNT:
                part["amount"] = parse_amount(one.size, line.currency, say.locale)
            else:
                part["basis_points"] = parse_percent(one.size, say.locale)
        except ValidationFailed as error:
            raise ValidationFailed("parts", f"Part {one.number}: {error.message}") from error
        parts.append(part)
    made: dict[str, Any] = {"do": "split", "parts": parts}
    if line.rest:
        made["rest_category_id"] = line.rest
    if line.by == AMOUNT:
        made["currency"] = line.currency
    return made
