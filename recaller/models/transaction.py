"""Transactions (journal entries) with their postings, payees and tags, and the monthly rollup of postings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class Payee(IdentifiedRow, table=True):
    """Whom money goes to or comes from; `folded` is the name for searching (lower case, no accents)."""

    __tablename__ = "payee"
    __table_args__ = (
        space_reference(),
        same_tenant("default_category_id", "account"),
        Index("uq_payee_name", "tenant_id", "space_id", "name", unique=True),
    )

    name: str
    folded: str
    default_category_id: UUID | None = None
    # The import that brought this payee: undoing it removes the payee when nothing else uses it.
    batch_id: UUID | None = None
    created_at: datetime = moment(default_now=True)


class Tag(IdentifiedRow, table=True):
    """A free label on transactions."""

    __tablename__ = "tag"
    __table_args__ = (
        space_reference(),
        Index("uq_tag_name", "tenant_id", "space_id", text("lower(name)"), unique=True),
    )

    name: str
    batch_id: UUID | None = None


class Transaction(IdentifiedRow, table=True):
    """A journal entry. The last block summarises its postings for lists; `recaller verify` checks it.

    `shape`: 'simple' (one real account, one category), 'split' (several categories), 'transfer' (two real
    accounts), 'conversion' (a transfer across currencies), 'opening', 'journal' (anything else).
    `amount` is the effect on `account_id` in minor units of `currency`. `category_id` is set for 'simple' only.
    `version` rises with each edit: a stale edit is refused. `foreign_amount` (minor units of `foreign_currency`, signed
    like `amount`) is what was paid abroad, as the bank says.
    """

    __tablename__ = "transaction"
    __table_args__ = (
        space_reference(),
        same_tenant("payee_id", "payee"),
        same_tenant("batch_id", "import_batch"),
        same_tenant("account_id", "account"),
        same_tenant("counter_account_id", "account"),
        same_tenant("category_id", "account"),
        CheckConstraint("status in ('pending', 'booked')", name="status"),
        CheckConstraint(
            "shape in ('simple', 'split', 'transfer', 'conversion', 'opening', 'journal')", name="shape"
        ),
        Index("ix_transaction_date", "tenant_id", text("date DESC"), text("id DESC")),
        Index("ix_transaction_amount", "tenant_id", "amount", "id"),
        Index("ix_transaction_payee", "tenant_id", "payee_id", text("date DESC"), text("id DESC")),
        Index("ix_transaction_category", "tenant_id", "category_id", text("date DESC"), text("id DESC")),
        Index("ix_transaction_batch", "tenant_id", "batch_id", postgresql_where=text("batch_id is not null")),
    )

    date: Day
    payee_id: UUID | None = None
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    bank_text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    search_text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    status: str = Field(default="booked", sa_column_kwargs={"server_default": "booked"})
    source: str
    batch_id: UUID | None = None
    created_by: UUID | None = None
    created_at: datetime = moment(default_now=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})

    shape: str
    account_id: UUID
    counter_account_id: UUID | None = None
    category_id: UUID | None = None
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    foreign_amount: int | None = Field(default=None, sa_type=BigInteger)
    foreign_currency: str | None = Field(default=None, max_length=3)


class Posting(TenantRow, table=True):
    """One line of a journal entry: `amount` in minor units of `currency`, signed, + = into the account.

    Its money columns never change: an edit deletes all postings of the transaction and writes new ones, each
    in one statement. `import_id` is the bank's identity of the row, unique per account.
    """

    __tablename__ = "posting"
    __table_args__ = (
        same_tenant("transaction_id", "transaction"),
        same_tenant("account_id", "account"),
        # With all that sums over days need, so that they are read from the index alone.
        Index("ix_posting_register", "tenant_id", "account_id", text("date DESC"), text("transaction_id DESC"),
              postgresql_include=["amount", "currency", "space_id"]),
        Index("uq_posting_import", "tenant_id", "account_id", "import_id", unique=True,
              postgresql_where=text("import_id is not null")),
    )  # fmt: skip

    transaction_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True, sa_type=SmallInteger)
    account_id: UUID
    date: Day
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    memo: str = Field(default="", sa_column_kwargs={"server_default": ""})
    cleared: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    reconciled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    import_id: str | None = None


class TransactionTag(TenantRow, table=True):
    """A tag on a transaction; lives in the transaction's space."""

    __tablename__ = "transaction_tag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            ondelete="CASCADE",
        ),
        same_tenant("tag_id", "tag"),
        Index(None, "tenant_id", "tag_id"),
    )

    transaction_id: UUID = Field(primary_key=True)
    tag_id: UUID = Field(primary_key=True)


class AccountMonth(TenantRow, table=True):
    """Rollup of postings per account, month (its first day), currency and space, kept by triggers.

    `inflow` is the sum of positive and `outflow` of negative amounts (so <= 0), in minor units of `currency`;
    `count` is the number of postings.
    """

    __tablename__ = "account_month"
    __table_args__ = (same_tenant("account_id", "account"),)

    account_id: UUID = Field(primary_key=True)
    month: Day = Field(primary_key=True)
    currency: str = Field(primary_key=True, max_length=3)
    space_id: UUID = Field(primary_key=True)
    inflow: int = Field(sa_type=BigInteger)
    outflow: int = Field(sa_type=BigInteger)
    count: int = Field(sa_type=BigInteger)


class ExchangeRate(IdentifiedRow, table=True):
    """What one unit of `base` cost in `quote` on `date`: kept as two integers, minor units of each, exact.

    `source`: 'entry' (a conversion, named by `transaction_id`), 'hand' or 'ecb' (the household's rates, one a day).
    """

    __tablename__ = "exchange_rate"
    __table_args__ = (
        space_reference(),
        Index(
            "uq_exchange_rate_day",
            "tenant_id",
            "base",
            "quote",
            "date",
            unique=True,
            postgresql_where=text("transaction_id is null"),
        ),
        Index("ix_exchange_rate_pair", "tenant_id", "base", "quote", text("date DESC")),
        CheckConstraint("base_minor > 0 and quote_minor > 0", name="positive"),
        CheckConstraint("source in ('entry', 'hand', 'ecb')", name="source"),
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            ondelete="CASCADE",
        ),
    )

    base: str = Field(max_length=3)
    quote: str = Field(max_length=3)
    date: Day
    base_minor: int = Field(sa_type=BigInteger)
    quote_minor: int = Field(sa_type=BigInteger)
    transaction_id: UUID | None = None
    source: str = Field(default="entry", sa_column_kwargs={"server_default": "entry"})
