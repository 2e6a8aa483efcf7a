"""What a person wants to be told, over which channels, how long before, and when not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound, ValidationFailed
from recaller.domain.quiet_hours import MINUTES_A_DAY, Schedule
from recaller.infra.work import Work
from recaller.services.notifications.channels import list_channels, owner_of
from recaller.services.notifications.kinds import KINDS, MAX_LEAD_DAYS, MAX_LEADS, NoticeKind


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """A kind with what the caller wants of it: in the centre, over each channel (by id), and days before.

    `lead_days` is None for kinds that tell of what just happened.
    """

    kind: str
    label: str
    hint: str
    icon: str
    in_app: bool
    channels: Mapping[UUID, bool]
    lead_days: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """What changes; None, and channels that aren't named, stay as they are."""

    in_app: bool | None = None
    channels: Mapping[UUID, bool] = field(default_factory=dict)
    lead_days: tuple[int, ...] | None = None


def list_preferences(w: Work) -> tuple[PreferenceView, ...]:
    """Return what the caller wants of each kind, the defaults where nothing was chosen."""
    user, _ = owner_of(w)
    channels = [channel.id for channel in list_channels(w)]
    stored = {
        row.kind: row
        for row in w.rows(
            "SELECT kind, in_app, channels, lead_days FROM notification_preference WHERE user_id = :user",
            user=user,
        )
    }
    return tuple(_view(kind, stored.get(kind.key), channels) for kind in KINDS.values())


def save_preference(w: Work, kind: str, change: PreferenceChange) -> PreferenceView:
    """Change what the caller wants of one kind; raise NotFound, ValidationFailed."""
    if kind not in KINDS:
        raise NotFound("kind of notification", kind[:60])
    user, space = owner_of(w)
    # Two clicks at once on one row of the grid follow each other.
    w.run("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", key=f"preferences {user}")
    before = next(one for one in list_preferences(w) if one.kind == kind)
    foreign = set(change.channels) - set(before.channels)
    if foreign:
        raise ValidationFailed("channels", f"There is no channel {min(foreign)}.")
    lead_days = _check_leads(kind, change.lead_days)
    w.run(
        "INSERT INTO notification_preference AS p (tenant_id, space_id, user_id, kind, in_app, channels, lead_days)"
        " VALUES (:tenant, :space, :user, :kind, :in_app, CAST(:channels AS jsonb), CAST(:leads AS jsonb))"
        " ON CONFLICT (tenant_id, user_id, kind) DO UPDATE SET in_app = excluded.in_app,"
        " channels = excluded.channels, lead_days = coalesce(excluded.lead_days, p.lead_days)",
        tenant=w.scope.tenant_id,
        space=space,
        user=user,
        kind=kind,
        in_app=before.in_app if change.in_app is None else change.in_app,
        channels=json.dumps(
            {str(one): wanted for one, wanted in {**before.channels, **change.channels}.items()}
        ),
        leads=None if lead_days is None else json.dumps(lead_days),
    )
    return next(one for one in list_preferences(w) if one.kind == kind)


def get_schedule(w: Work) -> Schedule:
    """Return when the caller wants to be left alone; minutes after midnight in the caller's own zone."""
    user, _ = owner_of(w)
    row = w.row(
        "SELECT quiet_from, quiet_to, digest_minute FROM notification_schedule WHERE user_id = :user",
        user=user,
    )
    return Schedule() if row is None else Schedule(row.quiet_from, row.quiet_to, row.digest_minute)


def save_schedule(w: Work, schedule: Schedule) -> Schedule:
    """Keep when the caller wants to be left alone; raise ValidationFailed naming the field that can't be right."""
    user, space = owner_of(w)
    for name in ("quiet_from", "quiet_to", "digest_minute"):
        minute = getattr(schedule, name)
        if minute is not None and not 0 <= minute < MINUTES_A_DAY:
            raise ValidationFailed(name, "Choose a time between 00:00 and 23:59.")
    if (schedule.quiet_from is None) != (schedule.quiet_to is None):
        missing = "quiet_from" if schedule.quiet_from is None else "quiet_to"
        raise ValidationFailed(missing, "Quiet hours have a beginning and an end.")
    w.run(
        "INSERT INTO notification_schedule (tenant_id, space_id, user_id, quiet_from, quiet_to, digest_minute)"
        " VALUES (:tenant, :space, :user, :quiet_from, :quiet_to, :digest) ON CONFLICT (tenant_id, user_id)"
        " DO UPDATE SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,"
        " digest_minute = excluded.digest_minute",
        tenant=w.scope.tenant_id,
        space=space,
        user=user,
        quiet_from=schedule.quiet_from,
        quiet_to=schedule.quiet_to,
        digest=schedule.digest_minute,
    )
    return schedule


def _view(kind: NoticeKind, row: Row[Any] | None, channels: list[UUID]) -> PreferenceView:
    chosen = {} if row is None else row.channels
    leads = kind.lead_days
    if leads is not None and row is not None and row.lead_days is not None:
        leads = tuple(sorted(row.lead_days, reverse=True))
    return PreferenceView(
        kind=kind.key,
        label=kind.label,
        hint=kind.hint,
        icon=kind.icon,
        in_app=True if row is None else row.in_app,
        channels={one: bool(chosen.get(str(one), kind.delivers)) for one in channels},
        lead_days=leads,
    )


def _check_leads(kind: str, days: tuple[int, ...] | None) -> list[int] | None:
    if days is None:
        return None
    if KINDS[kind].lead_days is None:
        raise ValidationFailed("lead_days", "This kind has no due date to be ahead of.")
    unique = sorted(set(days), reverse=True)
    if not unique or len(unique) > MAX_LEADS:
        raise ValidationFailed("lead_days", f"Choose one to {MAX_LEADS} days.")
    if not all(0 <= day <= MAX_LEAD_DAYS for day in unique):
        raise ValidationFailed("lead_days", f"Choose days between 0 and {MAX_LEAD_DAYS}.")
    return unique
