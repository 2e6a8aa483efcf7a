"""Writes single occurrences: made, changed, taken away, each change audited with the occurrence before and after."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from recaller.domain.business_days import posting_date
from recaller.domain.occurrences import State
from recaller.infra.work import Work
from recaller.services.recurring.reading import effect_of, get_occurrence
from recaller.services.recurring.rows import is_ahead, is_date_of
from recaller.services.recurring.views import OccurrenceView, RecurringView

NAME = "occurrence"


def expect_again(w: Work, template: RecurringView, due_date: date) -> None:
    """Let a date that was decided be expected again on its own day: due, or to come as if nothing had been."""
    if is_ahead(w, template.id, due_date) and is_date_of(template.recurrence, due_date):
        w.run(
            "DELETE FROM occurrence WHERE recurring_id = :id AND due_date = :due",
            id=template.id,
            due=due_date,
        )
        return
    update_occurrence(
        w, template.id, due_date,
        "state = 'due', posted_on = :on, transaction_id = NULL, actual_amount = NULL, confirmed_by = NULL,"
        " removed_id = NULL, removed_state = NULL",
        on=posting_date(template.recurrence, due_date, template.country),
    )  # fmt: skip


def insert_occurrence(w: Work, template: RecurringView, due_date: date, state: State) -> None:
    """Write a date that no run has come to yet."""
    w.run(
        "INSERT INTO occurrence (tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount)"
        " SELECT tenant_id, space_id, id, :due, :on, :state, :expected FROM recurring WHERE id = :id",
        id=template.id,
        due=due_date,
        on=posting_date(template.recurrence, due_date, template.country),
        state=state.value,
        expected=effect_of(template),
    )


def update_occurrence(w: Work, recurring_id: UUID, due_date: date, changes: str, **values: Any) -> None:
    """Change an occurrence; `changes` is SQL of ours with named values."""
    w.run(
        f"UPDATE occurrence SET {changes} WHERE recurring_id = :id AND due_date = :due",
        id=recurring_id,
        due=due_date,
        **values,
    )


def audited(w: Work, action: str, before: OccurrenceView) -> OccurrenceView:
    """Note what was done to an occurrence; returns it as it is now."""
    after = get_occurrence(w, before.recurring_id, before.due_date)
    w.audit(
        action,
        NAME,
        before.recurring_id,
        space_id=before.space_id,
        before=_plain(before),
        after=_plain(after),
    )
    return after


def _plain(view: OccurrenceView) -> dict[str, Any]:
    kept = (
        "due_date",
        "posted_on",
        "state",
        "expected_amount",
        "actual_amount",
        "currency",
        "transaction_id",
    )
    return {name: value for name, value in asdict(view).items() if name in kept}
