"""Recurring transactions: templates with their lines and tags, and the occurrences that came of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from recaller.models.base import Day, IdentifiedRow, TenantRow, moment, same_tenant, space_reference


class Recurring(IdentifiedRow, table=True):
    """A template: what is to be recorded again and again, and when.

    `shape` 'entry': `amount` (signed minor units of the account's currency) into or out of `account_id`, shared out
    over the lines. 'transfer': `amount` > 0 from `account_id` to `target_id`; `target_amount` where the currencies
    differ. The block of `entry_shape` is what `transaction` keeps of the same name, worked out when the template is
    written. `rule` is an RRULE without DTSTART, UNTIL and COUNT: these are `start_on`, `until` and `times`.
    `last_due` is the last nominal date of a series that ends, `next_due` the first nominal date without an occurrence
    yet (None: the series is over). `country` None means the household's.
    """

    __tablename__ = "recurring"
    __table_args__ = (
        space_reference(),
        same_tenant("account_id", "account"),
        same_tenant("target_id", "account"),
        same_tenant("payee_id", "payee"),
        same_tenant("category_id", "account"),
        same_tenant("counter_account_id", "account"),
        same_tenant("replaces_id", "recurring"),
        CheckConstraint("shape in ('entry', 'transfer')", name="shape"),
        CheckConstraint("(shape = 'transfer') = (target_id is not null)", name="target"),
        CheckConstraint(
            "entry_shape in ('simple', 'split', 'transfer', 'conversion', 'journal')", name="entry_shape"
        ),
        CheckConstraint("amount_kind in ('fixed', 'estimated')", name="amount_kind"),
        CheckConstraint("mode in ('auto', 'confirm')", name="mode"),
        CheckConstraint("state in ('active', 'ended', 'deleted')", name="state"),
        CheckConstraint("shift in ('none', 'before', 'after', 'modified')", name="shift"),
        CheckConstraint("tolerance_minor >= 0 and tolerance_percent between 0 and 100", name="tolerance"),
        Index("ix_recurring_due", "tenant_id", "next_due", postgresql_where=text("state = 'active'")),
    )

    name: str
    shape: str
    account_id: UUID
    target_id: UUID | None = None
    payee_id: UUID | None = None
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    amount: int = Field(sa_type=BigInteger)
    target_amount: int | None = Field(default=None, sa_type=BigInteger)
    entry_shape: str
    counter_account_id: UUID | None = None
    category_id: UUID | None = None
    effect: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    search_text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    amount_kind: str = Field(default="fixed", sa_column_kwargs={"server_default": "fixed"})
    tolerance_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    tolerance_percent: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    mode: str = Field(default="auto", sa_column_kwargs={"server_default": "auto"})
    lead_days: list[int] | None = Field(default=None, sa_type=ARRAY(SmallInteger))
    rule: str
    start_on: Day
    until: Day | None = None
    times: int | None = None
    shift: str = Field(default="none", sa_column_kwargs={"server_default": "none"})
    country: str | None = Field(default=None, max_length=2)
    last_due: Day | None = None
    next_due: Day | None = None
    paused_at: datetime | None = moment(nullable=True)
    state: str = Field(default="active", sa_column_kwargs={"server_default": "active"})
    replaces_id: UUID | None = None
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_by: UUID | None = None
    created_at: datetime = moment(default_now=True)


class RecurringLine(TenantRow, table=True):
    """One posting of each transaction of a template, in line order: what `domain.journal` makes of its draft."""

    __tablename__ = "recurring_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "recurring_id"], ["recurring.tenant_id", "recurring.id"], ondelete="CASCADE"
        ),
        same_tenant("account_id", "account"),
        Index("ix_recurring_line_account", "tenant_id", "account_id"),
    )

    recurring_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True, sa_type=SmallInteger)
    account_id: UUID
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    memo: str = Field(default="", sa_column_kwargs={"server_default": ""})


class RecurringTag(TenantRow, table=True):
    """A tag that each transaction of a template gets."""

    __tablename__ = "recurring_tag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "recurring_id"], ["recurring.tenant_id", "recurring.id"], ondelete="CASCADE"
        ),
        same_tenant("tag_id", "tag"),
        Index("ix_recurring_tag_tag", "tenant_id", "tag_id"),
    )

    recurring_id: UUID = Field(primary_key=True)
    tag_id: UUID = Field(primary_key=True)


class Occurrence(TenantRow, table=True):
    """One nominal date of a template and what became of it; a template has at most one per date.

    `due_date` is the nominal date and never moves; `posted_on` is the date in the ledger (after the shift to a
    business day). Stored states: 'scheduled' (decided ahead of its date), 'due' (expected or to be confirmed, or a
    posting that failed, see `error`), 'posted' (written by us), 'paid' and 'differs' (confirmed by a member or by a
    bank row), 'skipped'. Late and missed are 'due' seen from a later day, never stored. `removed_id` remembers a
    posted transaction that was deleted, so that restoring it brings the occurrence back in its
    `removed_state`. `told_at` is when people were told that it was posted by itself.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "recurring_id"], ["recurring.tenant_id", "recurring.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transaction.tenant_id", "transaction.id"],
            ondelete="SET NULL (transaction_id)",
        ),
        CheckConstraint(
            "state in ('scheduled', 'due', 'posted', 'paid', 'differs', 'skipped')", name="state"
        ),
        Index("uq_occurrence_transaction", "tenant_id", "transaction_id", unique=True,
              postgresql_where=text("transaction_id is not null")),
        Index("ix_occurrence_removed", "tenant_id", "removed_id", postgresql_where=text("removed_id is not null")),
        Index("ix_occurrence_open", "tenant_id", "posted_on", postgresql_where=text("state in ('scheduled', 'due')")),
    )  # fmt: skip

    recurring_id: UUID = Field(primary_key=True)
    due_date: Day = Field(primary_key=True)
    posted_on: Day
    state: str
    expected_amount: int = Field(sa_type=BigInteger)
    actual_amount: int | None = Field(default=None, sa_type=BigInteger)
    transaction_id: UUID | None = None
    removed_id: UUID | None = None
    removed_state: str | None = None
    confirmed_by: UUID | None = None
    error: str | None = None
    told_at: datetime | None = moment(nullable=True)
