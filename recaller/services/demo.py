"""Fills a household with demo data through the pages' own services: accounts, imports, transfers, splits, plans."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import Conflict
from recaller.core.ids import new_id
from recaller.core.money import to_decimal, to_minor
from recaller.core.scope import Role, Scope
from recaller.domain.demo import Booking, card_rows, cash_rows, checking_rows, months_until, trip_rows
from recaller.infra.work import Work, identity_work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.demo_plans import plan_bills, plan_budgets, plan_rules, tell_news
from recaller.services.identity.sign_up import NewHousehold, NewUser, create_user
from recaller.services.imports import start_import, write_import
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    record_opening_balance,
    record_transaction,
)

DEMO_JOB = "demo.fill"
FILL_STEPS = 9
# Files of this many rows are read at once, without a worker.
ROWS_PER_FILE = 900

Progress = Callable[[int, int, str], None]


def _silent(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


def fill_demo(w: Work, *, progress: Progress = _silent) -> None:
    """Add three years of a household's life up to today; raise Conflict when there are transactions already."""
    if w.row("SELECT 1 FROM transaction LIMIT 1"):
        raise Conflict("This household has transactions already; demo data goes into an empty one.")
    base = w.scope.base_currency
    abroad = "EUR" if base != "EUR" else "USD"
    today = w.today
    start = months_until(today)[0]
    progress(1, FILL_STEPS, "Accounts")
    checking = _account(
        w, "Everyday checking", "checking", base, "Harbor Bank", 342_050, start, "6012 4471 8830"
    )
    savings = _account(w, "Rainy day savings", "savings", base, "Harbor Bank", 1_150_000, start)
    card = _account(w, "Travel rewards card", "credit_card", base, "Northstar Card", -84_215, start)
    wallet = _account(w, "Cash", "cash", base, "", 12_000, start)
    broker = _account(w, "Index funds", "investment", base, "Evergreen Invest", 2_480_000, start)
    loan = _account(w, "Car loan", "loan", base, "Harbor Bank", -1_420_000, start)
    euros = _account(w, f"{abroad} account", "checking", abroad, "Borderless", 60_000, start)
    _account(w, "Home contents", "other_asset", base, "", 850_000, start)
    for step, (account, name, rows) in enumerate(
        (
            (checking, "checking", checking_rows(today)),
            (card, "card", card_rows(today)),
            (wallet, "cash", cash_rows(today)),
            (euros, "travel", trip_rows(today)),
        ),
        start=2,
    ):
        progress(step, FILL_STEPS, f"Importing {name}.csv")
        currency = abroad if account == euros else base
        for number in range(0, len(rows), ROWS_PER_FILE):
            _import(
                w,
                account,
                f"{name}-{number // ROWS_PER_FILE + 1}.csv",
                rows[number : number + ROWS_PER_FILE],
                currency,
            )
    progress(6, FILL_STEPS, "Transfers")
    _transfers(w, today, base, checking, savings, card, wallet, broker, loan, euros, abroad)
    progress(7, FILL_STEPS, "Splits")
    _splits(w, today, base, card)
    progress(8, FILL_STEPS, "Looking for bills")
    plan_rules(w)
    plan_bills(w, checking)
    progress(9, FILL_STEPS, "Budgets")
    plan_budgets(w, (checking, wallet, card))
    tell_news(w)


def _account(
    w: Work, name: str, subtype: str, currency: str, bank: str, opening: int, start: date, number: str = ""
) -> UUID:
    account = create_account(w, AccountDraft(name, subtype, currency, institution=bank, number=number)).id
    record_opening_balance(w, account, _minor(opening, currency), start - timedelta(days=1))
    return account


def _import(w: Work, account: UUID, name: str, rows: Sequence[Booking], currency: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("Date", "Payee", "Amount", "Category", "Memo"))
    for row in rows:
        amount = to_decimal(_minor(row.hundredths, currency), currency)
        writer.writerow((row.on.isoformat(), row.payee, f"{amount:f}", row.category, row.note))
    batch = start_import(w, name, out.getvalue().encode(), account_id=account)
    if batch.error is not None:
        raise Conflict(batch.error)
    write_import(w, batch.id)


def _transfers(
    w: Work,
    today: date,
    base: str,
    checking: UUID,
    savings: UUID,
    card: UUID,
    wallet: UUID,
    broker: UUID,
    loan: UUID,
    euros: UUID,
    abroad: str,
) -> None:
    for index, month in enumerate(months_until(today)):
        planned: list[tuple[int, UUID, int, str]] = [
            (3, card, _spent(w, card, month), "Card payment"),
            (5, loan, 31_500, "Car loan instalment"),
            (10, wallet, 8_000, "Cash withdrawal"),
            (16, savings, 55_000, "Monthly saving"),
            (27, broker, 40_000, "Index fund plan"),
        ]
        for day, target, hundredths, payee in planned:
            on = month.replace(day=day)
            if on <= today and hundredths > 0:
                amount = hundredths if target == card else _minor(hundredths, base)
                record_transaction(w, TransferDraft(on, checking, target, amount, payee=payee))
        if index % 6 == 4 and month.replace(day=2) <= today:
            bought = _minor(118_000 + index * 150, base)
            record_transaction(
                w,
                TransferDraft(
                    month.replace(day=2), checking, euros, bought, _minor(108_000, abroad), payee="Borderless"
                ),
            )
    dividend = next(view.id for view in list_categories(w) if view.name == "Interest & dividends")
    for month in months_until(today)[2::3]:
        on = month.replace(day=28)
        if on <= today:
            amount = _minor(11_240, base)
            record_transaction(
                w, EntryDraft(on, broker, amount, "Evergreen Invest", (Part(dividend, amount),))
            )


def _spent(w: Work, card: UUID, month: date) -> int:
    """Return what the card owes from before the month, in minor units: the statement that is paid now."""
    row = w.row(
        "SELECT coalesce(sum(inflow + outflow), 0) AS owed FROM account_month"
        " WHERE account_id = :card AND month < :month",
        card=card,
        month=month,
    )
    return 0 if row is None else max(0, -int(row.owed))


def _splits(w: Work, today: date, base: str, card: UUID) -> None:
    named = {view.name: view.id for view in list_categories(w)}
    for month in months_until(today)[::2]:
        on = month.replace(day=16)
        if on > today:
            continue
        parts = (
            Part(named["Groceries"], -_minor(6_240, base), "food"),
            Part(named["Household goods"], -_minor(2_385, base), "cleaning"),
            Part(named["Pets"], -_minor(1_850, base), "cat food"),
        )
        total = sum(part.amount for part in parts)
        record_transaction(w, EntryDraft(on, card, total, "Warehouse Club", parts, tags=("bulk shopping",)))


def _minor(hundredths: int, currency: str) -> int:
    return to_minor(Decimal(hundredths) / 100, currency)


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """How to look at the demo household."""

    email: str
    password: str


def create_demo_household(*, clock: Clock = utc_now) -> DemoSignIn:
    """Create a demo user with a filled household; each call makes another one, under an address of its own."""
    sign_in = DemoSignIn(f"demo-{new_id().hex[-6:]}@recaller.example", secrets.token_urlsafe(12))
    user_id = create_user(
        NewUser(sign_in.email, sign_in.password, "Demo"), NewHousehold("Demo household"), clock=clock
    )
    with identity_work() as identity:
        home = identity.call("SELECT * FROM auth_memberships(:user)", user=user_id)[0]
    scope = Scope(
        tenant_id=home.tenant_id,
        user_id=user_id,
        role=Role(home.role),
        shared_space_id=home.shared_space_id,
        private_space_id=home.private_space_id,
        space_ids=(home.shared_space_id, home.private_space_id),
        base_currency=home.base_currency,
        time_zone=home.tenant_time_zone,
    )
    with work(scope, clock=clock) as w:
        fill_demo(w)
    return sign_in
