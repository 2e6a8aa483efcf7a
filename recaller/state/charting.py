"""What charts need of a locale, and rows of the tables that say the same as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import format_currency, get_decimal_symbol

from recaller.core.figures import MoneyAxis
from recaller.core.money import exponent
from recaller.domain.locales import known_locale
from recaller.state.formatting import Formatter


@dataclass(frozen=True)
class ChartRow:
    """A row of `ui.chart_table`: texts, the first of them the name, and where the name leads ("" for nowhere)."""

    cells: list[str]
    href: str


def axis_of(say: Formatter, currency: str) -> MoneyAxis:
    """Return how the user's locale writes amounts of this currency on an axis."""
    locale, symbol = known_locale(say.locale), say.symbol(currency)
    leads = not format_currency(1, currency, locale=locale).lstrip("\u200e\u200f")[0].isdigit()
    space = "\u00a0" if len(symbol) > 1 or not leads else ""
    return MoneyAxis(
        exponent(currency),
        prefix=symbol + space if leads else "",
        suffix="" if leads else space + symbol,
        decimal_mark=get_decimal_symbol(locale),
    )


def sparkline(values: Sequence[int], width: int = 64, height: int = 20) -> str:
    """Return the values as the `points` of an SVG polyline within `width` by `height`; "" for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = width / (len(values) - 1)
    return " ".join(
        f"{index * step:.1f},{height - 1 - (value - low) * (height - 2) / span:.1f}"
        for index, value in enumerate(values)
    )
