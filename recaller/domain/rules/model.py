"""What a rule is: conditions in groups, and actions; plain values without any database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Field(StrEnum):
    """What a condition looks at."""

    PAYEE = "payee"
    BANK_TEXT = "bank_text"
    NOTE = "note"
    AMOUNT = "amount"
    SIZE = "size"
    ACCOUNT = "account"
    DIRECTION = "direction"
    CATEGORY = "category"
    TAG = "tag"
    DAY = "day"
    WEEKDAY = "weekday"
    MONTH = "month"
    DATE = "date"


class Op(StrEnum):
    """How a condition compares. Text is compared in folded form (case and accents don't count)."""

    CONTAINS = "contains"
    EQUALS = "equals"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    ONE_OF = "one_of"
    MATCHES = "matches"
    EMPTY = "empty"
    BELOW = "below"
    ABOVE = "above"
    BETWEEN = "between"


class Match(StrEnum):
    """How a group joins what is in it: every one holds, at least one, not a single one."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


TEXT_FIELDS = (Field.PAYEE, Field.BANK_TEXT, Field.NOTE)
AMOUNT_FIELDS = (Field.AMOUNT, Field.SIZE)
_TEXT_OPS = (Op.CONTAINS, Op.EQUALS, Op.STARTS_WITH, Op.ENDS_WITH, Op.ONE_OF, Op.MATCHES, Op.EMPTY)
_AMOUNT_OPS = (Op.EQUALS, Op.BELOW, Op.ABOVE, Op.BETWEEN)
_NUMBER_OPS = (Op.EQUALS, Op.BETWEEN, Op.ONE_OF)
OPERATORS: dict[Field, tuple[Op, ...]] = {
    Field.PAYEE: _TEXT_OPS,
    Field.BANK_TEXT: _TEXT_OPS,
    Field.NOTE: _TEXT_OPS,
    Field.AMOUNT: _AMOUNT_OPS,
    Field.SIZE: _AMOUNT_OPS,
    Field.ACCOUNT: (Op.ONE_OF,),
    Field.DIRECTION: (Op.EQUALS,),
    Field.CATEGORY: (Op.ONE_OF, Op.EMPTY),
    Field.TAG: (Op.ONE_OF, Op.EMPTY),
    Field.DAY: _NUMBER_OPS,
    Field.WEEKDAY: (Op.ONE_OF,),
    Field.MONTH: (Op.ONE_OF,),
    Field.DATE: (Op.BETWEEN,),
}

Value = str | int | UUID | date | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `values` holds one value, two ends of a range (None = open), or the values of a list.

    Amounts are minor units of `currency`; a row in another currency never matches. `negated` turns the answer
    round. Weekdays are ISO (Monday 1). An empty list of values belongs to `Op.EMPTY`.
    """

    field: Field
    op: Op
    values: tuple[Value, ...] = ()
    negated: bool = False
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and further groups; an empty group of `ALL` or `NONE` holds for every row, of `ANY` for none."""

    match: Match
    items: tuple[Condition | Group, ...]


@dataclass(frozen=True, slots=True)
class SetCategory:
    """Give a simple entry this category."""

    category_id: UUID


@dataclass(frozen=True, slots=True)
class SetPayee:
    """Give the entry the payee of this name (this is also how a payee is renamed)."""

    payee: str


@dataclass(frozen=True, slots=True)
class AddTags:
    """Add tags by name."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveTags:
    """Take tags away by name."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetNote:
    """Replace the note."""

    text: str


@dataclass(frozen=True, slots=True)
class AppendNote:
    """Add a line to the note, unless it is there already."""

    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a split: either `basis_points` (hundredths of a percent of the whole) or `amount` (minor units > 0)."""

    category_id: UUID
    basis_points: int | None = None
    amount: int | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """Divide a simple entry; what the shares leave goes to `rest_id`. Fixed amounts are in `currency`."""

    shares: tuple[Share, ...]
    rest_id: UUID | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class MakeTransfer:
    """Turn a simple entry into a transfer to or from another own account."""

    account_id: UUID


@dataclass(frozen=True, slots=True)
class LinkRecurring:
    """Settle the nearest open occurrence of a recurring item with the entry."""

    recurring_id: UUID


Action = (
    SetCategory | SetPayee | AddTags | RemoveTags | SetNote | AppendNote | Split | MakeTransfer | LinkRecurring
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the engine runs it. `id` None is a draft that isn't kept yet."""

    id: UUID | None
    name: str
    conditions: Group
    actions: tuple[Action, ...]
    stop: bool = False
    once: bool = False


def conditions_in(group: Group) -> list[Condition]:
    """Return every condition of a group, those of its inner groups too."""
    found: list[Condition] = []
    for item in group.items:
        found += conditions_in(item) if isinstance(item, Group) else [item]
    return found


def accounts_in(rule: Rule) -> dict[UUID, str]:
    """Return the ids that a rule names, each with what it must be: 'account', 'category' or 'recurring'."""
    found: dict[UUID, str] = {}
    for condition in conditions_in(rule.conditions):
        if condition.field in (Field.ACCOUNT, Field.CATEGORY):
            found |= {value: condition.field.value for value in condition.values if isinstance(value, UUID)}
    for action in rule.actions:
        if isinstance(action, SetCategory):
            found[action.category_id] = "category"
        elif isinstance(action, Split):
            found |= {share.category_id: "category" for share in action.shares}
            if action.rest_id is not None:
                found[action.rest_id] = "category"
        elif isinstance(action, MakeTransfer):
            found[action.account_id] = "account"
        elif isinstance(action, LinkRecurring):
            found[action.recurring_id] = "recurring"
    return found
