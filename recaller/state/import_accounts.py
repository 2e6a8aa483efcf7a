"""The accounts that a bank file speaks of, as its import's page shows them, with what their statements say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.imports import (
    ImportView,
    change_import,
    check_balances,
    is_number,
    subtype_of,
)
from recaller.state.formatting import Formatter, tone_of
from recaller.state.import_words import (
    totals_text,
    transactions_text,
)


@dataclass(frozen=True)
class FileAccount:
    """An account that the file speaks of, and the ledger's account that its rows go to ("" while not chosen)."""

    hint: str
    title: str
    detail: str
    total: str
    tone: str
    account_id: str
    account_name: str
    needed: bool
    check: str
    off: str


@dataclass(frozen=True)
class BalanceLine:
    """The statement's closing balance beside the ledger's."""

    account_id: str
    name: str
    on: str
    stated: str
    ledger: str
    difference: str
    agrees: bool
    resettable: bool


def assign_account(w: Work, batch_id: UUID, hint: str, account_id: UUID, *, several: bool) -> None:
    """Send the rows of a hint, or of the whole file, to an account."""
    if several:
        change_import(w, batch_id, accounts={hint: account_id})
    else:
        change_import(w, batch_id, account_id=account_id)


def name_for(account: Mapping[str, Any], filename: str) -> str:
    """Return a name for a new account out of what the file says of it."""
    hint = str(account.get("hint") or "")
    digits = "".join(character for character in hint if character.isalnum())
    kind = subtype_of(account.get("account_kind")).replace("_", " ").capitalize()
    if hint and not any(character.isdigit() for character in hint):
        return hint
    if hint:
        return f"{kind} {digits[-4:]}"
    return filename.rpartition(".")[0].replace("_", " ").strip()[:60] or kind


def file_accounts(
    view: ImportView, names: Mapping[str, str], say: Formatter, base_currency: str
) -> list[FileAccount]:
    found = []
    for one in view.statements:
        hint, count = str(one["hint"]), int(one["booked_count"])
        totals = one["booked_total"]
        currency = str(one.get("currency") or next((code for code in totals if code), base_currency))
        detail = transactions_text(count)
        if one.get("closing_balance") is not None:
            detail += f", balance {say.money(int(one['closing_balance']), currency)}"
        account_id = str(one.get("account_id") or "")
        total = totals_text(totals, say, currency)
        check, off = _statement_check(one, say, currency)
        found.append(
            FileAccount(
                hint=hint,
                title=title_of_hint(hint) if not one.get("beside") else f"Its rows in {currency}",
                detail=detail,
                total=total,
                tone=tone_of(sum(int(minor) for minor in totals.values())),
                account_id=account_id if account_id in names else "",
                account_name=names.get(account_id, ""),
                needed=count > 0 and account_id not in names and not one.get("beside"),
                check=check,
                off=off,
            )
        )
    return found


def _statement_check(one: Mapping[str, Any], say: Formatter, currency: str) -> tuple[str, str]:
    """Return the statement's sum in words, and by how much it is off ("" when it adds up or states too little)."""
    opening, closing = one.get("opening_balance"), one.get("closing_balance")
    totals = one["booked_total"]
    if opening is None or closing is None or len(totals) > 1:
        return "", ""
    moved = sum(int(minor) for minor in totals.values())
    said = (
        f"{say.money(int(opening), currency)} at the start, {say.money(moved, currency, plus=True)} in rows,"
        f" {say.money(int(closing), currency)} at the end"
    )
    difference = int(closing) - int(opening) - moved
    return said, f"Does not reconcile by {say.money(abs(difference), currency)}" if difference else ""


def title_of_hint(hint: str) -> str:
    """Name an account of the file; of a number only its end, as everywhere."""
    if not hint:
        return "The file names no account"
    bare = "".join(character for character in hint if character.isalnum())
    return f"Account ending in {bare[-4:]}" if is_number(hint) else hint


def balance_lines(
    w: Work, view: ImportView, say: Formatter, openings: Mapping[str, Any]
) -> list[BalanceLine]:
    return [
        BalanceLine(
            account_id=str(one.account_id),
            name=one.account_name,
            on=say.full_date(one.on),
            stated=say.money(one.stated, one.currency),
            ledger=say.money(one.ledger, one.currency),
            difference=say.money(one.difference, one.currency, plus=True),
            agrees=one.difference == 0,
            resettable=str(one.account_id) in openings,
        )
        for one in check_balances(w, view.id)
    ]
