"""Reads MT940 (and MT942) customer statements, entry by entry.

Tolerant where banks are sloppy: SWIFT envelopes or none, missing end marks, unknown fields, texts in national
code pages, the private field :NS:. Strict about what counts: an entry line that can't be read is an error of
its row. A row is dated by its entry (booking) date, else by its value date; days that a month doesn't have
(banks that count thirty days for each month date entries on 30 February) become the month's last day, and the
row says so. Format: SWIFT User Handbook, MT 940; ZKA rules for the structured :86:.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from recaller.domain.statements import limits
from recaller.domain.statements.encoding import choose_encoding
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement
from recaller.domain.statements.hints import AccountHints
from recaller.domain.statements.model import Statement, StatementRow
from recaller.domain.statements.mt940_rows import Entry, make_row, read_balance
from recaller.domain.statements.names import display_name
from recaller.domain.statements.text import clean_text
from recaller.domain.statements.text_lines import numbered_lines

_FIELD = re.compile(r"[\s\x01\x02]*:(\d{2}[A-Z]?|NS):(.*)", re.DOTALL)
_ENVELOPE = re.compile(r"\{[0-9S]:")
_MAX_FIELD_CHARS = 16_000


def read_mt940(
    content: bytes | BinaryIO, filename: str = "the file", statements: list[Statement] | None = None
) -> Iterator[StatementRow]:
    """Yield the entries of all statements in the file's order; `index` is the line of the entry's :61:.

    Amounts are minor units of the statement's currency, rounded half-even where the bank gave more digits.
    `statements` receives one Statement per :20: block (several may be of one account, their hint tells), complete
    once its rows were read. Raises FileTooLarge and MalformedStatement; an entry that can't be read is an
    `error` row.
    """
    data = content if isinstance(content, bytes) else content.read(limits.MAX_FILE_BYTES + 1)
    name = display_name(filename)
    limits.check_size(data, name)
    encoding, _ = choose_encoding(data)
    reader = _Reader(name, [] if statements is None else statements)
    for number, line in numbered_lines(data, encoding, name):
        yield from reader.feed(number, line)
    yield from reader.end()


@dataclass(slots=True)
class _Block:
    """The statement that is being read, and the parts of its account's name."""

    statement: Statement
    number: str | None = None
    interim: bool = False
    hinted: bool = False
    broken_text: bool = False
    fields: set[str] = field(default_factory=set)


class _Reader:
    """The state between two lines: the open statement, entry and field."""

    def __init__(self, filename: str, statements: list[Statement]) -> None:
        self.filename = filename
        self.statements = statements
        self.hints = AccountHints()
        self.block: _Block | None = None
        self.entry: Entry | None = None
        self.tag = ""
        self.lines: list[str] = []
        self.line = 0
        self.chars = 0
        self.rows = 0

    def feed(self, number: int, line: str) -> Iterator[StatementRow]:
        text = line.strip("\x01\x02\x03\x00\ufeff")
        if _ENVELOPE.match(text):
            text = text.rpartition("{4:")[2] if "{4:" in text else ""
        match = _FIELD.match(text) if ":" in text[:8] else None
        if match is not None:
            yield from self._end_field()
            if match[1] == "20":
                yield from self._end_statement()
            self.tag, self.lines, self.line, self.chars = match[1], [match[2]], number, len(match[2])
        elif text.strip() in ("-", "-}"):
            yield from self._end_field()
            yield from self._end_statement()
        elif self.tag and text.strip() and self.chars < _MAX_FIELD_CHARS:
            self.lines.append(text)
            self.chars += len(text)

    def _end_field(self) -> Iterator[StatementRow]:
        tag, lines, self.tag = self.tag, self.lines, ""
        if not tag:
            return
        if tag in ("86", "NS"):
            if self.entry is not None:
                (self.entry.info if tag == "86" else self.entry.private).extend(lines)
            return
        yield from self._end_entry()
        block = self._open_block()
        block.fields.add(tag)
        first = lines[0].strip()
        if tag == "61":
            self.entry = Entry(self.line, lines)
        elif tag in ("25", "25P"):
            block.number = clean_text(first)[:255] or None
        elif tag in ("60F", "60M"):
            self._take_opening(block.statement, first)
        elif tag in ("62F", "62M"):
            self._take_closing(block.statement, first)
        elif tag == "34F" and block.statement.opening_balance is None:
            block.interim = True
            code = first[:3]
            if code.isascii() and code.isalpha():
                block.statement.currency = code.upper()

    def _open_block(self) -> _Block:
        if self.block is None:
            if len(self.statements) >= limits.MAX_STATEMENTS:
                raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_STATEMENTS:,} statements.")
            self.block = _Block(Statement())
            self.statements.append(self.block.statement)
        return self.block

    def _take_opening(self, statement: Statement, text: str) -> None:
        found = read_balance(text)
        if found is None:
            statement.warn("balance", f"The opening balance {clean_text(text)[:40]!r} can't be read.")
            return
        statement.currency = found.currency
        statement.opening_balance, statement.opening_date = found.minor, found.day
        statement.period_start = found.day

    def _take_closing(self, statement: Statement, text: str) -> None:
        found = read_balance(text)
        if found is None or (statement.currency or found.currency) != found.currency:
            statement.warn("balance", f"The closing balance {clean_text(text)[:40]!r} can't be read.")
            return
        statement.currency = found.currency
        statement.closing_balance, statement.closing_date = found.minor, found.day
        statement.period_end = found.day

    def _end_entry(self) -> Iterator[StatementRow]:
        entry, self.entry = self.entry, None
        if entry is None or self.block is None:
            return
        self.rows += 1
        if self.rows > limits.MAX_ROWS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_ROWS:,} entries.")
        self._name_account(self.block)
        row = make_row(entry, self.block.statement, self.block.interim)
        self.block.statement.count(row)
        self.block.broken_text = self.block.broken_text or "�" in row.memo or "�" in row.payee
        yield row

    def _name_account(self, block: _Block) -> None:
        if not block.hinted:
            block.statement.account_hint = self.hints.of(block.number, block.statement.currency)
            block.hinted = True

    def _end_statement(self) -> Iterator[StatementRow]:
        yield from self._end_entry()
        block, self.block = self.block, None
        if block is None:
            return
        self._name_account(block)
        statement = block.statement
        if block.broken_text:
            statement.warn("encoding", "Some characters of the file can't be read.")
        if not statement.error_count:
            statement.reconcile()
        if "61" in block.fields and not block.interim and not block.fields & {"62F", "62M"}:
            statement.warn(
                "cut_off", "The statement ends without a closing balance: a part of it may be missing."
            )

    def end(self) -> Iterator[StatementRow]:
        """Finish what the file left open."""
        yield from self._end_field()
        yield from self._end_statement()
        if not any(s.opening_date or s.closing_date or s.booked_count or s.account_hint or s.error_count
                   or s.pending_count for s in self.statements):  # fmt: skip
            raise MalformedStatement(
                f"{self.filename} has the marks of an MT940 file, and no statement in it."
            )
