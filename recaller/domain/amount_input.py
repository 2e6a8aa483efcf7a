"""What people type into an amount field: numbers in their locale, and sums like `12.50+3`."""

from __future__ import annotations

import re
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal

from recaller.core.errors import ValidationFailed
from recaller.core.money import MAX_MINOR, exponent, to_minor
from recaller.domain.locales import known_locale

MAX_INPUT = 100
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d[\d.,'\u00a0\u202f\u2019 ]*|[.,]\d+)|(?P<operator>[-+*/()\u2212×÷]))"
)
_OPERATORS = {"\u2212": "-", "×": "*", "÷": "/"}


def parse_amount(text: str, currency: str, locale: str, field: str = "amount") -> int:
    """Return the typed amount in minor units of `currency`; sums, products and brackets are worked out.

    Numbers are read as the locale writes them (`1.234,50` in German); where that fails, a plain `1234.50` is
    understood too. Raises ValidationFailed naming `field` for anything else, and for more digits than the
    currency has unless they come out of a calculation.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_INPUT:
        raise ValidationFailed(field, "Enter an amount.")
    tokens = _tokens(stripped, known_locale(locale), field)
    with localcontext() as context:
        context.prec = 40
        value, rest = _sum(tokens, 0, field)
        if rest != len(tokens):
            raise ValidationFailed(field, f"{stripped!r} is not an amount.")
        digits = -int(value.normalize().as_tuple().exponent) if value else 0
        if len(tokens) <= 2 and digits > exponent(currency):
            raise ValidationFailed(field, f"{currency} has {exponent(currency)} decimal digits.")
        if abs(value) > Decimal(MAX_MINOR).scaleb(-exponent(currency)):
            raise ValidationFailed(field, "The amount is too large.")
        return to_minor(value, currency)


def parse_percent(text: str, locale: str, field: str = "percent") -> int:
    """Return the typed percentage in hundredths of a percent (12.5 is 1250); a percent sign may follow it.

    Raises ValidationFailed naming `field` for anything else, and for more than two decimal digits.
    """
    stripped = text.strip().removesuffix("%").strip()
    if not stripped or len(stripped) > MAX_INPUT:
        raise ValidationFailed(field, "Enter a percentage.")
    points = _number(stripped, known_locale(locale), field) * 100
    if points != points.to_integral_value():
        raise ValidationFailed(field, "A percentage has at most two decimal digits.")
    if not 0 < points <= 10_000:
        raise ValidationFailed(field, "A percentage lies above 0 and is at most 100.")
    return int(points)


def _tokens(text: str, locale: Locale, field: str) -> list[str | Decimal]:
    tokens: list[str | Decimal] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValidationFailed(field, f"{text!r} is not an amount.")
        position = match.end()
        if match["number"] is not None:
            tokens.append(_number(match["number"].strip(), locale, field))
        else:
            tokens.append(_OPERATORS.get(match["operator"], match["operator"]))
    return tokens


def _number(text: str, locale: Locale, field: str) -> Decimal:
    try:
        return parse_decimal(text.replace("'", "\u2019"), locale=locale, strict=True)
    except (NumberFormatError, InvalidOperation):
        plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        if re.fullmatch(r"\d*\.?\d+", plain):
            return Decimal(plain)
        raise ValidationFailed(field, f"{text!r} is not a number.") from None


def _sum(tokens: list[str | Decimal], at: int, field: str) -> tuple[Decimal, int]:
    value, at = _product(tokens, at, field)
    while at < len(tokens) and tokens[at] in ("+", "-"):
        other, following = _product(tokens, at + 1, field)
        value = value + other if tokens[at] == "+" else value - other
        at = following
    return value, at


def _product(tokens: list[str | Decimal], at: int, field: str) -> tuple[Decimal, int]:
    value, at = _factor(tokens, at, field)
    while at < len(tokens) and tokens[at] in ("*", "/"):
        other, following = _factor(tokens, at + 1, field)
        try:
            value = value * other if tokens[at] == "*" else value / other
        except (DivisionByZero, InvalidOperation) as error:
            raise ValidationFailed(field, "Nothing can be divided by zero.") from error
        at = following
    return value, at


def _factor(tokens: list[str | Decimal], at: int, field: str) -> tuple[Decimal, int]:
    if at >= len(tokens):
        raise ValidationFailed(field, "The calculation is not finished.")
    symbol = tokens[at]
    if isinstance(symbol, Decimal):
        return symbol, at + 1
    if symbol in ("+", "-"):
        value, at = _factor(tokens, at + 1, field)
        return (-value if symbol == "-" else value), at
    if symbol == "(":
        value, at = _sum(tokens, at + 1, field)
        if at < len(tokens) and tokens[at] == ")":
            return value, at + 1
    raise ValidationFailed(field, "The calculation is not finished.")
