"""Reads CAMT.053 statements and CAMT.052 reports (ISO 20022), single files or several in a ZIP, entry by entry.

A row is an entry (Ntry): that is what the account's balance moved by, and what the same bank's other formats
list. A batch entry has several details (TxDtls). When each detail has its own amount and they sum to the entry,
they become the row's `parts` (payee and purpose of each as its text); otherwise they are only listed in the
memo. The sign comes from CdtDbtInd alone: a reversal (RvslInd) already says there how the account moved.
A statement that stands in the upload twice is read once. A DOCTYPE is refused, so no entity is ever expanded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from recaller.domain.statements import limits
from recaller.domain.statements.camt_archive import is_archive, members
from recaller.domain.statements.camt_rows import Detail, make_row, read_detail
from recaller.domain.statements.camt_statement import StatementHead
from recaller.domain.statements.camt_xml import Node, trees
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement
from recaller.domain.statements.hints import AccountHints
from recaller.domain.statements.model import Statement, StatementRow
from recaller.domain.statements.names import display_name


def read_camt(
    content: bytes | BinaryIO, filename: str = "the file", statements: list[Statement] | None = None
) -> Iterator[StatementRow]:
    """Yield the entries of all statements in the file's order; `index` numbers them from 1.

    Amounts are minor units of each entry's currency, rounded half-even where the bank gave more digits.
    `statements` receives one Statement per Stmt (several may be of one account, their hint tells), complete once
    its rows were read. Raises FileTooLarge, UnsafeFile (DOCTYPE, archives in archives) and MalformedStatement;
    an entry that can't be read is an `error` row.
    """
    data = content if isinstance(content, bytes) else content.read(limits.MAX_FILE_BYTES + 1)
    name = display_name(filename)
    limits.check_size(data, name)
    reader = _Reader(name, [] if statements is None else statements)
    if not is_archive(data):
        yield from reader.read(data, name, "")
    else:
        left_out: list[str] = []
        for member, inside in members(data, name, left_out):
            yield from reader.read(inside, f"{name}, {member}", member)
        reader.tell_left_out(left_out)
    reader.end()


class _Reader:
    """What lasts from statement to statement: the numbering, the accounts' names, the statements seen."""

    def __init__(self, filename: str, statements: list[Statement]) -> None:
        self.filename = filename
        self.statements = statements
        self.hints = AccountHints()
        self.seen: set[tuple[object, ...]] = set()
        self.rows = 0

    def read(self, content: bytes, name: str, member: str) -> Iterator[StatementRow]:
        head: StatementHead | None = None
        details: list[Detail] = []
        hidden = 0
        for node in trees(content, name):
            match node.tag:
                case "Stmt" | "Rpt" if node.opened:
                    head = self._open()
                    details, hidden = [], 0
                case "Stmt" | "Rpt" if head is not None:
                    self._name(head)
                    head.finish()
                    head = None
                case "TxDtls":
                    if len(details) < limits.MAX_PARTS:
                        details.append(read_detail(node))
                    else:
                        hidden += 1
                case "Ntry" if head is not None:
                    yield self._row(node, head, details, hidden, member)
                    details, hidden = [], 0
                case _ if head is not None:
                    head.take(node)
                case _:
                    pass

    def _open(self) -> StatementHead:
        if len(self.statements) >= limits.MAX_STATEMENTS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_STATEMENTS:,} statements.")
        head = StatementHead(Statement())
        self.statements.append(head.statement)
        return head

    def _name(self, head: StatementHead) -> None:
        """Name the statement's account, once its currency is known, and see whether it was read before."""
        if head.named:
            return
        head.named = True
        statement = head.statement
        statement.account_hint = self.hints.of(head.number, statement.currency)
        key = head.identity()
        head.repeated = key is not None and key in self.seen
        if key is not None:
            self.seen.add(key)
        if head.repeated:
            statement.warn(
                "repeated", f"The statement {head.id!r} stands in the file twice: it is read once."
            )

    def _row(
        self, node: Node, head: StatementHead, details: list[Detail], hidden: int, member: str
    ) -> StatementRow:
        self.rows += 1
        if self.rows > limits.MAX_ROWS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_ROWS:,} entries.")
        head.guess_currency(node)
        self._name(head)
        row = make_row(self.rows, node, details, hidden, head, member)
        head.statement.count(row)
        return row

    def tell_left_out(self, names: list[str]) -> None:
        """Warn about the archive's files that are no CAMT statements."""
        if names and self.statements:
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            self.statements[0].warn("left_out", f"Left out, as they are no CAMT.053 statements: {shown}.")

    def end(self) -> None:
        """Refuse a file without any statement."""
        if not self.statements:
            raise MalformedStatement(f"{self.filename} holds no account statement (CAMT.053).")
