"""Transactions and registers as CSV, row by row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from recaller.core.money import to_decimal
from recaller.domain.statements import escape_for_csv_export
from recaller.services.listing import RegisterRow, TransactionRow

HEADER = (
    "Date", "Account", "Payee", "Category", "Transfer to", "Amount", "Currency", "Note", "Bank text", "Tags", "Status",
    "Type", "Id",
)  # fmt: skip

REGISTER_HEADER = (
    "Date",
    "Payee",
    "Category",
    "Transfer",
    "Amount",
    "Balance",
    "Currency",
    "Cleared",
    "Note",
    "Id",
)


def register_lines(rows: Iterable[RegisterRow]) -> Iterator[str]:
    """Yield one line per register row: the amount and the balance after it in major units, + = into the account."""
    for row in rows:
        one = row.transaction
        other = one.counter_account or one.account if one.shape in ("transfer", "conversion") else ""
        category = "Split" if one.shape == "split" else one.category
        texts = [escape_for_csv_export(text) for text in (one.payee, category, other)]
        money = [format(to_decimal(minor, row.currency), "f") for minor in (row.amount, row.balance)]
        cleared = "yes" if row.cleared else "no"
        cells = (
            one.date.isoformat(),
            *texts,
            *money,
            row.currency,
            cleared,
            escape_for_csv_export(one.note),
            str(one.id),
        )
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerow(cells)
        yield buffer.getvalue()


def csv_lines(rows: Iterable[TransactionRow]) -> Iterator[str]:
    """Yield one line per transaction, of a split one per part, of a conversion one per account.

    Amounts are in major units, + = into the account; the dates are ISO. Texts that a spreadsheet would run as
    formulas get an apostrophe in front.
    """
    for row in rows:
        for cells in _cells(row):
            # An amount begins with a minus, too, but is no text of a stranger.
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\r\n").writerow(cells)
            yield buffer.getvalue()


def header_line() -> str:
    """Return the line of column names."""
    return ",".join(HEADER) + "\r\n"


def register_header_line() -> str:
    """Return the line of a register's column names."""
    return ",".join(REGISTER_HEADER) + "\r\n"


def _cells(row: TransactionRow) -> Iterator[tuple[str, ...]]:
    if not row.lines:
        yield _line(row, row.account, row.category, row.counter_account, row.amount, row.currency, row.note)
        return
    if row.shape == "split":
        for part in row.lines:
            if part.account_id != row.account_id:
                yield _line(
                    row, row.account, part.name, "", -part.amount, part.currency, part.memo or row.note
                )
        return
    for part in row.lines:
        if part.kind in ("asset", "liability"):
            yield _line(row, part.name, "", "", part.amount, part.currency, part.memo or row.note)


def _line(
    row: TransactionRow, account: str, category: str, counter: str, amount: int, currency: str, note: str
) -> tuple[str, ...]:
    texts = [escape_for_csv_export(text) for text in (account, row.payee, category, counter)]
    more = [escape_for_csv_export(text) for text in (note, row.bank_text, ", ".join(row.tags))]
    money = format(to_decimal(amount, currency), "f")
    return (row.date.isoformat(), *texts, money, currency, *more, row.status, row.shape, str(row.id))
