"""Kinds and subtypes of accounts: what a user picks, and which side of the ledger it stands on."""

from __future__ import annotations

from enum import StrEnum

from recaller.core.errors import ValidationFailed


class Kind(StrEnum):
    """The five kinds of double entry."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    EQUITY = "equity"


REAL_KINDS = frozenset({Kind.ASSET, Kind.LIABILITY})
CATEGORY_KINDS = frozenset({Kind.INCOME, Kind.EXPENSE})

# Subtype -> (kind, label), in the order that a form shows them.
SUBTYPES: dict[str, tuple[Kind, str]] = {
    "checking": (Kind.ASSET, "Checking"),
    "savings": (Kind.ASSET, "Savings"),
    "cash": (Kind.ASSET, "Cash"),
    "credit_card": (Kind.LIABILITY, "Credit card"),
    "investment": (Kind.ASSET, "Investment"),
    "retirement": (Kind.ASSET, "Retirement"),
    "property": (Kind.ASSET, "Property"),
    "vehicle": (Kind.ASSET, "Vehicle"),
    "receivable": (Kind.ASSET, "Owed to us"),
    "other_asset": (Kind.ASSET, "Other asset"),
    "loan": (Kind.LIABILITY, "Loan"),
    "mortgage": (Kind.LIABILITY, "Mortgage"),
    "payable": (Kind.LIABILITY, "We owe"),
    "other_liability": (Kind.LIABILITY, "Other debt"),
}

SYSTEM_UNCATEGORISED = "uncategorised"
SYSTEM_OPENING = "opening"


def kind_of(subtype: str) -> Kind:
    """Return the kind of a real account's subtype; raise ValidationFailed for an unknown one."""
    if subtype not in SUBTYPES:
        raise ValidationFailed("subtype", f"{subtype!r} is not a kind of account.")
    return SUBTYPES[subtype][0]


def conversion_name(one: str, other: str) -> str:
    """Return the system mark of the equity account that conversions between two currencies pass through."""
    first, second = sorted((one, other))
    return f"conversion:{first}/{second}"
