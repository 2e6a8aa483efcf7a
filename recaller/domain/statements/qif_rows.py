"""Turns one record of a QIF file into a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from recaller.domain.statements import limits
from recaller.domain.statements.amounts import BadAmount
from recaller.domain.statements.model import RowStatus, Statement, StatementRow
from recaller.domain.statements.qif_conventions import QifConventions
from recaller.domain.statements.text import clean_text

Part = tuple[str | None, int, str]
_ONCE = frozenset("DTU")
_LONG_PAYEE = 80


@dataclass(slots=True)
class QifSplit:
    """One part of a record, as it is written."""

    category: str = ""
    memo: str = ""
    amount: str | None = None


@dataclass(slots=True)
class QifRecord:
    """The lines of one record by their code, its splits, and what is wrong with it."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    address: list[str] = field(default_factory=list)
    splits: list[QifSplit] = field(default_factory=list)
    problem: str | None = None

    def add(self, code: str, text: str, bank: bool) -> None:
        """Add a line; in bank records S, E and $ belong to splits."""
        if bank and code == "S":
            if len(self.splits) >= limits.MAX_PARTS:
                self.problem = f"The record has more than {limits.MAX_PARTS:,} splits."
            else:
                self.splits.append(QifSplit(text))
        elif bank and self.splits and code in "E$%D":
            split = self.splits[-1]
            if code == "E":
                split.memo = text
            elif code == "$":
                split.amount = text
        elif bank and code == "A":
            if len(self.address) < 12:
                self.address.append(text)
        elif code in self.fields:
            if bank and code in _ONCE:
                self.problem = (
                    f"The record has two lines {code!r}: a line with ^ is missing between two records."
                )
            elif len(self.fields[code]) < limits.MAX_TEXT_CHARS:
                self.fields[code] += f" {text}"
        else:
            self.fields[code] = text

    def raw(self) -> str:
        """Return the record's lines on one line."""
        parts = [code + text for code, text in self.fields.items()]
        parts += [f"S{s.category} E{s.memo} ${s.amount or ''}" for s in self.splits[:20]]
        return clean_text(" ".join(parts)[: limits.MAX_RAW_CHARS])


def opening_account(record: QifRecord) -> str | None:
    """Return the own account that an opening balance names in brackets, or None for any other record."""
    payee, category = record.fields.get("P", "").casefold(), record.fields.get("L", "")
    if payee.startswith("opening balance") and category[:1] == "[" and category[-1:] == "]":
        return clean_text(category[1:-1])[:255] or None
    return None


def make_row(record: QifRecord, statement: Statement, conventions: QifConventions) -> StatementRow:
    """Return the row of a bank record; errors name the value."""
    fields = record.fields
    problems = [record.problem] if record.problem else []
    notes: list[str] = []
    day = conventions.date(fields.get("D", ""))
    if day is None:
        shown = fields.get("D", "")[:40]
        problems.append(f"The date {shown!r} can't be read." if shown else "There is no date (D).")
    parts, sum_of_parts = _parts(record, statement, conventions, problems, notes)
    amount = _amount(record, sum_of_parts, statement, conventions, problems, notes)
    if parts and amount is not None and sum(part[1] for part in parts) != amount:
        notes.append("The splits don't add up to the amount, so they are kept as text only.")
        listed, parts = parts, ()
    else:
        listed = parts
    category, tags, kind = _category(record, listed)
    if opening_account(record) is not None:
        kind = "OPENING"
        notes.append("The opening balance of the account, booked as a transaction.")
    payee, memo = _texts(record, listed)
    number = clean_text(fields.get("N", ""))[:64]
    status: RowStatus = "error" if problems else "booked"
    return StatementRow(
        index=record.line,
        date=day,
        amount=amount,
        currency=statement.currency,
        payee=payee,
        memo=memo,
        reference=None,
        category_hint=category,
        account_hint=statement.account_hint,
        tags=tags,
        status=status,
        reason=clean_text(" ".join(problems + notes)) or None,
        raw=record.raw(),
        check_number=number if any(char.isdigit() for char in number) else None,
        kind=kind or (number if number.isalpha() else None),
        parts=parts,
        transfer_hint=_other_account(record, parts, statement),
    )


def _other_account(record: QifRecord, parts: tuple[Part, ...], statement: Statement) -> str | None:
    """Return the own account that the whole record moves money to or from."""
    named = own_account(record.fields.get("L", ""))
    if named is None or parts or opening_account(record) is not None:
        return None
    name = named[1:-1].strip()
    return None if name.casefold() == (statement.account_hint or "").casefold() else name


def skipped_row(record: QifRecord, account: str | None, conventions: QifConventions) -> StatementRow:
    """Return the row of an investment record: shown, not booked."""
    fields = record.fields
    words = " ".join(filter(None, (fields.get(code, "") for code in "NYQIT$PM")))
    return StatementRow(
        index=record.line,
        date=conventions.date(fields.get("D", "")),
        amount=None,
        currency=None,
        payee=clean_text(fields.get("P", "")),
        memo=clean_text(words),
        reference=None,
        category_hint=None,
        account_hint=account,
        tags=(),
        status="skipped",
        reason="An investment transaction: these are not imported from QIF.",
        raw=record.raw(),
        kind=clean_text(fields.get("N", ""))[:64] or None,
    )


def _amount(
    record: QifRecord,
    sum_of_parts: int | None,
    statement: Statement,
    conventions: QifConventions,
    problems: list[str],
    notes: list[str],
) -> int | None:
    text = record.fields.get("T") or record.fields.get("U")
    if not text:
        if sum_of_parts is None and not record.problem:
            problems.append("There is no amount (T).")
        return sum_of_parts
    try:
        parsed = conventions.amount(text, statement.currency)
    except BadAmount as error:
        problems.append(str(error))
        return None
    if parsed.rounded:
        notes.append(
            f"{text[:40]} has more digits than {statement.currency or 'the currency'}: rounded half-even."
        )
    return parsed.minor


def _parts(
    record: QifRecord,
    statement: Statement,
    conventions: QifConventions,
    problems: list[str],
    notes: list[str],
) -> tuple[tuple[Part, ...], int | None]:
    """Return the splits with amounts, and their sum; a split without an amount is a note."""
    found: list[Part] = []
    for split in record.splits:
        if split.amount is None or not split.amount:
            notes.append(f"The split {split.category[:40]!r} has no amount.")
            continue
        try:
            minor = conventions.amount(split.amount, statement.currency).minor
        except BadAmount as error:
            problems.append(f"In a split: {error}")
            continue
        found.append(
            (own_account(split.category) or category_name(split.category)[0], minor, clean_text(split.memo))
        )
    return tuple(found), sum(part[1] for part in found) if found else None


def own_account(text: str) -> str | None:
    """Return "[name]" when a QIF category names an own account in brackets (with or without a class behind it)."""
    name = clean_text(text.partition("/")[0])
    return name[:257] if name[:1] == "[" and name[-1:] == "]" and len(name) > 2 else None


def category_name(text: str) -> tuple[str | None, str | None]:
    """Return (category, class) of a QIF category; an account in brackets is neither."""
    name, _, label = text.partition("/")
    name = clean_text(name)
    if name.startswith("[") or name.casefold() in ("--split--", "|", "_invst"):
        name = ""
    return name[:255] or None, clean_text(label)[:64] or None


def _category(record: QifRecord, parts: tuple[Part, ...]) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return the one category of the record, its class as a tag, and whether it is a transfer."""
    text = record.fields.get("L", "")
    category, label = category_name(text)
    if parts:
        categories = {part[0] for part in parts}
        category = categories.pop() if len(categories) == 1 else None
    labels = dict.fromkeys(filter(None, (label, *(category_name(s.category)[1] for s in record.splits))))
    return category, tuple(labels)[:20], "TRANSFER" if text.startswith("[") else None


def _texts(record: QifRecord, parts: tuple[Part, ...]) -> tuple[str, str]:
    """Return payee and memo; splits of several categories are listed in the memo."""
    payee, memo = record.fields.get("P", ""), record.fields.get("M", "")
    if not payee and record.address:
        payee = record.address[0]
    if not memo:
        pieces = payee.split(" ; ")
        if (
            len(pieces) >= 3
        ):  # "Lastschrift ; ENERGY GMBH ; DE12... ; text": some banks put all into the payee
            payee, memo = pieces[1], payee
        elif len(payee) > _LONG_PAYEE:
            memo = payee
    account = record.fields.get("L", "")
    if account.startswith("[") and opening_account(record) is None:
        memo = f"{memo} {account}".strip()
    if len({part[0] for part in parts}) > 1 or (parts and any(part[2] for part in parts)):
        told = [": ".join(filter(None, (category, text))) for category, _, text in parts[:20]]
        memo = "; ".join(filter(None, (memo, *dict.fromkeys(told))))
    return clean_text(payee), clean_text(memo)
