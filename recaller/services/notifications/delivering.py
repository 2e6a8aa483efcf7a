"""The way of a delivery: claimed, handed over, settled; each step one transaction, so that no message goes twice.

One claim is one message: a single delivery, or all of a digest. Decision 7 tells what a crash at each point means.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.clock import local_date, zone
from recaller.core.errors import Conflict, NotFound
from recaller.core.ids import new_id
from recaller.domain.quiet_hours import Schedule, end_of_quiet, next_local_minute
from recaller.infra.crypto import decrypt
from recaller.infra.work import Work
from recaller.services.notifications.wording import Reader, words_of

# Past these, whoever claimed the message is taken for dead: before it was handed over, and while it was.
TAKEN_OVER_AFTER = timedelta(minutes=3)
UNCERTAIN_AFTER = timedelta(minutes=10)
# Waits before each further attempt; about a day and a half altogether.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 720))
MAX_ATTEMPTS = len(WAITS) + 1
MAX_IN_A_MESSAGE = 100
_LOST_SIGHT = "Recaller was interrupted while handing this over: it may have arrived."


@dataclass(frozen=True, slots=True)
class Told:
    """One notification inside of a message."""

    kind: str
    day: date
    title: str
    body: str
    href: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: an e-mail address, or a service's whole address (a secret)."""

    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that this process has claimed; `ids` are its deliveries, in order."""

    claim: UUID
    ids: tuple[UUID, ...]
    channel_id: UUID
    target: Target
    name: str
    household: str
    locale: str
    digest_day: date | None
    told: tuple[Told, ...]


def claim_parcel(w: Work) -> Parcel | None:
    """Claim the next message that is due to the people whose spaces `w` sees; None when nothing is.

    Ends what can't go on: deliveries that were being handed over when their worker fell silent become uncertain, and
    those to people or channels that are gone are cancelled.
    """
    w.run("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", key=f"deliveries {w.scope.space_ids}")
    _end_the_hopeless(w)
    while True:
        first = w.row(
            "SELECT d.id, d.user_id, d.channel_id, d.digest_day, d.state, d.attempts, u.time_zone, s.quiet_from,"
            " s.quiet_to, s.digest_minute FROM notification_delivery d JOIN app_user u ON u.id = d.user_id"
            " LEFT JOIN notification_schedule s ON s.tenant_id = d.tenant_id AND s.user_id = d.user_id"
            " WHERE d.state IN ('queued', 'sending') AND d.next_at <= :now ORDER BY d.next_at, d.id LIMIT 1",
            now=w.now,
        )
        if first is None:
            return None
        if not _put_off(w, first):
            return _claim(w, first)


def hand_over(w: Work, parcel: Parcel) -> bool:
    """Write that the message is being handed over now; False when another worker has taken it over meanwhile.

    Once this is committed the message is never sent again by itself, whatever happens.
    """
    done = w.run(
        "UPDATE notification_delivery SET state = 'handing_over', next_at = :later"
        " WHERE id = ANY (:ids) AND claim = :claim AND state = 'sending'",
        ids=list(parcel.ids),
        claim=parcel.claim,
        later=w.now + UNCERTAIN_AFTER,
    )
    return done.rowcount == len(parcel.ids)


def settle_sent(w: Work, parcel: Parcel) -> None:
    """Write that the other side took the message."""
    w.run(
        "UPDATE notification_delivery SET state = 'sent', sent_at = :now, error = NULL"
        " WHERE id = ANY (:ids) AND claim = :claim AND state IN ('handing_over', 'uncertain')",
        ids=list(parcel.ids),
        claim=parcel.claim,
        now=w.now,
    )
    note_channel(w, parcel.channel_id, None)


def settle_uncertain(w: Work, parcel: Parcel, error: str) -> None:
    """Write that the message may have arrived, or not."""
    w.run(
        "UPDATE notification_delivery SET state = 'uncertain', error = :error"
        " WHERE id = ANY (:ids) AND claim = :claim AND state IN ('sending', 'handing_over')",
        ids=list(parcel.ids),
        claim=parcel.claim,
        error=error[:500],
    )
    note_channel(w, parcel.channel_id, error)


def settle_not_sent(w: Work, parcel: Parcel, error: str, *, permanent: bool) -> None:
    """Write that the other side hasn't got the message: it is tried again later, a bounded number of times."""
    attempts = w.row(
        "SELECT max(attempts) AS n FROM notification_delivery WHERE id = ANY (:ids)", ids=list(parcel.ids)
    )
    tried = int(attempts.n or 0) if attempts is not None else 0
    again = not permanent and tried < MAX_ATTEMPTS
    w.run(
        "UPDATE notification_delivery SET state = :state, error = :error, claim = NULL, handed_at = NULL,"
        " next_at = :later WHERE id = ANY (:ids) AND claim = :claim AND state IN ('sending', 'handing_over')",
        ids=list(parcel.ids),
        claim=parcel.claim,
        state="queued" if again else "failed",
        error=error[:500],
        later=w.now + (WAITS[max(tried, 1) - 1] if again else timedelta(0)),
    )
    note_channel(w, parcel.channel_id, error)


def note_channel(w: Work, channel_id: UUID, error: str | None) -> None:
    """Keep with the channel how the last message over it went (None: it was sent)."""
    w.run(
        "UPDATE notification_channel SET last_error = :error,"
        " last_sent_at = CASE WHEN CAST(:error AS varchar) IS NULL THEN :now ELSE last_sent_at END WHERE id = :id",
        id=channel_id,
        error=None if error is None else error[:500],
        now=w.now,
    )


def send_again(w: Work, delivery_id: UUID) -> None:
    """Queue a delivery that failed, or whose end is uncertain, once more; its receiver asked for it.

    Raises NotFound, and Conflict for one in any other state.
    """
    done = w.run(
        "UPDATE notification_delivery SET state = 'queued', attempts = 0, claim = NULL, handed_at = NULL,"
        " digest_day = NULL, next_at = :now WHERE id = :id AND state IN ('failed', 'uncertain')",
        id=delivery_id,
        now=w.now,
    )
    if done.rowcount:
        return
    if w.row("SELECT 1 FROM notification_delivery WHERE id = :id", id=delivery_id) is None:
        raise NotFound("delivery", delivery_id)
    raise Conflict("Only what failed, or may not have arrived, can be sent again.")


def _end_the_hopeless(w: Work) -> None:
    w.run(
        "UPDATE notification_delivery SET state = 'uncertain', error = :error"
        " WHERE state = 'handing_over' AND next_at <= :now",
        now=w.now,
        error=_LOST_SIGHT,
    )
    w.run(
        "UPDATE notification_delivery d SET state = 'cancelled' WHERE d.state IN ('queued', 'sending')"
        " AND d.next_at <= :now AND NOT EXISTS (SELECT 1 FROM membership m"
        " JOIN app_user u ON u.id = m.user_id JOIN notification_channel c ON c.tenant_id = m.tenant_id"
        " AND c.user_id = m.user_id WHERE m.tenant_id = d.tenant_id AND m.user_id = d.user_id AND m.active AND u.active"
        " AND c.id = d.channel_id AND c.enabled AND c.confirmed_at IS NOT NULL)",
        now=w.now,
    )
    w.run(
        "UPDATE notification_delivery SET state = 'failed',"
        " error = coalesce(error, 'Given up: its worker died each time.')"
        " WHERE state IN ('queued', 'sending') AND next_at <= :now AND attempts >= :most",
        now=w.now,
        most=MAX_ATTEMPTS,
    )


def _put_off(w: Work, first: Row[Any]) -> bool:
    """Move what comes due in quiet hours to their end, and what missed its digest to the next one."""
    place, schedule = zone(first.time_zone), Schedule(first.quiet_from, first.quiet_to, first.digest_minute)
    if first.digest_day is None:
        at = end_of_quiet(w.now, place, schedule)
        return at > w.now and _move(w, first, at, None)
    gone = w.row(
        "SELECT 1 FROM notification_delivery WHERE channel_id = :channel AND digest_day = :day"
        " AND state IN ('handing_over', 'sent', 'uncertain') LIMIT 1",
        channel=first.channel_id,
        day=first.digest_day,
    )
    if gone is None:
        return False
    if schedule.digest_minute is None:
        return _move(w, first, w.now, None)
    at = next_local_minute(w.now + timedelta(minutes=1), place, schedule.digest_minute)
    return _move(w, first, at, at.astimezone(place).date())


def _move(w: Work, first: Row[Any], at: datetime, digest_day: date | None) -> bool:
    w.run(
        "UPDATE notification_delivery SET next_at = :at, digest_day = :day, handed_at = NULL, state = 'queued'"
        " WHERE id = :id",
        id=first.id,
        at=at,
        day=digest_day,
    )
    return True


def _claim(w: Work, first: Row[Any]) -> Parcel | None:
    claim = new_id()
    rows = w.rows(
        "UPDATE notification_delivery d SET state = 'sending', claim = :claim, attempts = d.attempts + 1,"
        " next_at = :later WHERE d.id IN (SELECT e.id FROM notification_delivery e WHERE e.id = :id"
        " OR (e.channel_id = :channel AND e.digest_day = :day AND e.state IN ('queued', 'sending')"
        "     AND e.next_at <= :now) ORDER BY e.id = :id DESC, e.created_at, e.id LIMIT :most)"
        " RETURNING d.id, d.created_at, d.notification_id",
        claim=claim,
        later=w.now + TAKEN_OVER_AFTER,
        id=first.id,
        channel=first.channel_id,
        day=first.digest_day,
        now=w.now,
        most=MAX_IN_A_MESSAGE,
    )
    rows = sorted(rows, key=lambda row: (row.created_at, row.id))
    channel = w.row(
        "SELECT c.kind, c.address_encrypted, u.email, u.display_name, u.locale, t.name AS household"
        " FROM notification_channel c JOIN app_user u ON u.id = c.user_id JOIN tenant t ON t.id = c.tenant_id"
        " WHERE c.id = :id",
        id=first.channel_id,
    )
    assert channel is not None, "a delivery has a channel"
    reader = Reader(channel.locale, local_date(w.now, first.time_zone))
    told = {
        row.id: _told(row, reader)
        for row in w.rows(
            "SELECT id, kind, day, title, body, facts, href FROM notification WHERE id = ANY (:ids)",
            ids=[row.notification_id for row in rows],
        )
    }
    return Parcel(
        claim=claim,
        ids=tuple(row.id for row in rows),
        channel_id=first.channel_id,
        target=target_of(channel),
        name=channel.display_name,
        household=channel.household,
        locale=channel.locale,
        digest_day=first.digest_day,
        told=tuple(told[row.notification_id] for row in rows),
    )


def _told(row: Row[Any], reader: Reader) -> Told:
    said = words_of(row.kind, row.facts, row.title, row.body, reader)
    return Told(row.kind, row.day, said.title, said.body, row.href)


def target_of(channel: Row[Any]) -> Target:
    """Return where a channel leads; `channel` has its kind, its address and its owner's e-mail address."""
    if channel.kind == "account":
        return Target("email", channel.email)
    return Target(channel.kind, decrypt(bytes(channel.address_encrypted)).decode())
