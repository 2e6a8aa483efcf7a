"""Which account each name in a bank file stands for, and what the file says about each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from recaller.domain.statements import Statement, StatementRow
from recaller.domain.statements.continuity import breaks_between, in_order
from recaller.domain.statements.model import StatementWarning
from recaller.infra.work import Work
from recaller.services.accounts import find_by_number, get_account


class FileAccounts:
    """Finds the account of each hint (number or name) in a file, and counts what each brings."""

    def __init__(
        self,
        w: Work,
        batch_account: UUID | None,
        statements: Iterable[dict[str, Any]],
        *,
        names_all: bool = False,
    ) -> None:
        # Whether the accounts at the other end of transfers are the file's own too, to be made if they are unknown.
        self._names_all = names_all
        self._w = w
        self._batch_account = batch_account
        self._chosen = {
            s["hint"]: UUID(s["account_id"]) for s in statements if s.get("chosen") and s.get("account_id")
        }
        self.found: dict[str, UUID | None] = {}
        self.counts: dict[str, int] = {}
        self.totals: dict[str, dict[str, int]] = {}
        # Accounts by the names at the other ends of transfers, and whether there is any transfer at all.
        self.named: dict[str, UUID | None] = {}
        self.moves = False
        self._currencies: dict[str, str] = {}
        # Rows of one hint in another currency than its account's have a hint of their own, beside that account.
        self._beside: dict[str, tuple[UUID, str]] = {}
        self._places: dict[tuple[str, str], tuple[str, UUID | None]] = {}
        self._of_account: dict[UUID, str] = {}

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

    def currency_of(self, account_id: UUID) -> str:
        """Return the currency of an account."""
        if account_id not in self._of_account:
            self._of_account[account_id] = get_account(self._w, account_id).currency
        return self._of_account[account_id]

    def place(self, hint: str, currency: str | None) -> tuple[str, UUID | None]:
        """Return the hint and the account of a row: another hint when its currency isn't the account's.

        That one is called as the readers call a number's further currencies: 'NUMBER USD'. As long as it has no account
        its rows stay with the account that they can't go to, in conflict.
        """
        account = self.of(hint)
        if account is None or not currency:
            return hint, account
        placed = self._places.get((hint, currency))
        if placed is None:
            placed = hint, account
            if self.currency_of(account) != currency:
                other = f"{hint} {currency}".strip()
                placed = other, self._of_other(other, account, currency) or account
            self._places[hint, currency] = placed
        return placed

    def _of_other(self, hint: str, account: UUID, currency: str) -> UUID | None:
        """Return the account of rows in another currency: as chosen, by number or name, or as last time."""
        if hint not in self.found:
            self._beside[hint] = account, currency
            known = self._chosen.get(hint) or self._known(hint) or self._last_time(hint, account)
            self.found[hint] = known if known is not None and self.currency_of(known) == currency else None
            self.counts[hint] = 0
            self.totals[hint] = {}
        return self.found[hint]

    def _last_time(self, hint: str, account: UUID) -> UUID | None:
        row = self._w.row(
            "SELECT a.id FROM import_batch b, jsonb_array_elements(b.statements) AS s JOIN account a"
            " ON a.id = CAST(s ->> 'account_id' AS uuid) AND a.closed_on IS NULL WHERE b.status = 'committed'"
            " AND a.tenant_id = b.tenant_id AND s ->> 'hint' = :hint AND s ->> 'beside' = :account"
            " ORDER BY b.committed_at DESC LIMIT 1",
            hint=hint,
            account=str(account),
        )
        return None if row is None else UUID(str(row.id))

    def counter_of(self, row: StatementRow) -> UUID | None:
        """Return the account at the other end of a transfer; remember the accounts that its splits name."""
        if row.parts:
            for name, _, _ in row.parts:
                if name and name[0] == "[":
                    self._named(name[1:-1].strip())
        if row.transfer_hint is None:
            self.moves = self.moves or row.kind == "TRANSFER"
            return None
        currency = row.foreign_currency or row.currency
        if currency:
            self._currencies.setdefault(row.transfer_hint, currency)
        return self._named(row.transfer_hint)

    def _named(self, name: str) -> UUID | None:
        self.moves = True
        if name not in self.named:
            self.named[name] = (
                self.of(name) if self._names_all else self._chosen.get(name) or self._known(name)
            )
        return self.named[name]

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
        of_hint: dict[str, list[Statement]] = {}
        for statement in statements:
            hint = self._hint_of(statement)
            if hint is None:
                warnings += _told("", statement.warnings)
                continue
            self.of(hint)
            of_hint.setdefault(hint, []).append(statement)
        for hint, found_of_hint in of_hint.items():
            ordered = in_order(found_of_hint)
            described[hint] = _description(ordered)
            for number, statement in enumerate(ordered, start=1):
                warnings += _told(hint, statement.warnings, number if len(ordered) > 1 else None)
            warnings += _told(hint, breaks_between(ordered))
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
                "currency": self._currencies.get(hint) if not self.counts[hint] else None,
            }
            | described.get(hint, {})
            | self._in_other_money(hint)
            for hint, account in self.found.items()
        ]
        self._w.run(
            "UPDATE import_batch SET status = 'ready', error = NULL, statements = CAST(:found AS jsonb),"
            " warnings = CAST(:warnings AS jsonb) WHERE id = :id",
            found=json.dumps(found),
            warnings=json.dumps(warnings),
            id=batch_id,
        )

    def _in_other_money(self, hint: str) -> dict[str, str]:
        if hint not in self._beside:
            return {}
        account, currency = self._beside[hint]
        return {"beside": str(account), "currency": currency}

    def _hint_of(self, statement: Statement) -> str | None:
        """Return the hint that a statement describes; None when it can't be told which of several."""
        hint = statement.account_hint or ""
        named = [one for one in self.found if one not in self._beside]
        if hint or not named:
            return hint
        # A CSV whose rows name the account has one description for the whole file.
        return named[0] if len(named) == 1 else None

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


def _description(statements: Sequence[Statement]) -> dict[str, Any]:
    """Describe an account by its statements, in order: it opens as the first does and closes as the last."""
    last = statements[-1]
    # What a bank adds behind the last one, a report of the day, may state no balance and have no booked row.
    closing = next(
        (one for one in reversed(statements) if one.closing_balance is not None or one.booked_count), last
    )
    return {
        "bank_id": last.bank_id,
        "account_kind": last.account_kind,
        "currency": last.currency,
        "opening_balance": statements[0].opening_balance,
        "closing_balance": closing.closing_balance,
        "closing_date": None if closing.closing_date is None else closing.closing_date.isoformat(),
        "statement_count": len(statements),
    }


def _told(hint: str, warnings: Iterable[StatementWarning], number: int | None = None) -> list[dict[str, str]]:
    before = "" if number is None else f"Statement {number}: "
    return [{"hint": hint, "code": one.code, "message": before + one.message} for one in warnings]


def _short(hint: str) -> str:
    return hint if len(hint) <= 8 else f"…{hint[-4:]}"
