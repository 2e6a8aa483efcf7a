"""Turns one CSV record into a row; the mapping is compiled to plain attributes once, so that each row is
cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recaller.domain.statements.amounts import BadAmount, ParsedAmount, amount_reader
from recaller.domain.statements.csv_labels import BalanceLabels, balance_cell, set_balance
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_vocabulary import plain
from recaller.domain.statements.dates import date_reader
from recaller.domain.statements.limits import MAX_RAW_CHARS
from recaller.domain.statements.model import RowStatus, Statement, StatementRow, minor_digits
from recaller.domain.statements.text import clean_text, decode_references, unquote

MAX_TAGS = 20
_REMEMBERED_TEXTS = 20_000
_SIGNS = {"€": "EUR", "£": "GBP", "ZŁ": "PLN", "FT": "HUF", "KČ": "CZK"}
Reader = Callable[[str], ParsedAmount | int]


def currency_code(text: str) -> str | None:
    """Return the ISO code that a cell names by code or unmistakable sign, or None."""
    code = text.strip().upper()
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code
    return _SIGNS.get(code)


class RowBuilder:
    """One compiled mapping and the facts that its rows share."""

    def __init__(self, mapping: CsvMapping, statement: Statement, undone: frozenset[str]) -> None:
        self.mapping = mapping
        self.statement = statement
        self.undone = undone
        self.labels = BalanceLabels(mapping)
        self.broken_text = False
        self._read_date = date_reader(mapping.date_order, mapping.century_pivot)
        self._readers: dict[str | None, Reader] = {}
        self._codes: dict[str, str | None] = {}
        self._texts: dict[str, str] = {}
        self._pending = {plain(value) for value in mapping.pending_values} - {""}
        self._skipped = {plain(value) for value in mapping.skipped_values} - {""}
        self._ins = {value.strip().casefold() for value in mapping.in_values}
        self._outs = {value.strip().casefold() for value in mapping.out_values}
        columns = (mapping.amount, mapping.debit, mapping.credit)
        self._money = tuple(column for column in columns if column is not None)
        self._flip = -1 if mapping.sign == "inverted" else 1
        self._continued = mapping.memo or mapping.payee[:1]
        rare = (mapping.balance, mapping.value_date, mapping.check_number, mapping.foreign_amount)
        self._has_rare = any(column is not None for column in rare)
        self._has_state = any(c is not None for c in (mapping.status, mapping.related))

    def text(self, cell: str) -> str:
        """Return the cell as clean text; short ones are remembered, as they repeat."""
        known = self._texts.get(cell)
        if known is not None:
            return known
        text = unquote(cell) if '"' in cell else cell
        if self.mapping.html_references and "&" in text:
            text = decode_references(text)
        text = clean_text(text)
        if "�" in text:
            self.broken_text = True
        if len(cell) < 80:
            if len(self._texts) >= _REMEMBERED_TEXTS:
                self._texts.clear()
            self._texts[cell] = text
        return text

    def continuation(self, cells: list[str]) -> str | None:
        """Return the text of a record that carries on the one above, or None for any other record."""
        date = self.mapping.date
        if date is not None and date < len(cells) and cells[date].strip():
            return None
        if any(column < len(cells) and cells[column].strip() for column in self._money):
            return None
        if self.labels.undated(cells):
            return None
        return " ".join(filter(None, (self.text(cells[c]) for c in self._continued if c < len(cells))))

    def row(self, line: int, cells: list[str]) -> StatementRow:
        """Return the row of one record; it never fails: what can't be read makes it an `error` row."""
        m = self.mapping
        width = len(cells)
        text = self.text
        notes: list[str] = []
        problems: list[str] = []
        date_text = cells[m.date] if m.date is not None and m.date < width else ""
        date = self._read_date(date_text) if date_text else None
        currency = m.default_currency
        if m.currency is not None and m.currency < width:
            currency = self._currency(cells[m.currency]) or currency
        amount = self._amount(cells, currency, notes, problems)
        kind = self.labels.dated(cells)
        if kind is None and (date is None or amount is None):
            kind = self.labels.undated(cells)
        if kind is not None:
            return self._balance_row(line, cells, kind, date_text, amount, currency)
        status: RowStatus = "booked"
        if date is None or amount is None:
            status = self._incomplete(cells, date_text, amount, notes, problems)
        if self._has_state:
            status = self._state(cells, amount, status, notes)
        if amount == 0 and status == "booked":
            notes.append("The amount is zero: perhaps a notice of the bank.")
        payee = ""
        if m.payer is not None and m.payer < width and amount is not None and amount > 0:
            payee = text(cells[m.payer])
        if not payee:
            for column in m.payee:
                if column < width and (payee := text(cells[column])):
                    break
        if len(m.memo) == 1:
            memo = text(cells[m.memo[0]]) if m.memo[0] < width else ""
        else:
            memo = " ".join(filter(None, (text(cells[column]) for column in m.memo if column < width)))
        row = StatementRow(
            line,
            date,
            amount,
            currency,
            payee,
            memo,
            (text(cells[m.reference]) or None) if m.reference is not None and m.reference < width else None,
            (text(cells[m.category]) or None) if m.category is not None and m.category < width else None,
            (text(cells[m.account]) or None) if m.account is not None and m.account < width else None,
            self._tags(cells[m.tags]) if m.tags is not None and m.tags < width and cells[m.tags] else (),
            status,
            clean_text(" ".join(problems + notes)) if problems or notes else None,
            _raw(cells, m.delimiter),
        )
        return self._with_rare(row, cells) if self._has_rare else row

    def _incomplete(
        self, cells: list[str], date_text: str, amount: int | None, notes: list[str], problems: list[str]
    ) -> RowStatus:
        """Return the status of a record without date or amount, and say what it lacks."""
        has_money = any(column < len(cells) and cells[column].strip() for column in self._money)
        shown = date_text.strip()[:40]
        if shown and plain(date_text) in self._pending:
            notes.insert(0, f"The date says {shown!r}.")
            return "pending" if not problems else "error"
        state = self.mapping.status
        if (
            not shown
            and amount is not None
            and state is not None
            and plain("".join(cells[state : state + 1])) in self._pending
        ):
            notes.insert(0, f"The bank calls it {cells[state].strip()!r}.")
            return "pending"
        has_date = bool(shown) and self._read_date(date_text) is not None
        if not has_date and not has_money:
            problems.clear()
            notes.append("No date and no amount: not a transaction.")
            return "skipped"
        if not has_date:
            problems.insert(0, f"The date {shown!r} can't be read." if shown else "There is no date.")
        if amount is None and not has_money:
            if self.mapping.amount is None:
                notes.append("Neither debit nor credit: not a transaction.")
                return "skipped"
            problems.append("There is no amount.")
        return "error"

    def _state(self, cells: list[str], amount: int | None, status: RowStatus, notes: list[str]) -> RowStatus:
        m = self.mapping
        if m.status is not None and m.status < len(cells) and cells[m.status]:
            state = plain(cells[m.status])
            if state in self._skipped:
                notes.insert(0, f"The bank calls it {cells[m.status].strip()!r}: no money moved.")
                return "skipped"
            if state in self._pending and status == "booked":
                notes.insert(0, f"The bank calls it {cells[m.status].strip()!r}.")
                return "pending"
        if self.undone and status == "booked" and m.related is not None and m.related < len(cells):
            related = cells[m.related].strip()
            if related in self.undone and amount is not None and amount > 0:
                notes.insert(0, f"It undoes the pending row {related[:60]}.")
                return "pending"
        return status

    def _currency(self, cell: str) -> str | None:
        if cell not in self._codes:
            if len(self._codes) > 1000:
                self._codes.clear()
            self._codes[cell] = currency_code(cell)
        return self._codes[cell]

    def _reader(self, currency: str | None) -> Reader:
        reader = self._readers.get(currency)
        if reader is None:
            digits = 0 if self.mapping.minor_units else minor_digits(currency)
            reader = self._readers[currency] = amount_reader(self.mapping.decimal_mark, digits)
        return reader

    def _amount(
        self, cells: list[str], currency: str | None, notes: list[str], problems: list[str]
    ) -> int | None:
        """Return the signed amount; say what was rounded, or what can't be read."""
        m = self.mapping
        width = len(cells)
        reader = self._readers.get(currency) or self._reader(currency)
        total: int | None = None
        try:
            for column in self._money:
                if column >= width or not (cell := cells[column].strip(" \xa0")) or cell == "-":
                    continue
                value = reader(cell) if '"' not in cell else reader(unquote(cell))
                if isinstance(value, int):
                    minor, marker = value, ""
                else:
                    minor, marker = value.minor, value.marker
                    if value.rounded:
                        notes.append(
                            f"{cell} has more digits than {currency or 'the currency'}: rounded half-even."
                        )
                total = (total or 0) + self._signed(minor, marker, column, cells)
            if m.fee is not None and m.fee < width and cells[m.fee].strip() and total is not None:
                fee = reader(cells[m.fee])
                total -= abs(fee if isinstance(fee, int) else fee.minor)
        except BadAmount as error:
            problems.append(str(error))
            return None
        return total

    def _signed(self, minor: int, marker: str, column: int, cells: list[str]) -> int:
        m = self.mapping
        if column == m.debit:
            return -abs(minor)
        if column == m.credit:
            return abs(minor)
        if m.direction is not None and m.direction < len(cells):
            direction = cells[m.direction].strip().casefold()
            if direction in self._ins:
                return abs(minor)
            if direction in self._outs:
                return -abs(minor)
        if marker:
            return abs(minor) if marker == "credit" else -abs(minor)
        return minor * self._flip

    def _tags(self, cell: str) -> tuple[str, ...]:
        separator = self.mapping.tag_separator or "|"
        tags = dict.fromkeys(filter(None, (self.text(part) for part in cell.split(separator))))
        return tuple(tags)[:MAX_TAGS]

    def _with_rare(self, row: StatementRow, cells: list[str]) -> StatementRow:
        """Return the row with balance, value date, cheque number and foreign amount."""
        m = self.mapping
        width = len(cells)

        def cell(column: int | None) -> str:
            return cells[column].strip() if column is not None and column < width else ""

        foreign_currency = currency_code(cell(m.foreign_currency))
        foreign = self._minor(cell(m.foreign_amount), foreign_currency) if foreign_currency else None
        value_date = self._read_date(cell(m.value_date)) if cell(m.value_date) else None
        same = foreign is not None and foreign_currency == row.currency
        if foreign is not None and row.amount is not None:
            # Banks write it without its sign, whichever way the money went.
            foreign = -abs(foreign) if row.amount < 0 else abs(foreign)
        return StatementRow(
            row.index, row.date, row.amount, row.currency, row.payee, row.memo, row.reference, row.category_hint,
            row.account_hint, row.tags, row.status, row.reason, row.raw, self._minor(cell(m.balance), row.currency),
            self.text(cell(m.check_number))[:64] or None, None if same else foreign,
            None if same else foreign_currency, value_date,
        )  # fmt: skip

    def _minor(self, cell: str, currency: str | None) -> int | None:
        """Return an amount that the row can do without: None when it can't be read."""
        if not cell:
            return None
        try:
            value = self._reader(currency)(cell)
        except BadAmount:
            return None
        return value if isinstance(value, int) else value.minor

    def _balance_row(
        self, line: int, cells: list[str], kind: str, date_text: str, amount: int | None, currency: str | None
    ) -> StatementRow:
        """Return an opening, closing or turnover row: skipped, its balance kept for reconciling."""
        balance = amount if amount is not None else balance_cell(cells, self.mapping, currency)
        if kind != "turnover":
            set_balance(self.statement, kind, balance, date_text, self.mapping)
        words = next((self.text(cell) for cell in cells if self.labels.undated([cell])), kind)
        return StatementRow(
            index=line,
            date=self._read_date(date_text) if date_text else None,
            amount=None,
            currency=currency,
            payee="",
            memo=words,
            reference=None,
            category_hint=None,
            account_hint=None,
            tags=(),
            status="skipped",
            reason=f"A row of {kind} ({words}), not a transaction."
            if kind == "turnover"
            else f"The {kind} balance, not a transaction.",
            raw=_raw(cells, self.mapping.delimiter),
            balance=balance,
        )


def _raw(cells: list[str], delimiter: str) -> str:
    raw = delimiter.join(cells)[:MAX_RAW_CHARS]
    return raw if raw.isprintable() else clean_text(raw)


def continued(row: StatementRow, more: str) -> StatementRow:
    """Return the row with the text of a continuation record after its own."""
    return replace(row, memo=f"{row.memo} {more}".strip()) if more else row
