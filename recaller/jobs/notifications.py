"""Deliveries on their way: the tick hands what is due to the workers, person by person; a batch sends it.

The truth is the delivery's own row, so a batch may be lost, killed or run twice.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from rq.timeouts import BaseTimeoutException

from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra.queue import push_call
from recaller.infra.work import identity_work
from recaller.services.households import household_scopes
from recaller.services.notifications.sending import send_due

log = structlog.get_logger(__name__)

MOST_A_SWEEP = 5_000
PEOPLE_A_BATCH = 20
# What was handed over and isn't claimed by then is handed over again: Redis lost it, or its worker died.
HANDED_FOR = timedelta(minutes=2)
# A batch begins no message after so long: with one that takes as long as it can, it stays below RQ's limit, which would
# cut a message off in the middle.
BATCH_SECONDS = 60.0
DELIVER = "recaller.jobs.notifications.deliver_batch"


def hand_over_deliveries() -> int:
    """Hand what is due to the workers, many people to one RQ job; returns to how many people something is due."""
    now = utc_now()
    with identity_work() as identity:
        due = identity.call(
            "SELECT tenant_id, space_id FROM deliveries_to_hand_over(:due, :before, :most)",
            due=now,
            before=now - HANDED_FOR,
            most=MOST_A_SWEEP,
        )
    people = [[str(row.tenant_id), str(row.space_id)] for row in due]
    for start in range(0, len(people), PEOPLE_A_BATCH):
        _push(people[start : start + PEOPLE_A_BATCH], new_id().hex)
    return len(people)


def _push(people: list[list[str]], request_id: str) -> None:
    # Bills are told of while imports and the night's work fill the other queues.
    push_call("critical", DELIVER, people, request_id, description=f"deliveries to {len(people)} people")


def deliver_batch(people: list[list[str]], request_id: str | None = None) -> dict[str, int]:
    """Send what is due to these people (what RQ calls): pairs of a household's id and a private space's.

    `request_id` stands in the batch's log lines. Whom the batch has no time for is handed to the next one.
    """
    request_id = request_id or new_id().hex
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        return _deliver(people, request_id)


def _deliver(people: list[list[str]], request_id: str) -> dict[str, int]:
    until = time.monotonic() + BATCH_SECONDS
    with identity_work() as identity:
        scopes = household_scopes(identity, {UUID(tenant) for tenant, _ in people})
    sent = failed = 0
    for number, (tenant, space) in enumerate(people):
        if time.monotonic() >= until:
            _push(people[number:], request_id)
            break
        scope = scopes.get(UUID(tenant))
        if scope is None or UUID(space) not in scope.space_ids:
            continue
        try:
            # Nothing but this one person's own space is in sight.
            sent += send_due(replace(scope, space_ids=(UUID(space),), request_id=request_id), until=until)
        except BaseTimeoutException:
            # RQ's limit for the whole batch: the sweep hands the others over again.
            raise
        except Exception:
            # One person's bad data must not keep the others from their messages; the sweep comes back to it.
            log.exception("deliveries_failed", tenant_id=tenant)
            failed += 1
    return {"sent": sent, "failed": failed}
