"""The recurring editor's form: what it starts from, and how its fields become a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.domain.amount_input import parse_amount
from recaller.domain.recurrence import Frequency, Recurrence, next_date
from recaller.services.recurring import RecurringDraft
from recaller.services.transactions import EntryDraft, TransferDraft
from recaller.state.base import text_of
from recaller.state.editor_form import (
    EXPENSE,
    INCOME,
    TRANSFER,
    FormValues,
    SplitLine,
    read_form,
)
from recaller.state.formatting import Formatter

MODES = ("auto", "confirm")
AMOUNT_KINDS = ("fixed", "estimated")
# Reminders: as the member's own settings say, none, or on days of this item's own.
REMINDERS = ("own", "none", "days")
MOST_LEADS = 5
MOST_LEAD_DAYS = 60
DEFAULT_LEADS = "7, 1"
DEFAULT_PERCENT = 10


@dataclass(frozen=True)
class PlanValues:
    """What a recurring transaction has beside the transaction itself; all texts as the fields show them."""

    name: str = ""
    amount_kind: str = "fixed"
    tolerance: str = ""
    percent: str = str(DEFAULT_PERCENT)
    mode: str = "auto"
    reminders: str = "own"
    lead_days: str = DEFAULT_LEADS


def form_values(
    draft: RecurringDraft,
    payee_id: UUID | None,
    names: Mapping[UUID, str],
    currencies: Mapping[str, str],
    say: Formatter,
) -> FormValues:
    """Return what the transaction's part of the form shows; `names` are the categories' paths."""
    currency = currencies.get(str(draft.account_id), "")
    common: dict[str, Any] = {
        "date": draft.recurrence.start.isoformat(),
        "account_id": str(draft.account_id),
        "payee_id": "" if payee_id is None else str(payee_id),
        "payee": draft.payee,
        "note": draft.note,
        "tags": ", ".join(draft.tags),
        "amount": say.number(abs(draft.amount), currency) if currency else "",
    }
    if draft.target_id is not None:
        other = currencies.get(str(draft.target_id), currency)
        arrives = draft.target_amount if draft.target_amount is not None else draft.amount
        return FormValues(
            kind=TRANSFER,
            to_account_id=str(draft.target_id),
            to_amount=say.number(arrives, other) if other else "",
            **common,
        )
    sign = 1 if draft.amount > 0 else -1
    kind = INCOME if sign > 0 else EXPENSE
    if len(draft.parts) <= 1:
        chosen = draft.parts[0].category_id if draft.parts else None
        known = chosen is not None and chosen in names
        return FormValues(
            kind=kind,
            category_id=str(chosen) if known else "",
            category=names[chosen] if known and chosen is not None else "",
            **common,
        )
    splits = tuple(
        SplitLine(
            key=f"s{number}",
            category_id=str(part.category_id) if part.category_id in names else "",
            category=names.get(part.category_id, "") if part.category_id is not None else "",
            amount=say.number(sign * part.amount, currency),
            memo=part.memo,
        )
        for number, part in enumerate(draft.parts)
    )
    return FormValues(kind=kind, splits=splits, **common)


def plan_values(draft: RecurringDraft, currency: str, say: Formatter) -> PlanValues:
    """Return what the rest of the form shows."""
    leads = draft.lead_days
    return PlanValues(
        name=draft.name,
        amount_kind=draft.amount_kind,
        tolerance=say.number(draft.tolerance_minor, currency) if draft.tolerance_minor and currency else "",
        percent=str(draft.tolerance_percent) if draft.tolerance_percent else "",
        mode=draft.mode,
        reminders="own" if leads is None else "days" if leads else "none",
        lead_days=", ".join(map(str, leads)) if leads else DEFAULT_LEADS,
    )


def start_after(on: date, today: date) -> date:
    """Return when a monthly repetition of something booked `on` comes next, so that it isn't posted twice."""
    monthly = Recurrence(start=on, frequency=Frequency.MONTHLY)
    return next_date(monthly, max(on, date.fromordinal(today.toordinal() - 1))) or on


def read_draft(
    form: Mapping[str, Any],
    kind: str,
    splits: Sequence[SplitLine],
    currencies: Mapping[str, str],
    say: Formatter,
    recurrence: Recurrence,
) -> RecurringDraft:
    """Turn the submitted fields into a draft; raise ValidationFailed naming the field that is wrong."""
    entry = read_form(
        {**form, "date": recurrence.start.isoformat(), "pending": None}, kind, splits, currencies, say
    )
    account = entry.source_id if isinstance(entry, TransferDraft) else entry.account_id
    currency = currencies[str(account)]
    estimated = _choice(form, "amount_kind", AMOUNT_KINDS) == "estimated"
    common: dict[str, Any] = {
        "name": _name(form, entry),
        "account_id": account,
        "amount": entry.amount,
        "recurrence": recurrence,
        "payee": entry.payee,
        "note": entry.note,
        "tags": entry.tags,
        "amount_kind": "estimated" if estimated else "fixed",
        "tolerance_minor": _tolerance(form, currency, say) if estimated else 0,
        "tolerance_percent": _percent(form) if estimated else 0,
        "mode": _choice(form, "mode", MODES),
        "lead_days": _leads(form),
    }
    if isinstance(entry, TransferDraft):
        if entry.amount <= 0:
            raise ValidationFailed("amount", "The amount must be positive.")
        return RecurringDraft(target_id=entry.target_id, target_amount=entry.target_amount, **common)
    return RecurringDraft(parts=entry.parts, **common)


def _name(form: Mapping[str, Any], entry: EntryDraft | TransferDraft) -> str:
    """The name that was given, else what the transaction itself is called."""
    name = text_of(form.get("name"), "name", most=100).strip()
    category = text_of(form.get("category_text"), "category", most=300).strip()
    fallback = entry.payee or category.rpartition(":")[2].strip() or entry.note
    if isinstance(entry, TransferDraft):
        fallback = entry.payee or entry.note or "Transfer"
    if not (name or fallback):
        raise ValidationFailed("name", "Give it a name, such as Rent.")
    return name or fallback[:100]


def _choice(form: Mapping[str, Any], field: str, known: Sequence[str]) -> str:
    chosen = text_of(form.get(field), field, most=20) or known[0]
    if chosen not in known:
        raise ValidationFailed(field, "Choose one of the list.")
    return chosen


def _tolerance(form: Mapping[str, Any], currency: str, say: Formatter) -> int:
    text = text_of(form.get("tolerance"), "tolerance", most=200).strip()
    if not text:
        return 0
    minor = parse_amount(text, currency, say.locale, "tolerance")
    if minor < 0:
        raise ValidationFailed("tolerance", "This can't be below zero.")
    return minor


def _percent(form: Mapping[str, Any]) -> int:
    text = text_of(form.get("percent"), "percent", most=10).strip().removesuffix("%").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or int(text) > 100:
        raise ValidationFailed("percent", "Give whole percent, 0 to 100.")
    return int(text)


def _leads(form: Mapping[str, Any]) -> tuple[int, ...] | None:
    chosen = _choice(form, "reminders", REMINDERS)
    if chosen != "days":
        return None if chosen == "own" else ()
    text = text_of(form.get("lead_days"), "lead_days", most=60)
    found = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    numbers = [int(part) for part in found if part.isascii() and part.isdecimal() and len(part) < 4]
    if not found or len(numbers) != len(found) or max(numbers) > MOST_LEAD_DAYS:
        raise ValidationFailed("lead_days", f"Give days such as 7, 1, 0; each at most {MOST_LEAD_DAYS}.")
    if len(set(numbers)) > MOST_LEADS:
        raise ValidationFailed("lead_days", f"At most {MOST_LEADS} reminders.")
    return tuple(sorted(set(numbers), reverse=True))
