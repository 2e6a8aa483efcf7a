"""Finds pairs of entries in two currencies that look like one transfer, by the household's exchange rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from recaller.domain.transfers import CROSSING_PERCENT, PLAIN_WORDS, TRANSFER_DAYS, End, EndPair
from recaller.infra.work import Work
from recaller.services.rates import rate_history

# A rate of the same week is near enough to tell a transfer by.
RATE_DAYS = 7
MAX_DAYS = 5_000
MAX_CURRENCIES = 12
MAX_CROSSINGS = 100

_PLAIN = " OR ".join(f"lower(c.name) LIKE '%{word}%'" for word in PLAIN_WORDS)
_ENTRY = f"""
entry AS (
  SELECT t.id, t.account_id, t.date, t.amount, t.currency, t.batch_id
    FROM transaction t JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    JOIN account c ON c.tenant_id = t.tenant_id AND c.id = t.category_id
   WHERE t.shape = 'simple' AND t.status = 'booked' AND t.date >= :since AND a.kind IN ('asset', 'liability')
     AND (c.system IS NOT NULL OR {_PLAIN}))
"""
_CURRENCIES = """
SELECT DISTINCT currency FROM account WHERE kind IN ('asset', 'liability') AND currency IS NOT NULL
 ORDER BY currency LIMIT :most
"""
_DAYS = f"""
WITH {_ENTRY} SELECT DISTINCT currency, date FROM entry WHERE amount < 0 ORDER BY date DESC, currency LIMIT :most
"""
_CROSSINGS = f"""
WITH {_ENTRY},
priced AS (
  SELECT o.*, f.quote, -o.amount * f.factor AS worth
    FROM entry o JOIN unnest(CAST(:bases AS varchar[]), CAST(:quotes AS varchar[]), CAST(:days AS date[]),
                             CAST(:factors AS numeric[])) AS f(base, quote, day, factor)
      ON f.base = o.currency AND f.day = o.date
   WHERE o.amount < 0)
SELECT o.id AS out_id, o.account_id AS out_account, o.date AS out_date, o.amount AS out_amount,
       o.currency AS out_currency, i.id AS in_id, i.account_id AS in_account, i.date AS in_date,
       i.amount AS in_amount, i.currency AS in_currency, CAST(round(o.worth) AS bigint) AS expected
  FROM priced o
 CROSS JOIN generate_series(-CAST(:reach AS integer), CAST(:reach AS integer)) AS shift
  JOIN entry i ON i.currency = o.quote AND i.date = o.date + shift AND i.account_id <> o.account_id
              AND i.amount > 0 AND abs(i.amount - o.worth) * 100 <= o.worth * :percent
 WHERE (CAST(:batch AS uuid) IS NULL OR o.batch_id = CAST(:batch AS uuid) OR i.batch_id = CAST(:batch AS uuid))
   AND NOT EXISTS (SELECT 1 FROM transfer_dismissal d WHERE d.out_id = o.id AND d.in_id = i.id)
 ORDER BY abs(shift), abs(i.amount - o.worth) / o.worth, o.id, i.id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A pair in two currencies, and what left it in minor units of the receiving currency at the known rate."""

    pair: EndPair
    expected: int


def find_crossings(w: Work, since: date, batch_id: UUID | None = None) -> list[Crossing]:
    """Return pairs whose amounts agree within CROSSING_PERCENT at a rate near their day, none of them sure.

    Only entries without a category of their own; nearest in days first, then in amount.
    """
    currencies = [row.currency for row in w.rows(_CURRENCIES, most=MAX_CURRENCIES)]
    if len(currencies) < 2:
        return []
    days = w.rows(_DAYS, since=since, most=MAX_DAYS)
    if not days:
        return []
    history = rate_history(
        w, min(row.date for row in days), days[0].date, currencies=currencies, within_days=RATE_DAYS
    )
    factors = [
        (row.currency, quote, row.date, Decimal(rate.numerator) / Decimal(rate.denominator))
        for row in days
        for quote in currencies
        if quote != row.currency and (rate := history.rate(row.currency, quote, row.date)) is not None
    ]
    if not factors:
        return []
    bases, quotes, on, rates = (list(column) for column in zip(*factors, strict=True))
    rows = w.rows(
        _CROSSINGS,
        since=since,
        bases=bases,
        quotes=quotes,
        days=on,
        factors=rates,
        reach=TRANSFER_DAYS,
        percent=CROSSING_PERCENT,
        batch=batch_id,
        most=MAX_CROSSINGS,
    )
    return [
        Crossing(
            EndPair(
                End(row.out_id, row.out_account, row.out_date, row.out_amount, row.out_currency),
                End(row.in_id, row.in_account, row.in_date, row.in_amount, row.in_currency),
                abs((row.in_date - row.out_date).days),
                False,
            ),
            int(row.expected),
        )
        for row in rows
    ]
