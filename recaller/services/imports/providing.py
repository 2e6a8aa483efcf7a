"""Makes the accounts that a file names and the household lacks, all with one confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from recaller.core.errors import Conflict
from recaller.infra.work import Work
from recaller.services.accounts import AccountDraft, create_account, get_account
from recaller.services.imports.uploading import change_import
from recaller.services.imports.views import ImportView, get_import

MAX_NEW_ACCOUNTS = 100
# Fewer digits may stand in a name.
_LEAST_DIGITS = 8
_KINDS = {
    "CREDITCARD": "credit_card", "SAVINGS": "savings", "CHECKING": "checking", "MONEYMRKT": "savings",
    "INVESTMENT": "investment", "CREDITLINE": "loan", "CD": "savings",
}  # fmt: skip
# What the name of an account says of it, the first that fits.
_WORDS = (
    (("credit", "card", "visa", "mastercard", "amex", "kreditkarte"), "credit_card"),
    (("mortgage", "hypothek"), "mortgage"),
    (("loan", "debt", "kredit", "darlehen"), "loan"),
    (("saving", "rainy", "tagesgeld", "sparkonto", "emergency"), "savings"),
    (("cash", "wallet", "bargeld"), "cash"),
    (("401k", "ira", "pension", "retirement"), "retirement"),
    (("invest", "broker", "depot", "stock"), "investment"),
)


def subtype_of(account_kind: object, name: str = "") -> str:
    """Return the account subtype that a bank's word for it means, else what the account's name says."""
    if account_kind:
        return _KINDS.get(str(account_kind).upper(), "checking")
    words = name.casefold()
    return next((subtype for found, subtype in _WORDS if any(word in words for word in found)), "checking")


def lacking_accounts(batch: ImportView) -> tuple[Mapping[str, Any], ...]:
    """Return the file's accounts that are named but not known yet."""
    return tuple(one for one in batch.statements if one["hint"] and not one.get("account_id"))


def is_number(hint: str) -> bool:
    """Tell whether a hint is an account's number rather than its name."""
    return sum(character.isdigit() for character in hint) >= _LEAST_DIGITS


def name_of(hint: str, currency: str, beside: str = "") -> str:
    """Return a name for the account of a hint: its own, the end of its number, or that of the account it is beside."""
    if beside:
        return f"{beside[:114]} {currency}"
    if not is_number(hint):
        return hint[:120]
    number, _, code = hint.rpartition(" ")
    return f"Account {number[-4:]} {code}" if number and code == currency else f"Account {hint[-4:]}"


def make_accounts(w: Work, batch_id: UUID) -> ImportView:
    """Make each account that the file names and nobody chose one for, in its currency, and send its rows there.

    Does nothing when all are known. Raises Conflict for too many of them, and for a name that is taken.
    """
    batch = get_import(w, batch_id)
    lacking = lacking_accounts(batch)
    if not lacking:
        return batch
    if len(lacking) > MAX_NEW_ACCOUNTS:
        raise Conflict(f"The file names {len(lacking)} accounts; make at most {MAX_NEW_ACCOUNTS} at a time.")
    made: dict[str, UUID] = {}
    for one in lacking:
        hint = str(one["hint"])
        currencies = [code for code in one.get("booked_total", {}) if code]
        currency = str(one.get("currency") or next(iter(currencies), "") or w.scope.base_currency)
        main = get_account(w, UUID(one["beside"])) if one.get("beside") else None
        name = name_of(hint, currency, "" if main is None else main.name)
        draft = AccountDraft(
            name=name,
            subtype=subtype_of(one.get("account_kind"), name) if main is None else main.subtype,
            currency=currency,
            number=hint if is_number(hint) else "",
            private=main is not None and main.private,
        )
        made[hint] = create_account(w, draft).id
    return change_import(w, batch_id, accounts=made)
