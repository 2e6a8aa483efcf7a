"""Transactions as lists show them: one display-ready item for each row of a service's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recaller.core.money import Money
from recaller.services.listing import TotalView, TransactionRow
from recaller.state.formatting import Formatter, tone_of

SHAPE_WORDS = {
    "transfer": "Transfer",
    "conversion": "Transfer",
    "opening": "Opening balance",
    "journal": "Several parts",
}


@dataclass(frozen=True)
class PartItem:
    """One line of a split."""

    name: str
    amount: str
    memo: str


@dataclass(frozen=True)
class TransactionItem:
    """A row of a transaction list. `category_id` is set where a single category can be given in the list."""

    id: str
    date: str
    payee: str
    note: str
    account: str
    category: str
    category_id: str
    amount: str
    tone: str
    simple: bool
    uncategorised: bool
    pending: bool
    imported: bool
    split: bool
    private: bool
    recurring: bool
    tags: list[str]
    parts: list[PartItem]


@dataclass(frozen=True)
class TotalItem:
    """What the filter's transactions come to in one currency."""

    currency: str
    count: str
    inflow: str
    outflow: str
    net: str
    tone: str


def transaction_item(
    row: TransactionRow, say: Formatter, *, matched: bool = False, recurring: bool = False
) -> TransactionItem:
    """Return the row as shown; with `matched` the amount is the part that the filter asked for.

    `recurring` marks one that a recurring transaction posted, or that settled one of its dates.
    """
    transfer = row.shape in ("transfer", "conversion")
    own = Money(row.amount, row.currency)
    shares = row.matched if matched and row.matched else (own,)
    # A transfer only moves money, so it has a sign only where one of its accounts is looked at.
    plain = transfer and not matched
    uncategorised = row.category_system is not None and row.shape == "simple"
    real = [line for line in row.lines if line.kind in ("income", "expense")]
    return TransactionItem(
        id=str(row.id),
        date=say.full_date(row.date),
        payee=name_of(row),
        note=row.note,
        account=f"{row.account} → {row.counter_account}" if transfer and row.counter_account else row.account,
        category=_category(row, len(real)),
        category_id="" if uncategorised or row.category_id is None else str(row.category_id),
        amount=" ".join(
            say.money(abs(share.minor) if plain else share.minor, share.currency, plus=not plain)
            for share in shares
        ),
        tone="neutral" if plain else tone_of(shares[0].minor),
        simple=row.shape == "simple",
        uncategorised=uncategorised,
        pending=row.status == "pending",
        imported=row.batch_id is not None or row.source == "import",
        split=row.shape == "split",
        private=row.private,
        recurring=recurring,
        tags=list(row.tags),
        parts=[PartItem(line.name, say.money(-line.amount, line.currency), line.memo) for line in real]
        if row.shape == "split"
        else [],
    )


def name_of(row: TransactionRow) -> str:
    """Return what a row is called: its payee, else what else tells it apart."""
    if row.payee:
        return row.payee
    if row.shape in ("transfer", "conversion"):
        return f"Transfer to {row.counter_account}" if row.counter_account else "Transfer"
    return row.bank_text or SHAPE_WORDS.get(row.shape, "") or row.note or "No payee"


def _category(row: TransactionRow, parts: int) -> str:
    if row.shape == "split":
        return f"Split in {parts}"
    if row.shape in SHAPE_WORDS:
        return SHAPE_WORDS[row.shape]
    return row.category


def total_items(totals: Sequence[TotalView], say: Formatter) -> list[TotalItem]:
    """Return totals as shown, one per currency."""
    return [
        TotalItem(
            currency=one.currency,
            count=f"{one.count:,} transaction{'' if one.count == 1 else 's'}",
            inflow=say.money(one.inflow, one.currency, plus=True),
            outflow=say.money(one.outflow, one.currency),
            net=say.money(one.net, one.currency, plus=True),
            tone=tone_of(one.net),
        )
        for one in totals
    ]
