"""Exchange rates as exact fractions: written, read from the European Central Bank's files, chained through the euro.

A rate says that `base_minor` minor units of one currency are worth `quote_minor` of another: two integers, no rounding
before the one at the end (half-even). File formats: the bank's reference rates, "eurofxref" as CSV and as XML, where
one euro is given in each currency.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import gcd

from recaller.core.errors import RecallerError, ValidationFailed
from recaller.core.money import MAX_MINOR, exponent
from recaller.domain.statements.dates import parse_date

EURO = "EUR"
MAX_UNPACKED = 20 * 1024 * 1024
MAX_QUOTES = 400_000
_DIGITS = 6
_CODE = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,8})?")
_RATE = re.compile(
    rb"""<Cube\s[^<>]*?time=["']([0-9-]{8,10})["']|currency=["']([A-Z]{3})["']\s+rate=["']([0-9.]{1,18})["']"""
)


class BadRates(RecallerError):
    """The file holds no reference rates that can be read."""

    code = "rates_unreadable"
    status = 422


@dataclass(frozen=True, slots=True)
class Rate:
    """`base_minor` minor units of `base` were worth `quote_minor` of `quote` on `date`."""

    base: str
    quote: str
    date: dt.date
    base_minor: int
    quote_minor: int

    @property
    def fraction(self) -> Fraction:
        """Minor units of `quote` for one of `base`."""
        return Fraction(self.quote_minor, self.base_minor)

    @property
    def price(self) -> Fraction:
        """Whole units of `quote` for one of `base`, as people say a rate."""
        return self.fraction * Fraction(10) ** (exponent(self.base) - exponent(self.quote))


def written_rate(base: str, quote: str, on: dt.date, text: str) -> Rate:
    """Return the rate that was written as units of `quote` for one of `base`; raise ValidationFailed."""
    try:
        price = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValidationFailed("rate", f"{text.strip()[:40]!r} is not a number.") from error
    if not price.is_finite() or price <= 0:
        raise ValidationFailed("rate", "A rate is more than zero.")
    if base == quote:
        raise ValidationFailed("quote", "A rate is between two different currencies.")
    numerator, denominator = price.as_integer_ratio()
    quote_minor, base_minor = numerator * 10 ** exponent(quote), denominator * 10 ** exponent(base)
    common = gcd(quote_minor, base_minor)
    quote_minor, base_minor = quote_minor // common, base_minor // common
    if max(quote_minor, base_minor) > MAX_MINOR:
        raise ValidationFailed("rate", "This rate has too many digits.")
    return Rate(base, quote, on, base_minor, quote_minor)


def price_text(price: Fraction) -> str:
    """Return a rate with six decimals or more where it is small, without a float."""
    digits = _DIGITS
    while digits < 12 and 0 < price * 10**digits < 1000:
        digits += 1
    whole = round(price * 10**digits)
    text = f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}".rstrip("0")
    return text.rstrip(".")


def paid_rate(amount: int, currency: str, foreign_amount: int, foreign_currency: str) -> str | None:
    """Return the rate at which a foreign amount was booked: units of `currency` for one of the foreign one.

    Amounts are minor units. None when one of them is zero.
    """
    if not amount or not foreign_amount:
        return None
    paid = Fraction(abs(amount), 10 ** exponent(currency))
    return price_text(paid / Fraction(abs(foreign_amount), 10 ** exponent(foreign_currency)))


def read_reference_rates(content: bytes) -> Iterator[Rate]:
    """Yield the rates of a reference file (CSV or XML, plain or zipped): one euro in each currency, per day.

    Raises BadRates for anything else, for an archive that unpacks to too much, and for too many rates.
    """
    data = _unpacked(content)
    found = _from_xml(data) if data.lstrip()[:1] == b"<" else _from_csv(data)
    count = 0
    for rate in found:
        count += 1
        if count > MAX_QUOTES:
            raise BadRates(f"The file holds more than {MAX_QUOTES:,} rates.")
        yield rate
    if not count:
        raise BadRates("The file holds no reference rates of the European Central Bank.")


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        if len(content) > MAX_UNPACKED:
            raise BadRates(f"The file is larger than {MAX_UNPACKED:,} bytes.")
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if one.filename.lower().endswith((".csv", ".xml"))]
            if len(entries) != 1:
                raise BadRates("The archive must hold one file of reference rates.")
            with archive.open(entries[0]) as stream:
                data = stream.read(MAX_UNPACKED + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError) as error:
        raise BadRates("The archive is damaged.") from error
    if len(data) > MAX_UNPACKED:
        raise BadRates(f"The archive unpacks to more than {MAX_UNPACKED:,} bytes.")
    return data


def _from_csv(data: bytes) -> Iterator[Rate]:
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace")))
    try:
        header = [cell.strip() for cell in next(rows, [])]
        if header[:1] != ["Date"]:
            return
        for cells in rows:
            day = parse_date(cells[0].strip(), "YMD") if cells else None
            if day is None:
                continue
            for code, text in zip(header[1:], (cell.strip() for cell in cells[1:]), strict=False):
                if _CODE.fullmatch(code) and _NUMBER.fullmatch(text) and Decimal(text) > 0:
                    yield written_rate(EURO, code, day, text)
    except csv.Error as error:
        raise BadRates("The file is no table of rates.") from error


def _from_xml(data: bytes) -> Iterator[Rate]:
    """Scan for the few attributes that matter: no parser, so nothing that markup could make it do."""
    day: dt.date | None = None
    for match in _RATE.finditer(data):
        if match[1]:
            day = parse_date(match[1].decode(), "YMD")
        elif day is not None and _NUMBER.fullmatch(match[3].decode()) and Decimal(match[3].decode()) > 0:
            yield written_rate(EURO, match[2].decode(), day, match[3].decode())


@dataclass(frozen=True, slots=True)
class Conversion:
    """Minor units after a conversion, and the oldest day of the rates that it took."""

    minor: int
    on: dt.date


class RateHistory:
    """Rates of many days: for each day the nearest one, both directions, and by way of the euro."""

    def __init__(self, rates: Iterable[Rate], *, within_days: int) -> None:
        found: dict[tuple[str, str], dict[dt.date, Fraction]] = {}
        for rate in rates:
            found.setdefault((rate.base, rate.quote), {})[rate.date] = rate.fraction
            found.setdefault((rate.quote, rate.base), {})[rate.date] = 1 / rate.fraction
        self._rates = {pair: (sorted(by_day), by_day) for pair, by_day in found.items()}
        self._within = within_days

    def rate(self, base: str, quote: str, on: dt.date) -> Fraction | None:
        """Return minor units of `quote` for one of `base` near the day; None when no rate is that near."""
        direct = self._nearest(base, quote, on)
        if direct is not None:
            return direct
        first, second = self._nearest(base, EURO, on), self._nearest(EURO, quote, on)
        return None if first is None or second is None else first * second

    def _nearest(self, base: str, quote: str, on: dt.date) -> Fraction | None:
        days, by_day = self._rates.get((base, quote), ([], {}))
        at = bisect_right(days, on)
        near = min(days[max(at - 1, 0) : at + 1], key=lambda day: abs((day - on).days), default=None)
        return None if near is None or abs((near - on).days) > self._within else by_day[near]


class RateBook:
    """Known rates of one day: each pair's latest on or before it; both directions, and by way of the euro."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._direct: dict[tuple[str, str], tuple[Fraction, dt.date]] = {}
        for rate in rates:
            for pair, value in (
                ((rate.base, rate.quote), rate.fraction),
                ((rate.quote, rate.base), 1 / rate.fraction),
            ):
                known = self._direct.get(pair)
                if known is None or known[1] < rate.date:
                    self._direct[pair] = value, rate.date

    def rate(self, base: str, quote: str) -> tuple[Fraction, dt.date] | None:
        """Return minor units of `quote` for one of `base` with its day: direct if known, else through the euro."""
        direct = self._direct.get((base, quote))
        if direct is not None:
            return direct
        first, second = self._direct.get((base, EURO)), self._direct.get((EURO, quote))
        if first is None or second is None:
            return None
        return first[0] * second[0], min(first[1], second[1])

    def convert(self, minor: int, base: str, quote: str, on: dt.date) -> Conversion | None:
        """Return the amount in `quote`, rounded half-even once; None when no rate is known."""
        if base == quote:
            return Conversion(minor, on)
        found = self.rate(base, quote)
        return None if found is None else Conversion(round(minor * found[0]), found[1])

    def total(self, sums: Mapping[str, int], quote: str, on: dt.date) -> Conversion | None:
        """Return the sums by currency as one amount, rounded once; None when a rate is missing."""
        exact, oldest = Fraction(0), on
        for currency, minor in sums.items():
            if currency == quote:
                exact += minor
                continue
            found = self.rate(currency, quote)
            if found is None:
                return None
            exact += minor * found[0]
            oldest = min(oldest, found[1])
        return Conversion(round(exact), oldest)
