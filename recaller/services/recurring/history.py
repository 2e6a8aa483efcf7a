"""What became of a recurring transaction: its dates, newest first, and how its price changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, encode_cursor, read_cursor
from recaller.domain.occurrences import SETTLED
from recaller.infra.work import Work
from recaller.services.recurring.reading import ACTUAL_AMOUNT, STORED, stored_occurrence
from recaller.services.recurring.rows import load_template
from recaller.services.recurring.views import OccurrenceView, PriceChangeView

MAX_HISTORY = 1000
MAX_CHANGES = 200

# The template with all that it replaces ("change from here on"): people see one recurring transaction.
_CHAIN = """
WITH RECURSIVE chain AS (
  SELECT id, replaces_id, 0 AS depth FROM recurring WHERE id = :id
  UNION ALL
  SELECT r.id, r.replaces_id, c.depth + 1 FROM recurring r JOIN chain c ON r.id = c.replaces_id WHERE c.depth < 100)
SELECT id FROM chain
"""
_BEFORE = "(o.due_date, o.recurring_id) < (CAST(:due AS date), CAST(:one AS uuid))"
_NEWEST_FIRST = "ORDER BY o.due_date DESC, o.recurring_id DESC LIMIT :most"
_PRICES = f"""
WITH settled AS (
  SELECT o.recurring_id, o.due_date, o.posted_on, o.transaction_id, r.currency,
         coalesce({ACTUAL_AMOUNT}, o.expected_amount) AS amount
    FROM occurrence o JOIN recurring r ON r.tenant_id = o.tenant_id AND r.id = o.recurring_id
    LEFT JOIN transaction t ON t.tenant_id = o.tenant_id AND t.id = o.transaction_id
   WHERE o.recurring_id IN ({_CHAIN}) AND o.state IN ('posted', 'paid', 'differs')),
stepped AS (
  SELECT *, lag(amount) OVER steps AS before, lag(currency) OVER steps AS currency_before FROM settled
  WINDOW steps AS (ORDER BY due_date, recurring_id))
SELECT * FROM stepped WHERE currency_before = currency AND abs(before) <> abs(amount)
 ORDER BY due_date DESC, recurring_id DESC LIMIT :most
"""


def occurrence_history(w: Work, recurring_id: UUID, *, limit: int = 100) -> tuple[OccurrenceView, ...]:
    """Return a template's latest settled, skipped and open occurrences, newest first; see `page_history`."""
    load_template(w, recurring_id)
    return _page(w, recurring_id, min(limit, MAX_HISTORY), None).items


def page_history(
    w: Work, recurring_id: UUID, *, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> Page[OccurrenceView]:
    """Return a page of a template's settled, skipped and open occurrences, newest first, each with its change of price.

    The history of the templates that it replaces is included. Raises NotFound, ValidationFailed for a wrong cursor.
    """
    load_template(w, recurring_id)
    return _page(w, recurring_id, check_limit(limit), cursor)


def price_changes(w: Work, recurring_id: UUID) -> tuple[PriceChangeView, ...]:
    """Return how the amount that was paid changed from one date to the next, newest first; raise NotFound."""
    load_template(w, recurring_id)
    return tuple(
        PriceChangeView(
            recurring_id=row.recurring_id,
            due_date=row.due_date,
            posted_on=row.posted_on,
            transaction_id=row.transaction_id,
            currency=row.currency,
            before=row.before,
            amount=row.amount,
            change=abs(row.amount) - abs(row.before),
        )
        for row in w.rows(_PRICES, id=recurring_id, most=MAX_CHANGES)
    )


def _page(w: Work, recurring_id: UUID, limit: int, cursor: str | None) -> Page[OccurrenceView]:
    place = {} if cursor is None else _position(cursor)
    rows = w.rows(
        f"{STORED} WHERE o.recurring_id IN ({_CHAIN}) AND ({_BEFORE if place else 'true'}) {_NEWEST_FIRST}",
        id=recurring_id,
        most=limit + 1,
        **place,
    )
    shown = [stored_occurrence(w, row) for row in rows[:limit]]
    more = len(rows) > limit
    last = shown[-1] if more else None
    return Page(
        items=_with_changes(shown, _settled_before(w, recurring_id, shown) if more else None),
        next_cursor=None if last is None else encode_cursor([last.due_date.isoformat(), last.recurring_id]),
    )


def _settled_before(w: Work, recurring_id: UUID, shown: list[OccurrenceView]) -> OccurrenceView | None:
    """Return the settled occurrence before the oldest of these, to compare with."""
    states = ", ".join(f"'{state}'" for state in sorted(SETTLED))
    row = w.row(
        f"{STORED} WHERE o.recurring_id IN ({_CHAIN}) AND {_BEFORE} AND o.state IN ({states}) {_NEWEST_FIRST}",
        id=recurring_id,
        due=shown[-1].due_date,
        one=shown[-1].recurring_id,
        most=1,
    )
    return None if row is None else stored_occurrence(w, row)


def _with_changes(
    newest_first: list[OccurrenceView], before: OccurrenceView | None
) -> tuple[OccurrenceView, ...]:
    """Note on each settled occurrence how its amount differs from the settled one before it."""
    told = []
    for one in reversed(newest_first):
        if one.settled:
            if before is not None and one.currency == before.currency:
                change = abs(one.amount) - abs(before.amount)
                told.append(replace(one, change=change or None))
            else:
                told.append(one)
            before = one
        else:
            told.append(one)
    return tuple(reversed(told))


def _position(cursor: str) -> dict[str, object]:
    due, one = read_cursor(cursor, date.fromisoformat, UUID)
    return {"due": due, "one": one}
