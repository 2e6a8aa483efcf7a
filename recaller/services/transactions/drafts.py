"""What a user enters for a transaction, and its checks that need no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.core.errors import ValidationFailed

MAX_NOTE = 2000
MAX_MEMO = 500
EARLIEST = date(1900, 1, 1)
LATEST = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """A share of an entry: minor units (signed like the entry's amount) for a category or another account.

    `category_id` None means "not categorised yet".
    """

    category_id: UUID | None
    amount: int
    memo: str = ""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """Money into (+) or out of (-) an account, in minor units of the account's currency.

    Without `parts` the whole amount is uncategorised; with several it is a split whose shares total `amount`.
    """

    date: date
    account_id: UUID
    amount: int
    payee: str = ""
    parts: tuple[Part, ...] = ()
    note: str = ""
    status: str = "booked"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """Money moved between two own accounts: `amount` > 0 in minor units of the source account's currency.

    `target_amount` > 0 in minor units of the target's currency is needed when the two differ.
    """

    date: date
    source_id: UUID
    target_id: UUID
    amount: int
    target_amount: int | None = None
    payee: str = ""
    note: str = ""
    status: str = "booked"
    tags: tuple[str, ...] = ()


Draft = EntryDraft | TransferDraft


def check_draft(draft: Draft) -> None:
    """Raise ValidationFailed naming the field that can't be right."""
    if not EARLIEST <= draft.date <= LATEST:
        raise ValidationFailed("date", f"{draft.date.isoformat()} is not a plausible date.")
    if len(draft.note) > MAX_NOTE:
        raise ValidationFailed("note", f"The note may have at most {MAX_NOTE} characters.")
    if draft.status not in ("pending", "booked"):
        raise ValidationFailed("status", "A transaction is either pending or booked.")
    for text in (draft.note, draft.payee):
        if "\0" in text:
            raise ValidationFailed("note", "Text can't hold the character NUL.")
    if isinstance(draft, EntryDraft):
        for part in draft.parts:
            if len(part.memo) > MAX_MEMO or "\0" in part.memo:
                raise ValidationFailed("splits", f"A memo may have at most {MAX_MEMO} characters.")
