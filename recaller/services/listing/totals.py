"""What listed or selected transactions add up to, per currency; never a sum across currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.listing.conditions import add_dates, transaction_conditions
from recaller.services.listing.criteria import Criteria, resolve
from recaller.services.listing.query import Conditions, fetch

MAX_SELECTION = 5000


@dataclass(frozen=True, slots=True)
class TotalView:
    """The sum of what was asked for, in minor units of `currency`; `outflow` <= 0 <= `inflow`.

    A transfer between two of the accounts counts on both sides and nets to nothing.
    """

    currency: str
    count: int
    inflow: int
    outflow: int

    @property
    def net(self) -> int:
        """Inflow and outflow together."""
        return self.inflow + self.outflow


def totals(w: Work, wanted: TransactionFilter | None = None) -> tuple[TotalView, ...]:
    """Return the totals of all transactions that match, one per currency, in order of the currency's code.

    With categories asked for, only their shares count; with accounts, only what these accounts gained or lost;
    otherwise what all assets and liabilities together did.
    """
    criteria = resolve(w, wanted or TransactionFilter())
    if criteria.impossible:
        return ()
    if criteria.matched_set is None and (others := _others(criteria)).parts:
        return _sum_rows(w, criteria, others)
    conditions = Conditions()
    add_dates(conditions, criteria, "p")
    if criteria.currency is not None:
        conditions.add("p.currency = %(currency)s", currency=criteria.currency)
    if criteria.matched_set is not None:
        conditions.add("p.account_id = ANY(%(matched)b::uuid[])", matched=list(criteria.matched_set))
    else:
        conditions.add("p.account_id IN (SELECT id FROM account WHERE kind IN ('asset', 'liability'))")
    join = _join(criteria, conditions)
    return _sum(w, f"{join}{conditions.where}", conditions.parameters, criteria.sign)


def selection_totals(w: Work, ids: Sequence[UUID]) -> tuple[TotalView, ...]:
    """Return what these transactions did to all assets and liabilities together, one total per currency.

    Ids that aren't in sight count nothing. Raises ValidationFailed for more than MAX_SELECTION ids.
    """
    if len(ids) > MAX_SELECTION:
        raise ValidationFailed("ids", f"Choose at most {MAX_SELECTION} transactions at a time.")
    if not ids:
        return ()
    where = (
        " JOIN account a ON a.tenant_id = p.tenant_id AND a.id = p.account_id AND a.kind IN ('asset', 'liability')"
        " WHERE p.transaction_id = ANY(%(ids)b::uuid[])"
    )
    return _sum(w, where, {"ids": list(ids)}, 1)


def _others(criteria: Criteria) -> Conditions:
    """Return what is asked of the transaction that its postings don't tell."""
    return transaction_conditions(criteria, dates=False, sides=False)


def _join(criteria: Criteria, conditions: Conditions) -> str:
    """Join the transaction only where something is asked that its postings don't tell."""
    others = _others(criteria)
    if criteria.categories is not None and criteria.accounts is not None:
        others.add(
            "EXISTS (SELECT 1 FROM posting q WHERE q.tenant_id = p.tenant_id"
            " AND q.transaction_id = p.transaction_id AND q.account_id = ANY(%(accounts)b::uuid[]))",
            accounts=list(criteria.accounts),
        )
    conditions.parameters.update(others.parameters)
    if not others.parts:
        return ""
    return f" JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id{others.more}"


# What has one real account says itself what it did to it: only transfers and the like are looked up in the postings,
# one by one (OFFSET 0), because the planner would rather read all postings of the household.
_ROWS = """
WITH asked AS MATERIALIZED (
  SELECT t.tenant_id, t.id, t.shape IN ('simple', 'split') AS plain, t.currency, t.amount FROM transaction t{where})
SELECT s.currency, sum(s.n)::bigint, sum(s.gained)::bigint, sum(s.lost)::bigint FROM (
  SELECT currency, count(*) AS n, sum(greatest(amount, 0)) AS gained, sum(least(amount, 0)) AS lost
    FROM asked WHERE plain{own} GROUP BY currency
  UNION ALL
  SELECT p.currency, count(DISTINCT o.id), sum(greatest(p.amount, 0)), sum(least(p.amount, 0))
    FROM asked o CROSS JOIN LATERAL (
      SELECT q.currency, q.amount FROM posting q
        JOIN account a ON a.tenant_id = q.tenant_id AND a.id = q.account_id AND a.kind IN ('asset', 'liability')
       WHERE q.tenant_id = o.tenant_id AND q.transaction_id = o.id OFFSET 0) p
   WHERE NOT o.plain{theirs} GROUP BY p.currency) s
 GROUP BY s.currency ORDER BY s.currency
"""


def _sum_rows(w: Work, criteria: Criteria, asked: Conditions) -> tuple[TotalView, ...]:
    """Add up what is asked of transactions as such, for all assets and liabilities together."""
    add_dates(asked, criteria, "t")
    own = theirs = ""
    if criteria.currency is not None:
        asked.parameters["currency"] = criteria.currency
        own, theirs = " AND currency = %(currency)s", " AND p.currency = %(currency)s"
    query = _ROWS.format(where=asked.where, own=own, theirs=theirs)
    return tuple(TotalView(*row) for row in fetch(w, query, asked.parameters, plan_anew=True))


def _sum(w: Work, source: str, parameters: dict[str, Any], sign: int) -> tuple[TotalView, ...]:
    rows = fetch(
        w,
        "SELECT p.currency, count(DISTINCT p.transaction_id), sum(greatest(p.amount, 0))::bigint,"
        f" sum(least(p.amount, 0))::bigint FROM posting p{source} GROUP BY p.currency ORDER BY p.currency",
        parameters,
        plan_anew=True,
    )
    if sign > 0:
        return tuple(TotalView(*row) for row in rows)
    return tuple(TotalView(currency, count, -lost, -gained) for currency, count, gained, lost in rows)
