"""Finds what is due in a household: nominal dates that have come, by template, with what stands in their way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.domain.business_days import FARTHEST, posting_date
from recaller.domain.recurrence import MAX_DATES, Recurrence, dates_from
from recaller.infra.work import Work
from recaller.services.recurrence_rows import recurrence_in

# A household's share of one run; whoever has more (decades to catch up with) goes on in the next one.
MAX_ITEMS = 50_000

# Shifts to an earlier day bring nominal dates of the days ahead into view.
_EARLY = "(r.shift IN ('before', 'modified') OR r.rule LIKE '%BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1')"
_CLOSED = """
  LEFT JOIN (SELECT l.recurring_id, min(c.name) AS name FROM account c JOIN recurring_line l
                ON l.tenant_id = c.tenant_id AND l.account_id = c.id
              WHERE c.tenant_id = :tenant AND c.closed_on IS NOT NULL GROUP BY l.recurring_id) closed
    ON closed.recurring_id = r.id
"""
_EXTRAS = "EXISTS (SELECT 1 FROM recurring_tag t WHERE t.tenant_id = r.tenant_id AND t.recurring_id = r.id) AS tagged"
_DUE = f"""
SELECT r.id, r.space_id, r.name, r.mode, r.effect, r.currency, r.rule, r.start_on, r.until, r.times, r.shift, r.country,
       r.next_due, r.entry_shape, closed.name AS closed, {_EXTRAS},
       ARRAY(SELECT o.due_date FROM occurrence o WHERE o.tenant_id = r.tenant_id AND o.recurring_id = r.id
                AND o.due_date >= r.next_due) AS ahead,
       (SELECT s.country FROM household_settings s WHERE s.tenant_id = :tenant) AS household_country
  FROM recurring r {_CLOSED}
 WHERE r.tenant_id = :tenant AND r.state = 'active' AND r.paused_at IS NULL
   AND (r.next_due <= :today OR (r.next_due <= :horizon AND {_EARLY}))
"""
_WAITING = f"""
SELECT o.recurring_id AS id, o.due_date, o.posted_on, r.space_id, r.name, r.mode, r.effect, r.currency, r.entry_shape,
       closed.name AS closed, {_EXTRAS}
  FROM occurrence o JOIN recurring r ON r.tenant_id = o.tenant_id AND r.id = o.recurring_id {_CLOSED}
 WHERE o.tenant_id = :tenant AND o.state IN ('scheduled', 'due') AND o.posted_on <= :today AND r.mode = 'auto'
   AND r.state <> 'deleted' AND r.paused_at IS NULL ORDER BY o.posted_on, o.due_date LIMIT :most
"""

# Day in the ledger, nominal date, template: an id's number is compared and hashed at once, where an id takes a while.
Order = tuple[date, date, int]


@dataclass(frozen=True, slots=True)
class Item:
    """One occurrence that is due; `stored` when it has a row already. `closed` names what keeps it from posting.

    Items are posted by `order`: by their day in the ledger. It names an item, too.
    """

    order: Order
    recurring_id: UUID
    due: date
    on: date
    space_id: UUID
    name: str
    auto: bool
    effect: int
    currency: str
    tagged: bool
    conversion: bool
    closed: str | None
    stored: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due, in order, and where each template that was looked at goes on (None: it is over)."""

    items: Sequence[Item]
    next_due: dict[UUID, date | None]


def plan_household(w: Work) -> Plan:
    """Return all that is due by `w.today`; the ledger must be locked."""
    today, tenant = w.today, w.scope.tenant_id
    items: list[Item] = []
    next_due: dict[UUID, date | None] = {}
    for row in w.rows(_DUE, tenant=tenant, today=today, horizon=today + timedelta(days=FARTHEST)):
        if len(items) >= MAX_ITEMS:
            break
        found, following = due_dates(
            recurrence_in(row), row.next_due, today, row.ahead, row.household_country
        )
        items += [_item(row, due, on, stored=False) for due, on in found]
        if following != row.next_due:
            next_due[row.id] = following
    waiting = w.rows(_WAITING, tenant=tenant, today=today, most=MAX_ITEMS)
    items += [_item(row, row.due_date, row.posted_on, stored=True) for row in waiting]
    return Plan(sorted(items, key=lambda item: item.order), next_due)


def due_dates(
    one: Recurrence, first: date, today: date, decided: Collection[date], country: str | None
) -> tuple[list[tuple[date, date]], date | None]:
    """Return the (nominal date, posting date) from `first` on that have come by `today`, and the nominal date after.

    Dates in `decided` have an occurrence already and are passed over.
    """
    found: list[tuple[date, date]] = []
    for due in dates_from(one, first):
        on = posting_date(one, due, country)
        if on > today or len(found) >= MAX_DATES:
            return found, due
        if due not in decided:
            found.append((due, on))
    return found, None


def _item(row: Row[Any], due: date, on: date, *, stored: bool) -> Item:
    return Item(
        (on, due, row.id.int),
        row.id,
        due,
        on,
        row.space_id,
        row.name,
        row.mode == "auto",
        row.effect,
        row.currency,
        row.tagged,
        row.entry_shape == "conversion",
        row.closed,
        stored,
    )
