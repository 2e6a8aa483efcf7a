"""A small ledger to read from, a plain model of what lists must show, and a counter of statements."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from recaller.core.ids import new_id
from recaller.core.money import Money
from recaller.core.scope import Role, Scope
from recaller.core.text import fold
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work, identity_work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.listing import Sort
from recaller.services.payees import list_payees
from recaller.services.starter import create_starter_accounts
from recaller.services.tags import list_tags
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransactionView,
    TransferDraft,
    record_opening_balance,
    record_transaction,
)
from recaller.services.transactions.views import get_transactions
from tests.support.households import Household

REAL = ("asset", "liability")
PAYEES = ("Alder Market", "O'Brien & Sons", "100% Café", "Under_score\\Bar", "")
NOTES = ("", "birthday gift", "weekly shop 50%", "back\\slash_note", "Été")


@dataclass(frozen=True)
class Book:
    """Ids by name of what the small ledger is made of."""

    accounts: dict[str, UUID]
    categories: dict[str, UUID]


def open_book(w: Work) -> Book:
    """Create starter categories, three shared accounts in two currencies and a private one."""
    create_starter_accounts(w)
    made = {
        name: create_account(w, AccountDraft(name, subtype, currency, private=private)).id
        for name, subtype, currency, private in (
            ("Checking", "checking", "USD", False),
            ("Visa", "credit_card", "USD", False),
            ("Giro", "checking", "EUR", False),
            ("Own", "savings", "USD", True),
        )
    }
    return Book(made, {category.name: category.id for category in list_categories(w)})


def random_draft(book: Book, dice: random.Random) -> EntryDraft | TransferDraft:
    """Return a draft of any shape, within three months of 2026."""
    day = date(2026, 8, 1) + timedelta(dice.randrange(90))
    payee, note = dice.choice(PAYEES), dice.choice(NOTES)
    tags = tuple(dice.sample(["kids", "Work", "tax"], dice.randrange(3)))
    status = dice.choice(["booked", "booked", "pending"])
    names = dice.sample(list(book.accounts), 2)
    source, target = (book.accounts[name] for name in names)
    if dice.random() < 0.25:
        crossing = ("Giro" in names) or None
        amount = dice.randrange(1, 9000)
        return TransferDraft(
            day, source, target, amount, crossing and amount + 7, payee, note, status, tags
        )  # fmt: skip
    chosen = dice.sample(["Groceries", "Restaurants", "Fuel", "Salary", "Food"], dice.choice([1, 1, 1, 2, 3]))
    sign = dice.choice([-1, -1, 1])
    parts = tuple(
        Part(book.categories[name], sign * dice.randrange(1, 5000), dice.choice(NOTES)) for name in chosen
    )
    if dice.random() < 0.2:
        parts = (Part(None, sign * dice.randrange(1, 300)),)
    return EntryDraft(day, source, sum(part.amount for part in parts), payee, parts, note, status, tags)


def fill(scope: Scope, count: int, seed: int) -> tuple[Book, list[TransactionView]]:
    """Record `count` random transactions and an opening balance; return them as stored."""
    dice = random.Random(seed)
    with work(scope) as w:
        book = open_book(w)
        ids = [record_transaction(w, random_draft(book, dice)).id for _ in range(count)]
        ids.append(record_opening_balance(w, book.accounts["Checking"], 100_000, date(2026, 7, 31)).id)
    with work(scope, read_only=True) as w:
        return book, get_transactions(w, ids)


@dataclass(frozen=True)
class Model:
    """What lists, sums and searches must show, computed from the stored transactions in plain Python."""

    views: list[TransactionView]
    parents: dict[UUID, UUID | None]
    systems: dict[UUID, str | None]
    tags: dict[UUID, str]

    @classmethod
    def of(cls, w: Work, views: list[TransactionView]) -> Model:
        rows = w.rows("SELECT id, parent_id, system FROM account")
        return cls(
            views,
            {row.id: row.parent_id for row in rows},
            {row.id: row.system for row in rows},
            {tag.id: tag.name for tag in list_tags(w)},
        )

    def matched(self, view: TransactionView, wanted: TransactionFilter) -> list[tuple[str, int]] | None:
        """Return (currency, minor) of the postings asked for; None when the transaction doesn't match."""
        lines = [x for x in view.lines if wanted.currency in (None, x.currency)]
        real = [x for x in lines if x.kind in REAL]
        categories = [x for x in lines if x.kind in ("income", "expense")]
        kinds = set(wanted.kinds)
        by_category = bool(wanted.category_ids or wanted.uncategorised or kinds & {"income", "expense"})
        by_account = bool(wanted.account_ids or kinds & set(REAL))
        if wanted.account_ids:
            real = [x for x in real if x.account_id in wanted.account_ids]
        if kinds & set(REAL):
            real = [x for x in real if x.kind in kinds]
        if wanted.category_ids:
            categories = [x for x in categories if self._under(x.account_id, wanted.category_ids)]
        if wanted.uncategorised:
            categories = [x for x in categories if self.systems[x.account_id] == "uncategorised"]
        if kinds & {"income", "expense"}:
            categories = [x for x in categories if x.kind in kinds]
        if (by_account and not real) or (by_category and not categories) or not (real or categories):
            return None
        if not (by_account or by_category) and not real:
            return None
        if not self._plain(view, wanted):
            return None
        if by_category:
            return [(x.currency, -x.amount) for x in categories]
        return [(x.currency, x.amount) for x in real]

    def _under(self, category: UUID | None, wanted: tuple[UUID, ...]) -> bool:
        while category is not None:
            if category in wanted:
                return True
            category = self.parents[category]
        return False

    def _plain(self, view: TransactionView, wanted: TransactionFilter) -> bool:
        texts = fold(" ".join([view.bank_text, view.note, *(line.memo for line in view.lines)]))
        return all((
            not wanted.payee_ids or view.payee_id in wanted.payee_ids,
            not wanted.tag_ids or any(self.tags[tag] in view.tags for tag in wanted.tag_ids),
            wanted.date_from is None or view.date >= wanted.date_from,
            wanted.date_to is None or view.date <= wanted.date_to,
            wanted.amount_min is None or abs(view.amount) >= wanted.amount_min,
            wanted.amount_max is None or abs(view.amount) <= wanted.amount_max,
            wanted.status in (None, view.status),
            wanted.shape in (None, view.shape),
            not wanted.text or fold(wanted.text) in texts or fold(wanted.text) in fold(view.payee),
        ))  # fmt: skip

    def listed(self, wanted: TransactionFilter, sort: Sort) -> list[UUID]:
        """Return the ids in the order of the list."""
        found = [view for view in self.views if self.matched(view, wanted) is not None]
        keys: dict[str, Any] = {
            "date": lambda v: (v.date, v.id),
            "amount": lambda v: (v.amount, v.id),
            "payee": lambda v: (fold(v.payee).encode(), str(v.payee_id or ""), v.date, v.id),
        }
        found.sort(key=keys[sort.value.lstrip("-")], reverse=sort.value.startswith("-"))
        return [view.id for view in found]

    def sums(self, wanted: TransactionFilter) -> dict[str, tuple[int, int, int]]:
        """Return (number of transactions, inflow, outflow) per currency."""
        ids: dict[str, set[UUID]] = {}
        inflow: Counter[str] = Counter()
        outflow: Counter[str] = Counter()
        for view in self.views:
            for currency, minor in self.matched(view, wanted) or ():
                ids.setdefault(currency, set()).add(view.id)
                inflow[currency] += max(minor, 0)
                outflow[currency] += min(minor, 0)
        return {unit: (len(found), inflow[unit], outflow[unit]) for unit, found in ids.items()}


def payee_ids(w: Work) -> list[UUID]:
    """Return the ids of all payees in sight."""
    return [payee.id for payee in list_payees(w)]


def sum_of(matched: tuple[Money, ...]) -> Counter[str]:
    """Return money by currency."""
    found: Counter[str] = Counter()
    for money in matched:
        found[money.currency] += money.minor
    return found


def second_member(household: Household) -> Scope:
    """Add a member with a private space of their own; returns that member's scope."""
    user, private = new_id(), new_id()
    scope = household.scope
    with identity_work() as identity:
        identity.call(
            "SELECT auth_create_user(:id, :email, 'Second', 'unusable', 'en_US', 'UTC', false)",
            id=user, email=f"{user.hex}@example.org",
        )  # fmt: skip
    with work(scope) as w:
        w.run(
            "INSERT INTO membership (tenant_id, user_id, role) VALUES (:t, :u, 'user')",
            t=scope.tenant_id,
            u=user,
        )
        w.run(
            "INSERT INTO space (tenant_id, id, kind, owner_user_id) VALUES (:t, :s, 'private', :u)",
            t=scope.tenant_id, s=private, u=user,
        )  # fmt: skip
    return replace(
        scope,
        user_id=user,
        role=Role.USER,
        private_space_id=private,
        space_ids=(scope.shared_space_id, private),
    )


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect every statement that goes to the database inside the block, by whichever way."""
    seen: list[str] = []
    original = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *arguments: Any, **keywords: Any) -> Any:
        seen.append(query.decode() if isinstance(query, bytes) else str(query))
        return original(self, query, *arguments, **keywords)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = original  # type: ignore[method-assign]
