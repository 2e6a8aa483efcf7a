"""What budgets return: integers in minor units of the budget's one currency, each figure with what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from recaller.domain.budgeting import PeriodKind, PeriodRule, Rollover, Template
from recaller.domain.filters import TransactionFilter


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget; `account_ids` None stands for every account in its currency and space."""

    id: UUID
    space_id: UUID
    name: str
    kind: str
    currency: str
    period_kind: str
    anchor: date
    every_days: int | None
    pay_days: tuple[int, ...]
    pay_dates: tuple[date, ...]
    starts_on: date
    account_ids: tuple[UUID, ...] | None
    alert_percents: tuple[int, ...]
    private: bool
    version: int

    @property
    def envelopes(self) -> bool:
        """Whether money is put aside, rather than limited."""
        return self.kind == "envelope"

    @property
    def rule(self) -> PeriodRule:
        """How time is cut into its periods."""
        return PeriodRule(
            PeriodKind(self.period_kind), self.anchor, self.every_days, self.pay_days, self.pay_dates
        )


@dataclass(frozen=True, slots=True)
class LineView:
    """A category's part in a budget. `rollovers`: what holds from which period's first day on."""

    id: UUID
    budget_id: UUID
    category_id: UUID
    position: int
    rollovers: tuple[tuple[date, Rollover], ...]
    template: Template | None
    version: int

    def rollover_on(self, start: date) -> Rollover:
        """Return what happens at the end of the period that begins on `start`."""
        current = self.rollovers[0][1]
        for since, rollover in self.rollovers:
            if since <= start:
                current = rollover
        return current


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill that is still due in the period: minor units, positive."""

    name: str
    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line in one period.

    `budgeted` is what was assigned, or the limit (None: no limit yet). `carried` came over from the period before.
    `available` = carried + budgeted - spent. `covers_children`: it stands for sub-categories, too. `pace` is
    'on_track', 'ahead' or 'over'; `expected` would be spent by now, `projected` at the end. `filter` lists what
    `spent` sums.
    """

    line_id: UUID
    category_id: UUID
    name: str
    icon: str
    hidden: bool
    covers_children: bool
    budgeted: int | None
    carried: int
    spent: int
    available: int
    rollover: str
    template: dict[str, Any] | None
    pace: str
    expected: int
    projected: int
    bills_due: int
    bills: tuple[BillView, ...]
    assignment_version: int
    version: int
    filter: TransactionFilter

    @property
    def over(self) -> bool:
        """Whether more was spent than there was."""
        return self.pace == "over"


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The lines under one category of the top level, with their sums."""

    category_id: UUID
    name: str
    budgeted: int
    spent: int
    available: int
    lines: tuple[LineFigures, ...]


@dataclass(frozen=True, slots=True)
class PeriodView:
    """A budget in one period, both ends included.

    Envelopes: `unassigned` = `funds` - what is available in all envelopes; `inflow` came in (or went out) beside
    the envelopes; `released` came back from the period before (negative: was taken); `assigned_later` lies in later
    periods. Limits have none of these (0). `unbudgeted` was spent in categories without a line. `previous` and
    `next` are first days of the neighbours, None where there is none.
    """

    budget: BudgetView
    start: date
    end: date
    elapsed_days: int
    days: int
    previous: date | None
    next: date | None
    groups: tuple[GroupFigures, ...]
    budgeted: int
    carried: int
    spent: int
    available: int
    unbudgeted: int
    unbudgeted_filter: TransactionFilter
    funds: int = 0
    inflow: int = 0
    released: int = 0
    unassigned: int = 0
    assigned_later: int = 0
    pace: str = "on_track"
    expected: int = 0
    projected: int = 0

    @property
    def lines(self) -> tuple[LineFigures, ...]:
        """Every line, group by group."""
        return tuple(line for group in self.groups for line in group.lines)


@dataclass(frozen=True, slots=True)
class MoveEntry:
    """What one step did to one line: minor units, `before` None where nothing had been set."""

    line_id: UUID
    before: int | None
    after: int


@dataclass(frozen=True, slots=True)
class MoveView:
    """A step that changed what lines were given; `undo_move` takes it back."""

    id: UUID
    budget_id: UUID
    kind: str
    period_start: date
    at: datetime
    undone: bool
    entries: tuple[MoveEntry, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a category came to lately, as a proposal for a new budget."""

    category_id: UUID
    name: str
    average: int
