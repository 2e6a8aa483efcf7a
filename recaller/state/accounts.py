"""The accounts page: what is owned and owed, grouped with subtotals, and the account form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import Conflict
from recaller.core.ids import parse_id
from recaller.domain.account_kinds import SUBTYPES
from recaller.domain.amount_input import parse_amount
from recaller.infra.work import Work
from recaller.services.accounts import (
    AccountDraft,
    AccountView,
    close_account,
    create_account,
    delete_account,
    edit_account,
    get_account,
    list_accounts,
    reopen_account,
)
from recaller.services.rates import total_in
from recaller.services.reports import BalanceView, account_balances, account_freshness
from recaller.services.transactions import opening_balance, record_opening_balance
from recaller.state.base import date_of, event, id_of, in_work, text_of
from recaller.state.formatting import Formatter, balance_tone
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import formatter_of, put
from recaller.state.refreshing import refresh_after_edit, refresh_for

PATH = "/accounts"
FIELDS = (
    "name",
    "subtype",
    "currency",
    "institution",
    "number",
    "private",
    "opening_balance",
    "opening_date",
    "note",
)


@dataclass(frozen=True)
class AccountItem:
    """An account as the page shows it."""

    id: str
    name: str
    subtype: str
    detail: str
    balance: str
    tone: str
    fresh: str
    private: bool
    closed: bool
    href: str
    import_href: str


@dataclass(frozen=True)
class AccountGroupItem:
    """Accounts of one side and one kind, with their subtotals per currency."""

    label: str
    subtype: str
    total: str
    accounts: list[AccountItem]


class AccountsState(FormState, rx.State):
    """The lists of assets and debts, and the dialog for one account (on the register page too)."""

    loading: bool = True
    assets: list[AccountGroupItem] = []
    debts: list[AccountGroupItem] = []
    assets_total: str = ""
    debts_total: str = ""
    converted_total: str = ""
    converted_note: str = ""
    has_accounts: bool = False
    closed_count: int = 0
    show_closed: bool = False
    shown: bool = False
    is_new: bool = True
    is_closed: bool = False
    title: str = "New account"
    name: str = ""
    subtype: str = "checking"
    currency: str = ""
    institution: str = ""
    number_masked: str = ""
    note: str = ""
    private: bool = False
    opening: str = ""
    opening_date: str = ""
    _identity: str = ""
    _version: int = 0

    @event
    async def load(self) -> Any:
        """Show all accounts with their balances today."""
        closed = self.show_closed

        def read(w: Work) -> tuple[Any, ...]:
            say = _Telling(formatter_of(w), w.today, w.scope.base_currency)
            balances = account_balances(w)
            whole = _in_one_currency(w, balances, formatter_of(w))
            return list_accounts(w, closed=True), balances, account_freshness(w), say, whole

        accounts, balances, fresh, say, whole = await in_work(self, read, read_only=True)
        put(self, converted_total=whole[0], converted_note=whole[1])
        amounts = {one.account_id: one.minor for one in balances}
        shown = [one for one in accounts if closed or one.closed_on is None]
        for kind, groups, total in (
            ("asset", "assets", "assets_total"),
            ("liability", "debts", "debts_total"),
        ):
            of_kind = [one for one in shown if one.kind == kind]
            put(self, **{
                groups: _groups(of_kind, amounts, fresh, say),
                total: _totals(of_kind, amounts, say),
            })  # fmt: skip
        put(self, has_accounts=bool(accounts), loading=False)
        put(self, closed_count=sum(1 for one in accounts if one.closed_on is not None))

    @event
    async def toggle_closed(self) -> Any:
        """Show closed accounts too, or hide them again."""
        self.show_closed = not self.show_closed
        return AccountsState.load

    @event
    async def open_new(self) -> Any:
        """Show an empty account form."""
        base, today = await in_work(self, lambda w: (w.scope.base_currency, w.today), read_only=True)
        self._start(None, base, "", today)

    @event
    async def open_account(self, account_id: str) -> Any:
        """Show an account's form."""
        await self._load(id_of(account_id))

    @event
    async def reload(self) -> Any:
        """Show what is stored now, after somebody else changed it."""
        if self._identity:
            await self._load(parse_id(self._identity))

    @event
    async def dismiss(self) -> Any:
        """Leave the form without saving."""
        self.shown = False

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Create or change the account, with its opening balance, in one go."""
        identity, version = self._identity, self._version
        before = (self.opening, self.opening_date)

        def save(w: Work) -> AccountView:
            draft = _draft(fields)
            saved = (
                edit_account(w, parse_id(identity), draft, version=version)
                if identity
                else create_account(w, draft)
            )
            _keep_opening(w, saved, fields, before)
            return saved

        saved = await in_work(self, save)
        self.shown = False
        word = "saved" if identity else "added"
        return [*self._drawn_anew(), rx.toast.success(f"{saved.name} {word}")]

    @event
    async def close_or_reopen(self) -> Any:
        """Close the account as of today, or bring a closed one back."""
        identity, closed = parse_id(self._identity), self.is_closed

        def change(w: Work) -> AccountView:
            return reopen_account(w, identity) if closed else close_account(w, identity, w.today)

        return await self._do(change, "reopened" if closed else "closed")

    @event
    async def delete(self) -> Any:
        """Delete an account that was never used."""
        identity = parse_id(self._identity)

        def change(w: Work) -> AccountView:
            view = get_account(w, identity)
            delete_account(w, identity)
            return view

        done = await self._do(change, "deleted")
        away = done is not None and self.router.url.path != PATH
        return [rx.redirect(PATH), *done] if away else done

    # ---- Inside ----------------------------------------------------------------------------------

    async def _do(self, change: Any, word: str) -> Any:
        try:
            view = await in_work(self, change)
        except Conflict as error:
            self.form_error = error.message
            return None
        self.shown = False
        return [*self._drawn_anew(), rx.toast.success(f"{view.name} {word}")]

    def _shown_fields(self) -> Container[str]:
        return FIELDS

    def _drawn_anew(self) -> list[Any]:
        return refresh_for(self.router.url.path) or [AccountsState.load]

    async def _load(self, identity: UUID) -> None:
        def read(w: Work) -> tuple[AccountView, str, date]:
            view, opening = get_account(w, identity), opening_balance(w, identity)
            text = "" if opening is None else formatter_of(w).number(opening.amount, opening.currency)
            return view, text, w.today if opening is None else opening.date

        view, text, day = await in_work(self, read, read_only=True)
        self._start(view, view.currency, text, day)

    def _start(self, view: AccountView | None, currency: str, opening: str, day: date) -> None:
        self._begin_form()
        self.is_new, self.is_closed = view is None, view is not None and view.closed_on is not None
        self.title = "New account" if view is None else view.name
        self.name, self.subtype = ("", "checking") if view is None else (view.name, view.subtype)
        self.institution, self.note = ("", "") if view is None else (view.institution, view.note)
        self.number_masked = "" if view is None else view.number_masked
        self.private = view is not None and view.private
        self.currency, self.opening, self.opening_date = currency, opening, day.isoformat()
        self._identity, self._version = ("", 0) if view is None else (str(view.id), view.version)
        self.shown = True


def _draft(fields: Mapping[str, Any]) -> AccountDraft:
    texts = {name: text_of(fields.get(name), name, most=2100) for name in FIELDS if name != "private"}
    return AccountDraft(
        name=texts["name"],
        subtype=texts["subtype"],
        currency=texts["currency"],
        institution=texts["institution"],
        number=texts["number"],
        note=texts["note"],
        private=bool(fields.get("private")),
    )


def _keep_opening(w: Work, account: AccountView, fields: Mapping[str, Any], before: tuple[str, str]) -> None:
    """Set the opening balance where the form changed it (signed: what is owed is below zero)."""
    text = text_of(fields.get("opening_balance"), "opening_balance", most=100).strip()
    day = text_of(fields.get("opening_date"), "opening_date", most=10)
    if (text, day) == before or (not text and not before[0]):
        return
    amount = parse_amount(text, account.currency, w.scope.locale, "opening_balance") if text else 0
    record_opening_balance(w, account.id, amount, date_of(day, "opening_date"))


@dataclass(frozen=True, slots=True)
class _Telling:
    """How figures are told: the user's formats, what day it is, and which currency comes first."""

    format: Formatter
    today: date
    base: str


def _in_one_currency(w: Work, balances: Iterable[BalanceView], say: Formatter) -> tuple[str, str]:
    """Return the net worth as one amount and which day's rates it took; empty with one currency or a rate unknown."""
    sums: dict[str, int] = defaultdict(int)
    for one in balances:
        sums[one.currency] += one.minor
    sums = {currency: minor for currency, minor in sums.items() if minor}
    base = w.scope.base_currency
    if not set(sums) - {base}:
        return "", ""
    found = total_in(w, sums, base, w.today)
    if found is None:
        return "", ""
    return say.money(found.minor, base), f"Net worth in {base}, at rates of {say.full_date(found.on)}"


def _groups(
    accounts: list[AccountView], amounts: Mapping[UUID, int], fresh: Mapping[UUID, date], say: _Telling
) -> list[AccountGroupItem]:
    by_subtype: dict[str, list[AccountView]] = defaultdict(list)
    for one in accounts:
        by_subtype[one.subtype].append(one)
    return [
        AccountGroupItem(
            SUBTYPES[subtype][1],
            subtype,
            _totals(by_subtype[subtype], amounts, say),
            [_item(one, amounts.get(one.id, 0), fresh.get(one.id), say) for one in by_subtype[subtype]],
        )
        for subtype in SUBTYPES
        if subtype in by_subtype
    ]


def _item(view: AccountView, minor: int, latest: date | None, say: _Telling) -> AccountItem:
    return AccountItem(
        id=str(view.id),
        name=view.name,
        subtype=view.subtype,
        detail=" · ".join(part for part in (view.institution, view.number_masked) if part),
        balance=say.format.money(minor, view.currency),
        tone=balance_tone(minor),
        fresh=_freshness(view, latest, say),
        private=view.private,
        closed=view.closed_on is not None,
        href=f"{PATH}/{view.id}",
        import_href=f"/import?account={view.id}",
    )


def _freshness(view: AccountView, latest: date | None, say: _Telling) -> str:
    if view.closed_on is not None:
        return f"Closed on {say.format.full_date(view.closed_on)}"
    if latest is None:
        return "No transactions yet"
    return "Latest today" if latest == say.today else f"Latest {say.format.days_ago(latest, say.today)}"


def _totals(accounts: list[AccountView], amounts: Mapping[UUID, int], say: _Telling) -> str:
    """Add up per currency, the household's own first."""
    sums: dict[str, int] = defaultdict(int)
    for one in accounts:
        sums[one.currency] += amounts.get(one.id, 0)
    ordered = sorted(sums.items(), key=lambda total: (total[0] != say.base, total[0]))
    return " · ".join(say.format.money(minor, currency) for currency, minor in ordered)


refresh_after_edit(PATH, AccountsState.load)
