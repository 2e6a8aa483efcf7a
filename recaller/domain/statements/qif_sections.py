"""The sections of a QIF file: which hold transactions, which hold lists that move no money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from recaller.domain.statements.text import clean_text

_TYPE = re.compile(r"!\s*typ[ea]?\s*:\s*(.*)", re.IGNORECASE)
_BANKS = {
    "bank": None, "banque": None, "cash": "CASH", "ccard": "CREDITCARD", "oth a": None, "oth l": None, "oth s": None,
}  # fmt: skip
_INVESTMENTS = frozenset({"invst", "port", "mutual", "401(k)/403(b)", "investment"})
_LISTS = {
    "cat": "categories", "class": "classes", "security": "securities", "prices": "prices", "tag": "tags",
    "memorized": "memorised payees", "budget": "budgets", "template": "templates", "invitem": "invoice items",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """What records of a section are; `account_kind` as OFX names it."""

    kind: Literal["bank", "investment", "account", "list"]
    title: str
    account_kind: str | None = None


def section_of(header: str) -> Section | None:
    """Return the section that a header line ('!Type:Bank', '!Account') opens; unknown ones are lists.

    None for switches ('!Option:AutoSwitch', '!Clear:AutoSwitch'), which open none.
    """
    if header[1:].strip().casefold().startswith(("option", "clear")):
        return None
    match = _TYPE.match(header)
    if match is None:
        if header[1:].strip().casefold().startswith("account"):
            return Section("account", "accounts")
        return Section("list", f"records under {clean_text(header)[:40]!r}")
    title = clean_text(match[1])[:40]
    name = " ".join(title.casefold().split())
    if name in _BANKS:
        return Section("bank", title, _BANKS[name])
    if name in _INVESTMENTS:
        return Section("investment", title, "INVESTMENT")
    return Section("list", _LISTS.get(name, f"records of type {title!r}"))
