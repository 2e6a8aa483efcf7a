"""The bills of a budget's lines in a period: what was paid of them, and what is still due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from recaller.core.money import share_out
from recaller.infra.work import Work
from recaller.services.budgets.figures import BudgetState
from recaller.services.budgets.views import BillView, BudgetView
from recaller.services.recurring import OccurrenceView, RecurringView, list_recurring, upcoming

# A pay cycle may be told by a list of dates that lie far apart; further ahead nobody plans bills.
_LONGEST = timedelta(366)


@dataclass(slots=True)
class Bills:
    """A line's bills: `paid` is what of them is spent already (minor units), `due` what is to come, by date."""

    paid: int = 0
    due: list[BillView] = field(default_factory=list)


def read_bills(w: Work, budget: BudgetView, state: BudgetState) -> Mapping[UUID, Bills]:
    """Return the bills by line: those of the budget's currency and space, split over their categories.

    A bill that is overdue counts as due until it is paid or skipped.
    """
    found: dict[UUID, Bills] = defaultdict(Bills)
    owners = state.tree.owners(state.lines)
    first, last = state.period.start, min(state.period.end, state.period.start + _LONGEST)
    occurrences = [
        one
        for one in upcoming(w, first, last)
        if one.currency == budget.currency and one.private == budget.private and (one.open or one.settled)
    ]
    # Split bills name their categories in the template only.
    templates = {one.id: one for one in list_recurring(w, ended=True)} if occurrences else {}
    for occurrence in occurrences:
        for category, amount in _parts(occurrence, templates.get(occurrence.recurring_id)):
            line = owners.get(category)
            if line is None or amount <= 0 or not _counts(state, occurrence):
                continue
            if occurrence.settled:
                found[line.id].paid += amount
            else:
                found[line.id].due.append(BillView(occurrence.name, occurrence.posted_on, amount))
    return found


def _counts(state: BudgetState, occurrence: OccurrenceView) -> bool:
    return occurrence.shape == "entry" and occurrence.account_id in state.covered.inside


def _parts(occurrence: OccurrenceView, template: RecurringView | None) -> Iterator[tuple[UUID, int]]:
    """Yield what a bill costs in each category, positive; an amount that differs is shared out by the template's."""
    if occurrence.category_id is not None:
        yield occurrence.category_id, -occurrence.amount
        return
    parts = () if template is None else template.parts
    shares = share_out(occurrence.amount, [part.amount for part in parts])
    for part, share in zip(parts, shares, strict=True):
        if part.category_id is not None:
            yield part.category_id, -share
