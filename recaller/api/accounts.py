"""Accounts that hold money or debt, their balances, openings and registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.exports import register_header_line, register_lines
from recaller.api.idempotency import Once
from recaller.api.schemas import (
    COMMON_PROBLEMS,
    NO_NUL,
    Body,
    Currency,
    Day,
    Fields,
    IfMatch,
    Minor,
    Paging,
    Version,
)
from recaller.core.paging import MAX_PAGE, Page
from recaller.core.scope import Scope
from recaller.domain.account_kinds import SUBTYPES
from recaller.infra.work import work
from recaller.services import accounts, reports
from recaller.services.accounts import AccountDraft, AccountView
from recaller.services.listing import RegisterRow, account_register
from recaller.services.reports import BalanceView
from recaller.services.transactions import TransactionView, record_opening_balance

router = APIRouter(prefix="/accounts", tags=["accounts"], responses=COMMON_PROBLEMS)


class AccountBody(Body):
    """What describes an account. `number` is the bank's account number: kept encrypted, never shown again whole."""

    name: Annotated[
        str, Field(min_length=1, max_length=accounts.MAX_NAME, pattern=NO_NUL, examples=["Checking"])
    ]
    subtype: Annotated[str, Field(examples=["checking"], json_schema_extra={"enum": list(SUBTYPES)})]
    currency: Currency
    institution: Annotated[str, Field(max_length=accounts.MAX_NAME, pattern=NO_NUL, examples=["A Bank"])] = ""
    number: Annotated[str, Field(max_length=64, pattern=NO_NUL, examples=["DE02 1203 0000 0000 2020 51"])] = (
        ""
    )
    note: Annotated[str, Field(max_length=accounts.MAX_NOTE, pattern=NO_NUL)] = ""
    private: Annotated[bool, Field(description="Only the caller sees it and its transactions.")] = False

    def draft(self) -> AccountDraft:
        """Return what the services take."""
        return AccountDraft(**self.model_dump(include=set(AccountBody.model_fields)))


class AccountEdit(AccountBody):
    """An account's description as a whole; an empty `number` keeps the stored one."""

    version: Version | None = None


class Closing(Body):
    """The date from which the account is closed."""

    on: Day


class Opening(Body):
    """What the account held before its first transaction; zero takes a former opening away."""

    amount: Annotated[Minor, Field(examples=[125_000])]
    date: Annotated[Day, Field(examples=["2026-01-01"])]


@dataclass(frozen=True, slots=True)
class AccountWithBalance(AccountView):
    """An account with its `balance`, in minor units of its `currency`."""

    balance: int


@router.get("", response_model=tuple[AccountWithBalance, ...])
def list_accounts(
    scope: CurrentScope,
    fields: Fields,
    closed: Annotated[bool, Query(description="Closed accounts, too.")] = False,
    at: Annotated[
        Day | None, Query(description="Balances at the end of this date; else of everything recorded.")
    ] = None,
) -> object:
    """Return the accounts with their balances, in the user's order."""
    with work(scope, read_only=True) as w:
        balances = reports.account_balances(w, at)
        return fields.reply(
            [_with_balance(one, balances) for one in accounts.list_accounts(w, closed=closed)]
        )


@router.post("", status_code=201, response_model=AccountView)
def create_account(body: AccountBody, scope: CurrentScope, once: Once) -> object:
    """Create an account; 409 when one of the same side and name is there."""
    with work(scope) as w:
        return once.reply(w, lambda: accounts.create_account(w, body.draft()), status=201)


@router.get("/{account_id}", response_model=AccountWithBalance)
def get_account(account_id: UUID, scope: CurrentScope, fields: Fields, response: Response) -> object:
    """Return one account with its balance; its version is in the ETag, too."""
    with work(scope, read_only=True) as w:
        view = accounts.get_account(w, account_id)
        response.headers["ETag"] = f'"{view.version}"'
        return fields.reply(_with_balance(view, reports.account_balances(w)))


@router.put("/{account_id}")
def edit_account(account_id: UUID, body: AccountEdit, scope: CurrentScope, if_match: IfMatch) -> AccountView:
    """Replace an account's description; with transactions, it keeps its currency, side and space.

    Needs the `version` that was edited, in the body or in If-Match; 409 when it isn't the current one.
    """
    with work(scope) as w:
        return accounts.edit_account(w, account_id, body.draft(), version=if_match.of(body.version))


@router.delete("/{account_id}", status_code=204)
def delete_account(account_id: UUID, scope: CurrentScope) -> None:
    """Delete an account that never had a transaction; 409 for any other: close it instead."""
    with work(scope) as w:
        accounts.delete_account(w, account_id)


@router.post("/{account_id}/close")
def close_account(account_id: UUID, body: Closing, scope: CurrentScope) -> AccountView:
    """Close an account: it leaves the lists and keeps its history. Its balance must be zero."""
    with work(scope) as w:
        return accounts.close_account(w, account_id, body.on)


@router.post("/{account_id}/reopen")
def reopen_account(account_id: UUID, scope: CurrentScope) -> AccountView:
    """Bring a closed account back; 409 when its name was given away meanwhile."""
    with work(scope) as w:
        return accounts.reopen_account(w, account_id)


@router.put("/{account_id}/opening-balance")
def set_opening_balance(account_id: UUID, body: Opening, scope: CurrentScope) -> TransactionView | None:
    """Set what the account held before its first transaction, replacing a former opening; null for zero."""
    with work(scope) as w:
        return record_opening_balance(w, account_id, body.amount, body.date)


@router.get("/{account_id}/balance", response_model=BalanceView)
def get_balance(
    account_id: UUID,
    scope: CurrentScope,
    fields: Fields,
    at: Annotated[Day | None, Query(description="At the end of this date; else today's end.")] = None,
) -> object:
    """Return an account's balance at the end of any date."""
    with work(scope, read_only=True) as w:
        return fields.reply(reports.balance_at(w, account_id, at or w.today))


@router.get("/{account_id}/register", response_model=Page[RegisterRow])
def list_register(
    account_id: UUID,
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    until: Annotated[Day | None, Query(description="Begin at the end of this date.")] = None,
) -> object:
    """Return a page of an account's transactions, newest first, each with the balance after it."""
    with work(scope, read_only=True) as w:
        return fields.reply(
            account_register(w, account_id, cursor=page.cursor, until=until, limit=page.limit)
        )


@router.get(
    "/{account_id}/register.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The register as CSV"}
    },
)
def export_register(account_id: UUID, scope: CurrentScope) -> StreamingResponse:
    """Return an account's whole register as CSV, newest first; texts that look like formulas are made harmless."""
    # The first page is read before the answer begins, so that an unknown account still gets its problem document.
    first = _register_page(scope, account_id, None)
    return StreamingResponse(
        _register_stream(scope, account_id, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="register.csv"'},
    )


def _register_page(scope: Scope, account_id: UUID, cursor: str | None) -> Page[RegisterRow]:
    with work(scope, read_only=True) as w:
        return account_register(w, account_id, cursor=cursor, limit=MAX_PAGE)


def _register_stream(scope: Scope, account_id: UUID, page: Page[RegisterRow]) -> Iterator[str]:
    """Read page by page, each in a transaction of its own, so that a slow client holds no connection."""
    yield register_header_line()
    yield from register_lines(page.items)
    while page.next_cursor is not None:
        page = _register_page(scope, account_id, page.next_cursor)
        yield from register_lines(page.items)


def _with_balance(view: AccountView, balances: Iterable[BalanceView]) -> AccountWithBalance:
    own = (view.id, view.currency)
    balance = sum(one.minor for one in balances if (one.account_id, one.currency) == own)
    return AccountWithBalance(**asdict(view), balance=balance)
