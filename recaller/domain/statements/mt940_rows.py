"""Turns the fields of one MT940 entry (:61: with its :86:) into a row, and balances into minor units."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date

from recaller.domain.statements import limits
from recaller.domain.statements.amounts import BadAmount, parse_amount
from recaller.domain.statements.model import RowStatus, Statement, StatementRow, minor_digits
from recaller.domain.statements.mt940_texts import describe
from recaller.domain.statements.text import clean_text

_ENTRY = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4}|\s{4})?\s?(?P<mark>R[CD]|E[CD]|C|D)(?P<funds>[A-Z])?\s?"
    r"(?P<amount>[0-9][0-9.,]{0,24})(?P<rest>.*)",
    re.DOTALL,
)
_TYPE = re.compile(r"\s?([A-Z][A-Z0-9 ]{3})(.*)", re.DOTALL)
_BALANCE = re.compile(r"(R?[CD])([0-9]{6})([A-Z]{3})\s?(-?[0-9][0-9.,]{0,24})")
# The original amount, as the field of the entry or its text tells it (SWIFT code word OCMT).
_ORIGINAL = re.compile(r"/OCMT/([A-Z]{3})([0-9]{1,15}(?:,[0-9]{0,3})?)(?![0-9])")
_NO_REFERENCE = frozenset({"", "NONREF", "NOREF", "NONE", "N", "X", "."})
_CENTURY_PIVOT = 70


@dataclass(slots=True)
class Entry:
    """The lines of one entry: :61: with supplementary details, :86:, and the private :NS:."""

    line: int
    lines: list[str]
    info: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance in minor units of its currency, on a day as the bank wrote it."""

    minor: int
    currency: str
    day: date | None


def read_balance(text: str) -> Balance | None:
    """Return what a :60F: or :62F: says, or None when it can't be read."""
    match = _BALANCE.match(text)
    if match is None:
        return None
    try:
        minor = _amount(match[4], match[3])[0]
    except BadAmount:
        return None
    day, _ = read_day(match[2])
    return Balance(-minor if match[1] in ("D", "RC") else minor, match[3], day)


def make_row(entry: Entry, statement: Statement, interim: bool) -> StatementRow:
    """Return the row of an entry; errors name the line."""
    currency = statement.currency
    problems: list[str] = []
    notes: list[str] = []
    match = _ENTRY.match(entry.lines[0].strip())
    amount: int | None = None
    day = value_day = None
    kind = reference = check_number = None
    supplementary = entry.lines[1:]
    expected = False
    if match is None:
        problems.append(f"The entry line (:61:) {clean_text(entry.lines[0])[:60]!r} can't be read.")
    else:
        try:
            amount, rounded = _amount(match["amount"], currency)
            if rounded:
                shown = match["amount"]
                notes.append(f"{shown} has more digits than {currency or 'the currency'}: rounded half-even.")
        except BadAmount as error:
            problems.append(str(error))
        # C and RD (a debit taken back) are money in; D and RC (a credit taken back) are money out.
        if amount is not None and match["mark"] in ("D", "RC", "ED"):
            amount = -amount
        expected = match["mark"][0] == "E"
        day, value_day = _days(match["value"], (match["entry"] or "").strip(), problems, notes)
        kind, reference, check_number = _references(match["rest"])
    pending = interim or expected
    if pending:
        notes.insert(0, "An interim or expected entry (MT942) may still change.")
    status: RowStatus = "error" if problems else "pending" if pending else "booked"
    texts = describe(entry.info, entry.private, supplementary)
    original = _original("".join((*supplementary, *entry.info)), amount, currency)
    return StatementRow(
        index=entry.line,
        date=day,
        amount=amount,
        currency=currency,
        payee=texts.payee,
        memo=texts.memo,
        reference=reference,
        category_hint=None,
        account_hint=statement.account_hint,
        tags=(),
        status=status,
        reason=clean_text(" ".join(problems + notes)) or None,
        raw=clean_text(" ".join((*entry.lines[:3], *entry.info[:6]))[: limits.MAX_RAW_CHARS]),
        check_number=check_number,
        foreign_amount=None if original is None else original[0],
        foreign_currency=None if original is None else original[1],
        value_date=value_day,
        kind=texts.kind or kind,
    )


def _amount(text: str, currency: str | None) -> tuple[int, bool]:
    parsed = parse_amount(text, "," if "," in text else ".", minor_digits(currency))
    return parsed.minor, parsed.rounded


def _original(text: str, amount: int | None, currency: str | None) -> tuple[int, str] | None:
    """Return what was paid in another currency than the account's, signed like the amount."""
    match = _ORIGINAL.search(text)
    if match is None or amount is None or match[1] == currency:
        return None
    try:
        minor, _ = _amount(match[2], match[1])
    except BadAmount:
        return None
    return (-minor if amount < 0 else minor), match[1]


def _days(value: str, entry: str, problems: list[str], notes: list[str]) -> tuple[date | None, date | None]:
    """Return (booking day, value day); a day that isn't in its month is a note, anything worse a problem."""
    value_day, moved = read_day(value)
    year = 2000 + int(value[:2]) if int(value[:2]) < _CENTURY_PIVOT else 1900 + int(value[:2])
    booked = None
    if entry and entry != "0000":
        booked = _nearest(entry, year, value_day)
        if booked is None:
            notes.append(f"The entry date {entry} is no date.")
    if value_day is None and booked is None:
        problems.append(f"The value date {value} is no date.")
    elif value_day is None or moved:
        used = f"booked on its entry date {booked}" if booked else f"booked on {value_day}"
        notes.append(f"The value date {value} is no date: {used}.")
    return booked or value_day, None if moved and booked else value_day


def read_day(text: str) -> tuple[date | None, bool]:
    """Return the day of YYMMDD, and whether it was moved to the month's last day; (None, False) for no date."""
    if len(text) != 6 or not text.isascii() or not text.isdecimal():
        return None, False
    short, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    year = short + (2000 if short < _CENTURY_PIVOT else 1900)
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None, False
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day, last)), day > last


def _nearest(entry: str, year: int, value_day: date | None) -> date | None:
    """Return the day MMDD in the year that brings it nearest to the value date."""
    around = value_day or date(year, 7, 1)
    found: list[date] = []
    for one in (around.year, around.year - 1, around.year + 1):
        try:
            found.append(date(one, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    return min(found, key=lambda day: abs((day - around).days), default=None)


def _references(rest: str) -> tuple[str | None, str | None, str | None]:
    """Return (transaction type, the bank's or customer's reference, cheque number)."""
    match = _TYPE.match(rest)
    kind, text = (clean_text(match[1]), match[2]) if match else ("", rest)
    mine, _, banks = text.partition("//")
    mine, banks = clean_text(mine)[:64], clean_text(banks)[:64]
    check = mine if kind.endswith("CHK") and mine.isalnum() and any(map(str.isdigit, mine)) else None
    reference = next((one for one in (banks, mine) if one.upper() not in _NO_REFERENCE), None)
    return kind or None, reference, check
