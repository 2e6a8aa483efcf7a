"""Reads templates out of the database, in one query however many, and turns them into views."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound
from recaller.domain.business_days import posting_date
from recaller.domain.recurrence import Recurrence, dates_between, describe, next_date, rule_of
from recaller.infra.work import Work
from recaller.services.recurrence_rows import recurrence_in
from recaller.services.recurring.views import RecurringPartView, RecurringView

# Far more than a household has; a bound for lists and for the daily run.
MAX_TEMPLATES = 1000

_SELECT = """
SELECT r.*, lower(r.name) AS folded_name, coalesce(a.name, '') AS account, coalesce(g.name, '') AS target,
       g.currency AS target_currency, coalesce(p.name, '') AS payee,
       (SELECT s.country FROM household_settings s) AS household_country,
       ARRAY(SELECT t.name FROM recurring_tag rt JOIN tag t ON t.tenant_id = rt.tenant_id AND t.id = rt.tag_id
              WHERE rt.tenant_id = r.tenant_id AND rt.recurring_id = r.id ORDER BY lower(t.name)) AS tags,
       ARRAY(SELECT o.due_date FROM occurrence o WHERE o.tenant_id = r.tenant_id AND o.recurring_id = r.id
                AND o.due_date >= r.next_due ORDER BY o.due_date) AS ahead,
       (SELECT json_agg(json_build_array(c.id, c.name, -l.amount, l.memo, c.system) ORDER BY l.line)
          FROM recurring_line l JOIN account c ON c.tenant_id = l.tenant_id AND c.id = l.account_id
         WHERE l.tenant_id = r.tenant_id AND l.recurring_id = r.id AND l.line > 0 AND r.shape = 'entry') AS parts
  FROM recurring r
  LEFT JOIN account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id
  LEFT JOIN account g ON g.tenant_id = r.tenant_id AND g.id = r.target_id
  LEFT JOIN payee p ON p.tenant_id = r.tenant_id AND p.id = r.payee_id
"""
# What is over comes last.
_PLACE = "coalesce(r.next_due, DATE '9999-12-31'), lower(r.name), r.id"


def load_template(w: Work, recurring_id: UUID, *, deleted: bool = False) -> RecurringView:
    """Return one template; raise NotFound when it is out of sight or (unless asked for) deleted."""
    found = load_templates(w, "r.id = :id", deleted=deleted, id=recurring_id)
    if not found:
        raise NotFound("recurring transaction", recurring_id)
    return found[0]


def load_templates(
    w: Work, condition: str = "true", *, deleted: bool = False, **parameters: Any
) -> list[RecurringView]:
    """Return the templates in sight that meet an SQL condition of ours on `r`, by next date, then by name."""
    rows = w.rows(
        f"{_SELECT} WHERE ({condition}) AND (:deleted OR r.state <> 'deleted')"
        " ORDER BY r.next_due NULLS LAST, lower(r.name), r.id LIMIT :most",
        deleted=deleted,
        most=2 * MAX_TEMPLATES,
        **parameters,
    )
    return [_view(w, row) for row in rows]


def page_templates(
    w: Work, condition: str, *, most: int, after: tuple[date, str, UUID] | None = None, **parameters: Any
) -> list[tuple[RecurringView, tuple[date, str, UUID]]]:
    """Return templates that aren't deleted, in the order of `load_templates`, each with its place in it.

    `condition` is SQL of ours on `r` and its payee `p`; with `after` only those behind that place.
    """
    place = {}
    if after is not None:
        condition += f" AND ({_PLACE}) > (CAST(:due AS date), CAST(:name AS varchar), CAST(:one AS uuid))"
        place = dict(zip(("due", "name", "one"), after, strict=True))
    rows = w.rows(
        f"{_SELECT} WHERE r.state <> 'deleted' AND {condition} ORDER BY {_PLACE} LIMIT :most",
        most=most,
        **place,
        **parameters,
    )
    return [(_view(w, row), (row.next_due or date.max, row.folded_name, row.id)) for row in rows]


def coming_after(one: Recurrence, first: date | None, ahead: Collection[date]) -> date | None:
    """Return the first nominal date from `first` on for which there is no occurrence yet."""
    due = first
    while due is not None and due in ahead:
        due = next_date(one, due)
    return due


def is_date_of(one: Recurrence, due: date) -> bool:
    """Whether `due` is a nominal date of the recurrence."""
    return bool(dates_between(one, due, due))


def is_ahead(w: Work, recurring_id: UUID, due_date: date) -> bool:
    """Whether no run has come to this date yet."""
    return (
        w.row(
            "SELECT 1 FROM recurring WHERE id = :id AND next_due <= :due AND state = 'active'",
            id=recurring_id,
            due=due_date,
        )
        is not None
    )


def _view(w: Work, row: Row[Any]) -> RecurringView:
    one = recurrence_in(row)
    country = one.country or row.household_country
    live = row.state == "active" and row.paused_at is None
    due = coming_after(one, row.next_due, frozenset(row.ahead)) if live else None
    parts = _parts(row.parts or ())
    return RecurringView(
        id=row.id,
        name=row.name,
        shape=row.shape,
        account_id=row.account_id,
        account=row.account,
        target_id=row.target_id,
        target=row.target,
        payee_id=row.payee_id,
        payee=row.payee,
        category_id=parts[0].category_id if len(parts) == 1 else None,
        parts=parts,
        note=row.note,
        tags=tuple(row.tags),
        amount=row.amount,
        currency=row.currency,
        target_amount=row.target_amount,
        target_currency=row.target_currency,
        amount_kind=row.amount_kind,
        tolerance_minor=row.tolerance_minor,
        tolerance_percent=row.tolerance_percent,
        mode=row.mode,
        lead_days=None if row.lead_days is None else tuple(row.lead_days),
        recurrence=one,
        rule=rule_of(one),
        sentence=describe(one, w.scope.locale),
        country=country,
        next_due=due,
        next_on=None if due is None else posting_date(one, due, country),
        paused_at=row.paused_at,
        state=row.state,
        replaces_id=row.replaces_id,
        version=row.version,
        space_id=row.space_id,
        private=row.space_id != w.scope.shared_space_id,
        created_at=row.created_at,
    )


def _parts(rows: Sequence[Sequence[Any]]) -> tuple[RecurringPartView, ...]:
    return tuple(
        RecurringPartView(None if system else UUID(category), "" if system else name, amount, memo)
        for category, name, amount, memo, system in rows
    )


def snapshot(view: RecurringView) -> dict[str, Any]:
    """Return what the audit trail keeps of a template."""
    one = view.recurrence
    return {
        "name": view.name,
        "account_id": str(view.account_id),
        "target_id": None if view.target_id is None else str(view.target_id),
        "amount": view.amount,
        "target_amount": view.target_amount,
        "currency": view.currency,
        "payee": view.payee,
        "parts": [
            [None if part.category_id is None else str(part.category_id), part.amount, part.memo]
            for part in view.parts
        ],
        "note": view.note,
        "tags": list(view.tags),
        "amount_kind": view.amount_kind,
        "tolerance": [view.tolerance_minor, view.tolerance_percent],
        "mode": view.mode,
        "lead_days": None if view.lead_days is None else list(view.lead_days),
        "rule": rule_text(one),
        "paused": view.paused_at is not None,
        "state": view.state,
        "private": view.private,
    }


def rule_text(one: Recurrence) -> dict[str, Any]:
    """Return a recurrence as plain values."""
    return {
        "rule": rule_of(one),
        "start": one.start.isoformat(),
        "until": None if one.until is None else one.until.isoformat(),
        "count": one.count,
        "shift": one.shift.value,
        "country": one.country,
    }
