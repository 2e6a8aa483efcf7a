"""One account's register: running balance, cleared marks, the balance on a chosen date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.core.paging import Page
from recaller.domain.account_kinds import SUBTYPES
from recaller.infra.work import Work
from recaller.services.accounts import AccountView, get_account
from recaller.services.listing import RegisterRow, account_register
from recaller.services.recurring.marks import recurring_of_transactions
from recaller.services.reports import balance_at
from recaller.services.transactions import set_cleared
from recaller.state.base import date_of, event, id_of, in_work, text_of
from recaller.state.filter_chips import address
from recaller.state.formatting import Formatter, balance_tone, tone_of
from recaller.state.pickers import formatter_of, put
from recaller.state.refreshing import refresh_after_edit
from recaller.state.transaction_editor import TransactionEditorState
from recaller.state.transaction_rows import SHAPE_WORDS, name_of

PAGE = 50


@dataclass(frozen=True)
class RegisterItem:
    """A transaction as its account sees it."""

    id: str
    date: str
    payee: str
    note: str
    category: str
    amount: str
    tone: str
    balance: str
    balance_tone: str
    cleared: bool
    reconciled: bool
    pending: bool
    imported: bool
    uncategorised: bool
    recurring: bool


class AccountRegisterState(rx.State):
    """A page of the register at `/accounts/ID`, with the account's head."""

    loading: bool = True
    failure: str = ""
    rows: list[RegisterItem] = []
    account_id: str = ""
    name: str = ""
    subtype: str = ""
    kind_label: str = ""
    detail: str = ""
    balance: str = ""
    tone: str = "neutral"
    closed: bool = False
    private: bool = False
    until: str = ""
    balance_then: str = ""
    balance_label: str = ""
    has_newer: bool = False
    has_older: bool = False
    _newer: str = ""
    _older: str = ""

    @event
    async def load(self) -> Any:
        """Show the account that the URL names."""
        query = dict(self.router.url.query_parameters)
        claimed = self.router.url.path.rstrip("/").rpartition("/")[2]
        if claimed != self.account_id:
            self.loading, self.rows, self.account_id = True, [], claimed

        def read(w: Work) -> tuple[Any, ...]:
            account = get_account(w, id_of(claimed, "account"))
            until = date_of(query["until"], "until") if query.get("until") else None
            page = account_register(w, account.id, cursor=query.get("page") or None, until=until, limit=PAGE)
            now = balance_at(w, account.id, date.max).minor
            then = None if until is None else balance_at(w, account.id, until).minor
            marks = frozenset(recurring_of_transactions(w, [row.transaction.id for row in page.items]))
            return account, page, marks, now, until, then, formatter_of(w)

        try:
            account, page, marks, now, until, then, say = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, loading=False, failure=error.message, rows=[], has_newer=False, has_older=False)
            return
        self._show_account(account, now, say)
        self._show_rows(account.id, page, marks, say)
        put(self, until="" if until is None else until.isoformat(), loading=False, failure="")
        label = "" if until is None else f"Balance on {say.full_date(until)}"
        put(self, balance_then="" if then is None else say.money(then, account.currency), balance_label=label)

    @event
    async def show_until(self, day: str) -> Any:
        """Begin the register at the end of a date, and show the balance then; "" goes back to now."""
        chosen = text_of(day, "until", most=10)
        until = date_of(chosen, "until").isoformat() if chosen else ""
        return self._go(until=until)

    @event
    async def newer(self) -> Any:
        """Step to the page before."""
        return self._go(until=self.until, page=self._newer) if self._newer else None

    @event
    async def older(self) -> Any:
        """Step to the page after."""
        return self._go(until=self.until, page=self._older) if self._older else None

    @event
    async def toggle_cleared(self, transaction_id: str) -> Any:
        """Mark a posting as seen on the bank's statement, or take the mark back."""
        identity, account = id_of(transaction_id), id_of(self.account_id, "account")
        row = next((one for one in self.rows if one.id == transaction_id), None)
        cleared = row is None or not row.cleared
        await in_work(self, lambda w: set_cleared(w, identity, account, cleared=cleared))
        return AccountRegisterState.load

    @event
    async def add(self) -> Any:
        """Open the editor on a new transaction of this account."""
        return TransactionEditorState.open_new(self.account_id)

    @event
    async def export(self) -> Any:
        """Download the whole register as CSV."""
        account = id_of(self.account_id, "account")
        url = f"/api/v1/accounts/{account}/register.csv"
        return rx.download(url=url, filename="register.csv")

    def _go(self, **query: str) -> Any:
        return rx.redirect(address(f"/accounts/{id_of(self.account_id, 'account')}", query))

    def _show_account(self, account: AccountView, balance: int, say: Formatter) -> None:
        put(
            self,
            account_id=str(account.id),
            name=account.name,
            subtype=account.subtype,
            kind_label=SUBTYPES[account.subtype][1],
            detail=" · ".join(part for part in (account.institution, account.number_masked) if part),
            balance=say.money(balance, account.currency),
            tone=balance_tone(balance),
            closed=account.closed_on is not None,
            private=account.private,
        )

    def _show_rows(
        self, account_id: UUID, page: Page[RegisterRow], marks: frozenset[UUID], say: Formatter
    ) -> None:
        put(
            self,
            rows=[_item(row, account_id, say, recurring=row.transaction.id in marks) for row in page.items],
        )
        put(self, has_newer=page.previous_cursor is not None, has_older=page.next_cursor is not None)
        self._newer, self._older = page.previous_cursor or "", page.next_cursor or ""


def _item(row: RegisterRow, account_id: UUID, say: Formatter, *, recurring: bool) -> RegisterItem:
    one = row.transaction
    name = name_of(one)
    if one.shape in ("transfer", "conversion") and not one.payee:
        incoming = one.counter_account_id == account_id
        other = one.account if incoming else one.counter_account
        name = f"Transfer {'from' if incoming else 'to'} {other}" if other else "Transfer"
    split = f"Split in {sum(1 for line in one.lines if line.kind in ('income', 'expense'))}"
    return RegisterItem(
        id=str(one.id),
        date=say.full_date(one.date),
        payee=name,
        note=one.note,
        category=split if one.shape == "split" else SHAPE_WORDS.get(one.shape, one.category),
        amount=say.money(row.amount, row.currency, plus=True),
        tone=tone_of(row.amount),
        balance=say.money(row.balance, row.currency),
        balance_tone="negative" if row.balance < 0 else "muted",
        cleared=row.cleared,
        reconciled=row.reconciled,
        pending=one.status == "pending",
        imported=one.batch_id is not None or one.source == "import",
        uncategorised=one.category_system is not None and one.shape == "simple",
        recurring=recurring,
    )


refresh_after_edit("/accounts/", AccountRegisterState.load)
