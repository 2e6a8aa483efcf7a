"""Reads when something recurs, and on which day a date is posted, out of rows of `recurring`."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from recaller.domain.business_days import posting_date
from recaller.domain.recurrence import Recurrence, Shift, recurrence_of

# What `recurrence_in` reads, of `recurring r`.
RECURRENCE = "r.rule, r.start_on, r.until, r.times, r.shift, r.country"


def recurrence_in(row: Row[Any]) -> Recurrence:
    """Return the recurrence that a row of `recurring` holds."""
    return recurrence_of(
        row.rule,
        row.start_on,
        until=row.until,
        count=row.times,
        shift=Shift(row.shift),
        country=row.country,
    )


def planned_day(row: Row[Any]) -> date:
    """Return the day on which `row.due_date` is posted; the row has `RECURRENCE` and `household_country`, too."""
    one = recurrence_in(row)
    return posting_date(one, row.due_date, one.country or row.household_country)
