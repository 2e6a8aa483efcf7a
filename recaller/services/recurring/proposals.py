"""Proposes which staged rows of a bank file settle what is expected, for the import's preview and its commit.

Every proposal shows in the preview, and the member's own choice goes before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.domain.detection import words_of
from recaller.domain.matching import MOST_DAYS, BankRow, assign
from recaller.domain.occurrences import State
from recaller.infra.work import Work
from recaller.services.notifications.wording import Reader
from recaller.services.recurring.expectations import expected_payments, payee_places
from recaller.services.recurring.reading import upcoming
from recaller.services.recurring.views import OccurrenceView

# A file may hold decades; what is expected lies in the last of them.
MAX_SPAN = timedelta(days=1000)
MAX_ROWS = 50_000

_SPAN = """
SELECT min(date) AS first, max(date) AS last, array_agg(DISTINCT account_id) AS accounts FROM import_row
 WHERE batch_id = :batch AND state IN ('new', 'conflict') AND account_id IS NOT NULL
"""
_ANY_TEMPLATE = (
    "SELECT 1 FROM recurring WHERE state <> 'deleted' AND (account_id = ANY(CAST(:accounts AS uuid[]))"
    " OR target_id = ANY(CAST(:accounts AS uuid[]))) LIMIT 1"
)
# Rows that nobody decided about: new ones, and those that look like a transaction that we had posted.
_ROWS = """
SELECT r.row_number, r.account_id, r.date, r.amount, r.payee, r.memo, r.match_id
  FROM import_row r JOIN account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id AND a.currency = r.currency
 WHERE r.batch_id = :batch AND r.choice IS NULL AND r.date BETWEEN :first AND :last AND r.amount <> 0
   AND r.pair_row IS NULL
   AND (r.state = 'new' OR (r.state = 'conflict' AND r.match_id IN (
        SELECT o.transaction_id FROM occurrence o WHERE o.tenant_id = r.tenant_id AND o.transaction_id IS NOT NULL)))
   AND NOT EXISTS (SELECT 1 FROM import_settlement s WHERE s.tenant_id = r.tenant_id AND s.batch_id = r.batch_id
                      AND s.row_number = r.row_number)
 ORDER BY r.row_number LIMIT :most
"""
PROPOSALS = """
SELECT s.row_number, s.recurring_id, s.due_date, s.transaction_id, r.choice, r.state, r.account_id, r.amount, r.date,
       r.import_id, r.transaction_id AS row_transaction, s.space_id
  FROM import_settlement s JOIN import_row r ON r.tenant_id = s.tenant_id AND r.batch_id = s.batch_id
   AND r.row_number = s.row_number
 WHERE s.batch_id = :batch AND NOT s.settled ORDER BY s.row_number
"""
_CATEGORIES = """
UPDATE chosen c SET category_id = t.category_id
  FROM import_settlement s
  JOIN import_row r ON r.tenant_id = s.tenant_id AND r.batch_id = s.batch_id AND r.row_number = s.row_number
  JOIN recurring t ON t.tenant_id = s.tenant_id AND t.id = s.recurring_id
  JOIN account k ON k.tenant_id = t.tenant_id AND k.id = t.category_id AND k.system IS NULL
 WHERE s.batch_id = :batch AND s.transaction_id IS NULL AND r.choice IS NULL AND c.transaction_id = r.transaction_id
   AND c.category_id IS NULL
"""


def propose_settlements(w: Work, batch_id: UUID) -> int:
    """Mark the staged rows that settle something expected; returns how many. Proposals made before are kept."""
    span = w.row(_SPAN, batch=batch_id)
    if span is None or span.first is None or not w.row(_ANY_TEMPLATE, accounts=span.accounts):
        return 0
    first = max(span.first, span.last - MAX_SPAN)
    rows = w.rows(_ROWS, batch=batch_id, first=first, last=span.last, most=MAX_ROWS)
    if not rows:
        return 0
    reach = timedelta(days=MOST_DAYS)
    taken = {
        (row.recurring_id, row.due_date)
        for row in w.rows(
            "SELECT recurring_id, due_date FROM import_settlement WHERE batch_id = :id", id=batch_id
        )
    }
    occurrences = [
        one
        for one in upcoming(w, first - reach, span.last + reach)
        if (one.open or one.state is State.POSTED) and (one.recurring_id, one.due_date) not in taken
    ]
    expected = expected_payments(w, occurrences, span.accounts)
    if not expected:
        return 0
    places = payee_places(w)
    found = assign([_bank_row(row, places) for row in rows], expected)
    by_key = {(one.recurring_id, one.due_date): one for one in occurrences}
    matched = {row.row_number: row for row in rows if row.row_number in found}
    for number, key in found.items():
        assert isinstance(number, int) and isinstance(key, tuple)
        _propose(w, batch_id, matched[number], by_key[key])
    return len(found)


def refresh_settlements(w: Work, batch_id: UUID) -> None:
    """Bring the proposals up to date just before the commit: something may have been posted or settled since."""
    for row in w.rows(PROPOSALS, batch=batch_id):
        now = w.row(
            "SELECT state, transaction_id FROM occurrence WHERE recurring_id = :id AND due_date = :due",
            id=row.recurring_id,
            due=row.due_date,
        )
        posted = None if now is None or now.state != "posted" else now.transaction_id
        fits = now is None or now.state in ("scheduled", "due") or posted is not None
        if fits and posted == row.transaction_id:
            continue
        w.run(
            "DELETE FROM import_settlement WHERE batch_id = :batch AND row_number = :number",
            batch=batch_id,
            number=row.row_number,
        )
        if row.choice in (None, "match"):
            w.run(
                "UPDATE import_row SET state = 'new', choice = NULL, match_id = NULL, reason = NULL"
                " WHERE batch_id = :batch AND row_number = :number",
                batch=batch_id,
                number=row.row_number,
            )
    propose_settlements(w, batch_id)


def categorise_settling(w: Work, batch_id: UUID) -> None:
    """Give the rows to be written (in `chosen`) that settle something and have no category that of the template."""
    w.run(_CATEGORIES, batch=batch_id)


def _bank_row(row: Row[Any], places: frozenset[str]) -> BankRow:
    words = words_of(row.payee) or words_of(row.memo)
    return BankRow(row.row_number, row.account_id, row.date, row.amount, frozenset(words) - places)


def _propose(w: Work, batch_id: UUID, row: Row[Any], one: OccurrenceView) -> None:
    w.run(
        "INSERT INTO import_settlement (tenant_id, space_id, batch_id, row_number, recurring_id, due_date,"
        " transaction_id) SELECT tenant_id, space_id, batch_id, row_number, :recurring, :due, :transaction"
        " FROM import_row WHERE batch_id = :batch AND row_number = :number",
        batch=batch_id,
        number=row.row_number,
        recurring=one.recurring_id,
        due=one.due_date,
        transaction=one.transaction_id,
    )
    w.run(
        "UPDATE import_row SET reason = :reason,"
        " state = CASE WHEN CAST(:transaction AS uuid) IS NULL THEN 'new' ELSE 'conflict' END,"
        " match_id = :transaction, choice = CASE WHEN CAST(:transaction AS uuid) IS NULL THEN NULL ELSE 'match' END"
        " WHERE batch_id = :batch AND row_number = :number",
        batch=batch_id,
        number=row.row_number,
        transaction=one.transaction_id,
        reason=_reason(one, row, Reader(w.scope.locale, w.today)),
    )


def _reason(one: OccurrenceView, row: Row[Any], reader: Reader) -> str:
    said = f"Settles: {one.name}, due {reader.day(one.posted_on)}"
    if one.transaction_id is not None:
        said += ", which Recaller had posted"
    paid, expected = abs(row.amount), abs(one.amount if row.account_id == one.account_id else row.amount)
    if paid != expected:
        said += f" ({reader.money(paid, one.currency)} instead of {reader.money(expected, one.currency)})"
    return said + "."
