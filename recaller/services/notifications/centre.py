"""The centre in the app: what one was told, how many are unread, and what became of the deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, encode_cursor, moment_cursor
from recaller.infra.work import Work
from recaller.services.notifications.wording import Reader, words_of

# The badge says 99+ past that; counting further would only cost.
MOST_UNREAD = 100
READ_KEPT = timedelta(days=90)
# Nobody reads it any more.
KEPT = timedelta(days=366)
MOST_FORGOTTEN = 5_000


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How one notification went over one channel; see `NotificationDelivery` for the states. Times are UTC."""

    id: UUID
    channel: str
    state: str
    error: str | None
    next_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotificationView:
    """Something that the caller was told, in words of today; `day` is the date that it is about, times are UTC."""

    id: UUID
    kind: str
    title: str
    body: str
    href: str
    day: date
    created_at: datetime
    read_at: datetime | None
    deliveries: tuple[DeliveryView, ...] = ()


_COLUMNS = "id, kind, title, body, facts, href, day, created_at, read_at"
_OWN = "user_id = :user AND space_id = :space AND NOT hidden"


def list_notifications(
    w: Work, *, limit: int = DEFAULT_PAGE, cursor: str | None = None, unread_only: bool = False
) -> Page[NotificationView]:
    """Return what the caller was told, newest first, in pages; raise ValidationFailed for a wrong cursor."""
    check_limit(limit)
    after = "" if cursor is None else " AND (created_at, id) < (CAST(:at AS timestamptz), :id)"
    unread = " AND read_at IS NULL" if unread_only else ""
    rows = w.rows(
        f"SELECT {_COLUMNS} FROM notification WHERE {_OWN}{unread}{after}"
        " ORDER BY created_at DESC, id DESC LIMIT :most",
        most=limit + 1,
        **_owner(w),
        **({} if cursor is None else _position(cursor)),
    )
    shown = rows[:limit]
    deliveries = _deliveries(w, [row.id for row in shown])
    last = shown[-1] if len(rows) > limit else None
    return Page(
        items=tuple(_view(w, row, deliveries) for row in shown),
        next_cursor=None if last is None else encode_cursor([last.created_at.isoformat(), last.id]),
    )


def count_unread(w: Work) -> int:
    """Return how many the caller hasn't read, MOST_UNREAD at most."""
    row = w.row(
        f"SELECT count(*) AS n FROM (SELECT 1 FROM notification WHERE {_OWN} AND read_at IS NULL LIMIT :most) few",
        most=MOST_UNREAD,
        **_owner(w),
    )
    return int(row.n) if row is not None else 0


def mark_read(w: Work, notification_id: UUID) -> NotificationView:
    """Note that the caller has read one (again has no effect); raise NotFound."""
    row = w.row(
        f"UPDATE notification SET read_at = coalesce(read_at, :now) WHERE id = :id AND {_OWN} RETURNING {_COLUMNS}",
        id=notification_id,
        now=w.now,
        **_owner(w),
    )
    if row is None:
        raise NotFound("notification", notification_id)
    return _view(w, row, _deliveries(w, [row.id]))


def mark_all_read(w: Work) -> int:
    """Note that the caller has read everything; returns how many were unread."""
    done = w.run(
        f"UPDATE notification SET read_at = :now WHERE {_OWN} AND read_at IS NULL", now=w.now, **_owner(w)
    )
    return done.rowcount


def forget_old_notifications(w: Work) -> int:
    """Delete what was read (or never shown) more than 90 days ago, and what is older than a year, read or not.

    Deliveries go with it. For the nightly clean-up, which takes a bounded share of it at a time.
    What is about a day within these 90 stays: it is what keeps it from being told again. Returns how many.
    """
    done = w.run(
        "DELETE FROM notification WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM notification"
        " WHERE (read_at < :before OR (hidden AND created_at < :before) OR created_at < :oldest) AND day < :day"
        " LIMIT :most)",
        before=w.now - READ_KEPT,
        oldest=w.now - KEPT,
        most=MOST_FORGOTTEN,
        day=w.today - READ_KEPT,
    )
    return done.rowcount


def _owner(w: Work) -> dict[str, Any]:
    # A super administrator who looks in is no member and has no space of their own: nothing was told them here.
    return {"user": w.scope.user_id, "space": w.scope.private_space_id}


def _position(cursor: str) -> dict[str, Any]:
    at, row_id = moment_cursor(cursor)
    return {"at": at, "id": row_id}


def _deliveries(w: Work, ids: list[UUID]) -> dict[UUID, tuple[DeliveryView, ...]]:
    found: dict[UUID, list[Row[Any]]] = {}
    rows = w.rows(
        "SELECT d.notification_id, d.id, c.label, d.state, d.error, d.next_at, d.sent_at FROM notification_delivery d"
        " JOIN notification_channel c ON c.tenant_id = d.tenant_id AND c.id = d.channel_id"
        " WHERE d.notification_id = ANY (:ids) ORDER BY c.created_at, c.id",
        ids=ids,
    )
    for row in rows:
        found.setdefault(row.notification_id, []).append(row)
    return {key: tuple(_delivery(row) for row in some) for key, some in found.items()}


def _delivery(row: Row[Any]) -> DeliveryView:
    return DeliveryView(row.id, row.label, row.state, row.error, row.next_at, row.sent_at)


def _view(w: Work, row: Row[Any], deliveries: dict[UUID, tuple[DeliveryView, ...]]) -> NotificationView:
    said = words_of(row.kind, row.facts, row.title, row.body, Reader(w.scope.locale, w.today))
    return NotificationView(
        id=row.id,
        kind=row.kind,
        title=said.title,
        body=said.body,
        href=row.href,
        day=row.day,
        created_at=row.created_at,
        read_at=row.read_at,
        deliveries=deliveries.get(row.id, ()),
    )
