"""Turns one CAMT entry with its details into a row."""

from __future__ import annotations

from dataclasses import dataclass

from recaller.core.money import to_decimal
from recaller.domain.statements import limits
from recaller.domain.statements.amounts import BadAmount
from recaller.domain.statements.camt_statement import StatementHead, currency_code, read_amount, read_day
from recaller.domain.statements.camt_xml import Node
from recaller.domain.statements.model import RowStatus, StatementRow
from recaller.domain.statements.text import clean_text

_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "N/A", "-"})
_PENDING = frozenset({"PDNG", "FUTR"})
_LISTED_DETAILS = 20


@dataclass(frozen=True, slots=True)
class Detail:
    """One TxDtls: its own amount as text with its currency, who, what for, the references."""

    amount: str
    currency: str
    side: str
    debtor: str
    creditor: str
    purpose: str
    extra: str
    bank_reference: str
    reference: str
    original: tuple[str, str] | None


def read_detail(node: Node) -> Detail:
    """Return what a TxDtls says, of any version."""
    amount = node.find("Amt") or node.find("AmtDtls/TxAmt/Amt")
    original = node.find("AmtDtls/InstdAmt/Amt")
    purpose = [part.text for part in node.all("RmtInf/Ustrd") if part.text]
    if not purpose:
        purpose = [
            part.text
            for path in ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf")
            for part in node.all(path)
            if part.text
        ]
    references = (node.value(f"Refs/{tag}") for tag in ("TxId", "EndToEndId", "InstrId", "MsgId"))
    return Detail(
        amount="" if amount is None else amount.text,
        currency="" if amount is None else amount.currency,
        side=node.value("CdtDbtInd").upper(),
        debtor=_party(node, "Dbtr"),
        creditor=_party(node, "Cdtr"),
        purpose=clean_text(" ".join(purpose[:20])),
        extra=clean_text(node.value("AddtlTxInf")),
        bank_reference=clean_text(node.value("Refs/AcctSvcrRef"))[:64],
        reference=next((clean_text(one)[:64] for one in references if one.upper() not in _NO_REFERENCE), ""),
        original=None if original is None else (original.text, original.currency),
    )


def _party(node: Node, role: str) -> str:
    parties = node.find("RltdPties")
    if parties is None:
        return ""
    return clean_text(
        parties.value(
            f"{role}/Nm",
            f"{role}/Pty/Nm",
            f"Ultmt{role}/Nm",
            f"Ultmt{role}/Pty/Nm",
            f"{role}/Agt/FinInstnId/Nm",
        )
    )


def make_row(
    index: int, node: Node, details: list[Detail], hidden: int, head: StatementHead, member: str
) -> StatementRow:
    """Return the row of an Ntry; errors name the value, and the archive's file when there is one."""
    statement = head.statement
    problems: list[str] = []
    notes: list[str] = []
    found = node.find("Amt")
    currency = currency_code(found.currency) if found is not None else None
    currency = currency or statement.currency
    amount = _entry_amount(node, found, currency, problems, notes)
    money_in = amount is not None and amount >= 0
    value_day = read_day(node.value("ValDt/Dt", "ValDt/DtTm"))
    booked = node.value("BookgDt/Dt", "BookgDt/DtTm")
    day = read_day(booked)
    if day is None and booked:
        notes.append(f"The booking date {booked[:40]!r} is no date.")
    if day is None and value_day is None:
        problems.append("There is no date (BookgDt, ValDt) that can be read.")
    elif day is None and booked:
        notes.append(f"Booked on its value date {value_day}.")
    state = node.value("Sts/Cd", "Sts").upper()
    status: RowStatus = "error" if problems else "booked"
    if state in _PENDING and not problems:
        status = "pending"
        notes.insert(0, f"The bank calls it {state}: not booked yet.")
    elif state == "INFO" and not problems:
        status = "skipped"
        notes.insert(0, "For information only (INFO): no money moved.")
    if head.repeated and not problems:
        status = "skipped"
        notes.insert(0, "Its statement stands in the file twice.")
    reversal = node.value("RvslInd").lower() in ("true", "1")
    parts = _parts(details, hidden, amount, currency, money_in, reversal)
    if member and problems:
        problems.insert(0, f"In {member}:")
    original = _original(details, currency, money_in)
    return StatementRow(
        index=index,
        date=day or value_day,
        amount=amount,
        currency=currency,
        payee=_payee(details, money_in, reversal),
        memo=_memo(node, details, hidden, currency, money_in, reversal),
        reference=_reference(node, details),
        category_hint=None,
        account_hint=statement.account_hint,
        tags=(),
        status=status,
        reason=clean_text(" ".join(problems + notes)) or None,
        raw=_raw(node),
        foreign_amount=None if original is None else original[0],
        foreign_currency=None if original is None else original[1],
        value_date=value_day,
        kind=_kind(node),
        parts=parts,
    )


def _entry_amount(
    node: Node, found: Node | None, currency: str | None, problems: list[str], notes: list[str]
) -> int | None:
    side = node.value("CdtDbtInd").upper()
    if found is None or not found.text:
        problems.append("The entry has no amount (Amt).")
        return None
    if side not in ("CRDT", "DBIT"):
        problems.append("The entry doesn't say whether it is a credit or a debit (CdtDbtInd).")
        return None
    try:
        parsed = read_amount(found.text, currency)
    except BadAmount as error:
        problems.append(str(error))
        return None
    if parsed.rounded:
        notes.append(
            f"{found.text[:40]} has more digits than {currency or 'the currency'}: rounded half-even."
        )
    return -parsed.minor if side == "DBIT" else parsed.minor


def _other_party(detail: Detail, money_in: bool, reversal: bool) -> str:
    """Return who the money came from or went to; a reversal keeps the parties of what it takes back."""
    first, second = detail.debtor, detail.creditor
    if money_in == reversal:
        first, second = second, first
    return first or second


def _payee(details: list[Detail], money_in: bool, reversal: bool) -> str:
    names = dict.fromkeys(_other_party(detail, money_in, reversal) for detail in details)
    return next(iter(names)) if len(names) == 1 else ""


def _minor(detail: Detail, currency: str | None, money_in: bool) -> int | None:
    """Return a detail's own amount in the entry's currency, signed; None when it has none."""
    if not detail.amount or (currency_code(detail.currency) or currency) != currency:
        return None
    try:
        minor = read_amount(detail.amount, currency).minor
    except BadAmount:
        return None
    credit = detail.side != "DBIT" if detail.side in ("CRDT", "DBIT") else money_in
    return minor if credit else -minor


def _parts(
    details: list[Detail],
    hidden: int,
    amount: int | None,
    currency: str | None,
    money_in: bool,
    reversal: bool,
) -> tuple[tuple[str | None, int, str], ...]:
    """Return the details of a batch as parts, when their own amounts sum to the entry's."""
    if len(details) < 2 or hidden or amount is None:
        return ()
    found: list[tuple[str | None, int, str]] = []
    for detail in details:
        minor = _minor(detail, currency, money_in)
        if minor is None:
            return ()
        found.append((None, minor, _told(detail, money_in, reversal)))
    return tuple(found) if sum(part[1] for part in found) == amount else ()


def _told(detail: Detail, money_in: bool, reversal: bool) -> str:
    return ": ".join(filter(None, (_other_party(detail, money_in, reversal), detail.purpose or detail.extra)))


def _memo(
    node: Node, details: list[Detail], hidden: int, currency: str | None, money_in: bool, reversal: bool
) -> str:
    extra = clean_text(node.value("AddtlNtryInf"))
    if not details:
        return extra
    if len(details) == 1:
        return details[0].purpose or details[0].extra or extra or details[0].reference
    told = []
    for detail in details[:_LISTED_DETAILS]:
        minor = _minor(detail, currency, money_in)
        shown = "" if minor is None else f" {to_decimal(minor, currency or '')}"
        told.append(f"{_told(detail, money_in, reversal)}{shown}".strip())
    count = len(details) + hidden
    more = "; …" if count > _LISTED_DETAILS else ""
    return clean_text(f"{extra} {count:,} transactions: {'; '.join(filter(None, told))}{more}")


def _reference(node: Node, details: list[Detail]) -> str | None:
    for text in (node.value("AcctSvcrRef"), *(d.bank_reference for d in details[:1]), node.value("NtryRef")):
        reference = clean_text(text)[:64]
        if reference.upper() not in _NO_REFERENCE and (len(reference) > 3 or not reference.isdecimal()):
            return reference
    return details[0].reference or None if len(details) == 1 else None


def _original(details: list[Detail], currency: str | None, money_in: bool) -> tuple[int, str] | None:
    """Return the amount in the currency that was spent, when it is another than the account's."""
    if len(details) != 1 or details[0].original is None:
        return None
    text, code = details[0].original[0], currency_code(details[0].original[1])
    if code is None or code == currency:
        return None
    try:
        minor = read_amount(text, code).minor
    except BadAmount:
        return None
    return (minor if money_in else -minor), code


def _kind(node: Node) -> str | None:
    domain = [node.value(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return clean_text(" ".join(filter(None, domain)) or node.value("BkTxCd/Prtry/Cd"))[:64] or None


def _raw(node: Node) -> str:
    told: list[str] = []
    for child in node.children[:24]:
        text = child.text or next((inner.text for inner in child.children if inner.text), "")
        if text:
            told.append(f"{child.tag}={text[:60]}")
    return clean_text(" ".join(told)[: limits.MAX_RAW_CHARS])
