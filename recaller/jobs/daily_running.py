"""Daily work on its way: the sweep hands what is due to the queues, a batch runs it household by household.

A run claims its row of `daily_work` in the very transaction that does the work: a worker killed anywhere has done
nothing, and whoever comes next finds the work due. With the clock as an argument, for simulations and benchmarks:

    run_due(now, most=100_000, kinds=DAILY)   plans, finds and runs all that is due at `now`, in this process
    sweep_daily(now, most=5_000, kinds=DAILY) hands what is due to the queues, as the tick does every minute

Both may run in any number of processes at once. A batch notes what it begins, so that work which ends its worker (out
of memory, a crash of a library) is told from work that waits: it is handed over alone from then on, and given up for
the day when MAX_DEATHS workers died of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import structlog
from rq import get_current_job
from rq.timeouts import BaseTimeoutException

from recaller.core.clock import Clock, utc_now
from recaller.core.errors import RecallerError
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.queue import JOB_TIMEOUT_SECONDS, RUN_DAILY_BATCH, push_call, waiting_count
from recaller.infra.work import identity_work, work
from recaller.jobs.daily import DAILY, DailyWork
from recaller.jobs.time_limit import TimeLimit, time_limit
from recaller.services.daily import ErrorLog
from recaller.services.daily_plan import PlannedKind
from recaller.services.daily_work import (
    MAX_DEATHS,
    PLAN_BATCH,
    Claim,
    Due,
    begin_daily,
    claim_daily,
    fail_daily,
    find_due,
    finish_daily,
    hand_over_due,
    plan_households,
    scopes_of,
)
from recaller.services.jobs import with_request

log = structlog.get_logger(__name__)

HOUSEHOLDS_A_BATCH = 50
PAGE = 500
MOST_A_SWEEP = 5_000
# RQ jobs of any sort in a queue.
MOST_WAITING = 200
# Work that was handed over and isn't done by then is handed over again: its worker died, or Redis lost it.
HANDED_FOR = timedelta(minutes=3)
# A batch begins nothing more after so long: by then the sweep hands its rest to the next worker.
BATCH_SECONDS = 150.0
# One household's run may take this share of the time that RQ gives the batch: with BATCH_SECONDS it stays below it.
RUN_SHARE = 0.5

Ending = Literal["done", "failed", "skipped", "left"]


@dataclass(slots=True)
class DailyOutcome:
    """How many runs ended how; `skipped` were done, or being done, by somebody else; `left` had no time."""

    done: int = 0
    failed: int = 0
    skipped: int = 0
    left: int = 0

    def note(self, ending: Ending) -> None:
        """Count one run."""
        setattr(self, ending, getattr(self, ending) + 1)


def sweep_daily(
    now: datetime | None = None, *, most: int = MOST_A_SWEEP, kinds: Sequence[DailyWork] = DAILY
) -> int:
    """Hand what is due to the queues, many households to one RQ job; returns how many runs were handed over."""
    now = now or utc_now()
    _plan(kinds, now, once=True)
    # What waits behind a long queue is handed over once it is shorter: again and again would only lengthen it.
    room = {queue for queue in ("default", "bulk") if waiting_count(queue) < MOST_WAITING}
    names = [work.kind for work in kinds if _queue_of(work.kind, kinds) in room]
    with identity_work() as identity:
        due = hand_over_due(identity, now, names, handed_before=now - HANDED_FOR, most=most)
    for queue in ("default", "bulk"):
        here = [one for one in due if _queue_of(one.kind, kinds) == queue]
        together = _by_household([one for one in here if one.starts == 0], kinds)
        households = [(tenant, [work.kind for work in works]) for tenant, works in together.items()]
        for start in range(0, len(households), HOUSEHOLDS_A_BATCH):
            _push(queue, households[start : start + HOUSEHOLDS_A_BATCH])
        for one in here:
            if one.starts:
                _push(queue, [(one.tenant_id, [one.kind])])
    if due:
        log.info("daily_work_handed_over", runs=len(due))
    return len(due)


def _push(queue: str, households: Sequence[tuple[UUID, list[str]]]) -> None:
    batch_id = new_id().hex
    batch = [[str(tenant), kinds] for tenant, kinds in households]
    if push_call(
        queue, RUN_DAILY_BATCH, batch, batch_id, description=f"daily work of {len(batch)} households"
    ):
        log.info("daily_batch_handed_over", request_id=batch_id, queue=queue, households=len(batch))


def run_batch(batch: list[tuple[str, list[str]]], request_id: str | None = None) -> dict[str, int]:
    """Run what a sweep handed over (what RQ calls): `batch` holds household ids with their kinds.

    `request_id` stands in the batch's log lines, and in the jobs and audit entries that come of it. What the batch has
    no time for stays due.
    """
    request_id = request_id or new_id().hex
    wanted = {UUID(tenant): [work for work in DAILY if work.kind in kinds] for tenant, kinds in batch}
    current = get_current_job()
    allowed = float((current and current.timeout) or JOB_TIMEOUT_SECONDS["default"]) * RUN_SHARE
    until = time.monotonic() + BATCH_SECONDS
    alone = len(wanted) == 1

    def run(scope: Scope, one: DailyWork) -> Ending:
        if time.monotonic() >= until:
            return "left"
        return _run_begun(with_request(scope, request_id), one, alone=alone, seconds=allowed)

    with structlog.contextvars.bound_contextvars(request_id=request_id):
        outcome = _run_households(wanted, run)
        log.info(
            "daily_batch_ended",
            done=outcome.done,
            failed=outcome.failed,
            skipped=outcome.skipped,
            left=outcome.left,
        )
    return {"done": outcome.done, "failed": outcome.failed, "skipped": outcome.skipped, "left": outcome.left}


def _run_begun(scope: Scope, one: DailyWork, *, alone: bool, seconds: float) -> Ending:
    """Note that the run begins, then do it; give it up when workers died of it too often."""
    with work(scope) as w:
        deaths = begin_daily(w, one.kind, alone=alone)
    if deaths is None:
        return "skipped"
    if deaths < MAX_DEATHS:
        return run_one(scope, one, utc_now, seconds=seconds)
    log.error("daily_run_given_up", kind=one.kind, tenant_id=str(scope.tenant_id), deaths=deaths)
    with work(scope) as w:
        claim = claim_daily(w, one.kind)
        if claim is None:
            return "skipped"
        message = f"Given up for today: its worker died {deaths} times."
        fail_daily(w, claim, message, ErrorLog(), finished_at=w.now, for_today=True)
    return "failed"


def run_due(now: datetime, *, most: int = 100_000, kinds: Sequence[DailyWork] = DAILY) -> DailyOutcome:
    """Run everything that is due at `now` in this process, at most that many runs."""
    _plan(kinds, now)
    total, tried, left_alone = DailyOutcome(), 0, 0
    seen: set[Due] = set()
    while tried < most:
        page = find_due(now, _names(kinds), most=min(PAGE, most - tried) + left_alone)
        fresh = [one for one in page if one not in seen]
        if not fresh:
            break
        seen.update(fresh)
        tried += len(fresh)
        part = _run_households(
            _by_household(fresh, kinds), lambda scope, one: run_one(scope, one, lambda: now)
        )
        left_alone += part.skipped
        for ending in ("done", "failed", "skipped"):
            setattr(total, ending, getattr(total, ending) + getattr(part, ending))
    return total


def _run_households(
    wanted: dict[UUID, list[DailyWork]], run: Callable[[Scope, DailyWork], Ending]
) -> DailyOutcome:
    outcome = DailyOutcome()
    scopes = scopes_of(list(wanted))
    for tenant, works in wanted.items():
        for one in works:
            scope = scopes.get(tenant)
            outcome.note("skipped" if scope is None else run(scope, one))
    return outcome


def run_one(scope: Scope, one: DailyWork, clock: Clock, *, seconds: float | None = None) -> Ending:
    """Do one kind of work in one household, in one transaction; what it raises is recorded and stays here.

    It may take `seconds`; what takes longer is undone and fails.
    """
    errors = ErrorLog()
    claim: Claim | None = None
    limit = TimeLimit()
    try:
        if one.prepare is not None:
            one.prepare(scope)
        with time_limit(seconds) as limit, work(scope, clock=clock) as w:
            limit.end_statement = w.cancel_statement
            claim = claim_daily(w, one.kind)
            if claim is None:
                return "skipped"
            counts = one.run(w, errors)
            finish_daily(w, claim, counts, errors, finished_at=clock())
    except BaseTimeoutException:
        # RQ's limit for the whole batch, which says nothing about this household: all of it stays due.
        raise
    except RecallerError as error:
        return _record(scope, claim, error.message, errors, clock)
    except Exception:
        if limit.passed:
            log.warning("daily_run_too_long", kind=one.kind, tenant_id=str(scope.tenant_id), seconds=seconds)
            return _record(scope, claim, "It took too long and was stopped.", errors, clock)
        # One household's bad data, or a defect that it uncovers, must not stop the others.
        log.exception("daily_run_failed", kind=one.kind, tenant_id=str(scope.tenant_id))
        return _record(scope, claim, "Something went wrong here; the log has the details.", errors, clock)
    return "done"


def _record(scope: Scope, claim: Claim | None, message: str, errors: ErrorLog, clock: Clock) -> Ending:
    """Write the failure in a transaction of its own; if even that fails, the work simply stays due."""
    if claim is None:
        return "failed"
    try:
        with work(scope, clock=clock) as w:
            fail_daily(w, claim, message, errors, finished_at=clock())
    except Exception:
        log.exception("daily_failure_not_recorded", kind=claim.kind, tenant_id=str(scope.tenant_id))
    return "failed"


def _plan(kinds: Sequence[DailyWork], now: datetime, *, once: bool = False) -> None:
    planned = [PlannedKind(work.kind, work.hour, work.label) for work in kinds]
    while planned and plan_households(planned, now) == PLAN_BATCH and not once:
        continue


def _names(kinds: Sequence[DailyWork]) -> list[str]:
    return [work.kind for work in kinds]


def _queue_of(kind: str, kinds: Sequence[DailyWork]) -> str:
    return next("bulk" if work.hour == "night" else "default" for work in kinds if work.kind == kind)


def _by_household(due: Sequence[Due], kinds: Sequence[DailyWork]) -> dict[UUID, list[DailyWork]]:
    """Group by household, each one's kinds in the order of the registry."""
    wanted: dict[UUID, set[str]] = {}
    for one in due:
        wanted.setdefault(one.tenant_id, set()).add(one.kind)
    return {tenant: [work for work in kinds if work.kind in names] for tenant, names in wanted.items()}
