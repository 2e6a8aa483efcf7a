"""What the recurring services take and give: drafts of templates, templates, occurrences, totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from recaller.domain.occurrences import OPEN, SETTLED, State, Tolerance
from recaller.domain.recurrence import Recurrence
from recaller.services.transactions import Part


@dataclass(frozen=True, slots=True)
class RecurringDraft:
    """What a user enters for a recurring transaction.

    Without `target_id` it is an entry: `amount` into (+) or out of (-) the account, in minor units of the account's
    currency, shared out over `parts` as an `EntryDraft` is. With `target_id` a transfer: `amount` > 0 leaves the
    account, and `target_amount` > 0 arrives where the target has another currency.
    `amount_kind` 'fixed' or 'estimated'; an actual amount within the tolerance (minor units, or whole percent) counts
    as expected. `mode` 'auto' posts by itself, 'confirm' waits for a member. `lead_days`: remind so many days
    before; None for each member's own setting, () for no reminder.
    """

    name: str
    account_id: UUID
    amount: int
    recurrence: Recurrence
    target_id: UUID | None = None
    target_amount: int | None = None
    payee: str = ""
    parts: tuple[Part, ...] = ()
    note: str = ""
    tags: tuple[str, ...] = ()
    amount_kind: str = "fixed"
    tolerance_minor: int = 0
    tolerance_percent: int = 0
    mode: str = "auto"
    lead_days: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class RecurringPartView:
    """A share of a template's amount, signed like it; `category_id` None means not categorised yet."""

    category_id: UUID | None
    category: str
    amount: int
    memo: str


@dataclass(frozen=True, slots=True)
class RecurringView:
    """A recurring transaction. `shape` is 'entry' or 'transfer', `state` 'active' or 'ended'.

    `amount` is signed for an entry and > 0 for a transfer, in minor units of `currency` (the account's).
    `next_due` is the next nominal date that is still to come (None: over), `next_on` the day it will be posted;
    both are None while paused. `recurrence.country` is the template's own; `country` the one that holds. `rule` is the
    recurrence as an RRULE without start and end, `sentence` in plain words.
    """

    id: UUID
    name: str
    shape: str
    account_id: UUID
    account: str
    target_id: UUID | None
    target: str
    payee_id: UUID | None
    payee: str
    category_id: UUID | None
    parts: tuple[RecurringPartView, ...]
    note: str
    tags: tuple[str, ...]
    amount: int
    currency: str
    target_amount: int | None
    target_currency: str | None
    amount_kind: str
    tolerance_minor: int
    tolerance_percent: int
    mode: str
    lead_days: tuple[int, ...] | None
    recurrence: Recurrence
    rule: str
    sentence: str
    country: str | None
    next_due: date | None
    next_on: date | None
    paused_at: datetime | None
    state: str
    replaces_id: UUID | None
    version: int
    space_id: UUID
    private: bool
    created_at: datetime

    @property
    def tolerance(self) -> Tolerance:
        """How far an actual amount may lie from the expected one."""
        return Tolerance(self.tolerance_minor, self.tolerance_percent)


@dataclass(frozen=True, slots=True)
class OccurrenceView:
    """One date of a recurring transaction, as it stands today.

    `due_date` is its identity (the nominal date), `posted_on` its day in the ledger. `projected` ones are worked out
    from the template and not stored. `expected_amount` and `actual_amount` are signed by what they do to the account
    (a transfer's is negative), in minor units of `currency`. `change` is the difference to the occurrence before it.
    `error` says why it could not be posted.
    """

    recurring_id: UUID
    due_date: date
    posted_on: date
    state: State
    name: str
    shape: str
    mode: str
    account_id: UUID
    target_id: UUID | None
    payee: str
    category_id: UUID | None
    expected_amount: int
    actual_amount: int | None
    currency: str
    transaction_id: UUID | None
    confirmed_by: UUID | None
    error: str | None
    space_id: UUID
    private: bool
    projected: bool
    change: int | None = None

    @property
    def open(self) -> bool:
        """Whether money is still expected: not in the ledger, not skipped."""
        return self.state in OPEN

    @property
    def settled(self) -> bool:
        """Whether it is in the ledger."""
        return self.state in SETTLED

    @property
    def amount(self) -> int:
        """The amount to show: the actual one where it is known."""
        return self.expected_amount if self.actual_amount is None else self.actual_amount


@dataclass(frozen=True, slots=True)
class RecurringTotal:
    """What the active templates of one currency come to in an average month and year, in minor units.

    Expenses are negative. Transfers between own accounts count in neither.
    """

    currency: str
    monthly_income: int
    monthly_expense: int
    yearly_income: int
    yearly_expense: int
    templates: int


@dataclass(frozen=True, slots=True)
class PriceChangeView:
    """A date that was paid with another amount than the one before it, in minor units of `currency`.

    `before` and `amount` are signed by what they do to the account; `change` is how much more (+) or less (-) it was.
    """

    recurring_id: UUID
    due_date: date
    posted_on: date
    transaction_id: UUID | None
    currency: str
    before: int
    amount: int
    change: int
