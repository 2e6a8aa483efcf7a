"""Fills the tables of detection and settling for the isolation tests."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from recaller.core.ids import new_id
from recaller.infra.work import Work


def fill_detection(w: Work, account_id: UUID, on: date) -> None:
    """Leave a suggestion, and a staged row that settles an occurrence."""
    w.run(
        "INSERT INTO recurring_suggestion (tenant_id, space_id, id, kind, signature, name, words, account_id, currency,"
        " amount, fixed, tolerance, lowest, highest, interval, anchor_on, days, shift, next_on, first_on, last_on,"
        " strength, evidence) VALUES (:tenant, :space, :id, 'new', 'rent', 'Rent', '{rent}', :account, 'USD', -100,"
        " true, 0, -100, -100, 'monthly', :on, '{1}', 'none', :on, :on, :on, 20, '{}')",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        id=new_id(),
        account=account_id,
        on=on,
    )
    w.run(
        "INSERT INTO import_settlement (tenant_id, space_id, batch_id, row_number, recurring_id, due_date)"
        " SELECT i.tenant_id, i.space_id, i.batch_id, i.row_number, o.recurring_id, o.due_date"
        " FROM import_row i, occurrence o WHERE o.tenant_id = i.tenant_id ORDER BY i.batch_id, i.row_number LIMIT 1"
    )
