"""Holds a committed statement's closing balance against the ledger's, and sets the opening balance on request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from recaller.core.errors import Conflict, NotFound
from recaller.infra.work import Work
from recaller.services.accounts import get_account
from recaller.services.imports.views import get_import
from recaller.services.reports import balance_at
from recaller.services.transactions import record_opening_balance


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """What a statement says an account held, and what the ledger says for the same day.

    Amounts are minor units of the account's `currency`; `difference` is what the statement has more than the ledger,
    which is what the opening balance lacks. `opening` is the opening balance now, `opening_on` the day that a new one
    would stand on.
    """

    account_id: UUID
    account_name: str
    currency: str
    on: date
    stated: int
    ledger: int
    difference: int
    opening: int
    opening_on: date


def check_balances(w: Work, batch_id: UUID) -> tuple[BalanceCheck, ...]:
    """Return a check for each account of a committed import whose file states a closing balance."""
    batch = get_import(w, batch_id)
    if batch.status != "committed":
        return ()
    found = []
    for statement in batch.statements:
        stated, account_id = statement.get("closing_balance"), statement.get("account_id")
        if stated is None or account_id is None:
            continue
        check = _check(
            w, UUID(account_id), int(stated), statement.get("closing_date"), statement.get("currency")
        )
        if check is not None:
            found.append(check)
    return tuple(found)


def adopt_statement_balance(w: Work, batch_id: UUID, account_id: UUID) -> BalanceCheck:
    """Set the account's opening balance so that the ledger agrees with the statement; return what was found before.

    Raises NotFound when the import has no statement of the account, Conflict when there is nothing to set.
    """
    check = next((one for one in check_balances(w, batch_id) if one.account_id == account_id), None)
    if check is None:
        raise NotFound("statement of account", account_id)
    if check.difference == 0:
        raise Conflict("The ledger agrees with the statement already.")
    record_opening_balance(w, account_id, check.opening + check.difference, check.opening_on)
    return check


def _check(
    w: Work, account_id: UUID, stated: int, day: str | None, currency: str | None
) -> BalanceCheck | None:
    account = get_account(w, account_id)
    if currency is not None and currency != account.currency:
        return None
    row = w.row(
        "SELECT min(p.date) FILTER (WHERE t.shape <> 'opening') AS first, max(p.date) AS last,"
        " min(p.date) FILTER (WHERE t.shape = 'opening') AS opening_on,"
        " coalesce(sum(p.amount) FILTER (WHERE t.shape = 'opening'), 0) AS opening"
        " FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id"
        " WHERE p.account_id = :id",
        id=account_id,
    )
    assert row is not None
    on = date.fromisoformat(day) if day else row.last or w.today
    first = min((one for one in (row.first, on) if one is not None), default=on)
    ledger = balance_at(w, account_id, on).minor
    return BalanceCheck(
        account_id=account_id,
        account_name=account.name,
        currency=account.currency,
        on=on,
        stated=stated,
        ledger=ledger,
        difference=stated - ledger,
        opening=int(row.opening),
        opening_on=row.opening_on or first - timedelta(days=1),
    )
