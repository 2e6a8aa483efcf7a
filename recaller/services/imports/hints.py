"""Which account each name in a bank file stands for, and what the file says about each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from recaller.domain.statements import Statement, StatementRow
from recaller.infra.work import Work
from recaller.services.accounts import find_by_number, get_account


class FileAccounts:
    """Finds the account of each hint (number or name) in a file, and counts what each brings."""

    def __init__(self, w: Work, batch_account: UUID | None, statements: Iterable[dict[str, Any]]) -> None:
        self._w = w
        self._batch_account = batch_account
        self._chosen = {
            s["hint"]: UUID(s["account_id"]) for s in statements if s.get("chosen") and s.get("account_id")
        }
        self.found: dict[str, UUID | None] = {}
        self.counts: dict[str, int] = {}
        self.totals: dict[str, dict[str, int]] = {}

    def of(self, hint: str) -> UUID | None:
        """Return the account of a hint: as chosen, else by bank number or name.

        The account chosen for the file as a whole is that of its first hint: a file of three accounts must not
        end up in one.
        """
        if hint not in self.found:
            whole = self._batch_account if not self.found else None
            self.found[hint] = self._chosen.get(hint) or whole or self._known(hint)
            self.counts[hint] = 0
            self.totals[hint] = {}
        return self.found[hint]

    def add(self, hint: str, row: StatementRow) -> None:
        """Count a booked row."""
        self.counts[hint] += 1
        totals = self.totals[hint]
        currency = row.currency or ""
        totals[currency] = totals.get(currency, 0) + (row.amount or 0)

    def store(self, batch_id: UUID, statements: list[Statement]) -> None:
        """Write what was found about the file's accounts, and make the batch ready."""
        described: dict[str, dict[str, Any]] = {}
        warnings: list[dict[str, str]] = []
        for statement in statements:
            hint = self._hint_of(statement)
            if hint is None:
                warnings += _told("", statement)
                continue
            self.of(hint)
            described[hint] = _description(statement)
            warnings += _told(hint, statement)
        for hint, account in self.found.items():
            if account is not None and (warning := self._belongs_elsewhere(hint, account)):
                warnings.append({"hint": hint, "code": "other_account", "message": warning})
        found = [
            {
                "hint": hint,
                "account_id": None if account is None else str(account),
                "chosen": hint in self._chosen,
                "booked_count": self.counts[hint],
                "booked_total": self.totals[hint],
            }
            | described.get(hint, {})
            for hint, account in self.found.items()
        ]
        self._w.run(
            "UPDATE import_batch SET status = 'ready', error = NULL, statements = CAST(:found AS jsonb),"
            " warnings = CAST(:warnings AS jsonb) WHERE id = :id",
            found=json.dumps(found),
            warnings=json.dumps(warnings),
            id=batch_id,
        )

    def _hint_of(self, statement: Statement) -> str | None:
        """Return the hint that a statement describes; None when it can't be told which of several."""
        hint = statement.account_hint or ""
        if hint or not self.found:
            return hint
        if hint in self.found and len(self.found) == 1:
            return hint
        # A CSV whose rows name the account has one description for the whole file.
        return next(iter(self.found)) if len(self.found) == 1 else None

    def _belongs_elsewhere(self, hint: str, account: UUID) -> str | None:
        if not any(character.isdigit() for character in hint):
            return None
        known = find_by_number(self._w, hint)
        if known is None or known == account:
            return None
        owner, chosen = get_account(self._w, known).name, get_account(self._w, account).name
        return (
            f"The file says account {_short(hint)}, which is {owner!r}; its rows go to {chosen!r} as chosen."
        )

    def _known(self, hint: str) -> UUID | None:
        if not hint:
            return None
        by_number = find_by_number(self._w, hint)
        if by_number is not None:
            return by_number
        row = self._w.row(
            "SELECT id FROM account WHERE lower(name) = lower(:name) AND kind IN ('asset', 'liability')"
            " AND closed_on IS NULL ORDER BY id LIMIT 1",
            name=hint,
        )
        return None if row is None else UUID(str(row.id))


def _description(statement: Statement) -> dict[str, Any]:
    return {
        "bank_id": statement.bank_id,
        "account_kind": statement.account_kind,
        "currency": statement.currency,
        "opening_balance": statement.opening_balance,
        "closing_balance": statement.closing_balance,
        "closing_date": None if statement.closing_date is None else statement.closing_date.isoformat(),
    }


def _told(hint: str, statement: Statement) -> list[dict[str, str]]:
    return [{"hint": hint, "code": one.code, "message": one.message} for one in statement.warnings]


def _short(hint: str) -> str:
    return hint if len(hint) <= 8 else f"…{hint[-4:]}"
