"""The dashboard's card of what falls due next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import reflex as rx

from recaller.infra.work import Work
from recaller.services.recurring import open_occurrences, upcoming
from recaller.state.base import event, in_work
from recaller.state.pickers import formatter_of, put
from recaller.state.recurring_view import DueItem, SumItem, due_item, sums_of

DAYS = 14
MOST = 8


class UpcomingBillsState(rx.State):
    """What is waiting and what comes in the next 14 days, with what it comes to in each currency."""

    loading: bool = True
    bills: list[DueItem] = []
    more: str = ""
    sums: list[SumItem] = []

    @event
    async def load(self) -> None:
        """Show what is still expected up to two weeks from today."""

        def read(w: Work) -> dict[str, Any]:
            say = formatter_of(w)
            coming = upcoming(w, w.today, w.today + timedelta(days=DAYS))
            known = {(one.recurring_id, one.due_date) for one in coming}
            waiting = [one for one in open_occurrences(w) if (one.recurring_id, one.due_date) not in known]
            expected = [*waiting, *(one for one in coming if one.open)]
            return {
                "bills": [due_item(one, say) for one in expected[:MOST]],
                "more": f"{len(expected) - MOST} more" if len(expected) > MOST else "",
                "sums": sums_of(expected, say),
            }

        put(self, loading=False, **await in_work(self, read, read_only=True))
