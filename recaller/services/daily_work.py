"""Daily work of each household in PostgreSQL: planned, claimed inside the transaction that does it, logged."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from recaller.core.clock import local_date, zone
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.domain.schedule import due_date, first_moment, next_moment
from recaller.infra.work import IdentityWork, Work, identity_work, work
from recaller.services.daily import ErrorLog, ItemError
from recaller.services.daily_plan import PlannedKind, plan_household
from recaller.services.household_settings import HouseholdSettingsView, get_household_settings
from recaller.services.households import household_scopes

PLAN_BATCH = 1000
# After so many failures in a row the household waits for its next day.
MAX_ATTEMPTS = 4
# After a worker died of it so often, the household waits for its next day, too.
MAX_DEATHS = 3
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
# More than this many broken items of one run say no more than the first ones do.
MOST_ITEM_ERRORS = 200


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of daily work that is due in one household; `starts` counts workers that began it and didn't end."""

    tenant_id: UUID
    kind: str
    starts: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Daily work that this transaction has locked: the date it stands for and which attempt this is."""

    kind: str
    day: date
    last_date: date | None
    minute: int
    attempt: int
    run_id: UUID
    started_at: datetime


def plan_households(kinds: Sequence[PlannedKind], now: datetime) -> int:
    """Plan the work of households that are new, lack a kind, or changed their time zone; returns how many."""
    with identity_work() as identity:
        rows = identity.call(
            "SELECT tenant_id FROM households_to_plan(CAST(:kinds AS text[]), :most)",
            kinds=[kind.kind for kind in kinds],
            most=PLAN_BATCH,
        )
        scopes = household_scopes(identity, [row.tenant_id for row in rows]) if rows else {}
    for scope in scopes.values():
        with work(scope, clock=lambda: now) as w:
            plan_household(w, kinds, get_household_settings(w).minutes)
    return len(scopes)


def find_due(now: datetime, kinds: Sequence[str], *, most: int) -> list[Due]:
    """Return what of these kinds is due in any household, longest due first; ids only."""
    with identity_work() as identity:
        rows = identity.call(
            "SELECT tenant_id, kind FROM daily_work_due(:now, CAST(:kinds AS text[]), :most)",
            now=now,
            kinds=list(kinds),
            most=most,
        )
    return [Due(row.tenant_id, row.kind) for row in rows]


def hand_over_due(
    identity: IdentityWork, now: datetime, kinds: Sequence[str], *, handed_before: datetime, most: int
) -> list[Due]:
    """Return what is due and not handed to a worker since `handed_before`, and mark it as handed over."""
    rows = identity.call(
        "SELECT tenant_id, kind, starts FROM daily_work_hand_over(:now, :before, CAST(:kinds AS text[]), :most)",
        now=now,
        kinds=list(kinds),
        before=handed_before,
        most=most,
    )
    return [Due(row.tenant_id, row.kind, row.starts) for row in rows]


def begin_daily(w: Work, kind: str, *, alone: bool) -> int | None:
    """Note that a worker begins this household's work of that kind, in a transaction of its own before the run's.

    Returns how often workers began it before and never came to its end: they died of it, or with it. None when it
    isn't due, somebody has it, or it must be handed over alone (then the next sweep does so).
    """
    row = w.row(
        "UPDATE daily_work d SET starts = CASE WHEN mine.left_alone THEN d.starts ELSE d.starts + 1 END,"
        " handed_at = CASE WHEN mine.left_alone THEN NULL ELSE d.handed_at END"
        " FROM (SELECT kind, starts, starts > 0 AND NOT :alone AS left_alone FROM daily_work"
        "  WHERE tenant_id = :tenant AND kind = :kind AND next_at <= :now FOR UPDATE SKIP LOCKED) mine"
        " WHERE d.tenant_id = :tenant AND d.kind = mine.kind RETURNING mine.starts, mine.left_alone",
        tenant=w.scope.tenant_id,
        kind=kind,
        alone=alone,
        now=w.now,
    )
    return None if row is None or row.left_alone else int(row.starts)


def claim_daily(w: Work, kind: str) -> Claim | None:
    """Lock this household's work of that kind until the commit; None when it isn't due or somebody has it.

    Sets `w.day`: the date of the latest hour that has come, or today when somebody asked for the run out of turn.
    """
    row = w.row(
        "SELECT d.hour, d.attempts, d.requested, d.last_date, s.recurring_minute, s.reminder_minute, s.night_minute"
        " FROM daily_work d LEFT JOIN household_settings s ON s.tenant_id = d.tenant_id"
        " WHERE d.tenant_id = :tenant AND d.kind = :kind AND d.next_at <= :now FOR UPDATE OF d SKIP LOCKED",
        tenant=w.scope.tenant_id,
        kind=kind,
        now=w.now,
    )
    if row is None:
        return None
    settings = HouseholdSettingsView()
    if row.night_minute is not None:
        settings = HouseholdSettingsView(
            recurring_minute=row.recurring_minute,
            reminder_minute=row.reminder_minute,
            night_minute=row.night_minute,
        )
    minute = settings.minutes[row.hour]
    here = zone(w.scope.time_zone)
    w.day = local_date(w.now, w.scope.time_zone) if row.requested else due_date(w.now, minute, here)
    attempt = 1 if row.attempts >= MAX_ATTEMPTS else row.attempts + 1
    return Claim(kind, w.day, row.last_date, minute, attempt, new_id(), w.now)


def finish_daily(
    w: Work, claim: Claim, counts: Mapping[str, int], errors: ErrorLog, *, finished_at: datetime
) -> None:
    """Write the end of a run that succeeded, and when it is due next; errors it doesn't repeat are resolved."""
    here = zone(w.scope.time_zone)
    due = due_date(w.now, claim.minute, here)
    # Who moves westwards lives a date twice: it was done already.
    last = due if claim.last_date is None else max(due, claim.last_date)
    w.run(
        "WITH logged AS (INSERT INTO daily_run (tenant_id, space_id, id, kind, label, local_date, started_at,"
        "  finished_at, attempt, counts, item_errors)"
        "  SELECT tenant_id, space_id, :run, kind, label, :day, :started, :finished, :attempt,"
        "   CAST(:counts AS jsonb), :item_errors FROM daily_work WHERE tenant_id = :tenant AND kind = :kind),"
        " resolved AS (UPDATE item_error SET resolved_at = :finished"
        "  WHERE tenant_id = :tenant AND kind = :kind AND resolved_at IS NULL AND NOT (entity_id = ANY (:broken)))"
        " UPDATE daily_work SET last_date = :last, last_run_at = :started,"
        "  next_at = :next, zone = :zone, attempts = 0, error = NULL, requested = false, handed_at = NULL,"
        "  starts = 0 WHERE tenant_id = :tenant AND kind = :kind",
        tenant=w.scope.tenant_id,
        kind=claim.kind,
        run=claim.run_id,
        day=claim.day,
        last=last,
        started=claim.started_at,
        finished=finished_at,
        attempt=claim.attempt,
        counts=json.dumps(dict(counts)),
        item_errors=len(errors.items),
        broken=[item.entity_id for item in errors.items],
        next=next_moment(last, claim.minute, here),
        zone=w.scope.time_zone,
    )
    _keep_item_errors(w, claim, errors.items[:MOST_ITEM_ERRORS])


def fail_daily(
    w: Work, claim: Claim, error: str, errors: ErrorLog, *, finished_at: datetime, for_today: bool = False
) -> None:
    """Write, in a transaction after the one that was undone, that a run failed and when it is tried again.

    With `for_today` that is not before its next day.
    """
    here = zone(w.scope.time_zone)
    attempts = MAX_ATTEMPTS if for_today else claim.attempt
    if attempts >= MAX_ATTEMPTS:
        again = first_moment(finished_at, claim.minute, here)
    else:
        again = finished_at + BACK_OFF[attempts - 1]
    w.run(
        "WITH logged AS (INSERT INTO daily_run (tenant_id, space_id, id, kind, label, local_date, started_at,"
        "  finished_at, attempt, counts, item_errors, error)"
        "  SELECT tenant_id, space_id, :run, kind, label, :day, :started, :finished, :attempt, '{}'::jsonb,"
        "   :item_errors, :error FROM daily_work WHERE tenant_id = :tenant AND kind = :kind)"
        " UPDATE daily_work SET last_run_at = :started, next_at = :again, attempts = :attempts, error = :error,"
        "  handed_at = NULL, starts = 0 WHERE tenant_id = :tenant AND kind = :kind AND next_at <= :started",
        tenant=w.scope.tenant_id,
        kind=claim.kind,
        run=claim.run_id,
        day=claim.day,
        started=claim.started_at,
        finished=finished_at,
        attempt=claim.attempt,
        attempts=attempts,
        item_errors=len(errors.items),
        error=error[:2000],
        again=again,
    )
    _keep_item_errors(w, claim, errors.items[:MOST_ITEM_ERRORS])


def _keep_item_errors(w: Work, claim: Claim, items: Sequence[ItemError]) -> None:
    for item in {(item.entity, item.entity_id): item for item in items}.values():
        w.run(
            "INSERT INTO item_error (tenant_id, space_id, id, kind, entity, entity_id, message, run_id, first_at,"
            " last_at) VALUES (:tenant, :space, :id, :kind, :entity, :entity_id, :message, :run, :now, :now)"
            " ON CONFLICT (tenant_id, kind, entity, entity_id) WHERE resolved_at IS NULL DO UPDATE"
            " SET message = excluded.message, run_id = excluded.run_id, last_at = excluded.last_at,"
            " times = item_error.times + 1",
            tenant=w.scope.tenant_id,
            space=item.space_id,
            id=new_id(),
            kind=claim.kind,
            entity=item.entity,
            entity_id=item.entity_id,
            message=item.message,
            run=claim.run_id,
            now=w.now,
        )


def scopes_of(tenant_ids: Collection[UUID]) -> dict[UUID, Scope]:
    """Return the scope over all spaces of each of these households that still exists."""
    with identity_work() as identity:
        return household_scopes(identity, tenant_ids)
