"""Deterministic households of any size, written straight into the ledger's tables as the application role.

The same seed and size give the same household: ten years of a family with a dozen accounts, two currencies, 600
payees, splits, transfers, conversions, tags, and one private account. Only the number of transactions differs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import psycopg

from recaller.core.ids import new_id
from recaller.core.scope import Role, Scope
from recaller.core.text import fold
from recaller.domain.account_kinds import Kind, kind_of
from recaller.infra.work import Work, identity_work, work
from recaller.services.starter import create_starter_accounts, system_account, uncategorised

FIRST_DAY = date(2017, 1, 1)
LAST_DAY = date(2026, 10, 31)
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
BATCH = 50_000
PAYEES = 600
# (name, subtype, currency, private, how often it is used for everyday spending)
ACCOUNTS = (
    ("Checking", "checking", "USD", False, 30),
    ("Joint checking", "checking", "USD", False, 20),
    ("Savings", "savings", "USD", False, 2),
    ("Cash", "cash", "USD", False, 8),
    ("Visa", "credit_card", "USD", False, 25),
    ("Amex", "credit_card", "USD", False, 5),
    ("Brokerage", "investment", "USD", False, 1),
    ("Car loan", "loan", "USD", False, 1),
    ("Mortgage", "mortgage", "USD", False, 1),
    ("Girokonto", "checking", "EUR", False, 4),
    ("Travel card", "credit_card", "EUR", False, 3),
    ("My own savings", "savings", "USD", True, 4),
)
TAGS = (
    "holiday",
    "work",
    "reimbursed",
    "kids",
    "gift",
    "tax",
    "car",
    "garden",
    "health",
    "party",
    "school",
    "diy",
)
_FIRST = "Alder Birch Cedar Dover Elm Fern Grove Hazel Iris Juniper Kestrel Linden Maple Nettle Olive".split()
_SECOND = "Market Bakery Pharmacy Garage Books Café Diner Hardware Fuel Clinic".split()
_PLACES = ("North", "Harbour", "Station", "Old Town")
_WORDS = (
    "weekly shop lunch birthday repair ticket snacks service monthly online order refund parts visit".split()
)

T = TypeVar("T")


@dataclass(frozen=True)
class Book:
    """What the transactions of a household refer to."""

    accounts: list[tuple[UUID, str, UUID]]  # id, currency, space
    weights: list[int]
    expenses: list[UUID]
    incomes: list[UUID]
    no_category: UUID
    conversion: UUID
    payees: list[tuple[UUID, str, UUID]]  # id, folded name, usual category
    tags: list[UUID]


def make_scope(name: str) -> Scope:
    """Create a user with a household called `name`; returns the scope in which it may be used."""
    user, tenant, shared, private = new_id(), new_id(), new_id(), new_id()
    with identity_work() as identity:
        identity.call(
            "SELECT auth_create_user(:id, :email, :name, 'unusable', 'en_US', 'UTC', false)",
            id=user, email=f"{tenant.hex}@example.org", name=name,
        )  # fmt: skip
        identity.call(
            "SELECT auth_create_household(:user, :tenant, :name, 'USD', 'UTC', :shared, :private)",
            user=user, tenant=tenant, name=name, shared=shared, private=private,
        )  # fmt: skip
    return Scope(
        tenant_id=tenant,
        user_id=user,
        role=Role.ADMIN,
        shared_space_id=shared,
        private_space_id=private,
        space_ids=(shared, private),
    )


def build_household(scope: Scope, size: int, seed: int = 1) -> None:
    """Fill the scope's household with `size` transactions, in batches that are each committed."""
    dice = random.Random(seed * 1_000_003 + size)
    with work(scope) as w:
        create_starter_accounts(w)
        book = _write_book(w, dice)
    days = (LAST_DAY - FIRST_DAY).days + 1
    for start in range(0, size, BATCH):
        numbers = range(start, min(start + BATCH, size))
        with work(scope) as w:
            _write_batch(
                w, book, [(number, FIRST_DAY + timedelta(number * days // size)) for number in numbers], dice
            )


def _write_book(w: Work, dice: random.Random) -> Book:
    shared, private = w.scope.shared_space_id, w.scope.private_space_id
    assert private is not None
    accounts = []
    for position, (name, subtype, currency, is_private, _) in enumerate(ACCOUNTS):
        account, space = new_id(), private if is_private else shared
        w.run(
            "INSERT INTO account (tenant_id, space_id, id, kind, subtype, name, currency, position)"
            " VALUES (:tenant, :space, :id, :kind, :subtype, :name, :currency, :position)",
            tenant=w.scope.tenant_id, space=space, id=account, kind=str(kind_of(subtype)), subtype=subtype,
            name=name, currency=currency, position=position,
        )  # fmt: skip
        accounts.append((account, currency, space))
    leaves = w.rows(
        "SELECT a.id, a.kind FROM account a WHERE a.kind IN ('income', 'expense') AND a.system IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM account c WHERE c.parent_id = a.id) ORDER BY a.position"
    )
    expenses = [row.id for row in leaves if row.kind == "expense"]
    names = [f"{first} {second} {place}" for first in _FIRST for second in _SECOND for place in _PLACES][
        :PAYEES
    ]
    payees = [(new_id(), name, dice.choice(expenses)) for name in names]
    w.connection.exec_driver_sql(
        "INSERT INTO payee (tenant_id, space_id, id, name, folded, default_category_id)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [(w.scope.tenant_id, shared, payee, name, fold(name), usual) for payee, name, usual in payees],
    )
    tags = [(new_id(), name) for name in TAGS]
    w.connection.exec_driver_sql(
        "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (%s, %s, %s, %s)",
        [(w.scope.tenant_id, shared, tag, name) for tag, name in tags],
    )
    return Book(
        accounts=accounts,
        weights=[weight for *_, weight in ACCOUNTS],
        expenses=expenses,
        incomes=[row.id for row in leaves if row.kind == "income"],
        no_category=uncategorised(w, Kind.EXPENSE),
        conversion=system_account(w, Kind.EQUITY, "conversion:EUR/USD"),
        payees=[(payee, fold(name), usual) for payee, name, usual in payees],
        tags=[tag for tag, _ in tags],
    )


def _write_batch(w: Work, book: Book, batch: list[tuple[int, date]], dice: random.Random) -> None:
    """COPY can't go into a table with row-level security: it goes to temporary tables, then one INSERT each."""
    raw = w.connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    raw.execute(
        "CREATE TEMP TABLE new_transaction (space_id uuid, id uuid, date date, payee_id uuid, note text,"
        " bank_text text, search_text text, shape text, account_id uuid, counter_account_id uuid, category_id uuid,"
        " amount bigint, currency text) ON COMMIT DROP;"
        "CREATE TEMP TABLE new_posting (space_id uuid, transaction_id uuid, line smallint, account_id uuid, date date,"
        " amount bigint, currency text) ON COMMIT DROP;"
        "CREATE TEMP TABLE new_tag (space_id uuid, transaction_id uuid, tag_id uuid) ON COMMIT DROP"
    )
    transactions: list[str] = []
    postings: list[str] = []
    tags: list[str] = []
    for number, day in batch:
        _write_entry(w, book, number, day, dice, transactions, postings, tags)
    for table, lines in (("new_transaction", transactions), ("new_posting", postings), ("new_tag", tags)):
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for piece in _pieces(lines, 5000):
                copy.write("".join(piece))
    tenant = w.scope.tenant_id
    w.run(
        "INSERT INTO transaction (tenant_id, space_id, id, date, payee_id, note, bank_text, search_text, source, shape,"
        " account_id, counter_account_id, category_id, amount, currency)"
        " SELECT :tenant, space_id, id, date, payee_id, note, bank_text, search_text, 'import', shape, account_id,"
        " counter_account_id, category_id, amount, currency FROM new_transaction",
        tenant=tenant,
    )
    w.run(
        "INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency)"
        " SELECT :tenant, space_id, transaction_id, line, account_id, date, amount, currency FROM new_posting",
        tenant=tenant,
    )
    w.run(
        "INSERT INTO transaction_tag (tenant_id, space_id, transaction_id, tag_id)"
        " SELECT :tenant, space_id, transaction_id, tag_id FROM new_tag ON CONFLICT DO NOTHING",
        tenant=tenant,
    )


def _pieces(lines: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(lines), size):
        yield lines[start : start + size]


def _write_entry(
    w: Work,
    book: Book,
    number: int,
    day: date,
    dice: random.Random,
    transactions: list[str],
    postings: list[str],
    tags: list[str],
) -> None:
    """Append one entry's rows, as lines of COPY's text format; amounts in cents."""
    moment = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) + number % 86_400_000
    identity = f"{moment:012x}7{dice.getrandbits(12):03x}8{dice.getrandbits(60):015x}"
    roll = dice.random()
    account, currency, space = dice.choices(book.accounts, book.weights)[0]
    payee, folded, usual = book.payees[int(PAYEES * dice.random() ** 2.5)]
    amount = -int(200 + dice.expovariate(1 / 4500))
    counter = category = None
    shared = w.scope.shared_space_id
    if roll < 0.78:
        shape, category = "simple", usual if dice.random() < 0.7 else dice.choice(book.expenses)
    elif roll < 0.80:
        shape, category = "simple", book.no_category
    elif roll < 0.85:
        shape, category, amount = "simple", dice.choice(book.incomes), -amount * 12
    elif roll < 0.91:
        shape = "split"
    else:
        other, other_currency, other_space = dice.choices(book.accounts, book.weights)[0]
        if other == account:
            shape, category = "simple", usual
        else:
            counter, shape = other, "transfer" if currency == other_currency else "conversion"
    at = shared if counter is not None and shared in (space, other_space) else space
    lines = [(space, account, amount, currency)]
    if category is not None:
        lines.append((space, category, -amount, currency))
    elif shape == "split":
        part = -amount // 3
        lines += [
            (space, usual, part, currency),
            (space, dice.choice(book.expenses), -amount - part, currency),
        ]
    elif shape == "transfer":
        lines.append((other_space, counter, -amount, currency))
    else:
        received = -amount * (108 if currency == "EUR" else 92) // 100
        lines += [
            (at, book.conversion, -amount, currency),
            (at, book.conversion, -received, other_currency),
            (other_space, counter, received, other_currency),
        ]
    note = f"{dice.choice(_WORDS)} {dice.choice(_WORDS)}" if dice.random() < 0.3 else ""
    bank = f"CARD {dice.randrange(10_000):04d} {folded[:12].upper()} {dice.randrange(100_000):05d}"
    transactions.append(
        f"{at}\t{identity}\t{day}\t{payee}\t{note}\t{bank}\t{bank.lower()} {note}\t{shape}\t{account}\t"
        f"{counter or chr(92) + 'N'}\t{category or chr(92) + 'N'}\t{amount}\t{currency}\n"
    )
    for line, (line_space, target, value, unit) in enumerate(lines):
        postings.append(f"{line_space}\t{identity}\t{line}\t{target}\t{day}\t{value}\t{unit}\n")
    if dice.random() < 0.05:
        tags.append(f"{at}\t{identity}\t{dice.choice(book.tags)}\n")
