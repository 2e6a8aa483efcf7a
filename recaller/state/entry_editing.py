"""The part that the editors of transactions and of recurring ones share: what kind, how much, from where to whom."""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.categories import list_categories
from recaller.services.payees import suggest_payees
from recaller.state.base import event, in_work, text_of
from recaller.state.editor_form import EXPENSE, KINDS, TRANSFER, FormValues
from recaller.state.pickers import Choice, account_choices, category_choices, payee_choices, put
from recaller.state.split_editing import SplitEditing


class EntryEditing(SplitEditing, mixin=True):
    """The vars and events of a drawer whose form is an expense, an income or a transfer."""

    shown: bool = False
    title: str = ""
    is_new: bool = True
    kind: str = EXPENSE
    account_id: str = ""
    to_account_id: str = ""
    payee_id: str = ""
    payee: str = ""
    to_amount: str = ""
    to_currency: str = ""
    note: str = ""
    tags: str = ""
    accounts: list[Choice] = []
    payees: list[Choice] = []
    _version: int = 0
    _currencies: dict[str, str] = {}

    @event
    async def choose_kind(self, kind: str) -> Any:
        """Switch between expense, income and transfer; what was typed stays."""
        if kind in KINDS:
            self.kind = kind
            self.form_errors, self.form_error = {}, ""
            if kind == TRANSFER:
                self._set_splits([])

    @event
    async def choose_account(self, account_id: str) -> Any:
        """Follow the chosen account's currency."""
        self.account_id = text_of(account_id, "account", most=36)
        self.currency = self._currencies.get(self.account_id, "")
        self._count_up()

    @event
    async def choose_to_account(self, account_id: str) -> Any:
        """Follow the target account's currency: a second amount is asked for when it differs."""
        self.to_account_id = text_of(account_id, "to_account", most=36)
        self.to_currency = self._currencies.get(self.to_account_id, "")

    @event
    async def type_amount(self, text: str) -> Any:
        """Show what the typed sum comes to."""
        self.amount = text_of(text, "amount", most=200)
        self._count_up()

    @event
    async def search_payees(self, text: str) -> Any:
        """Offer payees for the text typed so far."""
        typed = text_of(text, "payee", most=200)
        found = await in_work(self, lambda w: payee_choices(suggest_payees(w, typed)), read_only=True)
        put(self, payees=found)

    def _offer(self, w: Work) -> None:
        """Read what the pickers offer, and how this household writes amounts."""
        accounts = list_accounts(w)
        self._currencies = {str(one.id): one.currency for one in accounts}
        self._say = (w.scope.locale, w.scope.time_zone)
        put(
            self,
            accounts=account_choices(accounts),
            categories=category_choices(list_categories(w)),
            payees=payee_choices(suggest_payees(w, "")),
        )

    def _offer_closed(self, w: Work, held: Set[UUID | None]) -> None:
        """Let what is shown keep its accounts even if they are closed."""
        closed = [one for one in list_accounts(w, closed=True) if one.closed_on and one.id in held]
        if closed:
            self._currencies |= {str(one.id): one.currency for one in closed}
            self.accounts = [*self.accounts, *account_choices(closed)]

    def _begin_entry(self, values: FormValues) -> None:
        """Let every shared field start from these values."""
        self._begin_form()
        self.kind = values.kind
        self.account_id, self.to_account_id = values.account_id, values.to_account_id
        self.payee_id, self.payee = values.payee_id, values.payee
        self.category_id, self.category = values.category_id, values.category
        self.amount, self.to_amount = values.amount, values.to_amount
        self.note, self.tags = values.note, values.tags
        self.currency = self._currencies.get(values.account_id, "")
        self.to_currency = self._currencies.get(values.to_account_id, "")
        self.conflict = False
        self._lines_made = len(values.splits)
        self._set_splits(list(values.splits))


def category_names(w: Work) -> dict[UUID, str]:
    """Return the path of each of the household's own categories, hidden ones too, by id."""
    return {one.id: one.path for one in list_categories(w, hidden=True) if not one.system}
