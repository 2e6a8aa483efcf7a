"""Writes the chosen rows that are more than one amount in one category: splits, transfers, opening balances."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from recaller.domain.account_kinds import Kind, conversion_name
from recaller.domain.transfers import TRANSFER_DAYS
from recaller.infra.work import Work
from recaller.services.imports.naming import name_accounts
from recaller.services.starter import opening_balances, system_account

_ANY_SHAPED = "SELECT 1 FROM chosen WHERE extra IS NOT NULL OR pair_row IS NOT NULL LIMIT 1"
_ROLES = (
    # The two ends of a transfer within the file: the one that pays out leads.
    "UPDATE chosen c SET role = 'lead' FROM chosen o"
    " WHERE c.pair_row = o.row_number AND o.pair_row = c.row_number AND c.amount < 0",
    "UPDATE chosen c SET role = 'leg' FROM chosen o WHERE c.pair_row = o.row_number AND o.role = 'lead'",
    "UPDATE chosen c SET role = 'leg' FROM chosen s, jsonb_each_text(s.extra -> 'legs') AS l(part, row)"
    " WHERE CAST(l.row AS integer) = c.row_number AND c.pair_row = s.row_number",
    # An account has one opening balance.
    "UPDATE chosen c SET role = 'opening' FROM (SELECT DISTINCT ON (account_id) row_number FROM chosen"
    " WHERE extra ->> 'kind' = 'opening' AND amount <> 0 ORDER BY account_id, date, row_number) f"
    " WHERE c.row_number = f.row_number AND NOT EXISTS (SELECT 1 FROM transaction t WHERE t.tenant_id = :tenant"
    " AND t.account_id = c.account_id AND t.shape = 'opening')",
    # The other end isn't in the file. Where the ledger has an entry that may be it, both stay entries of their own:
    # whether they are one transfer is asked afterwards.
    "UPDATE chosen c SET role = 'transfer' FROM account a WHERE c.role = 'plain' AND c.pair_row IS NULL"
    " AND a.tenant_id = :tenant AND a.id = c.counter_id AND a.id <> c.account_id AND c.amount <> 0"
    " AND a.currency IN (c.currency, c.extra -> 'foreign' ->> 1) AND NOT EXISTS (SELECT 1 FROM posting p"
    " JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id AND t.shape = 'simple'"
    " WHERE p.tenant_id = :tenant AND p.account_id = a.id AND p.date BETWEEN c.date - :days AND c.date + :days"
    " AND p.amount = -CASE WHEN a.currency = c.currency THEN c.amount"
    " ELSE CAST(c.extra -> 'foreign' ->> 0 AS bigint) END)",
    "UPDATE chosen SET role = 'split' WHERE role = 'plain'"
    " AND jsonb_path_exists(extra, '$.parts[*][0] ? (@ != null)')",
)
_BRACKETS = """
SELECT DISTINCT part ->> 0 AS name FROM chosen, jsonb_array_elements(extra -> 'parts') AS part
 WHERE role = 'split' AND part ->> 0 LIKE '[%]' ORDER BY 1 LIMIT 2000
"""
_CROSSINGS = """
SELECT DISTINCT c.currency, a.currency AS other
  FROM chosen c JOIN account a ON a.tenant_id = :tenant AND a.id = c.counter_id
 WHERE c.role = 'transfer' AND a.currency <> c.currency
"""
_LINES = """
CREATE TEMP TABLE shaped (transaction_id uuid, line smallint, account_id uuid, real_space uuid, amount bigint,
  currency varchar(3), memo text, cleared boolean, import_id text) ON COMMIT DROP
"""
_TRANSFERS = """
INSERT INTO shaped
SELECT c.transaction_id, CASE WHEN (side.own) = (c.amount < 0) THEN 0 ELSE 1 END,
       CASE WHEN side.own THEN c.account_id ELSE o.id END,
       CASE WHEN side.own THEN c.account_space ELSE o.space_id END,
       CASE WHEN side.own THEN c.amount ELSE -c.amount END, c.currency, '', side.own OR leg.row_number IS NOT NULL,
       CASE WHEN side.own THEN c.import_id ELSE leg.import_id END
  FROM chosen c
  LEFT JOIN chosen leg ON c.role = 'lead' AND leg.row_number = c.pair_row
  JOIN account o ON o.tenant_id = :tenant AND o.id = coalesce(leg.account_id, c.counter_id)
 CROSS JOIN (VALUES (true), (false)) AS side (own)
 WHERE c.role IN ('lead', 'transfer') AND o.currency = c.currency
"""
# Both sides pass through the equity account of their two currencies; the side that pays out comes first.
_CONVERSIONS = """
INSERT INTO shaped
SELECT c.transaction_id, CASE WHEN c.amount < 0 THEN side.line ELSE 3 - side.line END,
       CASE side.line WHEN 0 THEN c.account_id WHEN 3 THEN o.id ELSE t.through END,
       CASE side.line WHEN 0 THEN c.account_space WHEN 3 THEN o.space_id END,
       CASE side.line WHEN 0 THEN c.amount WHEN 1 THEN -c.amount WHEN 2 THEN f.amount ELSE -f.amount END,
       CASE WHEN side.line < 2 THEN c.currency ELSE o.currency END, '', side.line = 0,
       CASE side.line WHEN 0 THEN c.import_id END
  FROM chosen c
  JOIN account o ON o.tenant_id = :tenant AND o.id = c.counter_id
  JOIN unnest(CAST(:one AS varchar[]), CAST(:other AS varchar[]), CAST(:through AS uuid[])) AS t(one, other, through)
    ON t.one = c.currency AND t.other = o.currency
 CROSS JOIN LATERAL (SELECT sign(c.amount) * abs(CAST(c.extra -> 'foreign' ->> 0 AS bigint)) AS amount) f
 CROSS JOIN (VALUES (0), (1), (2), (3)) AS side (line)
 WHERE c.role = 'transfer' AND o.currency <> c.currency
"""
_OPENINGS = """
INSERT INTO shaped
SELECT c.transaction_id, side.line, CASE side.line WHEN 0 THEN c.account_id ELSE CAST(:equity AS uuid) END,
       CASE side.line WHEN 0 THEN c.account_space END, CASE side.line WHEN 0 THEN c.amount ELSE -c.amount END,
       c.currency, '', side.line = 0, CASE side.line WHEN 0 THEN c.import_id END
  FROM chosen c CROSS JOIN (VALUES (0), (1)) AS side (line) WHERE c.role = 'opening'
"""
_SPLITS = """
INSERT INTO shaped
SELECT c.transaction_id, 0, c.account_id, c.account_space, c.amount, c.currency, '', true, c.import_id
  FROM chosen c WHERE c.role = 'split'
UNION ALL
SELECT c.transaction_id, part.nth, coalesce(o.id, n.category_id,
         CASE WHEN part.amount > 0 THEN CAST(:income AS uuid) ELSE CAST(:expense AS uuid) END),
       o.space_id, -part.amount, c.currency, left(part.memo, 500), leg.row_number IS NOT NULL, leg.import_id
  FROM chosen c
 CROSS JOIN LATERAL (SELECT nth, p ->> 0 AS name, CAST(p ->> 1 AS bigint) AS amount, coalesce(p ->> 2, '') AS memo
                       FROM jsonb_array_elements(c.extra -> 'parts') WITH ORDINALITY AS x(p, nth)) part
  LEFT JOIN unnest(CAST(:names AS text[]), CAST(:accounts AS uuid[])) AS b(name, account_id) ON b.name = part.name
  LEFT JOIN account o ON o.tenant_id = :tenant AND o.id = b.account_id AND o.currency = c.currency
                     AND o.id <> c.account_id
  LEFT JOIN named n ON n.hint = part.name AND n.positive = (part.amount > 0)
  LEFT JOIN chosen leg ON leg.role = 'leg' AND leg.pair_row = c.row_number AND leg.account_id = o.id
                      AND leg.row_number = CAST(c.extra -> 'legs' ->> CAST(part.nth - 1 AS text) AS integer)
 WHERE c.role = 'split'
"""
_TRANSACTIONS = """
INSERT INTO transaction (tenant_id, space_id, id, date, payee_id, note, bank_text, search_text, status, source,
                         batch_id, created_by, created_at, shape, account_id, counter_account_id, category_id, amount,
                         currency, foreign_amount, foreign_currency)
SELECT :tenant, s.space_id, c.transaction_id, c.date, CASE WHEN s.space_id = c.account_space THEN p.id END,
       coalesce(c.extra ->> 'note', ''), c.memo, c.folded, 'booked', 'import', :batch, :user, :now, s.shape,
       s.account_id, s.counter_id, NULL, s.amount, s.currency, CAST(c.extra -> 'foreign' ->> 0 AS bigint),
       c.extra -> 'foreign' ->> 1
  FROM (SELECT l.transaction_id,
               CASE WHEN bool_or(l.real_space = :shared) THEN CAST(:shared AS uuid)
                    ELSE (array_agg(l.real_space ORDER BY l.line) FILTER (WHERE l.real_space IS NOT NULL))[1] END
                 AS space_id,
               CASE WHEN bool_or(l.account_id = :equity) THEN 'opening'
                    WHEN count(*) = 2 AND count(l.real_space) = 2 THEN 'transfer'
                    WHEN min(l.currency) <> max(l.currency) THEN 'conversion'
                    WHEN count(l.real_space) > 1 THEN 'journal' ELSE 'split' END AS shape,
               (array_agg(l.account_id ORDER BY l.line) FILTER (WHERE l.real_space IS NOT NULL))[1] AS account_id,
               (array_agg(l.account_id ORDER BY l.line) FILTER (WHERE l.real_space IS NOT NULL))[2] AS counter_id,
               (array_agg(l.amount ORDER BY l.line) FILTER (WHERE l.real_space IS NOT NULL))[1] AS amount,
               (array_agg(l.currency ORDER BY l.line) FILTER (WHERE l.real_space IS NOT NULL))[1] AS currency
          FROM shaped l GROUP BY l.transaction_id) s
  JOIN chosen c ON c.transaction_id = s.transaction_id
  LEFT JOIN payee p ON p.tenant_id = :tenant AND p.space_id = c.account_space AND p.name = c.payee
"""
_POSTINGS = """
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo, cleared,
                     import_id)
SELECT :tenant, coalesce(l.real_space, t.space_id), l.transaction_id, l.line, l.account_id, t.date, l.amount,
       l.currency, l.memo, l.cleared, l.import_id
  FROM shaped l JOIN transaction t ON t.tenant_id = :tenant AND t.id = l.transaction_id
"""
_RATES = """
INSERT INTO exchange_rate (tenant_id, space_id, id, base, quote, date, base_minor, quote_minor, transaction_id)
SELECT :tenant, t.space_id, gen_random_uuid(), sold.currency, bought.currency, t.date, -sold.amount, bought.amount, t.id
  FROM shaped sold JOIN shaped bought ON bought.transaction_id = sold.transaction_id AND bought.line = 3
  JOIN transaction t ON t.tenant_id = :tenant AND t.id = sold.transaction_id
 WHERE sold.line = 0 AND t.shape = 'conversion' AND sold.amount < 0 AND bought.amount > 0
"""


def give_roles(w: Work) -> bool:
    """Say of each chosen row what it becomes; returns whether any is more than a plain entry."""
    if not w.row(_ANY_SHAPED):
        return False
    for statement in _ROLES:
        needed = {"tenant": w.scope.tenant_id, "days": TRANSFER_DAYS}
        w.run(statement, **{name: value for name, value in needed.items() if f":{name}" in statement})
    return True


def write_shaped(
    w: Work, batch_id: UUID, statements: list[dict[str, object]], categories: Mapping[str, UUID]
) -> int:
    """Write the transactions of the rows whose role isn't plain; returns how many."""
    tenant = w.scope.tenant_id
    equity = opening_balances(w)
    w.run(_LINES)
    w.run(_TRANSFERS, tenant=tenant)
    crossings = w.rows(_CROSSINGS, tenant=tenant)
    if crossings:
        through = [
            system_account(w, Kind.EQUITY, conversion_name(row.currency, row.other)) for row in crossings
        ]
        one, other = [row.currency for row in crossings], [row.other for row in crossings]
        w.run(_CONVERSIONS, tenant=tenant, one=one, other=other, through=through)
    w.run(_OPENINGS, equity=equity)
    named = {row.name: row.name[1:-1].strip() for row in w.rows(_BRACKETS)}
    found = name_accounts(w, named.values(), statements)
    brackets = {bracket: found[name] for bracket, name in named.items() if name in found}
    w.run(_SPLITS, tenant=tenant, names=list(brackets), accounts=list(brackets.values()), **categories)
    added = w.run(
        _TRANSACTIONS,
        tenant=tenant,
        shared=w.scope.shared_space_id,
        batch=batch_id,
        user=w.scope.user_id,
        now=w.now,
        equity=equity,
    ).rowcount
    w.run(_POSTINGS, tenant=tenant)
    if crossings:
        w.run(_RATES, tenant=tenant)
    w.run("DROP TABLE shaped")
    return added
