"""Reminds members of bills in time and once, and tells of bills that were missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.domain.occurrences import MISSED_AFTER_DAYS, State
from recaller.infra.work import Work
from recaller.services.daily import ErrorLog
from recaller.services.notifications import (
    BillDue,
    BillMissed,
    BillsBooked,
    BookedBill,
    Notice,
    fact_notice,
    lead_days_of,
    notify_all,
)
from recaller.services.recurring.reading import open_occurrences, upcoming
from recaller.services.recurring.rows import load_templates
from recaller.services.recurring.views import OccurrenceView
from recaller.services.recurring.writing import MAX_LEAD_DAYS

REMINDER, MISSED, POSTED = "bill.reminder", "bill.missed", "bill.posted"
# Somebody who was away for longer finds missed bills in the list, not in the mail.
STILL_NEWS_DAYS = 30
# The next day tells of the others.
MOST_TOLD = 1000


def remind_of_bills(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
    """Send each member the reminders whose lead day has come, once per due date and lead (a `DailyRun`).

    After a downtime only what is still useful is sent: of several leads that passed the last one, and none for a day
    that is over. Returns counts: "reminders", "missed", "posted".
    """
    leads = lead_days_of(w, REMINDER)
    if not leads:
        return {"reminders": 0, "missed": 0, "posted": 0}
    own = {
        one.id: one.lead_days for one in load_templates(w, "r.state = 'active' AND r.lead_days IS NOT NULL")
    }
    # Their dates that were decided ahead, or due when the pause began, are kept.
    paused = {one.id for one in load_templates(w, "r.paused_at IS NOT NULL")}
    coming = [
        one
        for one in upcoming(w, w.today, w.today + timedelta(days=MAX_LEAD_DAYS))
        if one.open and one.recurring_id not in paused
    ]
    reminders = 0
    for users, notices in _by_receivers(w.today, coming, own, leads).items():
        reminders += notify_all(w, notices, users=users)
    oldest = w.today - timedelta(days=MISSED_AFTER_DAYS + STILL_NEWS_DAYS)
    missed = [
        _missed(one)
        for one in open_occurrences(w)
        if one.state is State.MISSED and one.posted_on >= oldest and one.recurring_id not in paused
    ]
    return {
        "reminders": reminders,
        "missed": notify_all(w, missed),
        "posted": notify_all(w, _posted_by_itself(w)),
    }


def lead_that_came(leads: Iterable[int], days_left: int) -> int | None:
    """Return which lead of these a reminder is for, so many days before: the last one whose day has come."""
    return min((lead for lead in leads if lead >= days_left), default=None) if days_left >= 0 else None


def _by_receivers(
    today: date,
    coming: Sequence[OccurrenceView],
    own: Mapping[UUID, tuple[int, ...] | None],
    leads: Mapping[UUID, tuple[int, ...]],
) -> dict[tuple[UUID, ...], list[Notice]]:
    """Group the reminders by who gets them: members with the same wishes are told together."""
    wishes: dict[tuple[int, ...], list[UUID]] = defaultdict(list)
    for user, days in leads.items():
        wishes[days].append(user)
    found: dict[tuple[UUID, ...], list[Notice]] = defaultdict(list)
    for one in coming:
        # Without leads of its own only what takes money is a bill.
        if own.get(one.recurring_id) is None and one.expected_amount > 0:
            continue
        for days, users in wishes.items():
            chosen = own.get(one.recurring_id)
            lead = lead_that_came(days if chosen is None else chosen, (one.posted_on - today).days)
            if lead is not None:
                found[tuple(users)].append(_reminder(one, lead))
    return dict(found)


def _reminder(one: OccurrenceView, lead: int) -> Notice:
    return fact_notice(
        REMINDER,
        f"{thing_of(one)}:{lead}",
        one.posted_on,
        BillDue(one.name, one.posted_on, one.expected_amount, one.currency, one.mode == "auto"),
        href_of(one.recurring_id),
        one.space_id,
    )


def _missed(one: OccurrenceView) -> Notice:
    return fact_notice(
        MISSED,
        thing_of(one),
        one.posted_on,
        BillMissed(one.name, one.posted_on, one.expected_amount, one.currency),
        href_of(one.recurring_id),
        one.space_id,
    )


def _posted_by_itself(w: Work) -> list[Notice]:
    """One notice for each space whose bills were booked by themselves and nobody was told of yet, whatever their day.

    Marks them as told: caught up after a downtime, or posted by a later attempt, each is told of once.
    """
    by_space: dict[UUID, list[Row[Any]]] = defaultdict(list)
    rows = w.rows(
        "WITH new AS (SELECT recurring_id, due_date FROM occurrence WHERE told_at IS NULL AND state = 'posted'"
        "  AND confirmed_by IS NULL AND posted_on BETWEEN :oldest AND :today ORDER BY posted_on LIMIT :most)"
        " UPDATE occurrence o SET told_at = :now FROM new JOIN recurring r ON r.tenant_id = :tenant"
        "  AND r.id = new.recurring_id WHERE o.tenant_id = :tenant AND o.recurring_id = new.recurring_id"
        "  AND o.due_date = new.due_date"
        " RETURNING r.space_id, r.name, r.id, o.due_date, o.posted_on, o.actual_amount, r.currency",
        tenant=w.scope.tenant_id,
        oldest=w.today - timedelta(days=STILL_NEWS_DAYS),
        today=w.today,
        now=w.now,
        most=MOST_TOLD,
    )
    for row in sorted(rows, key=lambda row: (row.posted_on, row.name.lower(), row.id)):
        by_space[row.space_id].append(row)
    return [
        fact_notice(
            POSTED,
            f"posted:{some[0].id}:{some[0].due_date.isoformat()}",
            w.today,
            BillsBooked.of(
                [BookedBill(row.name, row.posted_on, row.actual_amount, row.currency) for row in some]
            ),
            "/recurring",
            space,
        )
        for space, some in by_space.items()
    ]


def thing_of(one: OccurrenceView) -> str:
    """Return the name under which notices speak of an occurrence."""
    return f"occurrence:{one.recurring_id}:{one.due_date.isoformat()}"


def href_of(recurring_id: UUID) -> str:
    """Return the page that shows a template."""
    return f"/recurring?open={recurring_id}"
