"""What a calendar program reads: the bills, income and transfers in sight as events of one day each."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from babel.numbers import format_currency

from recaller.core.money import to_decimal
from recaller.domain.calendar_file import DayEvent, write_calendar
from recaller.domain.locales import known_locale
from recaller.domain.occurrences import State
from recaller.infra.work import Work
from recaller.services.recurring import OccurrenceView, upcoming
from recaller.settings import get_settings

PAST = timedelta(days=92)
AHEAD = timedelta(days=366)
NAME = "Recaller"
_WORDS = {
    State.SCHEDULED: "Expected",
    State.DUE: "Due",
    State.LATE: "Late: not in the accounts yet",
    State.MISSED: "Missed: not in the accounts",
    State.POSTED: "Posted",
    State.PAID: "Paid",
    State.DIFFERS: "Paid, with another amount than expected",
}


def feed_file(w: Work) -> bytes:
    """Return the calendar of what falls on the last 3 and the next 12 months, for the caller's eyes.

    What was skipped is left out. An event is named by its recurring transaction and nominal date, so that a change
    of amount or state changes the event and makes no second one.
    """
    # The same bytes all day long, unless something changed.
    stamp = datetime.combine(w.now.astimezone(UTC).date(), time(), UTC)
    shown = [one for one in upcoming(w, w.today - PAST, w.today + AHEAD) if one.state is not State.SKIPPED]
    return write_calendar(NAME, [_event(one, w.scope.locale, stamp) for one in shown])


def _event(one: OccurrenceView, locale: str, stamp: datetime) -> DayEvent:
    lines = [_WORDS.get(one.state, "")]
    if one.actual_amount is not None and one.actual_amount != one.expected_amount:
        lines.append(f"Expected: {_money(one, one.expected_amount, locale)}")
    if one.payee and one.payee != one.name:
        lines.append(one.payee)
    if one.posted_on != one.due_date:
        lines.append(f"Due on {one.due_date.isoformat()}, moved to a business day")
    origins = get_settings().allowed_origins
    if origins:
        lines.append(f"{origins[0]}/recurring/{one.recurring_id}")
    return DayEvent(
        uid=f"{one.recurring_id}-{one.due_date:%Y%m%d}@recaller",
        day=one.posted_on,
        title=f"{one.name}: {_money(one, one.amount, locale)}",
        text="\n".join(line for line in lines if line),
        changed_at=stamp,
        category="Transfer" if one.shape == "transfer" else "Income" if one.amount > 0 else "Bill",
    )


def _money(one: OccurrenceView, minor: int, locale: str) -> str:
    text = format_currency(to_decimal(abs(minor), one.currency), one.currency, locale=known_locale(locale))
    sign = "" if one.shape == "transfer" else "+" if minor > 0 else "\u2212"
    return sign + text
