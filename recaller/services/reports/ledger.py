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
# Everything before the first month is one sum. Of categories only the months themselves are read, each account's
# from its own index range (OFFSET 0 keeps the planner from reading the whole rollup instead), so that the cost
# doesn't grow with the years behind; what is uncategorised counts for all time. Categories are told apart only
# in the `detailed` months; elsewhere one row stands for all of a kind.
_SUMS = """
SELECT CASE WHEN r.whole OR x.bucket = ANY(%(detailed)s::date[]) THEN a.id END AS account, a.kind, x.currency,
       x.bucket, sum(x.minor)::bigint, sum(x.count)::bigint
  FROM account a
 CROSS JOIN LATERAL (SELECT a.kind IN ('asset', 'liability') OR a.system IS NOT NULL AS whole,
                            CASE WHEN a.system IS NULL THEN %(last)s::date ELSE 'infinity'::date END AS until) r
 CROSS JOIN LATERAL (
   SELECT m.currency, m.inflow + m.outflow AS minor, m.count,
          CASE WHEN m.month < %(first)s THEN %(before)s::date WHEN m.month > %(last)s THEN %(later)s::date
               ELSE m.month END AS bucket
     FROM account_month m
    WHERE m.account_id = a.id AND m.month <= r.until
      AND m.month >= CASE WHEN r.whole THEN '-infinity'::date ELSE %(first)s::date END
   OFFSET 0) x
 WHERE a.kind <> 'equity'
 GROUP BY 1, 2, 3, 4
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


@dataclass(slots=True)
class Sums:
    """Sums by account and currency where these are told apart, and of whole kinds by month; minor units."""

    accounts: dict[tuple[UUID, str], MonthlySums] = field(default_factory=dict)
    kinds: dict[tuple[str, str], dict[date, int]] = field(default_factory=dict)

    def currencies(self) -> set[str]:
        """Return every currency with a sum."""
        return {currency for _, currency in (*self.accounts, *self.kinds)}


def read_sums(w: Work, months: Sequence[date], detailed: Sequence[date]) -> Sums:
    """Return the sums of these consecutive months; categories one by one only in the `detailed` ones."""
    before, later = date.min, date.max
    found = Sums()
    for account_id, kind, currency, bucket, amount, count in fetch(
        w,
        _SUMS,
        {
            "first": months[0],
            "last": months[-1],
            "before": before,
            "later": later,
            "detailed": list(detailed),
        },
    ):
        if account_id is not None:
            sums = found.accounts.get((account_id, currency))
            if sums is None:
                sums = found.accounts[account_id, currency] = MonthlySums()
            sums.count += count
            if bucket == before:
                sums.before = amount
            elif bucket != later:
                sums.by_month[bucket] = amount
        if before < bucket < later:
            by_month = found.kinds.setdefault((kind, currency), {})
            by_month[bucket] = by_month.get(bucket, 0) + amount
    return found
