"""What the pages of transactions know of rules: which rule set a field, and the address that makes a rule of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from recaller.services.transactions import OriginView, TransactionView

FIELDS = {
    "category": "Category",
    "payee": "Payee",
    "note": "Note",
    "tags": "Tags",
    "recurring": "Recurring item",
}
MAX_WORDS = 100


@dataclass(frozen=True)
class SetByItem:
    """A field that a rule set; `href` leads to the rule, "" where it is gone."""

    field: str
    label: str
    rule: str
    href: str


def set_by(origins: Sequence[OriginView]) -> list[SetByItem]:
    """Return the fields that rules set, in the order in which the editor shows them."""
    found = {one.field: one for one in origins if one.rule_id is not None}
    return [
        SetByItem(
            name,
            label,
            found[name].rule_name or "a rule that is gone",
            f"/rules?open={found[name].rule_id}" if found[name].rule_name else "",
        )
        for name, label in FIELDS.items()
        if name in found
    ]


def rule_address(view: TransactionView) -> str:
    """Return where a rule is written that does to entries like this one what was done to it."""
    asked = {"payee": view.payee} if view.payee else {"text": view.bank_text[:MAX_WORDS]}
    if view.category_id is not None:
        asked["category"] = str(view.category_id)
    if view.private:
        asked["private"] = "1"
    return f"/rules?{urlencode({name: value for name, value in asked.items() if value})}"
