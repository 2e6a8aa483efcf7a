"""Reads templates and occurrences: lists, what comes up, totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound, ValidationFailed
from recaller.domain.business_days import FARTHEST, posting_date
from recaller.domain.occurrences import state_on
from recaller.domain.recurrence import dates_between, monthly_equivalent, round_minor, yearly_equivalent
from recaller.infra.work import Work
from recaller.services.recurring.rows import is_ahead, is_date_of, load_template, load_templates
from recaller.services.recurring.views import OccurrenceView, RecurringTotal, RecurringView

MAX_WINDOW = timedelta(days=3 * 366)
MAX_OCCURRENCES = 20_000
MAX_OPEN = 1000

# A transaction may have been edited since it was posted: its own amount is the actual one.
ACTUAL_AMOUNT = "CASE WHEN t.account_id = r.account_id THEN t.amount ELSE o.actual_amount END"
STORED = f"""
SELECT o.recurring_id, o.due_date, o.posted_on, o.state, o.expected_amount, o.transaction_id, o.confirmed_by, o.error,
       {ACTUAL_AMOUNT} AS actual_amount,
       r.name, r.shape, r.mode, r.account_id, r.target_id, r.category_id, r.currency, r.space_id,
       coalesce(p.name, '') AS payee, c.system IS NOT NULL AS uncategorised
  FROM occurrence o JOIN recurring r ON r.tenant_id = o.tenant_id AND r.id = o.recurring_id
  LEFT JOIN transaction t ON t.tenant_id = o.tenant_id AND t.id = o.transaction_id
  LEFT JOIN payee p ON p.tenant_id = r.tenant_id AND p.id = r.payee_id
  LEFT JOIN account c ON c.tenant_id = r.tenant_id AND c.id = r.category_id
"""


def get_recurring(w: Work, recurring_id: UUID) -> RecurringView:
    """Return one template; raise NotFound when none of this id is in sight, or it is deleted."""
    return load_template(w, recurring_id)


def list_recurring(
    w: Work, *, ended: bool = False, account_id: UUID | None = None
) -> tuple[RecurringView, ...]:
    """Return the templates in sight by their next date, then by name; ended ones only when asked for."""
    return tuple(
        load_templates(
            w,
            "(:ended OR r.state = 'active') AND (CAST(:account AS uuid) IS NULL OR r.account_id = :account"
            " OR r.target_id = :account)",
            ended=ended,
            account=account_id,
        )
    )


def get_occurrence(w: Work, recurring_id: UUID, due_date: date) -> OccurrenceView:
    """Return one occurrence, stored or projected; raise NotFound when the template has no such date.

    A date that was left out for good (in a pause, by an edit) is none of it.
    """
    row = w.row(f"{STORED} WHERE o.recurring_id = :id AND o.due_date = :due", id=recurring_id, due=due_date)
    if row is not None:
        return stored_occurrence(w, row)
    template = load_template(w, recurring_id)
    if not (is_date_of(template.recurrence, due_date) and is_ahead(w, recurring_id, due_date)):
        raise NotFound("occurrence", due_date.isoformat())
    return _projected(w, template, due_date)


def upcoming(
    w: Work, first: date, last: date, *, ids: Collection[UUID] | None = None
) -> tuple[OccurrenceView, ...]:
    """Return the occurrences that fall on the days `first` to `last` (by `posted_on`), in order.

    Stored ones in any state, and projected ones that no run has made yet; for calendar, dashboard, forecast, budgets.
    Raises ValidationFailed for a window of more than three years.
    """
    if last - first > MAX_WINDOW:
        raise ValidationFailed("to", "Ask for at most three years at a time.")
    chosen = None if ids is None else list(ids)
    rows = w.rows(
        f"{STORED} WHERE o.posted_on BETWEEN :first AND :last AND r.state <> 'deleted'"
        " AND (CAST(:ids AS uuid[]) IS NULL OR r.id = ANY(CAST(:ids AS uuid[])))"
        " ORDER BY o.posted_on, o.due_date, r.name, r.id LIMIT :most",
        first=first,
        last=last,
        ids=chosen,
        most=MAX_OCCURRENCES,
    )
    found = [stored_occurrence(w, row) for row in rows]
    templates = load_templates(
        w,
        "r.state = 'active' AND r.paused_at IS NULL AND r.next_due <= :last"
        " AND (CAST(:ids AS uuid[]) IS NULL OR r.id = ANY(CAST(:ids AS uuid[])))",
        last=last + timedelta(days=FARTHEST),
        ids=chosen,
    )
    decided = _decided(w, templates)
    for template in templates:
        found += _coming(w, template, first, last, decided[template.id])
    found.sort(key=lambda one: (one.posted_on, one.due_date, one.name, one.recurring_id))
    return tuple(found[:MAX_OCCURRENCES])


def open_occurrences(w: Work, *, until: date | None = None) -> tuple[OccurrenceView, ...]:
    """Return what is still expected up to `until` (today without it), oldest first: due, late, missed."""
    rows = w.rows(
        f"{STORED} WHERE o.state IN ('scheduled', 'due') AND o.posted_on <= :until AND r.state <> 'deleted'"
        " ORDER BY o.posted_on, o.due_date, r.name, r.id LIMIT :most",
        until=until or w.today,
        most=MAX_OPEN,
    )
    return tuple(stored_occurrence(w, row) for row in rows)


def recurring_totals(w: Work) -> tuple[RecurringTotal, ...]:
    """Return what active, unpaused templates come to in an average month and year, one total per currency."""
    sums: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    counts: dict[str, int] = defaultdict(int)
    for one in load_templates(w, "r.state = 'active' AND r.paused_at IS NULL"):
        counts[one.currency] += 1
        if one.shape == "transfer":
            continue
        side = "income" if one.amount > 0 else "expense"
        sums[one.currency]["monthly_" + side] += monthly_equivalent(one.recurrence, one.amount)
        sums[one.currency]["yearly_" + side] += yearly_equivalent(one.recurrence, one.amount)
    names = ("monthly_income", "monthly_expense", "yearly_income", "yearly_expense")
    return tuple(
        RecurringTotal(
            currency=currency,
            templates=counts[currency],
            **{name: round_minor(sums[currency][name]) for name in names},
        )
        for currency in sorted(counts)
    )


def effect_of(template: RecurringView) -> int:
    """Return what one occurrence does to the template's account, signed."""
    return template.amount if template.shape == "entry" else -template.amount


def _decided(w: Work, templates: Collection[RecurringView]) -> dict[UUID, set[date]]:
    """Return the nominal dates that have an occurrence, by template: those ahead, as a rule a few."""
    found: dict[UUID, set[date]] = defaultdict(set)
    for row in w.rows(
        "SELECT o.recurring_id, o.due_date FROM occurrence o JOIN recurring r ON r.tenant_id = o.tenant_id"
        " AND r.id = o.recurring_id WHERE o.due_date >= r.next_due AND r.id = ANY(CAST(:ids AS uuid[]))",
        ids=[template.id for template in templates],
    ):
        found[row.recurring_id].add(row.due_date)
    return found


def _coming(
    w: Work, template: RecurringView, first: date, last: date, decided: set[date]
) -> Iterable[OccurrenceView]:
    if template.next_due is None:
        return
    margin = timedelta(days=FARTHEST)
    for due in dates_between(template.recurrence, max(template.next_due, first - margin), last + margin):
        if due in decided:
            continue
        one = _projected(w, template, due)
        if first <= one.posted_on <= last:
            yield one


def _projected(w: Work, template: RecurringView, due: date) -> OccurrenceView:
    on = posting_date(template.recurrence, due, template.country)
    return OccurrenceView(
        recurring_id=template.id,
        due_date=due,
        posted_on=on,
        state=state_on("scheduled", on, w.today),
        name=template.name,
        shape=template.shape,
        mode=template.mode,
        account_id=template.account_id,
        target_id=template.target_id,
        payee=template.payee,
        category_id=template.category_id,
        expected_amount=effect_of(template),
        actual_amount=None,
        currency=template.currency,
        transaction_id=None,
        confirmed_by=None,
        error=None,
        space_id=template.space_id,
        private=template.private,
        projected=True,
    )


def stored_occurrence(w: Work, row: Row[Any]) -> OccurrenceView:
    """Return the view of a row of `STORED`."""
    return OccurrenceView(
        recurring_id=row.recurring_id,
        due_date=row.due_date,
        posted_on=row.posted_on,
        state=state_on(row.state, row.posted_on, w.today),
        name=row.name,
        shape=row.shape,
        mode=row.mode,
        account_id=row.account_id,
        target_id=row.target_id,
        payee=row.payee,
        category_id=None if row.uncategorised else row.category_id,
        expected_amount=row.expected_amount,
        actual_amount=row.actual_amount if row.transaction_id is not None else None,
        currency=row.currency,
        transaction_id=row.transaction_id,
        confirmed_by=row.confirmed_by,
        error=row.error,
        space_id=row.space_id,
        private=row.space_id != w.scope.shared_space_id,
        projected=False,
    )
