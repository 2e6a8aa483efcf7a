"""What transactions are asked for: a filter that travels in a URL, and the operators of the search box."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.core.money import MAX_MINOR, check_currency, exponent

MAX_TEXT = 200
MAX_VALUES = 100
STATUSES = ("pending", "booked")
SHAPES = ("simple", "split", "transfer", "conversion", "opening", "journal")
KINDS = ("asset", "liability", "income", "expense")


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Which transactions are wanted: all conditions hold; several values of one field mean any of them.

    Categories include their children. `kinds` asks for transactions that touch accounts of these kinds.
    Amounts are absolute, in minor units. Dates are inclusive calendar dates. `text` is what the user typed,
    operators included (`parse_text` reads them). `currency` is that of the postings asked for.
    """

    account_ids: tuple[UUID, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    payee_ids: tuple[UUID, ...] = ()
    tag_ids: tuple[UUID, ...] = ()
    kinds: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    text: str = ""
    status: str | None = None
    shape: str | None = None
    uncategorised: bool = False
    batch_id: UUID | None = None
    currency: str | None = None

    def to_query(self) -> dict[str, str]:
        """Return the URL parameters that `from_query` reads back to an equal filter, without defaults."""
        query = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                query[_PARAMETERS[field.name]] = _write(value)
        return query

    def query_string(self) -> str:
        """Return the parameters as the part of a URL after the question mark."""
        return urlencode(self.to_query())

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> TransactionFilter:
        """Read URL parameters (others are ignored); raise ValidationFailed naming the one that is wrong."""
        values = {}
        for field, parameter in _PARAMETERS.items():
            if query.get(parameter):
                values[field] = _READERS[field](query[parameter], parameter)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What the search box says: plain words, and the operators' values with names not yet looked up."""

    words: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    payees: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    status: str | None = None
    shape: str | None = None
    uncategorised: bool = False
    currency: str | None = None


# A word, or an operator with a value; double quotes hold spaces together and may be left open while typing.
_TOKEN = re.compile(r'(?:(?P<operator>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')


def parse_text(text: str, currency: str) -> TextQuery:
    """Read the search box's text; amounts are in major units of `currency`.

    Operators: `account: category: payee: tag:` (names), `kind:`, `amount:` (50, >50, <=50, 10..20),
    `date:` (2026, 2026-10, 2026-10-05, a..b, >=a), `status:`, `currency:`, `is:` (uncategorised, a status or
    a shape). Anything else is searched as written. Raise ValidationFailed for an operator's value that makes no sense.
    """
    if len(text) > MAX_TEXT:
        raise ValidationFailed("q", f"A search can have at most {MAX_TEXT} characters.")
    query = TextQuery()
    for match in _TOKEN.finditer(text):
        value = match["quoted"] if match["quoted"] is not None else match["bare"]
        operator = (match["operator"] or "").lower()
        if operator == "amount" and value:
            query = _read_amount(query, value, currency)
        elif operator in _OPERATORS and value:
            query = _OPERATORS[operator](query, value)
        else:
            whole = value if match["operator"] is None else f"{match['operator']}:{value}"
            query = replace(query, words=(*query.words, whole)) if whole else query
    return query


def like_pattern(word: str) -> str:
    """Return the LIKE pattern that finds `word` anywhere, each of its characters meaning itself."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _read_kind(query: TextQuery, value: str) -> TextQuery:
    return replace(query, kinds=(*query.kinds, _one_of(value.lower(), KINDS, "kind")))


def _read_amount(query: TextQuery, value: str, currency: str) -> TextQuery:
    sign, low, high = _range(value)
    least = None if low is None else _minor(low, currency)
    most = None if high is None else _minor(high, currency)
    if sign == ">" and least is not None:
        least += 1
    if sign == "<" and most is not None:
        most -= 1
    return replace(
        query, amount_min=_latest(query.amount_min, least), amount_max=_earliest(query.amount_max, most)
    )


def _read_date(query: TextQuery, value: str) -> TextQuery:
    sign, low, high = _range(value)
    first = None if low is None else _period(low)[0]
    last = None if high is None else _period(high)[1]
    if sign == ">" and low is not None:
        first = _period(low)[1] + timedelta(1)
    if sign == "<" and high is not None:
        last = _period(high)[0] - timedelta(1)
    return replace(query, date_from=_latest(query.date_from, first), date_to=_earliest(query.date_to, last))


def _read_status(query: TextQuery, value: str) -> TextQuery:
    return replace(query, status=_one_of(value.lower(), STATUSES, "status"))


def _read_currency(query: TextQuery, value: str) -> TextQuery:
    return replace(query, currency=check_currency(value))


def _read_is(query: TextQuery, value: str) -> TextQuery:
    word = _one_of(value.lower(), ("uncategorised", "uncategorized", *STATUSES, *SHAPES), "is")
    if word in STATUSES:
        return replace(query, status=word)
    return replace(query, shape=word) if word in SHAPES else replace(query, uncategorised=True)


_OPERATORS: dict[str, Callable[[TextQuery, str], TextQuery]] = {
    "account": lambda query, value: replace(query, accounts=(*query.accounts, value)),
    "category": lambda query, value: replace(query, categories=(*query.categories, value)),
    "payee": lambda query, value: replace(query, payees=(*query.payees, value)),
    "tag": lambda query, value: replace(query, tags=(*query.tags, value)),
    "kind": _read_kind,
    "date": _read_date,
    "status": _read_status,
    "currency": _read_currency,
    "is": _read_is,
}


def _range(value: str) -> tuple[str, str | None, str | None]:
    """Split `>a`, `<=a`, `a..b` or `a` into the comparison and its two ends."""
    low, dots, high = value.partition("..")
    if dots:
        return "..", low or None, high or None
    for sign in (">=", "<=", ">", "<", "="):
        if value.startswith(sign):
            rest = value[len(sign) :]
            return sign, None if "<" in sign else rest, None if ">" in sign else rest
    return "=", value, value


def _minor(value: str, currency: str) -> int:
    try:
        scaled = Decimal(value.replace(",", ".").strip()).scaleb(exponent(currency))
        if scaled.is_finite() and scaled == scaled.to_integral_value() and 0 <= scaled <= MAX_MINOR:
            return int(scaled)
    except InvalidOperation as error:
        raise ValidationFailed("q", f"{value!r} is not an amount.") from error
    raise ValidationFailed("q", f"{value!r} is not an amount of {currency}.")


def _period(value: str) -> tuple[date, date]:
    """Return the first and the last day of a year, a month or a day written in ISO form."""
    match = re.fullmatch(r"([12][0-9]{3})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?", value.strip())
    if match is None:
        raise ValidationFailed("q", f"{value!r} is not a date: write 2026, 2026-10 or 2026-10-31.")
    year, month, day = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise ValidationFailed("q", f"{value!r} is not in the calendar.") from error
    if day:
        return first, first
    index = first.year * 12 + first.month - 1 + (1 if month else 12)
    return first, date(index // 12, index % 12 + 1, 1) - timedelta(1)


def _latest(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)


def _earliest(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else min(one, other)


def _one_of(value: str, allowed: Iterable[str], parameter: str) -> str:
    if value not in allowed:
        raise ValidationFailed(parameter, f"{value[:60]!r} is none of: {', '.join(allowed)}.")
    return value


def _write(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return "1" if value is True else str(value)


def _read_ids(text: str, parameter: str) -> tuple[UUID, ...]:
    return tuple(parse_id(part, parameter) for part in _values(text, parameter))


def _read_kinds(text: str, parameter: str) -> tuple[str, ...]:
    return tuple(_one_of(part, KINDS, parameter) for part in _values(text, parameter))


def _values(text: str, parameter: str) -> list[str]:
    values = text.split(",")
    if len(values) > MAX_VALUES:
        raise ValidationFailed(parameter, f"At most {MAX_VALUES} values can be asked for at once.")
    return values


def _read_day(text: str, parameter: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValidationFailed(parameter, f"{text[:60]!r} is not a date (YYYY-MM-DD).") from error


def _read_minor(text: str, parameter: str) -> int:
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > MAX_MINOR:
        raise ValidationFailed(parameter, f"{text[:60]!r} is not an amount in minor units.")
    return int(text)


def _read_words(text: str, parameter: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValidationFailed(parameter, f"A search can have at most {MAX_TEXT} characters.")
    return text


def _read_flag(text: str, parameter: str) -> bool:
    return _one_of(text.lower(), ("1", "true", "0", "false"), parameter) in ("1", "true")


# Field -> the name of its URL parameter, and how it is read.
_PARAMETERS = {
    "account_ids": "account",
    "category_ids": "category",
    "payee_ids": "payee",
    "tag_ids": "tag",
    "kinds": "kind",
    "date_from": "from",
    "date_to": "to",
    "amount_min": "min",
    "amount_max": "max",
    "text": "q",
    "status": "status",
    "shape": "shape",
    "uncategorised": "uncategorised",
    "batch_id": "batch",
    "currency": "currency",
}
_READERS: dict[str, Callable[[str, str], Any]] = {
    "account_ids": _read_ids,
    "category_ids": _read_ids,
    "payee_ids": _read_ids,
    "tag_ids": _read_ids,
    "kinds": _read_kinds,
    "date_from": _read_day,
    "date_to": _read_day,
    "amount_min": _read_minor,
    "amount_max": _read_minor,
    "text": _read_words,
    "status": lambda text, parameter: _one_of(text, STATUSES, parameter),
    "shape": lambda text, parameter: _one_of(text, SHAPES, parameter),
    "uncategorised": _read_flag,
    "batch_id": parse_id,
    "currency": check_currency,
}
