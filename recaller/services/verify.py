"""Recomputes what is derived (rollups, summaries, audit chain) from what was written, and reports each drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from recaller.infra.work import GENESIS, Work, event_hash, work
from recaller.services.households import system_scopes

# Enough to see what is wrong; a broken rollup could differ in every row.
MAX_FINDINGS_PER_CHECK = 50
AUDIT_BATCH = 2000
# A household of a million transactions takes some seconds to recompute.
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '900s'"


@dataclass(frozen=True, slots=True)
class Finding:
    """One drift: where, and what was stored against what it should be."""

    tenant_id: UUID
    check: str
    detail: str


_CHECKS: dict[str, str] = {
    "unbalanced transaction": """
        SELECT format('transaction %s is off by %s minor units of %s', transaction_id, sum(amount), currency)
          FROM posting GROUP BY tenant_id, transaction_id, currency HAVING sum(amount) <> 0 LIMIT :most""",
    "rollup": """
        WITH fresh AS (
          SELECT account_id, date_trunc('month', date)::date AS month, currency, space_id,
                 sum(greatest(amount, 0)) AS inflow, sum(least(amount, 0)) AS outflow, count(*) AS n
            FROM posting GROUP BY 1, 2, 3, 4)
        SELECT format('account %s, %s, %s: stored (%s, %s, %s), postings give (%s, %s, %s)',
                      account_id, month, currency,
                      m.inflow, m.outflow, m.count, f.inflow, f.outflow, f.n)
          FROM account_month m FULL JOIN fresh f USING (account_id, month, currency, space_id)
         WHERE (m.inflow, m.outflow, m.count) IS DISTINCT FROM (f.inflow, f.outflow, f.n) LIMIT :most""",
    "transaction without postings": """
        SELECT format('transaction %s', t.id) FROM transaction t
         WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.tenant_id = t.tenant_id AND p.transaction_id = t.id)
         LIMIT :most""",
    "posting date": """
        SELECT format('transaction %s is of %s, a posting of it of %s', t.id, t.date, p.date)
          FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id
         WHERE p.date <> t.date LIMIT :most""",
    "transaction summary": """
        WITH fresh AS (
          SELECT t.id, t.amount, t.category_id, t.shape, t.counter_account_id,
                 coalesce(sum(p.amount) FILTER (
                   WHERE p.account_id = t.account_id AND p.currency = t.currency), 0) AS total,
                 count(*) FILTER (WHERE p.account_id = t.category_id) AS in_category,
                 count(*) FILTER (WHERE p.account_id = t.counter_account_id) AS in_counter,
                 count(*) AS n
            FROM transaction t JOIN posting p ON p.tenant_id = t.tenant_id AND p.transaction_id = t.id
           GROUP BY t.tenant_id, t.id)
        SELECT format('transaction %s: listed as %s of %s, its postings give %s', id, shape, amount, total) FROM fresh
         WHERE amount <> total OR (shape = 'simple' AND (category_id IS NULL OR in_category <> 1 OR n <> 2))
            OR (shape <> 'simple' AND category_id IS NOT NULL)
            OR (shape IN ('transfer', 'conversion') AND in_counter <> 1) LIMIT :most""",
    "occurrence": """
        SELECT format('occurrence %s of %s is %s, and its transaction is %s', due_date, recurring_id, state,
                      coalesce(transaction_id::text, 'missing')) FROM occurrence
         WHERE (state IN ('posted', 'paid', 'differs')) <> (transaction_id IS NOT NULL) LIMIT :most""",
    "recurring transaction": """
        SELECT format('transaction %s is from a recurring one, but no occurrence names it', t.id) FROM transaction t
         WHERE t.source = 'recurring' AND NOT EXISTS (
           SELECT 1 FROM occurrence o WHERE o.tenant_id = t.tenant_id AND o.transaction_id = t.id) LIMIT :most""",
    "recurring lines": """
        SELECT format('recurring %s: its lines are off by %s minor units of %s', recurring_id, sum(amount), currency)
          FROM recurring_line GROUP BY tenant_id, recurring_id, currency HAVING sum(amount) <> 0 LIMIT :most""",
    "account currency": """
        SELECT format('account %s is kept in %s but has a posting in %s', a.id, a.currency, p.currency)
          FROM posting p JOIN account a ON a.tenant_id = p.tenant_id AND a.id = p.account_id
         WHERE a.currency IS NOT NULL AND a.currency <> p.currency LIMIT :most""",
    "visibility": """
        SELECT format('a posting of account %s is visible in another space than the account', a.id)
          FROM posting p JOIN account a ON a.tenant_id = p.tenant_id AND a.id = p.account_id
         WHERE a.kind IN ('asset', 'liability') AND a.space_id <> p.space_id LIMIT :most""",
}


def verify_all() -> list[Finding]:
    """Verify every household; an empty list means that nothing drifted."""
    findings: list[Finding] = []
    for scope in system_scopes():
        with work(scope, read_only=True) as w:
            findings += verify_tenant(w)
    return findings


def verify_tenant(w: Work) -> list[Finding]:
    """Verify what the scope sees; give all spaces of the tenant for a full answer."""
    w.run(STATEMENT_TIMEOUT)
    findings = [
        Finding(w.scope.tenant_id, check, str(row[0]))
        for check, sql in _CHECKS.items()
        for row in w.rows(sql, most=MAX_FINDINGS_PER_CHECK)
    ]
    for space_id in w.scope.space_ids:
        findings += _broken_chain(w, space_id)
    return findings


def _broken_chain(w: Work, space_id: UUID) -> Iterator[Finding]:
    """Give the first break of a space's audit chain, and a head that doesn't match its end."""
    expected, previous = 1, GENESIS
    while True:
        rows = w.rows(
            "SELECT * FROM audit_event WHERE space_id = :space AND seq >= :start ORDER BY seq LIMIT :most",
            space=space_id,
            start=expected,
            most=AUDIT_BATCH,
        )
        for row in rows:
            event = dict(row._mapping)
            sound = row.seq == expected and bytes(row.previous_hash) == previous
            if not sound or event_hash(previous, event) != bytes(row.hash):
                yield Finding(
                    w.scope.tenant_id, "audit chain", f"space {space_id}: broken at event {expected}"
                )
                return
            expected, previous = expected + 1, bytes(row.hash)
        if len(rows) < AUDIT_BATCH:
            break
    head = w.row("SELECT seq, hash FROM audit_head WHERE space_id = :space", space=space_id)
    stored = (0, GENESIS) if head is None else (int(head.seq), bytes(head.hash))
    if stored != (expected - 1, previous):
        yield Finding(w.scope.tenant_id, "audit chain", f"space {space_id}: the end of the trail is missing")
