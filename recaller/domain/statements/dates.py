"""Dates as banks write them, and which order of day, month and year a whole column is in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from babel.dates import get_month_names

DATE_ORDERS = ("YMD", "DMY", "MDY")
_LOCALES = (
    "en", "de", "fr", "nl", "es", "pt", "it", "pl", "hu", "lt", "cs", "sv", "da", "nb", "fi", "ro", "sk",
    "sl", "hr", "et", "lv", "tr",
)  # fmt: skip
_TIME = r"(?:[T ,;-]+[0-9]{1,2}[:.][0-9]{2}.{0,30})?\s*"
_NUMERIC = re.compile(
    r"\s*(?:[^\W\d_]{2,10}\.?,\s+)?([0-9]{1,4})(?:\.? ?[-/ ] ?|\. ?|年)([0-9]{1,2})"
    r"(?:\.? ?[-/ '] ?|\. ?|月)([0-9]{1,4})"
    r"(?:[.日]|\. ?г\.)?" + _TIME
)
_WORDED = re.compile(
    r"\s*(?:[^\W\d_]{2,10}\.?,\s+)?([0-9]{1,4}|[^\W\d_]{3,12})[-./ ,]{0,3}([0-9]{1,2}|[^\W\d_]{3,12})"
    r"[-./ ,']{0,3}([0-9]{1,4})\.?" + _TIME
)
_COMPACT = re.compile(r"\s*([0-9]{8}|[0-9]{6})(?:[T ]?[0-9]{4,6}.{0,20})?\s*")
_CACHE_SIZE = 20_000


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for locale in _LOCALES:
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    names.setdefault(name.rstrip(".").casefold(), number)
    return names


def _pieces(text: str) -> tuple[str, str, str] | None:
    if len(text) > 64:
        return None
    compact = _COMPACT.fullmatch(text)
    if compact:
        digits = compact[1]
        if len(digits) == 6:
            return digits[:2], digits[2:4], digits[4:]
        # Eight digits: where the year stands depends on the order, so `_assemble` cuts again.
        return digits, "", ""
    match = _NUMERIC.fullmatch(text)
    if match is None and any(char.isalpha() for char in text):
        match = _WORDED.fullmatch(text)
        if match and match[1].isdecimal() and match[2].isdecimal():
            return None
    return (match[1], match[2], match[3]) if match else None


def _assemble(pieces: tuple[str, str, str], order: str, century_pivot: int) -> dt.date | None:
    first, second, third = pieces
    if not second:
        if order == "YMD":
            first, second, third = first[:4], first[4:6], first[6:]
        else:
            first, second, third = first[:2], first[2:4], first[4:]
    if not first.isdecimal():  # "Dec 12, 2019"
        year, month, day = third, first, second
    elif not second.isdecimal():  # "12-Dec-2019", "2019-Dec-12"
        year, month, day = (first, second, third) if len(first) == 4 else (third, second, first)
    elif order == "YMD" or len(first) > 2:
        if order != "YMD" and len(first) <= 2:
            return None
        year, month, day = first, second, third
    elif order == "DMY":
        year, month, day = third, second, first
    else:
        year, month, day = third, first, second
    if not year.isdecimal() or not day.isdecimal() or len(day) > 2 or len(year) not in (2, 4):
        return None
    month_number = int(month) if month.isdecimal() else _months().get(month.rstrip(".").casefold())
    if not month_number:
        return None
    year_number = int(year)
    if len(year) == 2:
        year_number += 2000 if year_number < century_pivot else 1900
    try:
        return dt.date(year_number, month_number, int(day))
    except ValueError:
        return None


def parse_date(text: str, order: str, century_pivot: int = 70) -> dt.date | None:
    """Return the date that the text starts with (a time after it is ignored), or None.

    `order` is one of DATE_ORDERS; month names and four-digit years in front override it. Two-digit years
    below `century_pivot` are in this century.
    """
    pieces = _pieces(text)
    return None if pieces is None else _assemble(pieces, order, century_pivot)


def date_reader(order: str, century_pivot: int = 70) -> Callable[[str], dt.date | None]:
    """Return `parse_date` for one column, remembering the texts it has seen: dates repeat."""
    seen: dict[str, dt.date | None] = {}

    def read(text: str) -> dt.date | None:
        if text in seen:
            return seen[text]
        if len(seen) >= _CACHE_SIZE:
            seen.clear()
        value = seen[text] = parse_date(text, order, century_pivot)
        return value

    return read


def looks_like_date(text: str) -> bool:
    """Tell whether the text reads as a date under some order; bare digits count only with a likely year."""
    pieces = _pieces(text)
    if pieces is None:
        return False
    if not pieces[1] or _COMPACT.fullmatch(text):
        found = [_assemble(pieces, order, 70) for order in DATE_ORDERS]
        return len(text.strip()) >= 8 and any(day and 1970 <= day.year <= 2100 for day in found)
    return any(_assemble(pieces, order, 70) for order in DATE_ORDERS)


@dataclass(frozen=True, slots=True)
class OrderFit:
    """How a column fits one date order: `turns` counts steps against its direction of time, `span` is in
    days.
    """

    order: str
    turns: int
    span: int


def fitting_orders(values: Iterable[str]) -> list[OrderFit]:
    """Return the orders under which every value (in the file's sequence) is a date, with their fit."""
    fits: list[OrderFit] = []
    values = list(values)
    for order in DATE_ORDERS:
        days = [day for day in map(date_reader(order), values) if day]
        if days and len(days) == len(values):
            steps = [(b - a).days for a, b in pairwise(days) if a != b]
            turns = min(sum(step > 0 for step in steps), sum(step < 0 for step in steps))
            fits.append(OrderFit(order, turns, (max(days) - min(days)).days))
    return fits
