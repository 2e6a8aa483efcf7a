"""Calendar months as dates of their first day."""

from __future__ import annotations

from datetime import date, timedelta

from recaller.core.errors import ValidationFailed

MAX_MONTHS = 120


def month_of(day: date) -> date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month `count` months later (earlier where negative)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def last_day(month: date) -> date:
    """Return the last day of the month."""
    return add_months(month, 1) - timedelta(1)


def months_until(month: date, count: int) -> tuple[date, ...]:
    """Return `count` consecutive months that end with `month`; raise ValidationFailed unless 1..MAX_MONTHS."""
    if not 1 <= count <= MAX_MONTHS:
        raise ValidationFailed("months", f"The number of months must lie between 1 and {MAX_MONTHS}.")
    return tuple(add_months(month, offset) for offset in range(1 - count, 1))
