"""When something recurs: a checked recurrence, its RRULE, and its nominal dates, expanded in bounds.

The nominal date is an occurrence's identity: it follows from the recurrence alone, never from holidays. On which day
it is posted is worked out afterwards (`business_days.py`). A day that a month lacks falls on the month's last one, and
the months after it are not moved: the 31st stays the 31st.
"""

from recaller.domain.recurrence.dates import (
    MAX_DATES,
    dates_between,
    dates_from,
    end_of,
    first_date,
    monthly_equivalent,
    next_date,
    per_year,
    round_minor,
    yearly_equivalent,
)
from recaller.domain.recurrence.model import (
    EARLIEST,
    LATEST,
    MAX_COUNT,
    MAX_INTERVAL,
    BusinessDay,
    Frequency,
    Recurrence,
    Shift,
    ended_before,
)
from recaller.domain.recurrence.rules import recurrence_of, rule_of
from recaller.domain.recurrence.words import describe

__all__ = [
    "EARLIEST",
    "LATEST",
    "MAX_COUNT",
    "MAX_DATES",
    "MAX_INTERVAL",
    "BusinessDay",
    "Frequency",
    "Recurrence",
    "Shift",
    "dates_between",
    "dates_from",
    "describe",
    "end_of",
    "ended_before",
    "first_date",
    "monthly_equivalent",
    "next_date",
    "per_year",
    "recurrence_of",
    "round_minor",
    "rule_of",
    "yearly_equivalent",
]
