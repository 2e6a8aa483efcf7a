"""Telling people something: one row for each receiver, once, and what goes out over the receiver's channels.

A call costs three statements, however many notices and receivers there are; nothing leaves the house here. Delivery
is the workers' (see `delivering.py`), so `notify` may be called inside of any larger transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from recaller.core.clock import zone
from recaller.core.ids import new_id
from recaller.domain.quiet_hours import Schedule, delivery_time
from recaller.infra.work import Work
from recaller.services.notifications.kinds import KINDS
from recaller.services.notifications.wording import (
    MAX_BODY,
    MAX_TITLE,
    Facts,
    Reader,
    kept_facts,
    plain,
)
from recaller.settings import get_settings

MAX_THING = 200
_ROWS_A_STATEMENT = 2000


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: `kind` of `KINDS`; `thing` and `on` say what it is about, so that it is told once.

    `on` is a calendar date (the due date, the first day of a budget's period ...). A reminder that comes twice for
    one due date has two things, as in `bill:<id>:3` and `bill:<id>:0`. `title` and `body` are plain text for people;
    `facts` take their place where amounts or dates are told (`fact_notice` makes such a notice). `href` is a path of
    ours, as in `/recurring?open=<id>`. Whoever sees `space_id` may be told.
    """

    kind: str
    thing: str
    on: date
    title: str
    body: str
    href: str
    space_id: UUID
    facts: Facts | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"{self.kind!r} is no kind of notice"
        assert self.href.startswith("/") and not self.href.startswith("//"), (
            "a notice links to a page of ours"
        )
        assert len(self.thing) <= MAX_THING, "a thing's name is short"


def fact_notice(kind: str, thing: str, on: date, facts: Facts, href: str, space_id: UUID) -> Notice:
    """Return a notice that is worded for each of its readers."""
    return Notice(kind, thing, on, "", "", href, space_id, facts)


@dataclass(frozen=True, slots=True)
class _Receiver:
    """An active member, with what the member wishes."""

    user_id: UUID
    space_id: UUID
    time_zone: str
    locale: str
    schedule: Schedule
    channels: Sequence[Mapping[str, Any]]
    preferences: Mapping[str, Mapping[str, Any]]


def notify(w: Work, notice: Notice, *, users: Collection[UUID] | None = None) -> int:
    """Tell everybody who sees the notice's space (or those of `users` who do); returns to how many it was new.

    `w` must see the receivers' private spaces: a daily run or a household-wide job does, and a member's own work for
    the member alone. Told again, nothing happens: once for each (receiver, kind, thing, on).
    """
    return notify_all(w, (notice,), users=users)


def notify_all(w: Work, notices: Sequence[Notice], *, users: Collection[UUID] | None = None) -> int:
    """Tell several things at once; returns how many rows were new. See `notify`."""
    if not notices:
        return 0
    receivers = _receivers(w, {notice.space_id for notice in notices}, users)
    rows = [
        _row(notice, receiver, w.today)
        for notice in notices
        for receiver in receivers
        if notice.space_id in (w.scope.shared_space_id, receiver.space_id)
    ]
    # Made within one millisecond, ids alone would mix up what is told at once.
    for row, row_id in zip(rows, sorted(row["id"] for row in rows), strict=True):
        row["id"] = row_id
    new = {row_id for some in _chunks(rows) for row_id in _insert(w, some)}
    _queue(w, [row for row in rows if row["id"] in new], receivers)
    return len(new)


def lead_days_of(w: Work, kind: str) -> Mapping[UUID, tuple[int, ...]]:
    """Return how many days before the due date each active member wants this kind, most days first."""
    default = KINDS[kind].lead_days or ()
    rows = w.rows(
        "SELECT m.user_id, p.lead_days FROM membership m JOIN app_user u ON u.id = m.user_id"
        " LEFT JOIN notification_preference p ON p.tenant_id = m.tenant_id AND p.user_id = m.user_id"
        " AND p.kind = :kind WHERE m.tenant_id = :tenant AND m.active AND u.active ORDER BY m.user_id",
        tenant=w.scope.tenant_id,
        kind=kind,
    )
    return {
        row.user_id: default if row.lead_days is None else tuple(sorted(row.lead_days, reverse=True))
        for row in rows
    }


def _receivers(w: Work, spaces: Collection[UUID], users: Collection[UUID] | None) -> list[_Receiver]:
    """Return those of `users` (None: of all active members) who see one of the spaces."""

    def read() -> list[_Receiver]:
        found = _read_receivers(w, users)
        return (
            found if w.scope.shared_space_id in spaces else [one for one in found if one.space_id in spaces]
        )

    receivers = read()
    unseen = {one.space_id for one in receivers} - set(w.scope.space_ids)
    assert not unseen, "notify needs a unit of work that sees the receivers' own spaces"
    without = [one for one in receivers if all(channel["kind"] != "account" for channel in one.channels)]
    if not without:
        return receivers
    make_account_channels(w, [(one.user_id, one.space_id) for one in without])
    return read()


def make_account_channels(w: Work, owners: Sequence[tuple[UUID, UUID]]) -> None:
    """Give people (user, private space) the channel that everybody has: the address that they sign in with."""
    rows = [{"id": str(new_id()), "user_id": str(user), "space_id": str(space)} for user, space in owners]
    w.run(
        "INSERT INTO notification_channel (tenant_id, space_id, id, user_id, kind, label, confirmed_at, created_at)"
        " SELECT :tenant, r.space_id, r.id, r.user_id, 'account', 'E-mail', :now, :now"
        " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, user_id uuid, space_id uuid)"
        " ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        now=w.now,
        rows=json.dumps(rows),
    )


def _read_receivers(w: Work, users: Collection[UUID] | None) -> list[_Receiver]:
    rows = w.rows(
        "SELECT u.id, u.time_zone, u.locale, p.id AS space_id, s.quiet_from, s.quiet_to, s.digest_minute,"
        " (SELECT jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'ready', c.enabled AND"
        "   c.confirmed_at IS NOT NULL)) FROM notification_channel c"
        "   WHERE c.tenant_id = m.tenant_id AND c.user_id = u.id) AS channels,"
        " (SELECT jsonb_object_agg(k.kind, jsonb_build_object('in_app', k.in_app, 'channels', k.channels))"
        "   FROM notification_preference k WHERE k.tenant_id = m.tenant_id AND k.user_id = u.id) AS preferences"
        " FROM membership m JOIN app_user u ON u.id = m.user_id"
        " JOIN space p ON p.tenant_id = m.tenant_id AND p.owner_user_id = u.id"
        " LEFT JOIN notification_schedule s ON s.tenant_id = m.tenant_id AND s.user_id = u.id"
        " WHERE m.tenant_id = :tenant AND m.active AND u.active"
        " AND (CAST(:users AS uuid[]) IS NULL OR u.id = ANY (CAST(:users AS uuid[]))) ORDER BY u.id",
        tenant=w.scope.tenant_id,
        users=None if users is None else list(users),
    )
    return [
        _Receiver(
            row.id,
            row.space_id,
            row.time_zone,
            row.locale,
            Schedule(row.quiet_from, row.quiet_to, row.digest_minute),
            row.channels or (),
            row.preferences or {},
        )
        for row in rows
    ]


def _row(notice: Notice, receiver: _Receiver, today: date) -> dict[str, Any]:
    wish = receiver.preferences.get(notice.kind, {})
    title, body = notice.title, notice.body
    if notice.facts is not None:
        # For whoever can't read the facts any more; the date is the one on which it is written.
        said = notice.facts.say(Reader(receiver.locale, today))
        title, body = said.title, said.body
    return {
        "id": str(new_id()),
        "space_id": str(receiver.space_id),
        "user_id": str(receiver.user_id),
        "kind": notice.kind,
        "thing": notice.thing,
        "day": notice.on.isoformat(),
        "title": plain(title)[:MAX_TITLE],
        "body": plain(body)[:MAX_BODY],
        "facts": None if notice.facts is None else kept_facts(notice.kind, notice.facts),
        "href": notice.href,
        "hidden": not wish.get("in_app", True),
    }


def _insert(w: Work, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    added = w.rows(
        "INSERT INTO notification (tenant_id, space_id, id, user_id, kind, thing, day, title, body, facts, href,"
        " hidden, created_at) SELECT :tenant, r.space_id, r.id, r.user_id, r.kind, r.thing, r.day, r.title, r.body,"
        " r.facts, r.href, r.hidden, :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, space_id uuid,"
        " user_id uuid, kind varchar, thing varchar, day date, title varchar, body varchar, facts jsonb, href varchar,"
        " hidden boolean)"
        " ON CONFLICT (tenant_id, user_id, kind, thing, day) DO NOTHING RETURNING id",
        tenant=w.scope.tenant_id,
        now=w.now,
        rows=json.dumps(rows),
    )
    return [str(row.id) for row in added]


def _queue(w: Work, new: Sequence[Mapping[str, Any]], receivers: Sequence[_Receiver]) -> None:
    """Write what is to go out; the sweep hands it to the workers when its time has come."""
    settings = get_settings()
    possible = {"account": settings.mail_is_set_up, "email": settings.mail_is_set_up}
    possible["service"] = bool(settings.notify_schemes)
    by_user = {str(one.user_id): one for one in receivers}
    times = {user: delivery_time(w.now, zone(one.time_zone), one.schedule) for user, one in by_user.items()}
    deliveries = [
        {
            "id": str(new_id()),
            "space_id": row["space_id"],
            "user_id": row["user_id"],
            "notification_id": row["id"],
            "channel_id": channel["id"],
            "kind": row["kind"],
            "thing": row["thing"],
            "day": row["day"],
            "next_at": times[row["user_id"]].at.isoformat(),
            "digest_day": _iso(times[row["user_id"]].digest_day),
        }
        for row in new
        for receiver in (by_user[row["user_id"]],)
        for channel in receiver.channels
        if channel["ready"] and possible[channel["kind"]] and _wanted(receiver, row["kind"], channel["id"])
    ]
    for some in _chunks(deliveries):
        w.run(
            "INSERT INTO notification_delivery (tenant_id, space_id, id, user_id, notification_id, channel_id, kind,"
            " thing, day, next_at, digest_day, created_at) SELECT :tenant, r.space_id, r.id, r.user_id,"
            " r.notification_id, r.channel_id, r.kind, r.thing, r.day, r.next_at, r.digest_day, :now"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, space_id uuid, user_id uuid,"
            " notification_id uuid, channel_id uuid, kind varchar, thing varchar, day date, next_at timestamptz,"
            " digest_day date) ON CONFLICT DO NOTHING",
            tenant=w.scope.tenant_id,
            now=w.now,
            rows=json.dumps(some),
        )


def _wanted(receiver: _Receiver, kind: str, channel_id: str) -> bool:
    chosen = receiver.preferences.get(kind, {}).get("channels", {}).get(channel_id)
    return KINDS[kind].delivers if chosen is None else bool(chosen)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _chunks(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        yield rows[start : start + _ROWS_A_STATEMENT]
