"""What the demo household plans: bills, found in its history or entered; budgets of both kinds; rules; and its news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from recaller.core.money import to_minor
from recaller.domain.budgeting import Rollover, Template, TemplateKind
from recaller.domain.demo import BILLS_TO_COME, ENVELOPES, FOUND_BILLS, LIMITS, BillToCome, months_until
from recaller.domain.recurrence import Frequency, Recurrence
from recaller.infra.work import Work
from recaller.services.budgets import (
    BudgetDraft,
    LineDraft,
    add_lines,
    assign_averages,
    check_budgets,
    create_budget,
    monthly,
    move_money,
    read_lines,
    suggest_lines,
)
from recaller.services.categories import list_categories
from recaller.services.daily import ErrorLog
from recaller.services.notifications import list_notifications, mark_read
from recaller.services.recurring import (
    RecurringDraft,
    confirm_occurrence,
    create_recurring,
    post_recurring,
    remind_of_bills,
    upcoming,
)
from recaller.services.recurring.suggesting import find_suggestions
from recaller.services.recurring.suggestion_views import list_suggestions
from recaller.services.recurring.suggestions import confirm_suggestion
from recaller.services.rules import create_rule, read_draft
from recaller.services.transactions import Part

# Envelopes look back this many months, so that something has rolled over.
MONTHS_OF_ENVELOPES = 3
_LEFT_UNREAD = 5


def plan_bills(w: Work, checking: UUID) -> None:
    """Confirm what was found in the history, leave the rest as suggestions, and enter bills in every state."""
    errors = ErrorLog()
    find_suggestions(w, errors)
    for suggestion in list_suggestions(w):
        if suggestion.kind == "new" and suggestion.name in FOUND_BILLS:
            confirm_suggestion(w, suggestion.id)
    named = _categories(w)
    for bill in BILLS_TO_COME:
        _enter(w, bill, checking, named[bill.category])
    post_recurring(w, errors)


def plan_budgets(w: Work, accounts: tuple[UUID, ...]) -> None:
    """Make a budget of limits and one of envelopes, the envelopes filled from some months ago on."""
    base, named = w.scope.base_currency, _categories(w)
    usual = {one.category_id: one.average for one in suggest_lines(w, monthly())}
    limits = tuple(
        LineDraft(named[name], usual.get(named[name], 0) * percent // 100)
        for name, percent in LIMITS
        if usual.get(named[name])
    )
    create_budget(w, BudgetDraft("Everyday limits", "limit", monthly(), lines=limits))
    months = months_until(w.today)[-MONTHS_OF_ENVELOPES:]
    envelopes = create_budget(
        w,
        BudgetDraft("Household envelopes", "envelope", monthly(), starts_on=months[0], account_ids=accounts),
    )
    goal = Template(TemplateKind.BY_DATE, amount=_minor(240_000, base), by=_next_summer(w.today))
    add_lines(
        w,
        envelopes.id,
        [
            LineDraft(
                named[name],
                _minor(put_aside, base),
                rollover=Rollover.SURPLUS if put_aside else Rollover.POOL,
                template=goal if name == "Travel" else None,
            )
            for name, put_aside in ENVELOPES
        ],
    )
    lines = {line.category_id: line.id for line in read_lines(w, envelopes.id)}
    usual_ones = [lines[named[name]] for name, put_aside in ENVELOPES if not put_aside]
    for month in months:
        assign_averages(w, envelopes.id, month, 6, lines=usual_ones)
    travel = lines[named["Travel"]]
    for month in months[1:]:
        move_money(w, envelopes.id, month, source=None, target=travel, amount=_minor(20_000, base))


def plan_rules(w: Work) -> None:
    """Make some rules, which the import page and the rules page then show at work."""
    named = {name: str(identity) for name, identity in _categories(w).items()}
    for name, payee, action in (
        ("", "greenleaf market", {"do": "set_category", "category_id": named["Groceries"]}),
        ("", "café lumière", {"do": "add_tags", "tags": ["treat"]}),
        ("Trips by train", "metro transit", {"do": "set_category", "category_id": named["Public transport"]}),
    ):
        condition = {"field": "payee", "op": "contains", "value": payee}
        create_rule(
            w,
            read_draft(
                {"name": name, "conditions": {"match": "all", "of": [condition]}, "actions": [action]}
            ),
        )


def tell_news(w: Work) -> None:
    """Tell what there is to tell by now; only the newest is unread, and nothing made up goes out by mail."""
    errors = ErrorLog()
    check_budgets(w, errors)
    remind_of_bills(w, errors)
    for notification in list_notifications(w).items[_LEFT_UNREAD:]:
        mark_read(w, notification.id)
    w.run("UPDATE notification_delivery SET state = 'cancelled' WHERE state = 'queued' AND created_at = :now",
          now=w.now)  # fmt: skip


def _enter(w: Work, bill: BillToCome, account: UUID, category: UUID) -> None:
    """Enter a bill whose latest date lies `days_ago`; the dates before it are confirmed, one at another price."""
    base = w.scope.base_currency
    amount = -_minor(bill.hundredths, base)
    last = w.today - timedelta(days=bill.days_ago)
    first = _months_before(last, bill.every * bill.paid_before)
    made = create_recurring(
        w,
        RecurringDraft(
            bill.name,
            account,
            amount,
            Recurrence(first, Frequency.MONTHLY, interval=bill.every, month_day=last.day),
            payee=bill.name,
            parts=(Part(category, amount),),
            amount_kind="estimated",
            tolerance_percent=5,
            mode="confirm",
        ),
    )
    dates = [one.due_date for one in upcoming(w, first, last) if one.recurring_id == made.id]
    for due in dates[: bill.paid_before]:
        paid = amount * 118 // 100 if due == dates[bill.paid_before - 1] and bill.rises else amount
        confirm_occurrence(w, made.id, due, amount=paid)


def _months_before(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, min(day.day, 28))


def _next_summer(today: date) -> date:
    return date(today.year + (today.month >= 5), 7, 1)


def _categories(w: Work) -> Mapping[str, UUID]:
    return {view.name: view.id for view in list_categories(w)}


def _minor(hundredths: int, currency: str) -> int:
    return to_minor(Decimal(hundredths) / 100, currency)
