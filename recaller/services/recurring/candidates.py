"""Finds transactions that may have paid a date of a recurring transaction, for a person to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.recurring.reading import effect_of, get_occurrence
from recaller.services.recurring.rows import load_template

# A payment further away than this is rather another month's.
DAYS_AROUND = timedelta(days=45)
MOST_CANDIDATES = 10
# Nor is one of more than this many times the amount, or of as small a part of it.
FACTOR = 3

_FOUND = """
SELECT t.id, t.date, coalesce(y.name, '') AS payee, t.note, sum(p.amount)::bigint AS amount, p.currency
  FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id
  LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
 WHERE p.account_id = :account AND p.date BETWEEN :first AND :last AND t.shape <> 'opening'
   AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.tenant_id = t.tenant_id AND o.transaction_id = t.id)
 GROUP BY t.id, t.date, y.name, t.note, p.currency
HAVING sign(sum(p.amount)) = sign(CAST(:expected AS bigint))
   AND abs(sum(p.amount)) BETWEEN abs(CAST(:expected AS bigint)) / :factor AND abs(CAST(:expected AS bigint)) * :factor
 ORDER BY abs(sum(p.amount) - :expected), abs(t.date - CAST(:on AS date)), t.id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class PaymentCandidate:
    """A transaction that pays nothing yet; `amount` (minor units of `currency`) is what it moves in the account."""

    transaction_id: UUID
    date: date
    payee: str
    note: str
    amount: int
    currency: str


def payment_candidates(w: Work, recurring_id: UUID, due_date: date) -> tuple[PaymentCandidate, ...]:
    """Return transactions of the template's account that could pay this date, the nearest amounts first.

    Raises NotFound for what is out of sight.
    """
    one, template = get_occurrence(w, recurring_id, due_date), load_template(w, recurring_id)
    rows = w.rows(
        _FOUND,
        account=template.account_id,
        first=one.posted_on - DAYS_AROUND,
        last=one.posted_on + DAYS_AROUND,
        expected=effect_of(template),
        on=one.posted_on,
        factor=FACTOR,
        most=MOST_CANDIDATES,
    )
    return tuple(
        PaymentCandidate(row.id, row.date, row.payee, row.note, row.amount, row.currency) for row in rows
    )
