"""How one QIF file writes dates and amounts, told from all of its records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from recaller.domain.statements.amounts import BadAmount, ParsedAmount, infer_decimal_mark, parse_amount
from recaller.domain.statements.dates import DATE_ORDERS, OrderFit, date_reader, fitting_orders, parse_date
from recaller.domain.statements.model import Statement, minor_digits
from recaller.domain.statements.qif_sections import Section, section_of

_MAX_SEEN = 200_000
_SHORT_YEAR = re.compile(r"(?<=[/'.\-])(\d)$")
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class QifConventions:
    """Decimal mark, date order, what else the dates would fit, and the balances of account records."""

    decimal_mark: str
    date_order: str
    doubt: str | None
    read_date: Callable[[str], date | None]
    balances: dict[str, tuple[str, str]] = field(default_factory=dict)

    def date(self, text: str) -> date | None:
        """Return the date that a QIF text names, or None."""
        return self.read_date(normal_date(text))

    def amount(self, text: str, currency: str | None) -> ParsedAmount:
        """Return an amount of the file in minor units of the currency; raise BadAmount."""
        return parse_amount(text, self.decimal_mark, minor_digits(currency))

    def set_balance(self, statement: Statement, account: str) -> None:
        """Keep the balance that the account's record gives; warn when it can't be read."""
        text, day = self.balances.get(account, ("", ""))
        if not text:
            return
        try:
            statement.closing_balance = self.amount(text, statement.currency).minor
        except BadAmount as error:
            statement.warn("balance", f"The balance can't be read: {error}")
        statement.closing_date = self.date(day) if day else None


def normal_date(text: str) -> str:
    """Return a QIF date without padding: "2/ 4' 5" is 2/4'05."""
    compact = _SPACES.sub("", text[:64]).replace("’", "'").replace("`", "'")
    return _SHORT_YEAR.sub(r"0\1", compact)


def infer_conventions(lines: Iterable[tuple[int, str]]) -> QifConventions:
    """Return the conventions that dates and amounts of all transactions show."""
    dates: list[str] = []
    amounts: list[str] = []
    section: Section | None = None
    split = False
    for _, line in lines:
        text = line.lstrip("\x00\ufeff")
        code = text[:1]
        if text.lstrip()[:1] == "!":
            section = section_of(text.strip()) or section
            split = False
        elif code == "^":
            split = False
        elif section is None or section.kind not in ("bank", "investment"):
            continue
        elif code == "S":
            split = True
        elif code == "D" and not split and len(dates) < _MAX_SEEN:
            value = normal_date(text[1:])
            if value and (not dates or dates[-1] != value):
                dates.append(value)
        elif code in "TU$" and code and section.kind == "bank" and len(amounts) < _MAX_SEEN:
            amounts.append(text[1:].strip()[:64])
    mark = infer_decimal_mark(amounts)[0] or "."
    order, doubt = _date_order(dates, mark)
    return QifConventions(mark, order, doubt, date_reader(order))


def _date_order(values: list[str], decimal_mark: str) -> tuple[str, str | None]:
    if not values:
        return "MDY", None
    fits = fitting_orders(values)
    if not fits:
        # Some dates are none in any order: the order that reads most of them; the others are error rows.
        counts = {order: sum(map(bool, map(date_reader(order), values))) for order in DATE_ORDERS}
        return max(("MDY", "DMY", "YMD"), key=lambda order: counts[order]), None
    dots = sum("." in value for value in values) * 2 > len(values)
    apostrophes = any("'" in value for value in values)
    day_first = dots or (decimal_mark == "," and not apostrophes)

    def rank(fit: OrderFit) -> tuple[bool, int, bool]:
        # Nobody writes months first with dots; years in front with two digits are the last resort.
        unusual = (fit.order == "MDY") == day_first
        return (fit.order == "YMD", 2 * unusual if dots else fit.turns, unusual)

    best, *others = sorted(fits, key=rank)
    if dots:
        return best.order, None
    for rival in (fit.order for fit in others if fit.order != "YMD"):
        for value in values[:500]:
            read = parse_date(value, best.order)
            if read != parse_date(value, rival):
                told = (
                    f"{value!r} is read as {read:%d %B %Y}; the dates of the file would fit {rival} as well."
                )
                return best.order, told
    return best.order, None
