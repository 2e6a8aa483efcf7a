"""Recurring transactions as their pages show them: items of lists, days of the calendar, totals; texts only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recaller.domain.occurrences import State
from recaller.domain.recurrence import monthly_equivalent, per_year, round_minor
from recaller.services.recurring import OccurrenceView, RecurringTotal, RecurringView
from recaller.state.formatting import Formatter, tone_of
from recaller.state.recurrence_form import short_words

# As many items as a calendar's day shows before it says "+n more".
MOST_PER_DAY = 3
BILLS, INCOME, TRANSFERS, ENDED = "bills", "income", "transfers", "ended"
_GROUPS = ((BILLS, "Bills"), (INCOME, "Income"), (TRANSFERS, "Transfers"), (ENDED, "Ended"))
STATE_WORDS = {
    "upcoming": "Upcoming",
    "confirm": "To confirm",
    "due": "Due",
    "late": "Late",
    "missed": "Missed",
    "posted": "Posted",
    "paid": "Paid",
    "differs": "Amount differs",
    "skipped": "Skipped",
    "failed": "Not posted",
    "paused": "Paused",
    "ended": "Ended",
}


@dataclass(frozen=True)
class DueItem:
    """One date of a recurring transaction. `key` is its identity: the id and the nominal date."""

    key: str
    title: str
    amount: str
    tone: str
    state: str
    state_label: str
    date: str
    note: str
    private: bool


@dataclass(frozen=True)
class DayItem:
    """A day of the calendar; `entry` marks the one that Tab reaches."""

    iso: str
    number: str
    spoken: str
    heading: str
    today: bool
    outside: bool
    entry: bool
    items: list[DueItem]
    every: list[DueItem]
    more: str


@dataclass(frozen=True)
class WeekItem:
    """A row of the calendar."""

    days: list[DayItem]


@dataclass(frozen=True)
class RecurringItem:
    """A row of the list of recurring transactions."""

    id: str
    name: str
    detail: str
    rhythm: str
    next: str
    amount: str
    tone: str
    state: str
    state_label: str
    estimated: bool
    private: bool
    paused: bool
    ended: bool
    monthly: str


@dataclass(frozen=True)
class RecurringGroup:
    """Bills, income, transfers, or what has ended."""

    key: str
    label: str
    count: str
    items: list[RecurringItem]


@dataclass(frozen=True)
class TotalItem:
    """What everything comes to in an average month and year, in one currency."""

    currency: str
    monthly_out: str
    yearly_out: str
    monthly_in: str
    yearly_in: str
    monthly_net: str


@dataclass(frozen=True)
class SumItem:
    """What a span of days brings in one currency."""

    currency: str
    out: str
    incoming: str


def key_of(one: OccurrenceView) -> str:
    """Return what names an occurrence in the browser."""
    return f"{one.recurring_id}_{one.due_date.isoformat()}"


def state_of(one: OccurrenceView) -> str:
    """Return an occurrence's state as it is marked: `upcoming`, `confirm`, `failed` ... (see `ui.DUE_STATES`)."""
    if one.error and one.open:
        return "failed"
    if one.state is State.SCHEDULED:
        return "upcoming"
    if one.state is State.DUE and one.mode == "confirm":
        return "confirm"
    return str(one.state.value)


def amount_of(one: OccurrenceView, say: Formatter) -> str:
    """Return the amount with its sign; a transfer only moves money and has none."""
    if one.shape == "transfer":
        return say.money(abs(one.amount), one.currency)
    return say.money(one.amount, one.currency, plus=True)


def due_item(one: OccurrenceView, say: Formatter) -> DueItem:
    """Return one date as lists and calendar show it."""
    state = state_of(one)
    note = ""
    if one.error and one.open:
        note = one.error
    elif one.actual_amount is not None and one.actual_amount != one.expected_amount:
        note = f"{say.money(abs(one.expected_amount), one.currency)} was expected"
    elif one.posted_on != one.due_date:
        note = f"Moved from {say.day(one.due_date)}"
    return DueItem(
        key=key_of(one),
        title=one.name,
        amount=amount_of(one, say),
        tone="neutral" if one.shape == "transfer" else tone_of(one.amount),
        state=state,
        state_label=STATE_WORDS[state],
        date=say.full_date(one.posted_on),
        note=note,
        private=one.private,
    )


def month_span(month: date, first_weekday: int) -> tuple[date, date]:
    """Return the first and last day of the weeks that a month touches."""
    first = month.replace(day=1)
    start = first - timedelta(days=(first.weekday() - first_weekday) % 7)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start, last + timedelta(days=6 - (last - start).days % 7)


def month_weeks(
    month: date,
    occurrences: Iterable[OccurrenceView],
    *,
    today: date,
    first_weekday: int,
    say: Formatter,
) -> list[WeekItem]:
    """Return the weeks of a month with what falls on each day."""
    start, end = month_span(month, first_weekday)
    by_day: dict[date, list[OccurrenceView]] = {}
    for one in occurrences:
        by_day.setdefault(one.posted_on, []).append(one)
    entry = today if (today.year, today.month) == (month.year, month.month) else month.replace(day=1)
    weeks: list[WeekItem] = []
    day = start
    while day <= end:
        days = []
        for _ in range(7):
            days.append(_day(day, by_day.get(day, []), month, today, entry, say))
            day += timedelta(days=1)
        weeks.append(WeekItem(days))
    return weeks


def _day(
    day: date, found: Sequence[OccurrenceView], month: date, today: date, entry: date, say: Formatter
) -> DayItem:
    every = [due_item(one, say) for one in found]
    # One chip more takes the place that "+1 more" would.
    shown = every if len(every) <= MOST_PER_DAY else every[: MOST_PER_DAY - 1]
    heading = say.weekday_date(day)
    names = "; ".join(f"{one.title}, {one.amount}, {one.state_label}" for one in every[:5])
    count = {0: "nothing due", 1: "1 item"}.get(len(every), f"{len(every)} items")
    return DayItem(
        iso=day.isoformat(),
        number=str(day.day),
        spoken=f"{heading}{', today' if day == today else ''}: {count}{': ' + names if names else ''}",
        heading=heading,
        today=day == today,
        outside=(day.year, day.month) != (month.year, month.month),
        entry=day == entry,
        items=shown,
        every=every,
        more=f"+{len(every) - len(shown)} more" if len(every) > len(shown) else "",
    )


def sums_of(occurrences: Iterable[OccurrenceView], say: Formatter) -> list[SumItem]:
    """Return what goes out and comes in, by currency; skipped dates and transfers count in neither."""
    sums: dict[str, list[int]] = {}
    for one in occurrences:
        if one.shape == "transfer" or one.state is State.SKIPPED:
            continue
        pair = sums.setdefault(one.currency, [0, 0])
        pair[one.amount > 0] += one.amount
    return [
        SumItem(code, say.money(pair[0], code), say.money(pair[1], code, plus=True))
        for code, pair in sorted(sums.items())
    ]


def total_items(totals: Iterable[RecurringTotal], say: Formatter, *, first: str) -> list[TotalItem]:
    """Return the totals per month and year, those of the `first` currency on top."""
    return [
        TotalItem(
            currency=one.currency,
            monthly_out=say.money(one.monthly_expense, one.currency),
            yearly_out=say.money(one.yearly_expense, one.currency),
            monthly_in=say.money(one.monthly_income, one.currency, plus=True),
            yearly_in=say.money(one.yearly_income, one.currency, plus=True),
            monthly_net=say.money(one.monthly_income + one.monthly_expense, one.currency, plus=True),
        )
        for one in sorted(totals, key=lambda one: (one.currency != first, one.currency))
    ]


def template_state(view: RecurringView) -> str:
    """Return how a recurring transaction itself stands."""
    if view.state == "ended":
        return "ended"
    return "paused" if view.paused_at is not None else "upcoming"


def group_of(view: RecurringView) -> str:
    """Return which part of the list a recurring transaction belongs to."""
    if view.state == "ended":
        return ENDED
    if view.shape == "transfer":
        return TRANSFERS
    return INCOME if view.amount > 0 else BILLS


def groups_of(views: Iterable[RecurringView], say: Formatter) -> list[RecurringGroup]:
    """Return the list in its parts, in the service's order; parts without any are left out."""
    parts: dict[str, list[RecurringItem]] = {}
    for view in views:
        parts.setdefault(group_of(view), []).append(recurring_item(view, say))
    return [
        RecurringGroup(key, label, str(len(parts[key])), parts[key]) for key, label in _GROUPS if key in parts
    ]


def recurring_item(view: RecurringView, say: Formatter) -> RecurringItem:
    """Return one row of the list."""
    state = template_state(view)
    where = f"{view.account} → {view.target}" if view.shape == "transfer" else view.account
    transfer = view.shape == "transfer"
    return RecurringItem(
        id=str(view.id),
        name=view.name,
        detail=where,
        rhythm=short_words(view.recurrence).capitalize(),
        next=say.full_date(view.next_on) if view.next_on else "",
        amount=say.money(view.amount, view.currency, plus=not transfer),
        tone="neutral" if transfer else tone_of(view.amount),
        state=state,
        state_label=STATE_WORDS[state],
        estimated=view.amount_kind == "estimated",
        private=view.private,
        paused=state == "paused",
        ended=state == "ended",
        monthly=_monthly(view, say),
    )


def _monthly(view: RecurringView, say: Formatter) -> str:
    """Return what it comes to in an average month, where that isn't what stands beside it."""
    once_a_month = per_year(view.recurrence) == 12
    if once_a_month or view.state == "ended":
        return ""
    each = round_minor(monthly_equivalent(view.recurrence, abs(view.amount)))
    return f"{say.money(each, view.currency)} a month"
