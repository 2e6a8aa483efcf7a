"""What open pages ask now and then: whether background work goes on, and how much is unread."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS
from recaller.infra.background import Background, background
from recaller.infra.work import work
from recaller.services.notifications import count_unread

router = APIRouter(prefix="/status", tags=["status"], responses=COMMON_PROBLEMS)


@dataclass(frozen=True, slots=True)
class StatusView:
    """`background` is `running`, or what is missing: `no_queue` (Redis is away), `no_worker` (a queue has none),
    `no_tick_worker`, `no_scheduler` (what is due isn't looked for).

    `unread` is how many notifications the caller hasn't read; 100 means that many or more.
    """

    background: Background
    unread: int


@router.get("")
def get_status(scope: CurrentScope) -> StatusView:
    """Return whether background work (imports, recurring transactions, reminders) goes on, and what is unread."""
    # Before the transaction: a Redis that hangs must hold no connection of the database.
    found = background()
    with work(scope, read_only=True) as w:
        return StatusView(found, count_unread(w))
