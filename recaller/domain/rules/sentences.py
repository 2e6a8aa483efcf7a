"""A rule in plain words: "If payee contains 'rewe' and amount is below 0, set category Groceries"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from recaller.core.money import to_decimal
from recaller.domain.rules.model import (
    AMOUNT_FIELDS,
    Action,
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
    SetCategory,
    SetNote,
    SetPayee,
    Split,
    Value,
)
from recaller.domain.rules.splitting import WHOLE

GONE = "(gone)"
FIELD_WORDS: dict[Field, str] = {
    Field.PAYEE: "payee",
    Field.BANK_TEXT: "bank text",
    Field.NOTE: "note",
    Field.AMOUNT: "amount",
    Field.SIZE: "amount without sign",
    Field.ACCOUNT: "account",
    Field.DIRECTION: "money",
    Field.CATEGORY: "category",
    Field.TAG: "tag",
    Field.DAY: "day of the month",
    Field.WEEKDAY: "weekday",
    Field.MONTH: "month",
    Field.DATE: "date",
}
_OP_WORDS: dict[Op, tuple[str, str]] = {
    Op.CONTAINS: ("contains", "doesn't contain"),
    Op.EQUALS: ("is", "isn't"),
    Op.STARTS_WITH: ("starts with", "doesn't start with"),
    Op.ENDS_WITH: ("ends with", "doesn't end with"),
    Op.ONE_OF: ("is", "isn't"),
    Op.MATCHES: ("matches", "doesn't match"),
    Op.EMPTY: ("is empty", "isn't empty"),
    Op.BELOW: ("is below", "isn't below"),
    Op.ABOVE: ("is above", "isn't above"),
    Op.BETWEEN: ("is between", "isn't between"),
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_JOINTS = {Match.ALL: " and ", Match.ANY: " or ", Match.NONE: " or "}
MAX_LISTED = 4

MoneyText = Callable[[int, str], str]


def plain_money(minor: int, currency: str) -> str:
    """Return an amount without a locale, as in "12.50 EUR"."""
    return f"{to_decimal(minor, currency)} {currency}"


def describe(
    conditions: Group,
    actions: Sequence[Action],
    names: Mapping[UUID, str],
    money: MoneyText = plain_money,
) -> str:
    """Return the whole rule as one sentence; `names` are those of the categories and accounts in it."""
    when = describe_conditions(conditions, names, money)
    then = " and ".join(describe_action(action, names, money) for action in actions)
    return f"{when}, {then}" if when else f"Always {then}"


def describe_conditions(group: Group, names: Mapping[UUID, str], money: MoneyText = plain_money) -> str:
    """Return the "if" part; "" for a group that holds for every row."""
    if not group.items:
        return "Never" if group.match is Match.ANY else ""
    return f"If {_group(group, names, money, top=True)}"


def _group(group: Group, names: Mapping[UUID, str], money: MoneyText, *, top: bool = False) -> str:
    parts = []
    for item in group.items:
        if isinstance(item, Group):
            parts.append(_group(item, names, money) if item.items else _empty(item))
        else:
            parts.append(describe_condition(item, names, money))
    joined = _JOINTS[group.match].join(parts)
    if group.match is Match.NONE:
        return f"not ({joined})"
    return joined if top or len(parts) == 1 else f"({joined})"


def _empty(group: Group) -> str:
    return "never" if group.match is Match.ANY else "always"


def describe_condition(
    condition: Condition, names: Mapping[UUID, str], money: MoneyText = plain_money
) -> str:
    """Return one condition, as in "payee contains 'rewe'"."""
    if condition.field is Field.DIRECTION:
        way = "comes in" if (condition.values[0] == "in") != condition.negated else "goes out"
        return f"money {way}"
    word = FIELD_WORDS[condition.field]
    op = _OP_WORDS[condition.op][condition.negated]
    if condition.op is Op.EMPTY:
        nothing = {Field.CATEGORY: ("is not set", "is set"), Field.TAG: ("is not set", "is set")}
        return f"{word} {nothing.get(condition.field, _OP_WORDS[Op.EMPTY])[condition.negated]}"
    shown = [_value(condition, value, names, money) for value in condition.values]
    if condition.op is Op.BETWEEN:
        return _range(condition, word, shown)
    return f"{word} {op} {_listed(shown)}"


def _range(condition: Condition, word: str, shown: Sequence[str]) -> str:
    first, last = condition.values
    if first is None:
        return f"{word} is {'after' if condition.negated else 'up to'} {shown[1]}"
    if last is None:
        return f"{word} is {'before' if condition.negated else 'from'} {shown[0]}" + (
            "" if condition.negated else " on"
        )
    return f"{word} {_OP_WORDS[Op.BETWEEN][condition.negated]} {shown[0]} and {shown[1]}"


def _value(condition: Condition, value: Value, names: Mapping[UUID, str], money: MoneyText) -> str:
    if isinstance(value, UUID):
        return names.get(value, GONE)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        if condition.field in AMOUNT_FIELDS and condition.currency is not None:
            return "0" if value == 0 else money(value, condition.currency)
        if condition.field is Field.WEEKDAY:
            return WEEKDAYS[value - 1]
        if condition.field is Field.MONTH:
            return MONTHS[value - 1]
        return str(value)
    return f"#{value}" if condition.field is Field.TAG else f"'{value}'"


def _listed(shown: Sequence[str]) -> str:
    if len(shown) > MAX_LISTED:
        return f"{', '.join(shown[: MAX_LISTED - 1])} or one of {len(shown) - MAX_LISTED + 1} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def describe_action(action: Action, names: Mapping[UUID, str], money: MoneyText = plain_money) -> str:
    """Return one action, as in "set category Groceries"."""
    match action:
        case SetCategory(category_id):
            return f"set category {names.get(category_id, GONE)}"
        case SetPayee(payee):
            return f"set payee '{payee}'"
        case AddTags(tags):
            return f"add {' '.join(f'#{name}' for name in tags)}"
        case RemoveTags(tags):
            return f"remove {' '.join(f'#{name}' for name in tags)}"
        case SetNote(text):
            return f"set note '{_short(text)}'" if text else "clear the note"
        case AppendNote(text):
            return f"add '{_short(text)}' to the note"
        case MakeTransfer(account_id):
            return f"make it a transfer with {names.get(account_id, GONE)}"
        case LinkRecurring(recurring_id):
            return f"link it to the recurring {names.get(recurring_id, GONE)}"
        case Split():
            return _split(action, names, money)


def _split(split: Split, names: Mapping[UUID, str], money: MoneyText) -> str:
    parts = []
    for share in split.shares:
        size = (
            money(share.amount, split.currency or "")
            if share.amount is not None
            else f"{percent_text(share.basis_points or 0)} %"
        )
        parts.append(f"{size} {names.get(share.category_id, GONE)}")
    if split.rest_id is not None:
        parts.append(f"the rest {names.get(split.rest_id, GONE)}")
    return f"split it: {', '.join(parts)}"


def percent_text(basis_points: int) -> str:
    """Return hundredths of a percent as percent, without a needless fraction."""
    whole, rest = divmod(basis_points, WHOLE // 100)
    return str(whole) if rest == 0 else f"{whole}.{rest:02d}".rstrip("0")


def _short(text: str) -> str:
    line = text.split("\n", maxsplit=1)[0]
    return line if len(line) <= 40 else f"{line[:39]}…"
