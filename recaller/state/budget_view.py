"""Turns a budget's period into what its page draws: display-ready texts, widths and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from recaller.domain.budgeting import Period, PeriodKind, elapsed_days, period_at
from recaller.domain.filters import TransactionFilter
from recaller.services.budgets import BudgetView, GroupFigures, LineFigures, PeriodView
from recaller.state.formatting import Formatter
from recaller.state.pickers import Choice

PACES = {"on_track": "On track", "ahead": "Spending fast", "over": "Over"}
ROLLOVERS = {
    "none": "Start anew each period",
    "surplus": "Keep what is left",
    "both": "Keep what is left or missing",
    "pool": "Keep what is left, cover what is missing from unassigned",
}
_AROUND = 2


@dataclass(frozen=True)
class PeriodChip:
    """A period of the strip."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class BudgetRow:
    """A line; `fill` and `marker` are CSS lengths, `key` changes with what the field shows."""

    id: str
    name: str
    hidden: bool
    rest: bool
    budgeted: str
    key: str
    field_label: str
    spent: str
    spent_href: str
    available: str
    tone: str
    fill: str
    marker: str
    state: str
    pace: str
    words: str
    carried: str
    bills: str
    projected: str
    overspent: bool


@dataclass(frozen=True)
class BudgetGroup:
    """The lines under one category of the top level, with their sums."""

    name: str
    budgeted: str
    spent: str
    available: str
    rows: list[BudgetRow]


@dataclass(frozen=True)
class Banner:
    """What is unassigned, in words; tone 'success', 'error' or 'info'."""

    amount: str
    words: str
    tone: str


def budget_href(budget: UUID | str, start: date | None = None) -> str:
    """Return the address of a budget's page in a period."""
    query = {"budget": str(budget)} | ({} if start is None else {"on": start.isoformat()})
    return f"/budgets?{urlencode(query)}"


def period_label(period: Period, kind: str, say: Formatter) -> str:
    """Return a period's name: its month or year where it is a whole one, else its first and last day."""
    if kind == PeriodKind.MONTHLY.value and period.start.day == 1:
        return say.month(period.start)
    if kind == PeriodKind.YEARLY.value and (period.start.month, period.start.day) == (1, 1):
        return str(period.start.year)
    return f"{say.day(period.start)} – {say.day(period.end)}"


def strip_of(view: PeriodView, say: Formatter) -> list[PeriodChip]:
    """Return the shown period with its neighbours."""
    rule, shown = view.budget.rule, Period(view.start, view.end)
    around = [shown]
    for _ in range(_AROUND):
        if around[0].start > view.budget.starts_on:
            around.insert(0, period_at(rule, around[0].start - timedelta(1)))
        around.append(period_at(rule, around[-1].end + timedelta(1)))
    return [
        PeriodChip(
            period_label(one, view.budget.period_kind, say),
            budget_href(view.budget.id, one.start),
            one == shown,
        )
        for one in around
    ]


def banner_of(view: PeriodView, say: Formatter) -> Banner:
    """Return what is unassigned and what that means."""
    unit, minor = view.budget.currency, view.unassigned
    later = (
        f" {say.money(view.assigned_later, unit)} is planned in later periods." if view.assigned_later else ""
    )
    if minor > 0:
        return Banner(say.money(minor, unit), f"is ready to assign.{later}", "success")
    if minor < 0:
        return Banner(
            say.money(minor, unit),
            f"is assigned that isn't there: take it out of some envelope.{later}",
            "error",
        )
    return Banner(say.money(0, unit), f"is unassigned: every bit of money has its envelope.{later}", "info")


def groups_of(view: PeriodView, say: Formatter) -> list[BudgetGroup]:
    """Return the groups with their rows."""
    return [_group(group, view, say) for group in view.groups]


def _group(group: GroupFigures, view: PeriodView, say: Formatter) -> BudgetGroup:
    unit = view.budget.currency
    return BudgetGroup(
        name=group.name,
        budgeted=say.money(group.budgeted, unit),
        spent=say.money(group.spent, unit),
        available=say.money(group.available, unit),
        rows=[_row(line, group, view, say) for line in group.lines],
    )


def _row(line: LineFigures, group: GroupFigures, view: PeriodView, say: Formatter) -> BudgetRow:
    unit = view.budget.currency
    allowed = (line.budgeted or 0) + line.carried
    text = "" if line.budgeted is None else say.number(line.budgeted, unit)
    rest = line.covers_children and len(group.lines) > 1
    name = f"{line.name}, everything else" if rest else line.name
    unlimited = line.budgeted is None
    pace = "" if unlimited or (not allowed and not line.spent) else PACES[line.pace]
    fill = share_of(line.spent, allowed)
    return BudgetRow(
        id=str(line.line_id),
        name=name,
        hidden=line.hidden,
        rest=rest,
        budgeted=text,
        key=f"{line.line_id}:{view.start}:{line.assignment_version}:{text}",
        field_label=f"{'Assigned to' if view.budget.envelopes else 'Limit of'} {name}",
        spent=say.money(line.spent, unit),
        spent_href=_href(line.filter),
        available="No limit" if unlimited else say.money(line.available, unit),
        tone="negative" if line.over else "muted" if unlimited or not allowed else "neutral",
        fill=f"{fill}%",
        marker=marker_of(view),
        state=line.pace,
        pace=pace,
        words=_words(line, view, allowed),
        carried=_carried(line.carried, unit, say),
        bills=_bills(line, unit, say),
        projected=_projected(line, view, say),
        overspent=view.budget.envelopes and line.available < 0,
    )


def share_of(spent: int, allowed: int) -> int:
    """Return how much of what is allowed is spent, as a percentage from 0 to 100 for a bar."""
    if allowed <= 0:
        return 100 if spent > 0 else 0
    return min(max(100 * spent // allowed, 0), 100)


def pace_words(view: PeriodView) -> str:
    """Return the budget's pace, with how many lines make it what it is."""
    if view.pace == "on_track":
        return PACES["on_track"]
    return f"{sum(line.pace == view.pace for line in view.lines)} {PACES[view.pace].lower()}"


def marker_of(view: PeriodView) -> str:
    """Return where today stands in the period as a CSS offset; "" outside of it."""
    if not 0 < view.elapsed_days < view.days:
        return ""
    return f"{100 * view.elapsed_days // view.days}%"


def _words(line: LineFigures, view: PeriodView, allowed: int) -> str:
    if allowed <= 0:
        return "Spent without anything planned" if line.spent > 0 else "Nothing planned"
    parts = [f"{100 * line.spent // allowed} % spent"]
    if marker_of(view):
        parts.append(f"{marker_of(view)[:-1]} % of the period gone")
    return f"{', '.join(parts)}: {PACES[line.pace].lower()}"


def _carried(minor: int, unit: str, say: Formatter) -> str:
    if not minor:
        return ""
    return f"{say.money(minor, unit, plus=True)} from before"


def _bills(line: LineFigures, unit: str, say: Formatter) -> str:
    if not line.bills:
        return ""
    named = ", ".join(f"{bill.name} {say.day(bill.on)}" for bill in line.bills[:2])
    more = f" and {len(line.bills) - 2} more" if len(line.bills) > 2 else ""
    return f"{say.money(line.bills_due, unit)} due: {named}{more}"


def _projected(line: LineFigures, view: PeriodView, say: Formatter) -> str:
    if line.pace != "ahead" or not marker_of(view):
        return ""
    return f"On course for {say.money(line.projected, view.budget.currency)}"


def _href(wanted: TransactionFilter) -> str:
    return f"/transactions?{wanted.query_string()}"


def days_words(view: PeriodView, today: date) -> str:
    """Return how far the period is."""
    period = Period(view.start, view.end)
    gone = elapsed_days(period, today)
    if gone == 0:
        return "Not begun yet"
    if gone >= period.days and today > period.end:
        return "Ended"
    left = period.days - gone
    return "Last day" if left == 0 else f"{left} {'day' if left == 1 else 'days'} left"


def line_choices(view: PeriodView, say: Formatter) -> list[Choice]:
    """Return where money can be taken from or put, each with what is in it."""
    unit = view.budget.currency
    return [Choice("", f"Unassigned ({say.money(view.unassigned, unit)})")] + [
        Choice(str(line.line_id), f"{line.name} ({say.money(line.available, unit)})") for line in view.lines
    ]


def budget_choices(budgets: Iterable[BudgetView]) -> list[Choice]:
    """Return the budgets to choose from."""
    return [Choice(str(one.id), one.name + (" (private)" if one.private else "")) for one in budgets]


@dataclass(frozen=True)
class PaceItem:
    """A line of the dashboard's card."""

    name: str
    spent: str
    of: str
    fill: str
    marker: str
    state: str
    pace: str
    words: str


def pace_items(view: PeriodView, say: Formatter, most: int = 6) -> list[PaceItem]:
    """Return the lines that want attention first: over, then ahead, then what is spent most of."""
    order: Sequence[str] = ("over", "ahead", "on_track")
    lines = [line for line in view.lines if line.spent or line.budgeted or line.carried]
    lines.sort(
        key=lambda one: (order.index(one.pace), -share_of(one.spent, (one.budgeted or 0) + one.carried))
    )
    unit = view.budget.currency
    return [
        PaceItem(
            name=line.name,
            spent=say.money(line.spent, unit),
            of=f"of {say.money((line.budgeted or 0) + line.carried, unit)}",
            fill=f"{share_of(line.spent, (line.budgeted or 0) + line.carried)}%",
            marker=marker_of(view),
            state=line.pace,
            pace=PACES[line.pace],
            words=_words(line, view, (line.budgeted or 0) + line.carried),
        )
        for line in lines[:most]
    ]


def strip_title(view: PeriodView, say: Formatter) -> str:
    """Return the shown period's name."""
    return period_label(Period(view.start, view.end), view.budget.period_kind, say)
