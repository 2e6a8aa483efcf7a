"""Amounts as banks write them, turned into minor units without floats.

Rounding: digits beyond the currency's minor unit are rounded half-even, and the row says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from recaller.core.money import MAX_MINOR

_MAX_WRITTEN = 64
_NUMBER = re.compile(r"[0-9.,'’·٫٬ ]*[0-9][0-9.,'’·٫٬ ]*")
_GROUPED_MARKS = " '’·٬"
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2013": "-", "٫": "."})
_CREDIT_WORDS = frozenset({"cr", "cr.", "k", "c", "h", "haben"})
_DEBIT_WORDS = frozenset({"dr", "dr.", "d", "s", "soll"})
_GROUPS = re.compile(r"[0-9]{1,3}(?:[0-9]{3})*")
SYMBOLS = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "zł": "PLN", "Ft": "HUF", "Kč": "CZK", "R$": "BRL", "₹": "INR",
    "₺": "TRY", "₽": "RUB", "₴": "UAH", "₪": "ILS", "฿": "THB", "₫": "VND", "₩": "KRW", "CHF": "CHF",
    "US$": "USD", "CA$": "CAD", "A$": "AUD", "NZ$": "NZD", "S$": "SGD", "HK$": "HKD",
}  # fmt: skip
_CURRENCY_WORDS = frozenset(SYMBOLS) | {"$", "kr", "kr.", "Fr.", "SFr.", "Lt"}


@dataclass(frozen=True, slots=True)
class ParsedAmount:
    """An amount in minor units; `signed` when a sign was written; `rounded` when digits were lost."""

    minor: int
    signed: bool
    rounded: bool
    marker: str = ""
    symbol: str = ""


class BadAmount(ValueError):
    """The text is no amount; the message names it."""


def parse_amount(text: str, decimal_mark: str, digits: int) -> ParsedAmount:
    """Parse an amount of major units into minor units with `digits` decimals; raise BadAmount.

    Takes signs before or after, parentheses for negative, CR/DR markers, currency codes and symbols, spaces,
    apostrophes and the other mark between groups of digits.
    """
    s = text.translate(_SPACES).strip()
    negative = signed = False
    marker = ""
    symbol = ""
    if s.startswith("(") and s.endswith(")"):
        negative = signed = True
        s = s[1:-1].strip()
    # The length first: on a long text of points and spaces the search takes quadratic time.
    match = _NUMBER.search(s) if len(s) <= _MAX_WRITTEN else None
    if match is None:
        raise BadAmount(f"{_shown(text)} is not an amount.")
    for part in (s[: match.start()], s[match.end() :]):
        for word in re.findall(r"[+-]|[^\s+-]+", part):
            if word in "+-":
                if signed:
                    raise BadAmount(f"{_shown(text)} has two signs.")
                signed = True
                negative = word == "-"
            elif word.casefold() in _CREDIT_WORDS and not marker and part is not s[: match.start()]:
                marker = "credit"
            elif word.casefold() in _DEBIT_WORDS and not marker:
                marker = "debit"
            elif not symbol and (word in _CURRENCY_WORDS or re.fullmatch(r"[A-Z]{3}", word)):
                symbol = word
            else:
                raise BadAmount(f"{_shown(text)} is not an amount.")
    minor, rounded = _digits_to_minor(match[0].strip(), decimal_mark, digits, text)
    return ParsedAmount(-minor if negative else minor, signed, rounded, marker, symbol)


def _digits_to_minor(number: str, mark: str, digits: int, text: str) -> tuple[int, bool]:
    other = "," if mark == "." else "."
    whole, found, fraction = number.partition(mark)
    if found and not (fraction.isdecimal() or not fraction):
        raise BadAmount(f"{_shown(text)} has no readable decimals after '{mark}'.")
    if not whole.isdecimal() and whole:
        for char in _GROUPED_MARKS + other:
            if char in whole:
                if not _well_grouped(whole.split(char)):
                    raise BadAmount(f"{_shown(text)} is not an amount with '{mark}' as its decimal mark.")
                whole = whole.replace(char, "")
                break
    if (whole and not whole.isdecimal()) or not (whole or fraction):
        raise BadAmount(f"{_shown(text)} is not an amount.")
    return round_digits(whole, fraction, digits, text)


def _well_grouped(groups: list[str]) -> bool:
    first, *rest = groups
    return (
        1 <= len(first) <= 3
        and first.isdecimal()
        and len(rest[-1]) == 3
        and all(len(group) in (2, 3) and group.isdecimal() for group in rest)
    )


def round_digits(whole: str, fraction: str, digits: int, text: str) -> tuple[int, bool]:
    """Return whole + fraction digits as minor units, rounded half-even, and whether digits were lost."""
    if len(whole) + len(fraction) > 60:
        raise BadAmount(f"{_shown(text)} is not an amount: it has too many digits.")
    kept, lost = fraction[:digits].ljust(digits, "0"), fraction[digits:].rstrip("0")
    minor = int((whole + kept) or "0")
    if lost:
        half = lost[0] == "5" and len(lost) == 1
        minor += (minor & 1) if half else lost[0] >= "5"
    if minor > MAX_MINOR:
        raise BadAmount(f"{_shown(text)} is too large an amount.")
    return minor, bool(lost)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")


def amount_reader(decimal_mark: str, digits: int) -> Callable[[str], ParsedAmount | int]:
    """Return a parser with a fast path: an int for plain numbers, a ParsedAmount for anything else."""

    def read(text: str) -> ParsedAmount | int:
        whole, _, fraction = text.partition(decimal_mark)
        if len(fraction) == digits and len(whole) < 14 and text.isascii():
            plain = whole + fraction
            if plain.isdecimal() or (plain[:1] == "-" and plain[1:].isdecimal()):
                return int(plain)
        return parse_amount(text, decimal_mark, digits)

    return read


def looks_like_amount(text: str) -> bool:
    """Tell whether the text reads as an amount under either decimal mark."""
    return any(_parses(text, mark) for mark in ".,")


def _parses(text: str, mark: str) -> bool:
    try:
        parse_amount(text, mark, 2)
    except BadAmount:
        return False
    return True


def infer_decimal_mark(values: list[str]) -> tuple[str | None, bool]:
    """Return the decimal mark that the values show and whether none contradicts; None when none shows."""
    votes = {".": 0, ",": 0}
    weak = {".": 0, ",": 0}
    for value in values:
        number = "".join(re.findall(r"[0-9.,]", value)).strip(".,")
        last = max(number.rfind("."), number.rfind(","))
        if last < 0:
            continue
        mark = number[last]
        other = "," if mark == "." else "."
        if number.count(mark) > 1:
            votes[other] += 1
        elif other in number or len(number) - last - 1 != 3 or number[:last] in ("", "0"):
            votes[mark] += 1
        else:
            weak[other] += 1
    if votes["."] or votes[","]:
        best = "." if votes["."] >= votes[","] else ","
        return best, min(votes.values()) == 0
    if weak["."] or weak[","]:
        return ("." if weak["."] >= weak[","] else ","), False
    return None, True
