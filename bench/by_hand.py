"""The same figures and pages by SQL written by hand, through the same role on the same server: what to beat.

No unit of work, no driver settings beyond the default, no classes: plain tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from recaller.core.scope import Scope
from recaller.infra.work import settings_sql
from recaller.settings import get_settings, libpq_url

Rows = list[tuple[Any, ...]]

# The dashboard: every statement reads only the rollup rows that it needs.
_NET_WORTH = """
SELECT a.kind, greatest(m.month, %(before)s) AS month, sum(m.inflow + m.outflow)::bigint
  FROM account a JOIN account_month m ON m.account_id = a.id
 WHERE a.kind IN ('asset', 'liability') AND m.currency = %(currency)s AND m.month <= %(last)s
 GROUP BY 1, 2 ORDER BY 1, 2
"""
_CASH_FLOW = """
SELECT a.kind, m.month, sum(m.inflow + m.outflow)::bigint
  FROM account a JOIN account_month m ON m.account_id = a.id
 WHERE a.kind IN ('income', 'expense') AND m.currency = %(currency)s AND m.month BETWEEN %(first)s AND %(last)s
 GROUP BY 1, 2 ORDER BY 1, 2
"""
_SPENDING = """
SELECT a.id, a.name, a.icon, a.parent_id, sum(m.inflow + m.outflow)::bigint
  FROM account a JOIN account_month m ON m.account_id = a.id
 WHERE a.kind = 'expense' AND m.currency = %(currency)s AND m.month = %(last)s
 GROUP BY a.tenant_id, a.id ORDER BY 5 DESC
"""
_ACCOUNTS = """
SELECT a.id, a.name, a.kind, a.subtype, a.currency, a.closed_on, m.month, m.minor, f.date, i.at
  FROM account a
  LEFT JOIN LATERAL (SELECT greatest(m.month, %(before)s) AS month, sum(m.inflow + m.outflow)::bigint AS minor
                       FROM account_month m WHERE m.account_id = a.id AND m.currency = a.currency
                        AND m.month <= %(last)s GROUP BY 1) m ON true
  LEFT JOIN LATERAL (SELECT date FROM posting p WHERE p.account_id = a.id
                      ORDER BY p.date DESC, p.transaction_id DESC LIMIT 1) f ON true
  LEFT JOIN LATERAL (SELECT max(committed_at) AS at FROM import_batch b WHERE b.account_id = a.id
                        AND b.status = 'committed') i ON true
 WHERE a.kind IN ('asset', 'liability') ORDER BY a.position, a.name, m.month
"""
_UNCATEGORISED = """
SELECT m.currency, sum(m.count)::bigint FROM account a JOIN account_month m ON m.account_id = a.id
 WHERE a.system = 'uncategorised' GROUP BY 1
"""
_CURRENCIES = "SELECT DISTINCT currency FROM account WHERE currency IS NOT NULL"
_PAGE = """
SELECT t.id, t.date, y.name, a.name, o.name, c.name, t.amount, t.currency, t.status, t.shape, t.note, t.version,
       ARRAY(SELECT g.name FROM transaction_tag tt JOIN tag g ON g.id = tt.tag_id WHERE tt.transaction_id = t.id),
       CASE WHEN t.shape = 'split' THEN (SELECT json_agg(json_build_array(b.name, l.amount)) FROM posting l
                                           JOIN account b ON b.id = l.account_id WHERE l.transaction_id = t.id) END
  FROM transaction t
  LEFT JOIN payee y ON y.id = t.payee_id
  LEFT JOIN account a ON a.id = t.account_id
  LEFT JOIN account o ON o.id = t.counter_account_id
  LEFT JOIN account c ON c.id = t.category_id
"""
_NEWEST = _PAGE + " ORDER BY t.date DESC, t.id DESC LIMIT {limit:d}"
_FOUND = {
    "payees in a sub-select": _PAGE
    + " WHERE (t.search_text LIKE %(like)s OR t.payee_id IN (SELECT id FROM payee WHERE folded LIKE %(like)s))"
    " AND t.date BETWEEN %(from)s AND %(to)s ORDER BY t.amount DESC, t.id DESC LIMIT {limit:d}",
    "payees as an array": _PAGE
    + " WHERE (t.search_text LIKE %(like)s OR t.payee_id = ANY(ARRAY(SELECT id FROM payee WHERE folded LIKE %(like)s)))"
    " AND t.date BETWEEN %(from)s AND %(to)s ORDER BY t.amount DESC, t.id DESC LIMIT {limit:d}",
    "page first, names after": "SELECT * FROM ("
    + _PAGE.replace("FROM transaction t\n", "FROM (SELECT * FROM transaction t WHERE (t.search_text LIKE %(like)s"
        " OR t.payee_id = ANY(ARRAY(SELECT id FROM payee WHERE folded LIKE %(like)s)))"
        " AND t.date BETWEEN %(from)s AND %(to)s ORDER BY t.amount DESC, t.id DESC LIMIT {limit:d}) t\n")
    + ") x ORDER BY 7 DESC, 1 DESC",
}  # fmt: skip

_ASKED = "(t.search_text LIKE %(like)s OR t.payee_id = ANY(ARRAY(SELECT id FROM payee WHERE folded LIKE %(like)s)))"
_SUMS = "sum(greatest(p.amount, 0))::bigint, sum(least(p.amount, 0))::bigint"
_REAL = "JOIN account a ON a.id = p.account_id AND a.kind IN ('asset', 'liability')"
_SUMMED = {
    "postings of what is found": f"SELECT p.currency, count(DISTINCT p.transaction_id), {_SUMS} FROM posting p {_REAL}"
    f" JOIN transaction t ON t.id = p.transaction_id WHERE {_ASKED} GROUP BY p.currency ORDER BY 1",
    "found first, then its postings": f"WITH t AS MATERIALIZED (SELECT id FROM transaction t WHERE {_ASKED})"
    f" SELECT p.currency, count(DISTINCT p.transaction_id), {_SUMS} FROM t JOIN posting p ON p.transaction_id = t.id"
    f" {_REAL} GROUP BY p.currency ORDER BY 1",
}


class ByHand:
    """One connection of the application role; each call is one transaction behind the tenant wall."""

    def __init__(self, scope: Scope) -> None:
        self._open = settings_sql(scope, read_only=True)
        self._connection = psycopg.connect(libpq_url(get_settings().app_url), autocommit=True)

    def _fetch(
        self, queries: list[str], parameters: Mapping[str, Any], *, prepare: bool | None = None
    ) -> list[Rows]:
        with self._connection.cursor(binary=True) as cursor:
            self._connection.execute(self._open)
            found = [
                cursor.execute(query.encode(), parameters, prepare=prepare).fetchall() for query in queries
            ]
            self._connection.execute("COMMIT")
            return found

    def dashboard(self, first: date, before: date, last: date) -> list[Rows]:
        """Every figure of the dashboard, its accounts, and the ten newest transactions."""
        queries = [_NET_WORTH, _CASH_FLOW, _SPENDING, _ACCOUNTS, _UNCATEGORISED, _CURRENCIES]
        return self._fetch(
            [*queries, _NEWEST.format(limit=10)],
            {"currency": "USD", "first": first, "before": before, "last": last},
        )

    def first_page(self) -> Rows:
        """The newest fifty transactions with all names."""
        return self._fetch([_NEWEST.format(limit=51)], {})[0]

    def searches(self, word: str, first: date, last: date) -> dict[str, Callable[[], list[UUID]]]:
        """Ways to write the search for a word in a range of dates, largest amounts first."""
        parameters = {"like": f"%{word}%", "from": first, "to": last}

        def search(query: str) -> list[UUID]:
            rows = self._fetch([query.format(limit=51)], parameters, prepare=False)[0]
            return [row[0] for row in rows]

        return {name: lambda query=query: search(query) for name, query in _FOUND.items()}

    def totals(self, word: str) -> dict[str, Callable[[], Rows]]:
        """Ways to write what all that a word finds comes to: currency, count, gained, lost."""
        parameters = {"like": f"%{word}%"}
        return {
            name: lambda query=query: self._fetch([query], parameters, prepare=False)[0]
            for name, query in _SUMMED.items()
        }

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
