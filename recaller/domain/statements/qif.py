"""Reads QIF: bank, cash and card records of one or several accounts, row by row.

QIF says neither its currency nor the order of its dates nor its decimal mark; order and mark are inferred from
all records (days above 12, the sequence, dots, the apostrophe before years from 2000 on). Splits become the
row's `parts`; a row whose parts fall into several categories has no category of its own, and its memo lists
them. Transfers name an account in brackets, which is no category. Investments are rows that are skipped;
lists (categories, classes, securities, memorised payees) are counted in a warning. Format: Quicken Interchange
Format as Intuit documented it, and what banks make of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from recaller.domain.statements import limits
from recaller.domain.statements.encoding import choose_encoding
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement
from recaller.domain.statements.model import Statement, StatementRow
from recaller.domain.statements.names import display_name
from recaller.domain.statements.qif_conventions import QifConventions, infer_conventions
from recaller.domain.statements.qif_rows import QifRecord, make_row, opening_account, skipped_row
from recaller.domain.statements.qif_sections import Section, section_of
from recaller.domain.statements.text import clean_text
from recaller.domain.statements.text_lines import numbered_lines


def read_qif(
    content: bytes | BinaryIO,
    filename: str = "the file",
    statements: list[Statement] | None = None,
    currency: str | None = None,
) -> Iterator[StatementRow]:
    """Yield the transactions of all accounts in the file's order; `index` is the line where a record starts.

    Amounts are minor units of `currency` (two digits when None), rounded half-even where the file gives more
    digits. `statements` receives one Statement per account, complete once all rows were read. Raises
    FileTooLarge and MalformedStatement; a record that can't be read is an `error` row.
    """
    data = content if isinstance(content, bytes) else content.read(limits.MAX_FILE_BYTES + 1)
    name = display_name(filename)
    limits.check_size(data, name)
    encoding, _ = choose_encoding(data)
    conventions = infer_conventions(numbered_lines(data, encoding, name))
    reader = _Reader(name, [] if statements is None else statements, conventions, currency)
    for number, line in numbered_lines(data, encoding, name):
        yield from reader.feed(number, line)
    yield from reader.end()


class _Reader:
    """The state between two lines: the section, the account that it belongs to, the open record."""

    def __init__(
        self, filename: str, statements: list[Statement], conventions: QifConventions, currency: str | None
    ) -> None:
        self.filename = filename
        self.statements = statements
        self.conventions = conventions
        self.currency = currency
        self.section: Section | None = None
        self.account: str | None = None
        self.learnt = False  # from an opening balance, so only good until the section ends
        self.statement: Statement | None = None
        self.by_name: dict[str, Statement] = {}
        self.record: QifRecord | None = None
        self.rows = 0
        self.left_out: Counter[str] = Counter()
        self.broken_text = False

    def feed(self, number: int, line: str) -> Iterator[StatementRow]:
        text = line.strip("\x00\ufeff")
        if text.lstrip()[:1] == "!":
            yield from self._finish()
            self._open_section(text.strip())
        elif self.section is None or not text.strip():
            return  # what stands above the first header is a remark
        elif text[0] == "^":
            yield from self._finish()
        else:
            if self.record is None:
                self.record = QifRecord(number)
            self.broken_text = self.broken_text or "�" in text
            self.record.add(text[0], text[1:].strip(), self.section.kind == "bank")

    def _open_section(self, header: str) -> None:
        section = section_of(header)
        if section is None:
            if header[1:].strip().casefold().startswith("clear"):  # the list of all accounts ends here
                self.account = None
            return
        self.section = section
        if self.learnt:
            self.account, self.learnt = None, False
        self.statement = None

    def _finish(self) -> Iterator[StatementRow]:
        record, section, self.record = self.record, self.section, None
        if record is None or section is None:
            return
        if section.kind == "account":
            self._take_account(record)
        elif section.kind == "list":
            self.left_out[section.title] += 1
        else:
            yield self._row(record, section)

    def _take_account(self, record: QifRecord) -> None:
        self.account = clean_text(record.fields.get("N", ""))[:255] or None
        self.learnt = False
        balance, day = record.fields.get("$"), record.fields.get("/")
        if self.account is None or not balance:
            return
        # Kept only once rows of the account come: a list of all accounts stands in front of some files.
        self.conventions.balances[self.account] = (balance, day or "")

    def _row(self, record: QifRecord, section: Section) -> StatementRow:
        self.rows += 1
        if self.rows > limits.MAX_ROWS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_ROWS:,} transactions.")
        opening = opening_account(record) if self.account is None or self.learnt else None
        if opening is not None and section.kind == "bank":
            self.account, self.learnt, self.statement = opening, True, None
        if section.kind == "investment":
            self.left_out["investment transactions"] += 1
            return skipped_row(record, self.account, self.conventions)
        if self.statement is None:
            self.statement = self._statement_of(section)
        row = make_row(record, self.statement, self.conventions)
        self.statement.count(row)
        return row

    def _statement_of(self, section: Section) -> Statement:
        unnamed = self.account is None
        key = f"!{section.title}" if self.account is None else self.account
        if key in self.by_name:
            return self.by_name[key]
        if len(self.statements) >= limits.MAX_STATEMENTS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_STATEMENTS} accounts.")
        # Two kinds of account without names are still two accounts.
        hint = section.title if unnamed and any(one[0] == "!" for one in self.by_name) else self.account
        made = Statement(account_hint=hint, account_kind=section.account_kind, currency=self.currency)
        self.by_name[key] = made
        if self.conventions.doubt and not self.statements:
            made.warn("date_order", self.conventions.doubt)
        self.statements.append(made)
        if self.account is not None:
            self.conventions.set_balance(made, self.account)
        return made

    def end(self) -> Iterator[StatementRow]:
        """Finish what the file left open; say what was left out."""
        yield from self._finish()
        told = ", ".join(f"{title} ({count:,})" for title, count in sorted(self.left_out.items())[:20])
        skipped = self.left_out["investment transactions"]
        if not self.statements and skipped:
            self.statements.append(Statement(account_hint=self.account, account_kind="INVESTMENT"))
        if not self.statements:
            held = f"; it holds {told}" if told else ""
            raise MalformedStatement(f"{self.filename} holds no transactions{held}.")
        self.statements[0].skipped_count += skipped
        if told:
            self.statements[0].warn("left_out", f"Left out, as they can't be imported: {told}.")
        if self.broken_text:
            self.statements[0].warn("encoding", "Some characters of the file can't be read.")
