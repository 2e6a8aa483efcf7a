"""Links transactions to the dates of recurring items that they settle, as rules say: planned, written, taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as calendar_date
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict
from recaller.domain.occurrences import settled_state
from recaller.domain.rules.linking import Assigned, Claim, OpenDate, assign_links
from recaller.domain.rules.rows import Link
from recaller.infra.work import Work
from recaller.services.recurring.expectations import window_of
from recaller.services.recurring.reading import upcoming
from recaller.services.recurring.rows import load_templates
from recaller.services.rules.preparing import Prepared
from recaller.services.rules.selecting import Selection, Stretch, add_mirrored, read_batches
from recaller.services.rules.views import link_from_json

MAX_OPEN = 20_000
MAX_CLAIMS = 100_000
# Dates that no run has made yet are looked for in this span around today.
PAST, AHEAD = timedelta(days=730), timedelta(days=60)

_OPEN = """
SELECT recurring_id, due_date, posted_on, expected_amount FROM occurrence
 WHERE recurring_id = ANY(CAST(:ids AS uuid[])) AND state IN ('scheduled', 'due')
 ORDER BY due_date DESC, recurring_id LIMIT :most
"""
_SETTLE = """
INSERT INTO occurrence (tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount, actual_amount,
                        transaction_id)
SELECT r.tenant_id, r.space_id, r.id, v.due, v.day, v.state, v.expected, v.actual, v.transaction
  FROM unnest(CAST(:items AS uuid[]), CAST(:dues AS date[]), CAST(:days AS date[]), CAST(:states AS varchar[]),
              CAST(:expected AS bigint[]), CAST(:actual AS bigint[]), CAST(:transactions AS uuid[]))
       AS v(item, due, day, state, expected, actual, transaction)
  JOIN recurring r ON r.tenant_id = :tenant AND r.id = v.item
ON CONFLICT (tenant_id, recurring_id, due_date) DO UPDATE
SET posted_on = excluded.posted_on, state = excluded.state, actual_amount = excluded.actual_amount,
    transaction_id = excluded.transaction_id, confirmed_by = NULL, error = NULL
WHERE occurrence.state IN ('scheduled', 'due')
"""
_BEFORE = """
SELECT o.recurring_id, o.due_date, o.posted_on, o.state, o.actual_amount, o.confirmed_by, o.error
  FROM occurrence o JOIN unnest(CAST(:items AS uuid[]), CAST(:dues AS date[])) AS v(item, due)
    ON v.item = o.recurring_id AND v.due = o.due_date
"""
# A date that wasn't stored goes, unless a run has come past it meanwhile: then it is due.
_DROP = """
DELETE FROM occurrence o USING recurring r, unnest(CAST(:items AS uuid[]), CAST(:dues AS date[]),
       CAST(:transactions AS uuid[])) AS v(item, due, transaction)
 WHERE o.tenant_id = :tenant AND r.tenant_id = :tenant AND r.id = o.recurring_id AND o.recurring_id = v.item
   AND o.due_date = v.due AND o.transaction_id = v.transaction AND r.next_due <= o.due_date
"""
_PUT_BACK = """
UPDATE occurrence o SET state = v.state, transaction_id = NULL, posted_on = coalesce(v.day, o.posted_on),
       actual_amount = v.actual, confirmed_by = v.confirmed, error = v.error
  FROM unnest(CAST(:items AS uuid[]), CAST(:dues AS date[]), CAST(:transactions AS uuid[]),
              CAST(:states AS varchar[]), CAST(:days AS date[]), CAST(:actual AS bigint[]),
              CAST(:confirmed AS uuid[]), CAST(:errors AS varchar[]))
       AS v(item, due, transaction, state, day, actual, confirmed, error)
 WHERE o.tenant_id = :tenant AND o.recurring_id = v.item AND o.due_date = v.due AND o.transaction_id = v.transaction
"""
_OF_IMPORT = """
SELECT c.transaction_id, c.before -> 'occurrence' AS occurrence, c.after -> 'recurring' AS link
  FROM rule_change c JOIN rule_run r ON r.tenant_id = c.tenant_id AND r.id = c.run_id
 WHERE r.batch_id = :batch AND r.status = 'done' AND c.after -> 'recurring' IS NOT NULL
   AND NOT c.transaction_id = ANY(CAST(:keep AS uuid[])) ORDER BY c.transaction_id
"""


@dataclass(frozen=True, slots=True)
class Settling:
    """A transaction that settles a date on its own day with its own amount (minor units, signed)."""

    transaction_id: UUID
    on: calendar_date
    amount: int
    date: OpenDate


@dataclass(frozen=True, slots=True)
class Release:
    """A link to be taken back; `before` is what `settle_links` told of its date."""

    transaction_id: UUID
    link: Link
    before: Mapping[str, Any]


def plan_links(w: Work, space_id: UUID, prepared: Prepared, selection: Selection) -> dict[UUID, Assigned]:
    """Return which of the selection's transactions settle which dates, for the rules that link.

    A date goes to the nearest of all transactions that are meant, so all of them are looked at first: what a page of
    the preview shows doesn't depend on the pages before. Raises Conflict for far too many candidates.
    """
    if not prepared.links_to:
        return {}
    open_dates = _open_dates(w, prepared.links_to)
    accounts = {(one.recurring_id, one.account_id, one.currency, one.amount > 0) for one in open_dates}
    claims: list[Claim] = []
    if not open_dates:
        return {}
    near = _stretches(open_dates)
    for batch in read_batches(w, space_id, selection, once=prepared.once, links=True, among=near):
        if prepared.transfers_to:
            add_mirrored(w, batch, prepared.transfers_to)
        claims += [
            one
            for one in prepared.engine.claims(batch.rows)
            if (one.recurring_id, one.account_id, one.currency, one.amount > 0) in accounts
        ]
        if len(claims) > MAX_CLAIMS:
            raise Conflict(
                "These rules link too many transactions at once: narrow them, or choose fewer days."
            )
    return assign_links(claims, open_dates)


def _stretches(open_dates: Sequence[OpenDate]) -> list[Stretch]:
    """Return where payments of these dates can lie, so that a long history isn't read for a bill of this year."""
    found: dict[tuple[UUID, bool], tuple[calendar_date, calendar_date]] = {}
    for one in open_dates:
        window, key = timedelta(one.window_days), (one.account_id, one.amount > 0)
        first, last = found.get(key, (one.on, one.on))
        found[key] = min(first, one.on - window), max(last, one.on + window)
    return [Stretch(account, incoming, *days) for (account, incoming), days in found.items()]


def _open_dates(w: Work, ids: Sequence[UUID]) -> list[OpenDate]:
    templates = {one.id: one for one in load_templates(w, "r.id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))}
    if not templates:
        return []
    stored = [
        (row.recurring_id, row.due_date, row.posted_on, int(row.expected_amount))
        for row in w.rows(_OPEN, ids=list(templates), most=MAX_OPEN)
    ]
    projected = [
        (one.recurring_id, one.due_date, one.posted_on, one.expected_amount)
        for one in upcoming(w, w.today - PAST, w.today + AHEAD, ids=list(templates))
        if one.projected
    ]
    return [
        OpenDate(
            identity,
            due,
            on,
            amount,
            templates[identity].currency,
            templates[identity].account_id,
            window_of(templates[identity]),
        )
        for identity, due, on, amount in (*stored, *projected)
    ]


def settle_links(w: Work, settlings: Sequence[Settling]) -> dict[UUID, dict[str, Any]]:
    """Settle dates with transactions; returns by transaction what was there of its date before, JSON-ready.

    The ledger must be locked, so that nobody else settles the same date meanwhile.
    """
    if not settlings:
        return {}
    dates = [one.date for one in settlings]
    items, dues = [one.recurring_id for one in dates], [one.due for one in dates]
    stored = {(row.recurring_id, row.due_date): row for row in w.rows(_BEFORE, items=items, dues=dues)}
    tolerances = {
        one.id: one.tolerance for one in load_templates(w, "r.id = ANY(CAST(:ids AS uuid[]))", ids=items)
    }
    w.run(
        _SETTLE,
        tenant=w.scope.tenant_id,
        items=items,
        dues=dues,
        days=[one.on for one in settlings],
        states=[
            settled_state(one.date.amount, one.amount, tolerances[one.date.recurring_id]).value
            for one in settlings
        ],
        expected=[one.amount for one in dates],
        actual=[one.amount for one in settlings],
        transactions=[one.transaction_id for one in settlings],
    )
    return {
        one.transaction_id: _before(one.date, stored.get((one.date.recurring_id, one.date.due)))
        for one in settlings
    }


def _before(one: OpenDate, row: Row[Any] | None) -> dict[str, Any]:
    if row is None:
        return {"projected": True, "state": "due", "posted_on": one.on.isoformat()}
    return {
        "state": row.state,
        "posted_on": row.posted_on.isoformat(),
        "actual_amount": row.actual_amount,
        "confirmed_by": row.confirmed_by and str(row.confirmed_by),
        "error": row.error,
    }


def release_links(w: Work, releases: Sequence[Release]) -> None:
    """Let dates go that transactions settled: each is again what it was; the ledger must be locked."""
    fresh = [one for one in releases if one.before.get("projected")]
    if fresh:
        w.run(_DROP, tenant=w.scope.tenant_id, **_keys(fresh))
    if releases:
        was = [one.before for one in releases]
        w.run(
            _PUT_BACK,
            tenant=w.scope.tenant_id,
            **_keys(releases),
            states=[one["state"] for one in was],
            days=[one.get("posted_on") for one in was],
            actual=[one.get("actual_amount") for one in was],
            confirmed=[one.get("confirmed_by") for one in was],
            errors=[one.get("error") for one in was],
        )


def _keys(releases: Sequence[Release]) -> dict[str, Any]:
    return {
        "items": [one.link[0] for one in releases],
        "dues": [one.link[1] for one in releases],
        "transactions": [one.transaction_id for one in releases],
    }


def take_back_links(w: Work, batch_id: UUID, *, keep: Collection[UUID] = ()) -> None:
    """Let go what the rules linked while an import was committed, just before its transactions are removed.

    Transactions in `keep` stay linked. A link that somebody changed since is left alone.
    """
    releases = []
    for row in w.rows(_OF_IMPORT, batch=batch_id, keep=list(keep)):
        link = link_from_json(row.link)
        if link is not None:
            releases.append(Release(row.transaction_id, link, row.occurrence))
    release_links(w, releases)
