"""Finds pairs of entries that look like one transfer between own accounts, and remembers which are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date as calendar_date  # a field named date would hide the type
from datetime import timedelta
from uuid import UUID

from recaller.core.errors import NotFound
from recaller.domain.transfers import TRANSFER_DAYS, End, EndPair, is_plain, pair_ends
from recaller.infra.work import Work
from recaller.services.transactions import get_transactions
from recaller.services.transfers.crossing import find_crossings

# Proposals look back this far; older pairs can still be merged by hand.
LOOK_BACK_DAYS = 400
MAX_CANDIDATES = 4000
MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class EndView:
    """One end of a proposed transfer: minor units of `currency`, + into the account."""

    transaction_id: UUID
    account_id: UUID
    account_name: str
    date: calendar_date
    amount: int
    currency: str
    payee: str
    text: str
    category: str
    version: int


@dataclass(frozen=True, slots=True)
class TransferPairView:
    """Two entries that look like one transfer; `sure` when neither fits another and neither was categorised.

    Between two currencies never sure; `expected` is then what left, in minor units of the receiving currency at the
    household's nearest rate.
    """

    out: EndView
    into: EndView
    days: int
    sure: bool
    expected: int | None = None


# Only entries with one category: a split or a transfer says itself what it is. Under an import the pairs that share
# an end with its own come too: without them an end that fits two would look as if it fitted one.
_CANDIDATES = """
WITH entry AS (
  SELECT t.id, t.account_id, t.date, t.amount, t.currency, t.batch_id
    FROM transaction t JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
   WHERE t.shape = 'simple' AND t.status = 'booked' AND t.date >= :since AND a.kind IN ('asset', 'liability')),
pair AS (
  SELECT o.id AS out_id, o.account_id AS out_account, o.date AS out_date, o.amount AS out_amount, o.currency,
         i.id AS in_id, i.account_id AS in_account, i.date AS in_date,
         coalesce(o.batch_id = CAST(:batch AS uuid) OR i.batch_id = CAST(:batch AS uuid), false) AS own
    FROM entry o JOIN entry i ON i.amount = -o.amount AND i.currency = o.currency AND i.account_id <> o.account_id
                             AND i.date BETWEEN o.date - :days AND o.date + :days
   WHERE o.amount < 0
     AND NOT EXISTS (SELECT 1 FROM transfer_dismissal d WHERE d.out_id = o.id AND d.in_id = i.id))
SELECT * FROM pair
 WHERE CAST(:batch AS uuid) IS NULL OR out_id IN (SELECT out_id FROM pair WHERE own)
    OR in_id IN (SELECT in_id FROM pair WHERE own)
 ORDER BY out_date DESC, out_id, in_id LIMIT :most
"""
_TEXTS = """
SELECT t.id, t.version, t.bank_text, coalesce(p.name, '') AS payee, a.name AS account, c.name AS category,
       c.system IS NOT NULL AS uncategorised
  FROM transaction t JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
  LEFT JOIN payee p ON p.tenant_id = t.tenant_id AND p.id = t.payee_id
  LEFT JOIN account c ON c.tenant_id = t.tenant_id AND c.id = t.category_id
 WHERE t.id = ANY(CAST(:ids AS uuid[]))
"""


def find_transfers(
    w: Work, *, batch_id: UUID | None = None, limit: int = MAX_LISTED
) -> tuple[TransferPairView, ...]:
    """Return the pairs that look like transfers, sure ones first, then the nearest in date.

    After them the likely ones between two currencies. With a `batch_id`, only pairs of which the import brought at
    least one end. Dismissed pairs are left out.
    """
    since = w.today - timedelta(LOOK_BACK_DAYS)
    if batch_id is not None:
        oldest = w.row("SELECT min(date) AS first FROM transaction WHERE batch_id = :id", id=batch_id)
        if oldest is None or oldest.first is None:
            return ()
        since = oldest.first - timedelta(TRANSFER_DAYS)
    most = min(limit, MAX_LISTED)
    pairs = _of_one_currency(w, since, batch_id)
    crossings: dict[tuple[UUID, UUID], int] = {}
    if len(pairs) < most:
        settled = {end.id for pair in pairs if pair.sure for end in (pair.out, pair.into)}
        for crossing in find_crossings(w, since, batch_id):
            pair = crossing.pair
            if not settled.intersection((pair.out.id, pair.into.id)):
                crossings[pair.out.id, pair.into.id] = crossing.expected
                pairs.append(pair)
    return _viewed(w, pairs[:most], crossings)


def _of_one_currency(w: Work, since: calendar_date, batch_id: UUID | None) -> list[EndPair]:
    """Return the pairs of equal amounts, sure ones first; what lies before `since` only tells what is ambiguous."""
    rows = w.rows(
        _CANDIDATES,
        since=since - timedelta(TRANSFER_DAYS),
        days=TRANSFER_DAYS,
        batch=batch_id,
        most=MAX_CANDIDATES + 1,
    )
    ends: dict[UUID, End] = {}
    wanted = set()
    for row in rows[:MAX_CANDIDATES]:
        ends[row.out_id] = End(row.out_id, row.out_account, row.out_date, row.out_amount, row.currency)
        ends[row.in_id] = End(row.in_id, row.in_account, row.in_date, -row.out_amount, row.currency)
        if (batch_id is None or row.own) and min(row.out_date, row.in_date) >= since:
            wanted.add((row.out_id, row.in_id))
    pairs = [pair for pair in pair_ends(ends.values()) if (pair.out.id, pair.into.id) in wanted]
    if len(rows) > MAX_CANDIDATES:
        # Of this day and older ones pairs were left out: what they reach may fit more than is seen.
        cut = rows[MAX_CANDIDATES].out_date
        pairs = [
            replace(pair, sure=False)
            if pair.out.date <= cut or pair.into.date <= cut + timedelta(TRANSFER_DAYS)
            else pair
            for pair in pairs
        ]
    return sorted(pairs, key=lambda pair: not pair.sure)


def count_transfers(w: Work) -> int:
    """Return how many pairs wait on the review list (at most MAX_LISTED are counted)."""
    return len(find_transfers(w))


def dismiss_transfer(w: Work, out_id: UUID, in_id: UUID) -> None:
    """Remember that the two entries are no transfer; raise NotFound when one is out of sight."""
    views = {view.id: view for view in get_transactions(w, [out_id, in_id])}
    for one in (out_id, in_id):
        if one not in views:
            raise NotFound("transaction", one)
    private = any(view.private for view in views.values())
    w.run(
        "INSERT INTO transfer_dismissal (tenant_id, space_id, out_id, in_id, dismissed_at)"
        " VALUES (:tenant, :space, :out, :in, :now) ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=w.scope.default_space(private),
        out=out_id,
        now=w.now,
        **{"in": in_id},
    )


def restore_transfer_proposal(w: Work, out_id: UUID, in_id: UUID) -> None:
    """Take a dismissal back; raise NotFound when there is none in sight."""
    done = w.run(
        "DELETE FROM transfer_dismissal WHERE out_id = :out AND in_id = :into",
        out=out_id,
        into=in_id,
    )
    if done.rowcount == 0:
        raise NotFound("dismissed pair", out_id)


def _viewed(
    w: Work, pairs: list[EndPair], crossings: Mapping[tuple[UUID, UUID], int]
) -> tuple[TransferPairView, ...]:
    ids = list({end.id for pair in pairs for end in (pair.out, pair.into)})
    texts = {row.id: row for row in w.rows(_TEXTS, ids=ids)} if ids else {}

    def view(end: End) -> EndView:
        row = texts[end.id]
        return EndView(
            end.id, end.account_id, row.account, end.date, end.amount, end.currency, row.payee, row.bank_text,
            "" if row.uncategorised else row.category or "", row.version,
        )  # fmt: skip

    found = []
    for pair in pairs:
        out, into = view(pair.out), view(pair.into)
        plain = all(is_plain(end.category) for end in (out, into))
        expected = crossings.get((pair.out.id, pair.into.id))
        found.append(TransferPairView(out, into, pair.days, pair.sure and plain, expected))
    return tuple(sorted(found, key=lambda one: not one.sure))
