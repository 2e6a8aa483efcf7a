"""Turns the fields of one OFX aggregate into a row, an account or a balance."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction

from recaller.core.money import MAX_MINOR
from recaller.domain.statements.amounts import BadAmount, ParsedAmount, infer_decimal_mark, parse_amount
from recaller.domain.statements.limits import MAX_RAW_CHARS
from recaller.domain.statements.model import Statement, StatementRow, minor_digits
from recaller.domain.statements.text import clean_text, decode_references

Fields = dict[str, str]
_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")
_PLAIN = frozenset("+-0123456789.,")


def make_row(index: int, name: str, fields: Fields, statement: Statement) -> StatementRow:
    """Return the row of an STMTTRN or of an investment transaction; errors name the value."""
    get = fields.get
    problems: list[str] = []
    notes: list[str] = []
    currency = _currency(get("CURRENCY.CURSYM")) or statement.currency
    money_tag = "TRNAMT" if name == "STMTTRN" else "TOTAL"
    amount = None
    text = get(money_tag)
    if text is not None:
        try:
            amount, rounded = ofx_amount(text, minor_digits(currency))
            if rounded:
                notes.append(
                    f"{money_tag} {text} has more digits than {currency or 'the currency'}: rounded half-even."
                )
        except BadAmount:
            problems.append(f"The amount ({money_tag}) {text[:40]!r} can't be read.")
    elif name == "STMTTRN":
        problems.append("The transaction has no amount (TRNAMT).")
    date_tag = "DTPOSTED" if name == "STMTTRN" else "DTTRADE"
    date_text = get(date_tag) or get("DTSETTLE") or get("DTUSER")
    date = ofx_date(date_text)
    if date is None:
        what = f"{date_text[:40]!r} is no date" if date_text else "is missing"
        problems.append(f"The date ({date_tag}) {what}.")
    if "CUT" in fields:
        problems.append(fields["CUT"])
    status = "error" if problems else "booked" if amount is not None else "skipped"
    if status == "skipped":
        notes.append(f"{name} moves no money.")
    payee, memo = _texts(name, fields)
    foreign_currency = _currency(get("ORIGCURRENCY.CURSYM"))
    foreign_amount = None
    if amount is not None and foreign_currency is not None and foreign_currency != currency:
        foreign_amount = _original(amount, currency, foreign_currency, get("ORIGCURRENCY.CURRATE"))
    return StatementRow(
        index=index,
        date=date,
        amount=amount,
        currency=currency,
        payee=payee,
        memo=memo,
        reference=_short(get("FITID") or get("SRVRTID")),
        category_hint=None,
        account_hint=statement.account_hint,
        tags=(),
        status=status,  # type: ignore[arg-type]  # mypy widens the conditional to str
        reason=clean_text(" ".join(problems + notes)) or None,
        raw=clean_text(
            " ".join(f"{key}={value}" for key, value in list(fields.items())[:24])[:MAX_RAW_CHARS]
        ),
        check_number=_short(get("CHECKNUM")),
        foreign_amount=foreign_amount,
        foreign_currency=None if foreign_amount is None else foreign_currency,
        value_date=ofx_date(get("DTAVAIL") or get("DTSETTLE")),
        kind=_short(get("TRNTYPE")) or (name if name != "STMTTRN" else None),
    )


def _original(amount: int, currency: str | None, foreign: str, rate: str | None) -> int | None:
    """Return what was paid abroad in minor units, half-even: OFX gives the rate only (CURRATE, ours for one)."""
    if rate is None or not _RATE.fullmatch(rate) or not (ratio := Fraction(rate)):
        return None
    digits = minor_digits(foreign) - minor_digits(currency)
    found = round(amount / ratio * Fraction(10) ** digits)
    return found if found and abs(found) <= MAX_MINOR else None


def _texts(name: str, fields: Fields) -> tuple[str, str]:
    payee = fields.get("NAME") or fields.get("PAYEE.NAME") or ""
    memo = fields.get("MEMO", "")
    if name != "STMTTRN":
        security = fields.get("TICKER") or fields.get("UNIQUEID") or ""
        parts = [name, security, fields.get("UNITS", "")]
        memo = " ".join(part for part in (memo, *parts) if part)
    return clean_text(decode_references(payee)), clean_text(decode_references(memo))


def _short(text: str | None) -> str | None:
    return (clean_text(decode_references(text))[:255] or None) if text else None


def _currency(text: str | None) -> str | None:
    code = text.strip().upper() if text else ""
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def ofx_amount(text: str, digits: int) -> tuple[int, bool]:
    """Parse an OFX amount (point or comma) to minor units, half-even; raise BadAmount for anything but
    digits.
    """
    if not _PLAIN.issuperset(text):
        raise BadAmount(f"{text[:40]!r} is not an amount.")
    mark = "."
    if "," in text:
        mark = infer_decimal_mark([text])[0] or "."
        if "." not in text and text.count(",") == 1:
            mark = ","
    parsed: ParsedAmount = parse_amount(text, mark, digits)
    return parsed.minor, parsed.rounded


def ofx_date(text: str | None) -> dt.date | None:
    """Return the date as the bank wrote it (its zone is not applied), or None."""
    if not text:
        return None
    digits = text.strip()[:10].replace("-", "")[:8]
    if len(digits) != 8 or not digits.isascii() or not digits.isdecimal():
        return None
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def set_account(statement: Statement, fields: Fields, name: str, bank: str | None) -> None:
    """Keep the account that a statement is about."""
    statement.account_hint = _short(fields.get("ACCTID"))
    statement.bank_id = _short(fields.get("BANKID") or fields.get("BROKERID") or bank)
    if name == "CCACCTFROM":
        statement.account_kind = "CREDITCARD"
    elif fields.get("ACCTTYPE"):
        statement.account_kind = _short(fields["ACCTTYPE"])


def set_balance(statement: Statement, fields: Fields) -> None:
    """Keep the ledger balance as the closing balance; warn when it can't be read."""
    text = fields.get("BALAMT")
    if text is None:
        return
    try:
        statement.closing_balance, _ = ofx_amount(text, minor_digits(statement.currency))
    except BadAmount as error:
        statement.warn("balance", f"The balance can't be read: {error}")
    statement.closing_date = ofx_date(fields.get("DTASOF"))


def finish_statement(statement: Statement, fields: Fields) -> None:
    """Set what stands on the statement itself once it is closed: the period, and warnings about gaps."""
    statement.period_start = ofx_date(fields.get("LIST.DTSTART"))
    statement.period_end = ofx_date(fields.get("LIST.DTEND"))
    if statement.currency is None:
        statement.warn("currency", "The file names no currency (CURDEF).")
