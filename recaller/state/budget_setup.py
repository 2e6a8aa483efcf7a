"""Making a budget from what was spent lately, and changing or removing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.domain.account_kinds import REAL_KINDS
from recaller.domain.amount_input import parse_amount
from recaller.domain.budgeting import PeriodKind, PeriodRule
from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.budgets import (
    DEFAULT_PERCENTS,
    BudgetDraft,
    BudgetView,
    LineDraft,
    create_budget,
    edit_budget,
    get_budget,
    monthly,
    remove_budget,
    suggest_lines,
)
from recaller.services.categories import list_categories
from recaller.state import budget_view as shown
from recaller.state.base import date_of, event, in_work, text_of
from recaller.state.budgets import BudgetsState, back_toast
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.pickers import formatter_of

PERIODS = (
    ("monthly", "Month"),
    ("weekly", "Week"),
    ("pay_cycle", "Pay cycle"),
    ("quarterly", "Quarter"),
    ("yearly", "Year"),
)
PAY_WAYS = (("every", "Every so many days"), ("days", "On days of the month"))
MONTHS_BACK = 3
_MOST_LINES = 60


@dataclass(frozen=True)
class LineChoice:
    """A category to budget; `amount` is the average of the last months as the field shows it."""

    id: str
    name: str
    amount: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class AccountChoice:
    """An account whose money can be budgeted."""

    id: str
    name: str
    chosen: bool


class BudgetSetupState(FormState, rx.State):
    """The dialog for a new budget, and the one for a budget's settings."""

    shown: bool = False
    settings_shown: bool = False
    kind: str = "limit"
    period: str = "monthly"
    pay_way: str = "every"
    anchor: str = ""
    currency: str = ""
    lines: list[LineChoice] = []
    proposed: bool = False
    accounts: list[AccountChoice] = []
    name: str = ""
    percents: str = ""
    _budget: str = ""
    _version: int = 0

    @event
    async def open_new(self, kind: str = "limit") -> Any:
        """Show the dialog with a proposal from the last months."""

        def read(w: Work) -> tuple[list[LineChoice], list[AccountChoice], str, date]:
            say, unit = formatter_of(w), w.scope.base_currency
            means = {one.category_id: one.average for one in suggest_lines(w, monthly(), count=MONTHS_BACK)}
            spending = [one for one in list_categories(w) if one.kind == "expense" and not one.system]
            spending.sort(key=lambda one: -means.get(one.id, 0))
            lines = [
                LineChoice(
                    str(one.id),
                    one.path,
                    say.number(_rounded(means[one.id]), unit) if one.id in means else "",
                    f"{say.money(means[one.id], unit)} a month lately" if one.id in means else "",
                    one.id in means,
                )
                for one in spending[:_MOST_LINES]
            ]
            return lines, _account_choices(w, unit, None, private=False), unit, w.today

        lines, accounts, unit, today = await in_work(self, read, read_only=True)
        self._begin_form()
        self.kind = kind if kind in ("limit", "envelope") else "limit"
        self.period, self.pay_way, self.currency = "monthly", "every", unit
        self.anchor = today.replace(day=1).isoformat()
        self.lines, self.accounts = lines, accounts
        self.proposed = any(one.chosen for one in lines)
        self.name, self.percents = "", ", ".join(map(str, DEFAULT_PERCENTS))
        self.shown = True

    @event
    async def choose_kind(self, kind: str) -> Any:
        """Choose limits or envelopes."""
        self.kind = kind if kind in ("limit", "envelope") else self.kind

    @event
    async def choose_period(self, period: str) -> Any:
        """Show what the chosen kind of period needs."""
        self.period = period if period in dict(PERIODS) else self.period

    @event
    async def choose_pay_way(self, way: str) -> Any:
        """Show how pay days are told."""
        self.pay_way = way if way in dict(PAY_WAYS) else self.pay_way

    @event
    async def dismiss(self) -> Any:
        """Leave the dialog."""
        self.shown = self.settings_shown = False

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Create the budget and show it."""
        kind, period, pay_way, unit = self.kind, self.period, self.pay_way, self.currency
        offered = [UUID(one.id) for one in self.lines]
        every_account = [UUID(one.id) for one in self.accounts]

        def create(w: Work) -> BudgetView:
            rule = _rule(fields, period, pay_way)
            lines = []
            for category in offered:
                if fields.get(f"line-{category}"):
                    typed = text_of(fields.get(f"amount-{category}"), "amount", most=200).strip()
                    amount = parse_amount(typed, unit, w.scope.locale, "lines") if typed else 0
                    lines.append(LineDraft(category, amount))
            chosen = tuple(one for one in every_account if fields.get(f"account-{one}"))
            private = bool(fields.get("private"))
            if kind == "envelope" and not chosen and not private:
                raise ValidationFailed(
                    "accounts", "Choose at least one account whose money goes into envelopes."
                )
            return create_budget(
                w,
                BudgetDraft(
                    name=text_of(fields.get("name"), "name", most=200),
                    kind=kind,
                    rule=rule,
                    currency=unit,
                    starts_on=date_of(fields.get("anchor"), "anchor"),
                    account_ids=None if private or len(chosen) in (0, len(every_account)) else chosen,
                    alert_percents=_percents(fields),
                    private=private,
                    lines=tuple(lines),
                ),
            )

        budget = await in_work(self, create)
        self.shown = False
        return [rx.redirect(shown.budget_href(budget.id)), rx.toast.success(f"{budget.name} is ready")]

    @event
    async def open_settings(self) -> Any:
        """Show the shown budget's name, accounts and alerts."""
        page = await self.get_state(BudgetsState)
        identity = parse_id(page.budget_id, "budget")

        def read(w: Work) -> tuple[BudgetView, list[AccountChoice]]:
            budget = get_budget(w, identity)
            return budget, _account_choices(w, budget.currency, budget.account_ids, private=budget.private)

        budget, accounts = await in_work(self, read, read_only=True)
        self._begin_form()
        self._budget, self._version = str(budget.id), budget.version
        self.kind, self.name, self.accounts = budget.kind, budget.name, accounts
        self.percents = ", ".join(map(str, budget.alert_percents))
        self.settings_shown = True

    @form_event
    async def submit_settings(self, fields: Fields) -> Any:
        """Keep the budget's settings."""
        identity, version = parse_id(self._budget), self._version
        every_account = [UUID(one.id) for one in self.accounts]
        chosen = tuple(one for one in every_account if fields.get(f"account-{one}"))

        def save(w: Work) -> BudgetView:
            return edit_budget(
                w,
                identity,
                name=text_of(fields.get("name"), "name", most=200),
                account_ids=None if len(chosen) == len(every_account) else chosen,
                alert_percents=_percents(fields),
                version=version,
            )

        await in_work(self, save)
        self.settings_shown = False
        return [BudgetsState.load, rx.toast.success("Saved")]

    @event
    async def remove(self) -> Any:
        """Take the budget out of sight."""
        identity, name = parse_id(self._budget), self.name
        await in_work(self, lambda w: remove_budget(w, identity))
        self.settings_shown = False
        return [rx.redirect("/budgets"), BudgetsState.load, back_toast(f"{name} removed", "budget", identity)]


def _account_choices(
    w: Work, currency: str, chosen: tuple[UUID, ...] | None, *, private: bool
) -> list[AccountChoice]:
    """Return the accounts of the currency that the budget's space holds; all are chosen at first."""
    return [
        AccountChoice(str(one.id), one.name, chosen is None or one.id in chosen)
        for one in list_accounts(w, closed=True)
        if one.currency == currency and one.private == private and one.kind in REAL_KINDS
    ]


def _rule(fields: Mapping[str, Any], period: str, pay_way: str) -> PeriodRule:
    anchor = date_of(fields.get("anchor"), "anchor")
    kind = PeriodKind(period)
    if kind is not PeriodKind.PAY_CYCLE:
        return PeriodRule(kind, anchor)
    if pay_way == "every":
        typed = text_of(fields.get("every_days"), "every_days", most=4).strip()
        if not typed.isdecimal():
            raise ValidationFailed("every_days", "Give a number of days, such as 14.")
        return PeriodRule(kind, anchor, every_days=int(typed))
    return PeriodRule(kind, anchor, pay_days=_numbers(fields.get("pay_days"), "pay_days"))


def _percents(fields: Mapping[str, Any]) -> tuple[int, ...]:
    return _numbers(fields.get("percents"), "alert_percents")


def _numbers(value: object, field: str) -> tuple[int, ...]:
    """Return the whole numbers of a text such as "80, 100"; raise ValidationFailed for anything else."""
    parts = text_of(value, field, most=80).replace("%", " ").replace(",", " ").split()
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise ValidationFailed(field, "Give whole numbers, such as 80, 100.")
    return tuple(int(part) for part in parts)


def _rounded(minor: int) -> int:
    """Round a proposal up to a whole unit of a hundred minor ones: people budget in round figures."""
    return -(-minor // 100) * 100
