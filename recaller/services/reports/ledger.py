"""Reads what reports are made of: the accounts, and their monthly sums from the rollup (never the postings)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.listing.query import fetch

# How fresh an account is comes from the two newest facts about it, each one step into an index.
_ACCOUNTS = """
SELECT a.id, a.parent_id, a.kind, a.subtype, a.name, a.icon, a.currency, a.system, a.closed_on, a.space_id,
       f.date, i.at
  FROM account a
  LEFT JOIN LATERAL (SELECT p.date FROM posting p WHERE p.account_id = a.id AND a.kind IN ('asset', 'liability')
                      ORDER BY p.date DESC, p.transaction_id DESC LIMIT 1) f ON true
  LEFT JOIN (SELECT b.account_id, max(b.committed_at) AS at FROM import_batch b WHERE b.status = 'committed'
              GROUP BY b.account_id) i ON i.account_id = a.id
 ORDER BY a.position, a.name, a.id
"""
# Everything before the first month is one sum. Of categories only the months themselves are needed, except
# that what is uncategorised counts for all time; so the cost doesn't grow with the years behind.
_SUMS = """
SELECT m.account_id, m.currency, x.bucket, sum(m.inflow + m.outflow)::bigint, sum(m.count)::bigint
  FROM account a
  JOIN account_month m ON m.tenant_id = a.tenant_id AND m.account_id = a.id
   AND m.month >= CASE WHEN a.kind IN ('asset', 'liability') OR a.system = 'uncategorised'
                       THEN '-infinity'::date ELSE %(first)s END
   AND m.month <= CASE WHEN a.system = 'uncategorised' THEN 'infinity'::date ELSE %(last)s END
 CROSS JOIN LATERAL (SELECT CASE WHEN m.month < %(first)s THEN %(before)s
                                 WHEN m.month > %(last)s THEN %(later)s ELSE m.month END AS bucket) x
 WHERE a.kind <> 'equity'
 GROUP BY m.account_id, m.currency, x.bucket
"""


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account or category as reports need it."""

    id: UUID
    parent_id: UUID | None
    kind: str
    subtype: str
    name: str
    icon: str
    currency: str | None
    system: str | None
    closed_on: date | None
    space_id: UUID
    last_booked: date | None
    last_import: datetime | None


@dataclass(slots=True)
class MonthlySums:
    """An account's sums in one currency: before the first month, and per month; minor units."""

    before: int = 0
    by_month: dict[date, int] = field(default_factory=dict)
    count: int = 0

    def balances(self, months: Sequence[date]) -> tuple[int, ...]:
        """Return the balance at the end of each month."""
        balance, found = self.before, []
        for month in months:
            balance += self.by_month.get(month, 0)
            found.append(balance)
        return tuple(found)


def read_accounts(w: Work) -> dict[UUID, LedgerAccount]:
    """Return every visible account by id, in the user's order."""
    return {row[0]: LedgerAccount(*row) for row in fetch(w, _ACCOUNTS)}


def read_sums(w: Work, months: Sequence[date]) -> dict[tuple[UUID, str], MonthlySums]:
    """Return the sums of these consecutive months by account and currency."""
    before, later = date.min, date.max
    rows = fetch(w, _SUMS, {"first": months[0], "last": months[-1], "before": before, "later": later})
    found: dict[tuple[UUID, str], MonthlySums] = {}
    for account_id, currency, bucket, amount, count in rows:
        sums = found.get((account_id, currency))
        if sums is None:
            sums = found[account_id, currency] = MonthlySums()
        sums.count += count
        if bucket == before:
            sums.before = amount
        elif bucket != later:
            sums.by_month[bucket] = amount
    return found
