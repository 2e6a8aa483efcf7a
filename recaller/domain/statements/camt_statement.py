"""The head of one CAMT statement: its account, currency, period and balances."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from recaller.domain.statements.amounts import BadAmount, ParsedAmount, parse_amount
from recaller.domain.statements.camt_xml import Node
from recaller.domain.statements.model import Statement, minor_digits
from recaller.domain.statements.text import clean_text

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)


@dataclass(slots=True)
class StatementHead:
    """A statement being read, and what tells it from others."""

    statement: Statement
    id: str = ""
    created: str = ""
    number: str | None = None
    named: bool = False
    repeated: bool = False
    balances: dict[str, tuple[int, dt.date | None]] = field(default_factory=dict)

    def take(self, node: Node) -> None:
        """Take in an element of the statement that is no entry."""
        statement = self.statement
        match node.tag:
            case "Id":
                self.id = clean_text(node.text)[:80]
            case "CreDtTm":
                self.created = node.text[:40]
            case "FrToDt":
                statement.period_start = read_day(node.value("FrDtTm", "FrDt"))
                statement.period_end = read_day(node.value("ToDtTm", "ToDt"))
            case "Acct":
                number = node.value("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id")
                self.number = clean_text(number)[:255] or None
                statement.bank_id = (
                    clean_text(
                        node.value(
                            "Svcr/FinInstnId/BIC",
                            "Svcr/FinInstnId/BICFI",
                            "Svcr/FinInstnId/ClrSysMmbId/MmbId",
                        )
                    )[:64]
                    or None
                )
                statement.currency = currency_code(node.value("Ccy")) or statement.currency
            case "Bal":
                self._take_balance(node)

    def _take_balance(self, node: Node) -> None:
        code = node.value("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry").upper()
        amount = node.find("Amt")
        if amount is None or code not in (*_OPENING, *_CLOSING):
            return
        currency = currency_code(amount.currency)
        statement = self.statement
        if statement.currency is None:
            statement.currency = currency
        if currency is not None and currency != statement.currency:
            statement.warn("balance", f"A balance is in {currency}, the statement in {statement.currency}.")
            return
        try:
            minor = read_amount(amount.text, statement.currency).minor
        except BadAmount as error:
            statement.warn("balance", f"A balance ({code}) can't be read: {error}")
            return
        if node.value("CdtDbtInd").upper().startswith("D"):
            minor = -minor
        self.balances.setdefault(code, (minor, read_day(node.value("Dt/Dt", "Dt/DtTm"))))

    def guess_currency(self, entry: Node) -> None:
        """Take the currency of the first entry when nothing before it named one."""
        amount = entry.find("Amt")
        if self.statement.currency is None and amount is not None:
            self.statement.currency = currency_code(amount.currency)

    def identity(self) -> tuple[object, ...] | None:
        """Return what two copies of one statement have in common; None when it has no id."""
        if not self.id:
            return None
        return (
            self.id,
            self.created,
            self.statement.account_hint,
            tuple(sorted(self.balances.items(), key=str)),
        )

    def finish(self) -> None:
        """Set the balances and hold them against the entries."""
        statement = self.statement
        for code in _OPENING:
            if code in self.balances and statement.opening_balance is None:
                statement.opening_balance, statement.opening_date = self.balances[code]
        for code in _CLOSING:
            if code in self.balances:
                statement.closing_balance, statement.closing_date = self.balances[code]
        if not self.repeated and not statement.error_count:
            statement.reconcile()


def read_amount(text: str, currency: str | None) -> ParsedAmount:
    """Return an amount of ISO 20022 (a point, no groups) in minor units; raise BadAmount."""
    return parse_amount(text, "," if "," in text and "." not in text else ".", minor_digits(currency))


def currency_code(text: str) -> str | None:
    """Return a three-letter code, or None."""
    code = text.strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def read_day(text: str) -> dt.date | None:
    """Return the day of an ISO date or date-time as the bank wrote it (its zone is not applied), or None."""
    day = text.strip()[:10]
    if len(day) != 10 or day[4] != "-" or day[7] != "-":
        return None
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        return None
