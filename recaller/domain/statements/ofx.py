"""Reads OFX 1 (SGML), OFX 2 (XML) and QFX: bank, credit card and investment statements, row by row.

Tolerant where banks are sloppy (unclosed tags, headers on one line or missing, wrong declared encodings,
decimal commas, missing balances, too long ids); strict about what counts: an amount or a date that can't be
read is an error of its row. Format: OFX 1.6 and 2.2 specifications, Financial Data Exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from recaller.domain.statements import limits
from recaller.domain.statements.csv_vocabulary import word_set
from recaller.domain.statements.errors import FileTooLarge, MalformedStatement
from recaller.domain.statements.model import Statement, StatementRow
from recaller.domain.statements.names import display_name
from recaller.domain.statements.ofx_rows import Fields, finish_statement, make_row, set_account, set_balance
from recaller.domain.statements.ofx_tokens import ofx_encoding, tokens

_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_INVESTMENTS = word_set(
    """BUYDEBT BUYMF BUYOPT BUYOTHER BUYSTOCK CLOSUREOPT INCOME INVEXPENSE JRNLFUND JRNLSEC MARGININTEREST
    REINVEST RETOFCAP SELLDEBT SELLMF SELLOPT SELLOTHER SELLSTOCK SPLIT TRANSFER"""
)
_ROWS = _INVESTMENTS | {"STMTTRN"}
_AGGREGATES = word_set(
    """OFX SIGNONMSGSRSV1 SONRS STATUS FI BANKMSGSRSV1 CREDITCARDMSGSRSV1 INVSTMTMSGSRSV1 STMTTRNRS
    CCSTMTTRNRS INVSTMTTRNRS BANKACCTFROM CCACCTFROM INVACCTFROM BANKACCTTO CCACCTTO BANKTRANLIST
    INVTRANLIST INVBANKTRAN LEDGERBAL AVAILBAL BAL BALLIST INVBAL CURRENCY ORIGCURRENCY PAYEE INVBUY
    INVSELL INVTRAN SECID INVPOSLIST SECLIST SECLISTMSGSRSV1 INVPOS SECINFO EXTDPAYEE STMTTRNP
    BANKTRANLISTP INVOOLIST INV401K INV401KBAL"""
) | _STATEMENTS | _ROWS  # fmt: skip
_LEAVES = word_set(
    """ACCTID ACCTTYPE AVAILCASH BALAMT BANKID BRANCHID BROKERID CHECKNUM CODE CORRECTACTION CORRECTFITID
    COMMISSION CURDEF CURRATE CURSYM DTASOF DTEND DTPOSTED DTSERVER DTSETTLE DTSTART DTTRADE DTUSER
    FEES FITID LANGUAGE MEMO MESSAGE NAME ORG FID REFNUM SEVERITY SIC SRVRTID SUBACCTFUND SUBACCTSEC
    TICKER TOTAL TRNAMT TRNTYPE TRNUID UNIQUEID UNIQUEIDTYPE UNITPRICE UNITS INCOMETYPE BUYTYPE
    SELLTYPE INTU.BID INTU.USERID INTU.ORG SECNAME PAYEEID DTAVAIL ACCTKEY ADDR1 ADDR2 ADDR3 CITY
    STATE POSTALCODE COUNTRY PHONE AMOUNT DTPROFUP DTACCTUP"""
)
# Fields of these are kept apart from those of the row that they stand in: prefix of their names there.
_PREFIXED = {"CURRENCY": "CURRENCY.", "ORIGCURRENCY": "ORIGCURRENCY.", "BANKACCTTO": "TO.", "CCACCTTO": "TO.",
             "PAYEE": "PAYEE.", "EXTDPAYEE": "PAYEE."}  # fmt: skip


@dataclass(slots=True)
class _Open:
    """An aggregate that is open, and the leaf fields found in it so far."""

    name: str
    fields: Fields = field(default_factory=dict)


class _Reader:
    """The state between two tokens: the open aggregates, the statement that rows belong to, their number."""

    def __init__(self, filename: str, statements: list[Statement]) -> None:
        self.filename = filename
        self.statements = statements
        self.stack: list[_Open] = [_Open("")]
        self.statement: Statement | None = None
        self.bank: str | None = None
        self.index = 0
        self.closed = False
        self.seen = 0

    def feed(self, tag: str, text: str) -> Iterator[StatementRow]:
        if tag[0] == "/":
            yield from self._close(tag[1:].rpartition(":")[2])
            return
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        value = text.strip()
        if tag in _AGGREGATES and not (value and tag not in _ROWS and tag in ("CURRENCY", "PAYEE", "STATUS")):
            yield from self._open(tag)
        elif value or tag in _LEAVES:
            if value:
                self.stack[-1].fields.setdefault(tag, value)
                self.seen += 1
        else:
            # Unknown and empty: an aggregate of some bank, or an empty field. Its closing tag will tell.
            self._push(tag)

    def _push(self, tag: str) -> None:
        if len(self.stack) > limits.MAX_OFX_DEPTH:
            raise FileTooLarge(f"{self.filename}: tags are nested deeper than {limits.MAX_OFX_DEPTH} levels.")
        self.stack.append(_Open(tag))

    def _open(self, tag: str) -> Iterator[StatementRow]:
        if tag in _ROWS:
            yield from self._close_forgotten(_ROWS)
        elif tag in _STATEMENTS:
            yield from self._close_forgotten(_STATEMENTS)
            if len(self.statements) >= limits.MAX_STATEMENTS:
                raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_STATEMENTS} statements.")
            self.statement = Statement(account_kind="INVESTMENT" if tag == "INVSTMTRS" else None)
            self.statements.append(self.statement)
        self._push(tag)

    def _close_forgotten(self, names: frozenset[str]) -> Iterator[StatementRow]:
        """Close an aggregate of these names that the bank forgot to close before opening the next."""
        for opened in self.stack:
            if opened.name in names:
                yield from self._close(opened.name)
                return

    def _close(self, tag: str) -> Iterator[StatementRow]:
        depth = next((at for at in range(len(self.stack) - 1, 0, -1) if self.stack[at].name == tag), 0)
        if not depth:
            return
        while len(self.stack) > depth:
            left = self.stack.pop()
            if left.name != tag and left.name not in _AGGREGATES:
                # Never closed, so it was an empty field: what follows it belongs to the enclosing aggregate.
                _merge(self.stack[-1].fields, left.fields, "")
                continue
            yield from self._finish(left)
        if tag == "OFX":
            self.closed = True

    def _finish(self, left: _Open) -> Iterator[StatementRow]:
        name, fields, outer = left.name, left.fields, self.stack[-1]
        if name in _ROWS:
            yield self._row(name, fields)
        elif name in _PREFIXED:
            _merge(outer.fields, fields, _PREFIXED[name])
        elif name in ("INVBUY", "INVSELL", "INVTRAN", "SECID"):
            _merge(outer.fields, fields, "")
        elif name == "FI":
            self.bank = fields.get("ORG") or fields.get("FID")
        elif self.statement is not None:
            if name in ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"):
                set_account(self.statement, fields, name, self.bank)
            elif name == "LEDGERBAL":
                self._take_currency()
                set_balance(self.statement, fields)
            elif name in ("BANKTRANLIST", "INVTRANLIST"):
                self.statement.period_start, self.statement.period_end = None, None
                outer.fields.update({f"LIST.{key}": value for key, value in fields.items()})
            elif name in _STATEMENTS:
                self._take_currency(fields)
                finish_statement(self.statement, fields)
                self.statement = None

    def _take_currency(self, fields: Fields | None = None) -> None:
        """Set the statement's currency from CURDEF, which stands before the rows."""
        if self.statement is None or self.statement.currency:
            return
        for opened in reversed(self.stack):
            if opened.name in _STATEMENTS:
                fields = opened.fields
                break
        code = (fields or {}).get("CURDEF", "")[:3].upper()
        self.statement.currency = code if len(code) == 3 and code.isascii() and code.isalpha() else None

    def _row(self, name: str, fields: Fields) -> StatementRow:
        self.index += 1
        if self.index > limits.MAX_ROWS:
            raise FileTooLarge(f"{self.filename} holds more than {limits.MAX_ROWS:,} transactions.")
        if self.statement is None:
            self.statement = Statement()
            self.statements.append(self.statement)
        self._take_currency()
        row = make_row(self.index, name, fields, self.statement)
        self.statement.count(row)
        return row

    def end(self) -> Iterator[StatementRow]:
        """Close what the file left open; a file without any known field is no OFX file."""
        if not self.seen:
            raise MalformedStatement(f"{self.filename} has the marks of an OFX file, and no OFX data in it.")
        last = self.statement or (self.statements[-1] if self.statements else None)
        closed = self.closed
        open_row = next((opened for opened in self.stack if opened.name in _ROWS), None)
        if open_row is not None:
            open_row.fields["CUT"] = "The file ends in the middle of this transaction."
        if len(self.stack) > 1:
            yield from self._close(self.stack[1].name)
        if not closed and last is not None:
            last.warn("cut_off", "The file ends without its closing tag: the bank may have sent only a part.")
        if not self.statements:
            raise MalformedStatement(f"{self.filename} holds no bank, card or investment statement.")


def _merge(into: Fields, fields: Fields, prefix: str) -> None:
    for key, value in fields.items():
        into.setdefault(prefix + key, value)


def read_ofx(
    content: bytes | BinaryIO, filename: str = "the file", statements: list[Statement] | None = None
) -> Iterator[StatementRow]:
    """Yield the transactions of all statements in the file's order; rows name their account.

    `statements` receives one Statement per account, complete (balances, totals, warnings) once its rows
    were read. Amounts are minor units of each row's currency, rounded half-even where the bank gave more
    digits (the row's reason says so). Raises FileTooLarge and MalformedStatement; a transaction that can't
    be read is an `error` row.
    """
    data = content if isinstance(content, bytes) else content.read(limits.MAX_FILE_BYTES + 1)
    name = display_name(filename)
    limits.check_size(data, name)
    reader = _Reader(name, [] if statements is None else statements)
    feed = reader.feed
    for tag, text in tokens(data, ofx_encoding(data), name):
        yield from feed(tag, text)
    yield from reader.end()
