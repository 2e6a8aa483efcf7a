"""Words for what notices tell: made from facts when somebody reads them, in that reader's locale and on that date.

A notice may be read, or sent with a digest, a day after it was written: "due tomorrow" is then wrong, and two readers
of one notice may write dates and amounts differently. So facts are kept, as JSON, and worded late: in the centre, in
mails and for services alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import structlog
from babel.dates import format_date
from babel.numbers import format_currency
from pydantic import TypeAdapter, ValidationError

from recaller.core.money import to_decimal
from recaller.domain.locales import known_locale

log = structlog.get_logger(__name__)

MAX_TITLE = 200
MAX_BODY = 2000
_BILLS_NAMED = 10


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the locale as in `de_DE`, and the date where the reader is."""

    locale: str
    today: date

    def money(self, minor: int, currency: str) -> str:
        """Return an amount (minor units) as this reader writes it, without its sign."""
        return format_currency(to_decimal(abs(minor), currency), currency, locale=known_locale(self.locale))

    def day(self, day: date, style: str = "medium") -> str:
        """Return a date as this reader writes it."""
        return format_date(day, style, locale=known_locale(self.locale))


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice in words: one line, and some more."""

    title: str
    body: str


class Facts(Protocol):
    """What a notice tells, to be worded for each reader."""

    def say(self, reader: Reader) -> Wording:
        """Return the words for this reader."""


@dataclass(frozen=True, slots=True)
class _Bill:
    """A payment of a day; `amount` is signed minor units, below zero for what is paid."""

    name: str
    on: date
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class BillDue(_Bill):
    """A payment that is expected on its day."""

    by_itself: bool

    def say(self, reader: Reader) -> Wording:
        """Return how long it is until then, as the reader counts."""
        days = (self.on - reader.today).days
        day = reader.day(self.on, "full")
        if late := _was_due(self.on, reader):
            return Wording(f"{self.name} {late}", f"{self._amount(reader)}, {day}.")
        when = {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
        then = "It is booked by itself." if self.by_itself else "Confirm it once it is paid."
        return Wording(f"{self.name} is due {when}", f"{self._amount(reader)}, {day}. {then}")

    def _amount(self, reader: Reader) -> str:
        amount = reader.money(self.amount, self.currency)
        return f"{amount} coming in" if self.amount > 0 else amount


@dataclass(frozen=True, slots=True)
class BillToConfirm(_Bill):
    """A payment whose day came, and which waits for somebody's yes."""

    def say(self, reader: Reader) -> Wording:
        """Return what is to be confirmed, and since when."""
        return Wording(
            f"{self.name} {_was_due(self.on, reader) or 'is due'}",
            f"{reader.money(self.amount, self.currency)}, {reader.day(self.on, 'full')}. It waits for your yes:"
            " confirm it with the amount that was paid, or skip it.",
        )


@dataclass(frozen=True, slots=True)
class BillMissed(_Bill):
    """A payment that was expected and hasn't come."""

    def say(self, reader: Reader) -> Wording:
        """Return what was expected when."""
        return Wording(
            f"{self.name} hasn't come",
            f"{reader.money(self.amount, self.currency)} was expected on {reader.day(self.on)}."
            " Confirm it, skip it, or look what is wrong.",
        )


@dataclass(frozen=True, slots=True)
class BookedBill(_Bill):
    """One bill that was booked by itself on its day."""


@dataclass(frozen=True, slots=True)
class BillsBooked:
    """Bills that were booked by themselves: the first ones, and how many there are."""

    bills: tuple[BookedBill, ...]
    count: int

    @classmethod
    def of(cls, bills: list[BookedBill]) -> BillsBooked:
        """Return the facts about these bills; only the first ones are named."""
        return cls(tuple(bills[:_BILLS_NAMED]), len(bills))

    def say(self, reader: Reader) -> Wording:
        """Return which ones, with amount and date."""
        parts = [
            f"{one.name}: {reader.money(one.amount, one.currency)} on {reader.day(one.on)}"
            for one in self.bills
        ]
        rest = self.count - len(self.bills)
        title = f"{self.bills[0].name} was booked" if self.count == 1 else f"{self.count} bills were booked"
        return Wording(title, "; ".join(parts) + (f"; and {rest} more." if rest else "."))


@dataclass(frozen=True, slots=True)
class BudgetReached:
    """A category of a budget that reached `percent` of what it has in a period; amounts in minor units."""

    category: str
    budget: str
    first: date
    last: date
    percent: int
    spent: int
    allowed: int
    available: int
    currency: str

    def say(self, reader: Reader) -> Wording:
        """Return how much is spent of how much."""
        spent, allowed = (reader.money(one, self.currency) for one in (self.spent, self.allowed))
        if self.spent > self.allowed:
            title = f"{self.category} is over its budget"
            rest = f"{reader.money(self.spent - self.allowed, self.currency)} more than there was"
        elif self.spent == self.allowed:
            title, rest = f"{self.category} has used up its budget", "nothing is left"
        else:
            title = f"{self.category} has reached {self.percent} % of its budget"
            rest = f"{reader.money(self.available, self.currency)} left"
        span = f"{reader.day(self.first)} to {reader.day(self.last)}"
        return Wording(title, f"{self.budget}, {span}: {spent} of {allowed} spent, {rest}.")


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """A recurring amount that is another one now; signed minor units."""

    name: str
    earlier: int
    amount: int
    currency: str

    def say(self, reader: Reader) -> Wording:
        """Return both amounts."""
        way = "more" if abs(self.amount) > abs(self.earlier) else "less"
        before, now = (reader.money(one, self.currency) for one in (self.earlier, self.amount))
        return Wording(
            f"{self.name} {'costs' if self.amount < 0 else 'pays'} {way} now",
            f"{before} before, {now} twice in a row. Let the recurring transaction expect the new amount?",
        )


def _was_due(on: date, reader: Reader) -> str:
    """Return since when something is due, "" where the day isn't over yet."""
    days = (reader.today - on).days
    if days <= 0:
        return ""
    return "was due yesterday" if days == 1 else f"was due on {reader.day(on)}"


# Kind of notice -> its facts.
_FACTS: dict[str, TypeAdapter[Any]] = {
    "bill.reminder": TypeAdapter(BillDue),
    "bill.confirm": TypeAdapter(BillToConfirm),
    "bill.missed": TypeAdapter(BillMissed),
    "bill.posted": TypeAdapter(BillsBooked),
    "budget.alert": TypeAdapter(BudgetReached),
    "price.change": TypeAdapter(PriceChanged),
}


def kept_facts(kind: str, facts: Facts) -> dict[str, Any]:
    """Return the facts as JSON keeps them."""
    kept: dict[str, Any] = _FACTS[kind].dump_python(facts, mode="json")
    return kept


def words_of(kind: str, facts: Mapping[str, Any] | None, title: str, body: str, reader: Reader) -> Wording:
    """Return a kept notice's words for a reader; `title` and `body` are those that were written with it.

    Those stand where there are no facts (older notices, kinds without any), or none that this version understands.
    """
    if facts is None or kind not in _FACTS:
        return Wording(title, body)
    try:
        said = _FACTS[kind].validate_python(facts).say(reader)
    except ValidationError:
        log.warning("facts_not_understood", kind=kind)
        return Wording(title, body)
    return Wording(plain(said.title)[:MAX_TITLE], plain(said.body)[:MAX_BODY])


def plain(text: str) -> str:
    """Return one line of text: what breaks lines or can't be seen (and could forge a header) becomes a space."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
