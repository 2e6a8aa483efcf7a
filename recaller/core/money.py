"""Money as integer minor units with its currency; exact conversion from and to decimals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from recaller.core.errors import ValidationFailed

# Digits after the decimal mark, where they are not two (ISO 4217, list one, column "Minor unit").
_NO_DIGITS = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
              "XAF", "XOF", "XPF")  # fmt: skip
_THREE_DIGITS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR_DIGITS = ("CLF", "UYW")
_EXPONENTS = dict.fromkeys(_NO_DIGITS, 0) | dict.fromkeys(_THREE_DIGITS, 3) | dict.fromkeys(_FOUR_DIGITS, 4)

# The largest amount of one posting, in minor units: a thousandth of BIGINT, so that sums can't overflow.
MAX_MINOR = 9_000_000_000_000_000


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency's minor unit has (EUR 2, JPY 0, KWD 3)."""
    return _EXPONENTS.get(currency, 2)


def check_currency(currency: str, field: str = "currency") -> str:
    """Return the three-letter upper-case code; raise ValidationFailed for anything else."""
    code = currency.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValidationFailed(field, f"{currency!r} is not a three-letter currency code.")
    return code


def check_minor(amount: int, field: str = "amount") -> int:
    """Return the amount when it fits a posting; raise ValidationFailed otherwise."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise ValidationFailed(field, f"{amount!r} is not a whole number of minor units.")
    if abs(amount) > MAX_MINOR:
        raise ValidationFailed(field, "The amount is too large.")
    return amount


def to_minor(value: Decimal, currency: str) -> int:
    """Round a decimal of major units half-even to the currency's minor unit."""
    scaled = value.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Return minor units as an exact decimal of major units."""
    return Decimal(minor).scaleb(-exponent(currency))


def share_out(total: int, amounts: Sequence[int]) -> tuple[int, ...]:
    """Return shares of `total` in the proportion of these amounts; their sum is `total`, to the minor unit.

    Each share is rounded to the nearest unit, halves away from zero; the last one takes the rest. Amounts that come
    to nothing have no proportion: they are returned as they are.
    """
    planned = sum(amounts)
    if planned in (0, total):
        return tuple(amounts)
    shares = [_divided(amount * total, planned) for amount in amounts[:-1]]
    return (*shares, total - sum(shares))


def _divided(numerator: int, denominator: int) -> int:
    sign = 1 if (numerator < 0) == (denominator < 0) else -1
    return sign * ((2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator)))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of minor units in one currency; adding two currencies is an error."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValidationFailed("currency", f"Can't add {other.currency} to {self.currency}.")
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def decimal(self) -> Decimal:
        """Return the exact value in major units."""
        return to_decimal(self.minor, self.currency)
