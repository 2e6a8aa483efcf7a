"""Actions of rules as JSON, read and written; `reading.py` has their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.core.money import MAX_MINOR, check_currency
from recaller.domain.rules import limits
from recaller.domain.rules.model import (
    Action,
    AddTags,
    AppendNote,
    LinkRecurring,
    MakeTransfer,
    RemoveTags,
    SetCategory,
    SetNote,
    SetPayee,
    Share,
    Split,
)
from recaller.domain.rules.reading import mapping, number, one_of, sequence, tag, text
from recaller.domain.rules.splitting import WHOLE

# What an action is called in JSON -> the keys that it has beside "do".
KEYS: dict[str, tuple[str, ...]] = {
    "set_category": ("category_id",),
    "set_payee": ("payee",),
    "add_tags": ("tags",),
    "remove_tags": ("tags",),
    "set_note": ("text",),
    "append_note": ("text",),
    "split": ("parts", "rest_category_id", "currency"),
    "make_transfer": ("account_id",),
    "link_recurring": ("recurring_id",),
}


def read_actions(raw: Any, place: str = "actions") -> tuple[Action, ...]:
    """Read `[{"do": "set_category", "category_id": ...}, ...]`; raise ValidationFailed naming the place."""
    listed = sequence(raw, place, limits.MAX_ACTIONS)
    if not listed:
        raise ValidationFailed(place, "Say what the rule does: it has no action yet.")
    actions = tuple(_action(one, f"{place}.{index}") for index, one in enumerate(listed))
    side = [index for index, one in enumerate(actions) if isinstance(one, SetCategory | Split | MakeTransfer)]
    if len(side) > 1:
        raise ValidationFailed(
            f"{place}.{side[1]}",
            "A rule can set the category, split or make a transfer, but only one of these.",
        )
    links = [index for index, one in enumerate(actions) if isinstance(one, LinkRecurring)]
    if len(links) > 1:
        raise ValidationFailed(f"{place}.{links[1]}", "A rule can link to one recurring item only.")
    return actions


def _action(raw: Any, place: str) -> Action:
    if not isinstance(raw, Mapping):
        raise ValidationFailed(place, "Expected an object here.")
    kind = one_of(raw.get("do"), tuple(KEYS), f"{place}.do")
    fields = mapping(raw, place, ("do", *KEYS[kind]))
    match kind:
        case "set_category":
            return SetCategory(parse_id(fields.get("category_id"), f"{place}.category_id"))
        case "set_payee":
            return SetPayee(_payee(fields.get("payee"), f"{place}.payee"))
        case "add_tags":
            return AddTags(_tags(fields.get("tags"), f"{place}.tags"))
        case "remove_tags":
            return RemoveTags(_tags(fields.get("tags"), f"{place}.tags"))
        case "set_note":
            return SetNote(text(fields.get("text"), f"{place}.text", limits.MAX_NOTE).strip())
        case "append_note":
            return AppendNote(_line(fields.get("text"), f"{place}.text"))
        case "split":
            return _split(fields, place)
        case "make_transfer":
            return MakeTransfer(parse_id(fields.get("account_id"), f"{place}.account_id"))
        case _:
            return LinkRecurring(parse_id(fields.get("recurring_id"), f"{place}.recurring_id"))


def _payee(raw: Any, place: str) -> str:
    tidy = " ".join(text(raw, place, 10 * limits.MAX_PAYEE).split())
    if not 1 <= len(tidy) <= limits.MAX_PAYEE:
        raise ValidationFailed(place, f"A payee's name has 1 to {limits.MAX_PAYEE} characters.")
    return tidy


def _tags(raw: Any, place: str) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for one in sequence(raw, place, limits.MAX_TAGS):
        tidy = tag(one, place)
        names.setdefault(tidy.lower(), tidy)
    if not names:
        raise ValidationFailed(place, "Name at least one tag.")
    return tuple(names.values())


def _line(raw: Any, place: str) -> str:
    tidy = text(raw, place, limits.MAX_NOTE).strip()
    if not tidy or "\n" in tidy or "\r" in tidy:
        raise ValidationFailed(place, "Write the one line that is added to the note.")
    return tidy


def _split(fields: Mapping[str, Any], place: str) -> Split:
    shares = tuple(
        _share(one, f"{place}.parts.{index}")
        for index, one in enumerate(sequence(fields.get("parts"), f"{place}.parts", limits.MAX_PARTS))
    )
    rest = fields.get("rest_category_id")
    rest_id = None if rest is None else parse_id(rest, f"{place}.rest_category_id")
    if not shares or (rest_id is None and len(shares) < 2):
        raise ValidationFailed(f"{place}.parts", "A split needs at least two parts.")
    if len({share.amount is None for share in shares}) != 1:
        raise ValidationFailed(f"{place}.parts", "Split by percentages or by fixed amounts, not by both.")
    if shares[0].amount is not None:
        if rest_id is None:
            raise ValidationFailed(f"{place}.rest_category_id", "Say where the rest of the amount goes.")
        currency = text(fields.get("currency"), f"{place}.currency", 3)
        return Split(shares, rest_id, check_currency(currency, f"{place}.currency"))
    total = sum(share.basis_points or 0 for share in shares)
    if rest_id is None and total != WHOLE:
        raise ValidationFailed(
            f"{place}.parts", "The percentages must total 100, or the rest needs a category."
        )
    if rest_id is not None and total >= WHOLE:
        raise ValidationFailed(
            f"{place}.parts", "The percentages leave nothing for the rest: keep them below 100."
        )
    return Split(shares, rest_id)


def _share(raw: Any, place: str) -> Share:
    fields = mapping(raw, place, ("category_id", "basis_points", "amount", "memo"))
    category = parse_id(fields.get("category_id"), f"{place}.category_id")
    memo = text(fields.get("memo", ""), f"{place}.memo", limits.MAX_MEMO)
    if (fields.get("amount") is None) == (fields.get("basis_points") is None):
        raise ValidationFailed(place, "Give either a percentage or an amount.")
    if fields.get("amount") is not None:
        return Share(category, amount=number(fields["amount"], f"{place}.amount", 1, MAX_MINOR), memo=memo)
    points = number(fields["basis_points"], f"{place}.basis_points", 1, WHOLE)
    return Share(category, basis_points=points, memo=memo)


def write_actions(actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    """Return what `read_actions` reads back to equal actions."""
    return [_write(action) for action in actions]


def _write(action: Action) -> dict[str, Any]:
    match action:
        case SetCategory(category_id):
            return {"do": "set_category", "category_id": str(category_id)}
        case SetPayee(payee):
            return {"do": "set_payee", "payee": payee}
        case AddTags(tags):
            return {"do": "add_tags", "tags": list(tags)}
        case RemoveTags(tags):
            return {"do": "remove_tags", "tags": list(tags)}
        case SetNote(note):
            return {"do": "set_note", "text": note}
        case AppendNote(line):
            return {"do": "append_note", "text": line}
        case MakeTransfer(account_id):
            return {"do": "make_transfer", "account_id": str(account_id)}
        case LinkRecurring(recurring_id):
            return {"do": "link_recurring", "recurring_id": str(recurring_id)}
        case Split(shares, rest_id, currency):
            written: dict[str, Any] = {"do": "split", "parts": [_write_share(share) for share in shares]}
            if rest_id is not None:
                written["rest_category_id"] = str(rest_id)
            if currency is not None:
                written["currency"] = currency
            return written


def _write_share(share: Share) -> dict[str, Any]:
    written: dict[str, Any] = {"category_id": str(share.category_id)}
    if share.amount is not None:
        written["amount"] = share.amount
    if share.basis_points is not None:
        written["basis_points"] = share.basis_points
    if share.memo:
        written["memo"] = share.memo
    return written
