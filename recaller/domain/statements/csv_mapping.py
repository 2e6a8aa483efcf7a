"""How to read one bank's CSV: a frozen mapping that a page can show, a user can correct and a profile can
store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from recaller.core.errors import ValidationFailed
from recaller.core.money import check_currency
from recaller.domain.statements.csv_vocabulary import (
    CLOSING_LABELS,
    OPENING_LABELS,
    PENDING_VALUES,
    SKIPPED_VALUES,
    TURNOVER_LABELS,
)
from recaller.domain.statements.dates import DATE_ORDERS
from recaller.domain.statements.encoding import known_encoding
from recaller.domain.statements.limits import MAX_COLUMNS
from recaller.domain.statements.model import Doubt

Sign = Literal["normal", "inverted"]
DELIMITERS = (";", ",", "\t", "|", ":", "^", "~")
DECIMAL_MARKS = (".", ",")
SIGNS = ("normal", "inverted")
_MAX_WORDS = 200
_MAX_WORD_CHARS = 80
_MAX_JSON_CHARS = 64 * 1024

COLUMN_ROLES = (
    "date", "value_date", "amount", "debit", "credit", "direction", "fee", "currency", "balance",
    "reference", "related", "category", "account", "tags", "status", "check_number", "foreign_amount",
    "foreign_currency", "payer",
)  # fmt: skip
COLUMN_LIST_ROLES = ("payee", "memo")


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Everything that reading a CSV depends on; columns are 0-based indices, None where there is none.

    `header_row` is the 0-based row of the column names (rows as the CSV reader sees them, blank ones
    counted), `first_row` the first that may be a transaction. `payee`: the first column with a text counts;
    `payer`, when given, is the other side of money that came in. `memo`: all columns joined by a space.
    `sign` "inverted": a positive amount was spent. `direction` decides the sign by its own values, whatever
    sign the amount has; its empty or unknown values leave the sign to `sign`. `debit` is money out and
    `credit` money in, whatever their signs. `fee` is taken off the amount. `minor_units`: whole numbers are
    minor units. `continuation`: rows without date and amount carry on the text of the row above. `related`:
    the reference of the row that this row undoes; a row that undoes a pending one is pending too. Labels
    are compared without case.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header_row: int | None = 0
    first_row: int = 1
    date: int | None = None
    value_date: int | None = None
    payee: tuple[int, ...] = ()
    payer: int | None = None
    memo: tuple[int, ...] = ()
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    direction: int | None = None
    in_values: tuple[str, ...] = ()
    out_values: tuple[str, ...] = ()
    fee: int | None = None
    currency: int | None = None
    default_currency: str | None = None
    balance: int | None = None
    reference: int | None = None
    related: int | None = None
    category: int | None = None
    account: int | None = None
    tags: int | None = None
    tag_separator: str = "|"
    status: int | None = None
    check_number: int | None = None
    foreign_amount: int | None = None
    foreign_currency: int | None = None
    date_order: str = "YMD"
    century_pivot: int = 70
    decimal_mark: str = "."
    sign: str = "normal"
    minor_units: bool = False
    html_references: bool = False
    continuation: bool = False
    pending_values: tuple[str, ...] = PENDING_VALUES
    skipped_values: tuple[str, ...] = SKIPPED_VALUES
    opening_labels: tuple[str, ...] = OPENING_LABELS
    closing_labels: tuple[str, ...] = CLOSING_LABELS
    turnover_labels: tuple[str, ...] = TURNOVER_LABELS
    header: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = field(default=(), compare=False)

    def to_json(self) -> str:
        """Return the mapping as a JSON object with one member per field."""
        members = {item.name: getattr(self, item.name) for item in fields(self)}
        members["doubts"] = [{"field": doubt.field, "message": doubt.message} for doubt in self.doubts]
        return json.dumps(members, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CsvMapping:
        """Return the mapping that the JSON object describes; members left out keep their defaults.

        Raises ValidationFailed, whose field is the member that is wrong.
        """
        if len(text) > _MAX_JSON_CHARS:
            raise ValidationFailed("mapping", "The mapping is too long.")
        try:
            members = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationFailed("mapping", "The mapping is not JSON.") from error
        if not isinstance(members, dict):
            raise ValidationFailed("mapping", "The mapping must be a JSON object.")
        return cls.from_members(members)

    @classmethod
    def from_members(cls, members: dict[str, Any]) -> CsvMapping:
        """As `from_json`, from a dictionary."""
        known = {item.name for item in fields(cls)}
        unknown = sorted(str(name) for name in members if name not in known)
        if unknown:
            raise ValidationFailed(unknown[0][:60], "The mapping has no such member.")
        mapping = cls(**{name: _checked(name, value) for name, value in members.items()})
        mapping.check()
        return mapping

    def check(self) -> None:
        """Raise ValidationFailed when members contradict each other or can't be read with."""
        if not known_encoding(self.encoding):
            raise ValidationFailed("encoding", f"{self.encoding!r} is not an encoding that can be chosen.")
        if self.delimiter not in DELIMITERS:
            raise ValidationFailed("delimiter", f"{self.delimiter!r} can't separate columns.")
        if self.quote not in ('"', "'", ""):
            raise ValidationFailed("quote", f"{self.quote!r} can't be the quote character.")
        if self.date_order not in DATE_ORDERS:
            raise ValidationFailed(
                "date_order", f"{self.date_order!r} is not one of {', '.join(DATE_ORDERS)}."
            )
        if self.decimal_mark not in DECIMAL_MARKS:
            raise ValidationFailed("decimal_mark", f"{self.decimal_mark!r} is not a point or a comma.")
        if self.sign not in SIGNS:
            raise ValidationFailed("sign", f"{self.sign!r} is not one of {', '.join(SIGNS)}.")
        if not 0 <= self.century_pivot <= 100:
            raise ValidationFailed("century_pivot", "The pivot must be between 0 and 100.")
        if self.header_row is not None and self.header_row >= self.first_row:
            raise ValidationFailed("first_row", "Transactions can't start before the header.")
        if self.date is None:
            raise ValidationFailed("date", "Choose the column with the date.")
        if self.amount is None and self.debit is None and self.credit is None:
            raise ValidationFailed(
                "amount", "Choose the column with the amount, or those for debit and credit."
            )
        if self.amount is not None and (self.debit is not None or self.credit is not None):
            raise ValidationFailed("amount", "Choose either one amount column or debit and credit.")
        if {value.casefold() for value in self.in_values} & {value.casefold() for value in self.out_values}:
            raise ValidationFailed("in_values", "A value can't mean both money in and money out.")


def _checked(name: str, value: Any) -> Any:
    if name in COLUMN_ROLES or name == "header_row":
        return None if value is None else _index(name, value)
    if name == "first_row":
        return _index(name, value)
    if name == "century_pivot":
        return _index(name, value)
    if name in COLUMN_LIST_ROLES:
        if not isinstance(value, list | tuple) or len(value) > 20:
            raise ValidationFailed(name, f"{name} must be a list of at most 20 columns.")
        return tuple(_index(name, item) for item in value)
    if name in ("minor_units", "html_references", "continuation"):
        if not isinstance(value, bool):
            raise ValidationFailed(name, f"{name} must be true or false.")
        return value
    if name == "default_currency":
        return None if value in (None, "") else check_currency(_text(name, value), name)
    if name == "doubts":
        return _doubts(value)
    if name == "header":
        return _words(name, value, MAX_COLUMNS)
    if name.endswith(("_values", "_labels")):
        return _words(name, value, _MAX_WORDS)
    return _text(name, value)


def _index(name: str, value: Any) -> int:
    limit = 10_000 if name in ("first_row", "header_row") else MAX_COLUMNS
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
        raise ValidationFailed(name, f"{name} must be a number from 0 to {limit - 1}.")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_WORD_CHARS:
        raise ValidationFailed(name, f"{name} must be a text of at most {_MAX_WORD_CHARS} characters.")
    return value


def _words(name: str, value: Any, limit: int) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > limit:
        raise ValidationFailed(name, f"{name} must be a list of at most {limit} texts.")
    return tuple(_text(name, item) for item in value)


def _doubts(value: Any) -> tuple[Doubt, ...]:
    if not isinstance(value, list | tuple) or len(value) > 50:
        raise ValidationFailed("doubts", "doubts must be a list.")
    found: list[Doubt] = []
    for item in value:
        if isinstance(item, Doubt):
            found.append(item)
        elif (
            isinstance(item, dict)
            and isinstance(item.get("field"), str)
            and isinstance(item.get("message"), str)
        ):
            found.append(Doubt(item["field"][:60], item["message"][:500]))
        else:
            raise ValidationFailed("doubts", "Each doubt must have a field and a message.")
    return tuple(found)
