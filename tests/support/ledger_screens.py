"""What tests of the ledger's screens start from: a signed-up person with accounts, and moving between addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.istate.data import RouterData

from recaller.infra.work import Work, work
from recaller.services import identity
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransactionView,
    get_transaction,
    record_transaction,
)
from tests.support.people import who

DAY = date(2026, 10, 5)


@dataclass(frozen=True)
class Home:
    """A person's household with three accounts."""

    signed: identity.SignedIn
    accounts: dict[str, UUID]
    categories: dict[str, UUID]

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open a unit of work as the person."""
        with work(who(self.signed).scope()) as w:
            yield w

    def record(
        self, amount: int, payee: str = "Alder Market", category: str | None = "Groceries", **more: Any
    ) -> str:
        """Record an entry on Checking (minor units of USD); returns its id."""
        on = more.pop("on", DAY)
        parts = () if category is None else (Part(self.categories[category], amount),)
        draft = EntryDraft(on, self.accounts[more.pop("account", "Checking")], amount, payee, parts, **more)
        with self.work() as w:
            return str(record_transaction(w, draft).id)

    def read(self, transaction_id: str) -> TransactionView:
        """Return what is stored."""
        with self.work() as w:
            return get_transaction(w, UUID(transaction_id))


def furnish(signed: identity.SignedIn) -> Home:
    """Give the person's household two dollar accounts and one in euros."""
    with work(who(signed).scope()) as w:
        made = {
            name: create_account(w, AccountDraft(name, subtype, currency)).id
            for name, subtype, currency in (
                ("Checking", "checking", "USD"), ("Savings", "savings", "USD"), ("Giro", "checking", "EUR"),
            )
        }  # fmt: skip
        categories = {one.name: one.id for one in list_categories(w) if not one.system}
    return Home(signed, made, categories)


def move(page: rx.State, path: str) -> None:
    """Let the page stand at another address."""
    root: Any = page.parent_state
    headers = root.router.headers
    root.router = RouterData.from_router_data(
        {
            "headers": {"cookie": headers.cookie, "origin": headers.origin, "user-agent": "Tests"},
            "ip": "192.0.2.7",
            "pathname": path.partition("?")[0],
            "asPath": path,
            "query": {},
            "token": "token",
            "sid": "sid",
        }
    )
