"""When each household's daily work is due next: written for new households, and anew when hours or zone change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from recaller.core.clock import zone
from recaller.domain.schedule import first_moment, next_moment
from recaller.infra.work import Work

Hour = Literal["recurring", "reminders", "night"]


@dataclass(frozen=True, slots=True)
class PlannedKind:
    """A kind of daily work, at which of the household's hours it runs, and what people call it."""

    kind: str
    hour: Hour
    label: str


def plan_household(w: Work, kinds: Iterable[PlannedKind], minutes: Mapping[str, int]) -> None:
    """Write when each kind is due next; `minutes` after midnight in the household's zone, by the name of the hour.

    Work that never ran begins at its next hour; other work goes on after the date that it did last.
    """
    tenant = w.row("SELECT time_zone FROM tenant WHERE id = :tenant", tenant=w.scope.tenant_id)
    assert tenant is not None
    here = zone(tenant.time_zone)
    rows = w.rows("SELECT kind, last_date FROM daily_work ORDER BY kind FOR UPDATE")
    done = {row.kind: row.last_date for row in rows}
    for kind in kinds:
        minute, last = minutes[kind.hour], done.get(kind.kind)
        w.run(
            "INSERT INTO daily_work (tenant_id, space_id, kind, hour, label, next_at, zone)"
            " VALUES (:tenant, :space, :kind, :hour, :label, :next, :zone) ON CONFLICT (tenant_id, kind) DO UPDATE"
            " SET hour = excluded.hour, label = excluded.label, next_at = excluded.next_at, zone = excluded.zone",
            tenant=w.scope.tenant_id,
            space=w.scope.shared_space_id,
            kind=kind.kind,
            hour=kind.hour,
            label=kind.label,
            next=first_moment(w.now, minute, here) if last is None else next_moment(last, minute, here),
            zone=tenant.time_zone,
        )


def replan_household(w: Work, minutes: Mapping[str, int]) -> None:
    """Plan what is planned already anew: the household changed its hours or its time zone."""
    rows = w.rows("SELECT kind, hour, label FROM daily_work ORDER BY kind")
    plan_household(w, [PlannedKind(row.kind, row.hour, row.label) for row in rows], minutes)
