"""One RQ job for one item: what recurring transactions would cost without the sweep (bench/recurring.py)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from recaller.infra.work import identity_work, work
from recaller.services.households import household_scopes
from recaller.services.recurring import post_now


def post_item(tenant_id: str, recurring_id: str, due: str) -> None:
    """Post one occurrence through the service that a member's "post now" calls."""
    with identity_work() as identity:
        scope = household_scopes(identity, [UUID(tenant_id)])[UUID(tenant_id)]
    with work(scope) as w:
        post_now(w, UUID(recurring_id), date.fromisoformat(due))
