"""What every statement reader hands out: rows, the statements that they belong to, warnings, detections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from recaller.core.money import exponent, to_decimal
from recaller.domain.statements.errors import StatementRejected

RowStatus = Literal["booked", "pending", "skipped", "error"]
StatementFormat = Literal["csv", "ofx", "qif", "mt940", "camt", "xlsx", "xls"]
# (category, or an own account in brackets, or None; minor units; text)
RowPart = tuple[str | None, int, str]
TABLE_FORMATS = frozenset({"csv", "xlsx", "xls"})


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row of a bank file, of any format.

    `index` is the 1-based line (CSV, QIF, MT940) or transaction number (OFX, CAMT). `amount` and `balance`
    are minor units of `currency`, `foreign_amount` of `foreign_currency`; a positive amount is money into the
    account. Dates are the bank's own, without a zone. `booked` rows count; `pending` ones may still change or vanish;
    `skipped` ones are no transactions (balances, notices); an `error` makes the file unfit for import.
    `reason` says why a row is not booked, or notes what was done to a booked one (rounding). Texts are kept
    verbatim, without control characters: they may look like formulas or markup and are never either. `parts`
    are (category, amount in minor units of `currency`, text); when there are any they sum to `amount`; the category
    "[name]" stands for an own account. `transfer_hint` names the own account at the other end; `kind` "OPENING" is an
    opening balance, "TRANSFER" one whose other end isn't named. `note` is the user's own text, `memo` the bank's.
    """

    index: int
    date: dt.date | None
    amount: int | None
    currency: str | None
    payee: str
    memo: str
    reference: str | None
    category_hint: str | None
    account_hint: str | None
    tags: tuple[str, ...]
    status: RowStatus
    reason: str | None
    raw: str
    balance: int | None = None
    check_number: str | None = None
    foreign_amount: int | None = None
    foreign_currency: str | None = None
    value_date: dt.date | None = None
    kind: str | None = None
    parts: tuple[RowPart, ...] = ()
    transfer_hint: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StatementWarning:
    """Something the user should know about a statement that is imported all the same."""

    code: str
    message: str


@dataclass(slots=True)
class Statement:
    """What a file says about one account, and what its rows add up to, complete once all rows were read.

    Balances are minor units of `currency`; `booked_total` and `pending_total` are sums by currency.
    """

    account_hint: str | None = None
    bank_id: str | None = None
    account_kind: str | None = None
    currency: str | None = None
    opening_balance: int | None = None
    opening_date: dt.date | None = None
    closing_balance: int | None = None
    closing_date: dt.date | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    booked_count: int = 0
    booked_total: dict[str, int] = field(default_factory=dict)
    pending_count: int = 0
    pending_total: dict[str, int] = field(default_factory=dict)
    skipped_count: int = 0
    error_count: int = 0
    warnings: list[StatementWarning] = field(default_factory=list)

    def warn(self, code: str, message: str) -> None:
        """Add a warning, once per code and message."""
        warning = StatementWarning(code, message)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def count(self, row: StatementRow) -> None:
        """Add a row to the figures."""
        status = row.status
        if status == "booked" or status == "pending":
            totals = self.booked_total if status == "booked" else self.pending_total
            currency = row.currency or ""
            totals[currency] = totals.get(currency, 0) + (row.amount or 0)
            if status == "booked":
                self.booked_count += 1
            else:
                self.pending_count += 1
        elif status == "skipped":
            self.skipped_count += 1
        else:
            self.error_count += 1

    def reconcile(self) -> None:
        """Warn when opening balance + booked rows isn't the closing balance (needs both, one currency)."""
        if self.opening_balance is None or self.closing_balance is None or len(self.booked_total) > 1:
            return
        currency = next(iter(self.booked_total), self.currency or "")
        total = self.booked_total.get(currency, 0)
        difference = self.closing_balance - self.opening_balance - total
        if difference:
            gap, opening, total_text, closing = (
                written(minor, currency)
                for minor in (abs(difference), self.opening_balance, total, self.closing_balance)
            )
            self.warn(
                "does_not_reconcile",
                f"The file does not reconcile by {gap} {currency}".rstrip()
                + f": the opening balance of {opening} and transactions of {total_text} in all don't make the closing"
                f" balance of {closing}.",
            )


def written(minor: int, currency: str) -> str:
    """Return minor units as warnings write them, without their currency: grouped, with a real minus sign."""
    return f"{to_decimal(minor, currency):,}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Detection:
    """What a file is: its format by content (not by its ending), encoding, and how sure that is (0 to 1)."""

    format: StatementFormat
    encoding: str
    confidence: float
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A guess that the user should look at: the mapping's field and the question."""

    field: str
    message: str


def reject_errors(rows: Iterable[StatementRow], filename: str) -> Iterator[StatementRow]:
    """Pass rows on; raise StatementRejected (file, row, reason) at the first row that is an error."""
    for row in rows:
        if row.status == "error":
            raise StatementRejected(filename, row.index, row.reason or "The row can't be read.")
        yield row


def minor_digits(currency: str | None, default: str | None = None) -> int:
    """Return how many digits the minor unit has; 2 when no currency is known."""
    code = currency or default
    return exponent(code) if code else 2
