"""Which kinds of daily work there are, at which of a household's hours they run, and what does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recaller.core.scope import Scope
from recaller.services.budgets import check_budgets
from recaller.services.clean_up import clean_up
from recaller.services.daily import DailyRun
from recaller.services.daily_plan import Hour
from recaller.services.rates import fetch_rates_daily, prepare_rates
from recaller.services.recurring import post_recurring, remind_of_bills
from recaller.services.recurring.suggesting import find_suggestions


@dataclass(frozen=True, slots=True)
class DailyWork:
    """One kind: `run` does one household's share, `label` is what the page "Jobs" calls it.

    `prepare` does beforehand, with no transaction open, what waits for others; how it went shows in the run.
    """

    kind: str
    hour: Hour
    run: DailyRun
    label: str
    prepare: Callable[[Scope], None] | None = None


# In the order in which a household's work is done when several kinds are due at once.
DAILY: tuple[DailyWork, ...] = (
    # The household's own hours: recurring, reminders, night. What cleans up comes last.
    DailyWork("recurring.post", "recurring", post_recurring, "Post recurring transactions"),
    DailyWork("reminders", "reminders", remind_of_bills, "Remind of bills"),
    DailyWork("budgets", "night", check_budgets, "Budgets"),
    DailyWork("rates", "night", fetch_rates_daily, "Fetch exchange rates", prepare=prepare_rates),
    DailyWork("detection", "night", find_suggestions, "Look for payments that recur"),
    DailyWork("clean-up", "night", clean_up, "Clean up"),
)
