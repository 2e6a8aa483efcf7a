"""Reads what other applications export, with all that they know: accounts, categories, splits, transfers, openings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from recaller.domain.statements import limits
from recaller.domain.statements.amounts import BadAmount, parse_amount
from recaller.domain.statements.app_records import (
    Record,
    belong_together,
    category_of,
    category_or_transfer,
    joined,
    tags_of,
    with_parts,
)
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_records import records
from recaller.domain.statements.csv_vocabulary import plain
from recaller.domain.statements.dates import parse_date
from recaller.domain.statements.errors import MalformedStatement
from recaller.domain.statements.model import Statement, StatementRow, minor_digits
from recaller.domain.statements.names import display_name
from recaller.domain.statements.text import clean_text

_TRANSFER = re.compile(r"Transfer ?: ?(\S.*)", re.IGNORECASE)
_YNAB_SPLIT = re.compile(r"Split \(([0-9]{1,3})/([0-9]{1,3})\) ?(.*)", re.DOTALL)
_ACTUAL_PARENT = re.compile(r"\(SPLIT INTO ([0-9]{1,3})\) ?(.*)", re.DOTALL)
_ACTUAL_CHILD = re.compile(r"\(SPLIT ([0-9]{1,3}) OF ([0-9]{1,3})\) ?(.*)", re.DOTALL)
_LIABILITIES = frozenset({"debt", "loan", "mortgage", "liability credit account"})


class AppReader:
    """What every export has in common: amounts, dates, and rows that can't be read."""

    def __init__(self, mapping: CsvMapping) -> None:
        self.mapping = mapping

    def amount(self, text: str, currency: str | None = None) -> int:
        """Return minor units; 0 for an empty text; raises BadAmount."""
        if not text:
            return 0
        return parse_amount(text, self.mapping.decimal_mark, minor_digits(currency)).minor

    def signed(self, text: str, sign: int) -> int:
        """Return minor units with the sign given; raises BadAmount."""
        return sign * self.amount(text)

    def row(self, record: Record, account: str, amount: Callable[[], int], **members: object) -> StatementRow:
        """Return a row with what all of them have; a date or an amount that can't be read makes it an error."""
        text = record.get("date")
        day = parse_date(
            text[:10] if text[:4].isdigit() else text, self.mapping.date_order, self.mapping.century_pivot
        )
        problems = [] if day else [f"The date {text[:40]!r} can't be read." if text else "There is no date."]
        minor: int | None = None
        try:
            minor = amount()
        except BadAmount as error:
            problems.append(str(error))
        made = StatementRow(
            index=record.line,
            date=day,
            amount=minor,
            currency=self.mapping.default_currency,
            payee="",
            memo="",
            reference=None,
            category_hint=None,
            account_hint=account or None,
            tags=(),
            status="error" if problems else "booked",
            reason=" ".join(problems) or None,
            raw=record.raw,
        )
        return replace(made, **members)  # type: ignore[arg-type]

    # ---- YNAB -----------------------------------------------------------------------------------------

    def ynab(self, found: Sequence[Record]) -> Iterator[StatementRow]:
        """Register: a split is several records in a row, "Split (1/3)" in their memos; transfers name the account."""
        at = 0
        while at < len(found):
            match = _YNAB_SPLIT.match(found[at].get("memo"))
            count = int(match[2]) if match else 1
            group = found[at : at + count]
            if count > 1 and belong_together(group, "memo", _YNAB_SPLIT, count):
                rows = [self._ynab_row(record, strip=True) for record in group]
                yield joined(rows, rows[0].memo if len({row.memo for row in rows}) == 1 else "")
                at += count
            else:
                yield self._ynab_row(found[at], strip=False)
                at += 1

    def _ynab_row(self, record: Record, *, strip: bool) -> StatementRow:
        payee, memo = record.get("payee"), record.get("memo")
        moved = _TRANSFER.fullmatch(payee)
        if strip and (match := _YNAB_SPLIT.match(memo)):
            memo = match[3]
        group, name = record.get("category group", "master category"), record.get("category", "sub category")
        path = f"{group}:{name}" if group and name else record.get("category group category") or name
        return self.row(
            record,
            record.get("account"),
            lambda: self.amount(record.get("inflow")) - self.amount(record.get("outflow")),
            payee="" if moved else payee,
            memo=memo,
            category_hint=None if moved else category_of(path),
            transfer_hint=moved[1] if moved else None,
            tags=(record.get("flag"),) if record.get("flag") else (),
            kind="OPENING" if payee.casefold() == "starting balance" else None,
        )

    # ---- Actual ---------------------------------------------------------------------------------------

    def actual(self, found: Sequence[Record]) -> Iterator[StatementRow]:
        """All accounts or one: a payee that is one of the accounts is a transfer; parents of splits carry no amount."""
        accounts = {record.get("account") for record in found}
        children: dict[tuple[str, str, str], list[Record]] = {}
        for record in found:
            if match := _ACTUAL_CHILD.match(record.get("notes")):
                children.setdefault((record.get("account"), record.get("date"), match[2]), []).append(record)
        for record in found:
            notes = record.get("notes")
            if match := _ACTUAL_PARENT.match(notes):
                key = (record.get("account"), record.get("date"), match[1])
                own, children[key] = (
                    children.get(key, [])[: int(match[1])],
                    children.get(key, [])[int(match[1]) :],
                )
                parent = self._actual_row(record, accounts, match[2], "split amount")
                yield with_parts(parent, [self._actual_child(one, accounts) for one in own])
            elif not _ACTUAL_CHILD.match(notes):
                yield self._actual_row(record, accounts, notes, "amount")
        for left in children.values():  # children without their parent are entries of their own
            for record in left:
                yield self._actual_child(record, accounts)

    def _actual_child(self, record: Record, accounts: set[str]) -> StatementRow:
        match = _ACTUAL_CHILD.match(record.get("notes"))
        return self._actual_row(record, accounts, match[3] if match else record.get("notes"), "amount")

    def _actual_row(self, record: Record, accounts: set[str], notes: str, column: str) -> StatementRow:
        payee, account = record.get("payee"), record.get("account")
        moved = payee in accounts and payee != account
        return self.row(
            record,
            account,
            lambda: self.amount(record.get(column)),
            payee="" if moved else payee,
            note=notes,
            category_hint=None if moved else category_of(record.get("category")),
            transfer_hint=payee if moved else None,
            kind="OPENING" if payee.casefold() == "starting balance" else None,
        )

    # ---- Mint and Monarch -----------------------------------------------------------------------------

    def mint(self, found: Sequence[Record]) -> Iterator[StatementRow]:
        """Amounts without a sign; the type says which way. Transfers don't name the other account."""
        for record in found:
            sign = -1 if record.get("transaction type").casefold() == "debit" else 1
            yield self.row(
                record,
                record.get("account name"),
                partial(self.signed, record.get("amount"), sign),
                payee=record.get("description"),
                memo=record.get("original description"),
                note=record.get("notes"),
                tags=tags_of(record.get("labels")),
                **category_or_transfer(record.get("category")),
            )

    def monarch(self, found: Sequence[Record]) -> Iterator[StatementRow]:
        """Signed amounts; transfers are a category and don't name the other account."""
        for record in found:
            yield self.row(
                record,
                record.get("account"),
                partial(self.signed, record.get("amount"), 1),
                payee=record.get("merchant"),
                memo=record.get("original statement"),
                note=record.get("notes"),
                tags=tags_of(record.get("tags")),
                **category_or_transfer(record.get("category")),
            )

    # ---- Firefly III ----------------------------------------------------------------------------------

    def firefly(self, found: Sequence[Record]) -> Iterator[StatementRow]:
        """One record per journal; journals of a group that share the account are a split."""
        groups: dict[str, list[Record]] = {}
        for record in found:
            groups.setdefault(record.get("group id") or f"line {record.line}", []).append(record)
        for group in groups.values():
            rows = [self._firefly_row(record) for record in group]
            alike = {(row.account_hint, row.date, row.currency, row.kind) for row in rows}
            if len(rows) > 1 and len(alike) == 1 and not any(row.transfer_hint for row in rows):
                yield joined(rows, group[0].get("group title") or rows[0].memo)
            else:
                yield from rows

    def _firefly_row(self, record: Record) -> StatementRow:
        kind, source, target = (
            record.get("type").casefold(),
            record.get("source name"),
            record.get("destination name"),
        )
        source_kind, target_kind = (
            record.get("source type").casefold(),
            record.get("destination type").casefold(),
        )
        currency = record.get("currency code").upper() or self.mapping.default_currency
        foreign = record.get("foreign currency code").upper() or None
        opening = kind in ("opening balance", "reconciliation", "liability credit")
        leaves = kind in ("withdrawal", "transfer") or (opening and "asset" in source_kind)
        other, other_kind = (target, target_kind) if leaves else (source, source_kind)
        own = kind == "transfer" or (not opening and other_kind in _LIABILITIES)
        sign = -1 if leaves else 1

        def amount(name: str, code: str | None) -> int:
            return sign * abs(self.amount(record.get(name), code))

        made = self.row(
            record,
            source if leaves else target,
            lambda: amount("amount", currency),
            currency=currency,
            payee="" if own or opening else other,
            memo=record.get("description"),
            note=record.get("notes"),
            reference=record.get("journal id") or None,
            category_hint=None if own else category_of(record.get("category")),
            transfer_hint=other if own else None,
            tags=tags_of(record.get("tags")),
            kind="OPENING" if kind == "opening balance" else None,
        )
        if foreign is None or foreign == currency or not record.get("foreign amount"):
            return made
        try:
            return replace(made, foreign_amount=amount("foreign amount", foreign), foreign_currency=foreign)
        except BadAmount:
            return made


def read_app(
    app: str, content: bytes, mapping: CsvMapping, filename: str, statements: list[Statement] | None = None
) -> Iterator[StatementRow]:
    """Yield the rows of an application's export (a key of APPS); `mapping` says how the CSV is cut and written.

    Raises FileTooLarge and MalformedStatement; a record that can't be read is an `error` row.
    """
    name = display_name(filename)
    statement = Statement(currency=mapping.default_currency)
    if statements is not None:
        statements.append(statement)
    stream = records(content, mapping.encoding, mapping.delimiter, mapping.quote, name)
    header: list[str] = []
    found: list[Record] = []
    for at, (line, cells) in enumerate(stream):
        if at == (mapping.header_row or 0):
            header = [plain(cell.lstrip("\ufeff")) for cell in cells]
        elif header and any(cells):
            texts = {key: clean_text(cell) for key, cell in zip(header, cells, strict=False)}
            found.append(
                Record(line, texts, clean_text(mapping.delimiter.join(cells)[: limits.MAX_RAW_CHARS]))
            )
    if not found:
        raise MalformedStatement(f"{name} holds no transactions.")
    reader = AppReader(mapping)
    for row in getattr(reader, app)(found):
        statement.count(row)
        yield row
