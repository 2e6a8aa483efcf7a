"""Turns figures into display-ready text in the user's locale; the only place that formats money and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta, get_timezone
from babel.numbers import format_currency, format_decimal, get_currency_symbol

from recaller.core.money import exponent, to_decimal
from recaller.domain.locales import known_locale

MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Formatter:
    """Formats for one user: `locale` as in `de_DE`, `time_zone` as in `Europe/Berlin`."""

    locale: str
    time_zone: str

    def money(self, minor: int, currency: str, *, plus: bool = False) -> str:
        """Return an amount with its currency, a real minus sign and, when asked, a plus sign."""
        text = format_currency(to_decimal(abs(minor), currency), currency, locale=known_locale(self.locale))
        if minor < 0:
            return MINUS + text
        return f"+{text}" if plus and minor > 0 else text

    def number(self, minor: int, currency: str) -> str:
        """Return an amount without its currency, as an input field shows it (plain ASCII minus)."""
        digits = exponent(currency)
        pattern = "0." + "0" * digits if digits else "0"
        return format_decimal(to_decimal(minor, currency), format=pattern, locale=known_locale(self.locale))

    def percent(self, basis_points: int) -> str:
        """Return hundredths of a percent as percent, as an input field shows it (no sign, no needless digits)."""
        return format_decimal(
            Decimal(basis_points).scaleb(-2), format="0.##", locale=known_locale(self.locale)
        )

    def symbol(self, currency: str) -> str:
        """Return the currency's symbol."""
        return get_currency_symbol(currency, locale=known_locale(self.locale))

    def full_date(self, day: date) -> str:
        """Return a date in the locale's medium form."""
        return format_date(day, "medium", locale=known_locale(self.locale))

    def weekday_date(self, day: date) -> str:
        """Return a date with its weekday, in full: "Monday, November 30, 2026"."""
        return format_date(day, "full", locale=known_locale(self.locale))

    def month_and_year(self, day: date) -> str:
        """Return month and year in full: "November 2026"."""
        return format_skeleton("yMMMM", day, locale=known_locale(self.locale))

    def day(self, day: date) -> str:
        """Return day and month, for lists within one year."""
        return format_skeleton("MMMd", day, locale=known_locale(self.locale))

    def month(self, day: date) -> str:
        """Return month and year, short."""
        return format_skeleton("yMMM", day, locale=known_locale(self.locale))

    def moment(self, at: datetime) -> str:
        """Return a moment in the user's time zone."""
        return format_datetime(
            at, "short", tzinfo=get_timezone(self.time_zone), locale=known_locale(self.locale)
        )

    def ago(self, at: datetime, now: datetime) -> str:
        """Return how long ago something was, in words."""
        return format_timedelta(at - now, add_direction=True, locale=known_locale(self.locale))

    def duration(self, seconds: float) -> str:
        """Return how long something took, in words, rounded to one unit."""
        if seconds < 1:
            return "under a second"
        return format_timedelta(
            timedelta(seconds=seconds), granularity="second", threshold=1.5, locale=known_locale(self.locale)
        )

    def days_ago(self, day: date, today: date) -> str:
        """Return how many days ago a date was, in words."""
        return format_timedelta(
            day - today, granularity="day", add_direction=True, locale=known_locale(self.locale)
        )


def foreign_text(
    amount: int | None, currency: str | None, rate: str | None, into: str, say: Formatter
) -> str:
    """Say what was paid in another currency and at which rate it was booked; "" when nothing was."""
    if amount is None or not currency:
        return ""
    said = say.money(amount, currency, plus=True)
    return said if rate is None else f"{said}, 1 {currency} = {rate} {into}"


def tone_of(minor: int) -> str:
    """Return the tone of an amount for `ui.money`: money in is coloured, spending is ordinary."""
    return "positive" if minor > 0 else "neutral"


def balance_tone(minor: int) -> str:
    """Return the tone of a balance: below zero stands out."""
    return "negative" if minor < 0 else "neutral"
