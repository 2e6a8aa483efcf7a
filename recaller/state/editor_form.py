"""The transaction editor's form: what it starts from, and how its fields become a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.domain.amount_input import parse_amount
from recaller.services.transactions import EntryDraft, LineView, Part, TransactionView, TransferDraft
from recaller.state.base import date_of, id_of, optional_id, text_of
from recaller.state.formatting import Formatter

EXPENSE, INCOME, TRANSFER = "expense", "income", "transfer"
KINDS = (EXPENSE, INCOME, TRANSFER)
MAX_SPLITS = 50
MAX_TAG_TEXT = 1200


@dataclass(frozen=True)
class SplitLine:
    """One line of a split as the form shows it; `key` tells lines apart while they are edited."""

    key: str
    category_id: str = ""
    category: str = ""
    amount: str = ""
    memo: str = ""


@dataclass(frozen=True)
class PlainLine:
    """A posting that is only shown."""

    name: str
    amount: str
    memo: str


@dataclass(frozen=True, slots=True)
class FormValues:
    """What the form's fields start from; amounts are texts in the user's locale, without sign for the usual case."""

    kind: str
    date: str
    account_id: str = ""
    to_account_id: str = ""
    payee_id: str = ""
    payee: str = ""
    category_id: str = ""
    category: str = ""
    amount: str = ""
    to_amount: str = ""
    note: str = ""
    tags: str = ""
    pending: bool = False
    splits: tuple[SplitLine, ...] = ()


def split_names(text: str) -> tuple[str, ...]:
    """Return the tags of a comma-separated text."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def values_of(view: TransactionView, names: Mapping[UUID, str], say: Formatter) -> FormValues:
    """Return what the form shows of a stored entry or transfer; `names` are the categories' paths."""
    common: dict[str, Any] = {
        "date": view.date.isoformat(),
        "payee_id": "" if view.payee_id is None else str(view.payee_id),
        "payee": view.payee,
        "note": view.note,
        "tags": ", ".join(view.tags),
        "pending": view.status == "pending",
    }
    if view.shape in ("transfer", "conversion"):
        source, target = transfer_sides(view)
        return FormValues(
            kind=TRANSFER,
            account_id=str(source.account_id),
            to_account_id=str(target.account_id),
            amount=say.number(-source.amount, source.currency),
            to_amount=say.number(target.amount, target.currency),
            **common,
        )
    kind = INCOME if _usual_sign(view) > 0 else EXPENSE
    sign = 1 if kind == INCOME else -1
    parts = [line for line in view.lines if line.kind in ("income", "expense")]
    only = parts[0] if len(parts) == 1 else None
    known = only is not None and only.account_id in names
    return FormValues(
        kind=kind,
        account_id=str(view.account_id),
        amount=say.number(sign * view.amount, view.currency),
        category_id=str(only.account_id) if only is not None and known else "",
        category=names[only.account_id] if only is not None and known else "",
        splits=()
        if only is not None
        else tuple(
            SplitLine(
                key=f"s{number}",
                category_id=str(line.account_id) if line.account_id in names else "",
                category=names.get(line.account_id, ""),
                amount=say.number(-sign * line.amount, line.currency),
                memo=line.memo,
            )
            for number, line in enumerate(parts)
        ),
        **common,
    )


def _usual_sign(view: TransactionView) -> int:
    """A refund stays an expense: the side of the ledger that its categories stand on decides, then the sign."""
    kinds = {line.kind for line in view.lines if line.kind in ("income", "expense")}
    if len(kinds) == 1:
        return 1 if "income" in kinds else -1
    return 1 if view.amount > 0 else -1


def transfer_sides(view: TransactionView) -> tuple[LineView, LineView]:
    """Return the postings that money left and reached."""
    real = [line for line in view.lines if line.kind in ("asset", "liability")]
    return min(real, key=lambda line: line.amount), max(real, key=lambda line: line.amount)


def editable_shape(view: TransactionView) -> bool:
    """Whether the form can show all of the transaction, so that saving loses nothing."""
    return view.complete and view.shape in ("simple", "split", "transfer", "conversion")


def read_form(
    form: Mapping[str, Any],
    kind: str,
    splits: Sequence[SplitLine],
    currencies: Mapping[str, str],
    say: Formatter,
) -> EntryDraft | TransferDraft:
    """Turn the submitted fields into a draft; raise ValidationFailed naming the field that is wrong."""
    on = read_date(form.get("date"))
    account = _account(form.get("account"), "account", currencies)
    currency = currencies[str(account)]
    amount = parse_amount(text_of(form.get("amount"), "amount", most=200), currency, say.locale)
    common: dict[str, Any] = {
        "payee": text_of(form.get("payee_text"), "payee", most=300).strip(),
        "note": text_of(form.get("note"), "note").strip(),
        "tags": split_names(text_of(form.get("tags"), "tags", most=MAX_TAG_TEXT)),
        "status": "pending" if form.get("pending") else "booked",
    }
    if kind == TRANSFER:
        target = _account(form.get("to_account"), "to_account", currencies)
        other = currencies[str(target)]
        received = None
        if other != currency:
            text = text_of(form.get("to_amount"), "to_amount", most=200)
            received = parse_amount(text, other, say.locale, "to_amount")
            if received <= 0:
                raise ValidationFailed("to_amount", "The amount that arrives must be positive.")
        return TransferDraft(on, account, target, amount, received, **common)
    if amount == 0:
        raise ValidationFailed("amount", "The amount can't be zero.")
    sign = 1 if kind == INCOME else -1
    if splits:
        parts = _read_splits(form, splits, amount, sign, currency, say)
    else:
        parts = (Part(optional_id(form.get("category"), "category"), sign * amount),)
    return EntryDraft(on, account, sign * amount, parts=parts, **common)


def read_date(value: object) -> date:
    """Return the date field's date; raise ValidationFailed when it is empty or none."""
    if value in (None, ""):
        raise ValidationFailed("date", "Choose a date.")
    return date_of(value)


def _account(value: object, field: str, currencies: Mapping[str, str]) -> UUID:
    if value in (None, ""):
        raise ValidationFailed(field, "Choose an account.")
    found = id_of(value, field)
    if str(found) not in currencies:
        raise ValidationFailed(field, "This account is not there any more. Choose another one.")
    return found


def _read_splits(
    form: Mapping[str, Any],
    splits: Sequence[SplitLine],
    amount: int,
    sign: int,
    currency: str,
    say: Formatter,
) -> tuple[Part, ...]:
    parts = []
    for line in splits:
        text = text_of(form.get(f"split_amount_{line.key}"), "splits", most=200)
        share = parse_amount(text, currency, say.locale, f"split_amount_{line.key}")
        category = form.get(f"split_category_{line.key}")
        memo = text_of(form.get(f"split_memo_{line.key}"), "splits", most=500).strip()
        parts.append(Part(optional_id(category, "splits"), sign * share, memo))
    rest = amount - sign * sum(part.amount for part in parts)
    if rest:
        raise ValidationFailed("splits", remainder_text(rest, currency, say))
    return tuple(parts)


def remainder_text(rest: int, currency: str, say: Formatter) -> str:
    """Say how far the lines of a split are from its amount."""
    if rest > 0:
        return f"{say.money(rest, currency)} is not assigned to a line yet."
    return f"The lines are {say.money(-rest, currency)} more than the amount."


def evaluate(text: str, currency: str, say: Formatter) -> int | None:
    """Return what a typed amount comes to, None while it makes no sense."""
    try:
        return parse_amount(text, currency, say.locale)
    except ValidationFailed:
        return None


def same_number(text: str, minor: int, currency: str, say: Formatter) -> bool:
    """Whether the text already is the plain number, so that there is no result to show."""
    return text.strip() == say.number(minor, currency) or not any(sign in text for sign in "+-*/×÷−(")
