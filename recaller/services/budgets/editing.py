"""Creates, edits, removes and restores budgets and their lines; every write is versioned and audited."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.money import check_currency, check_minor
from recaller.domain.budgeting import PeriodKind, PeriodRule, Rollover, Template, period_at, periods
from recaller.infra.work import Work
from recaller.services.budgets.store import (
    MAX_BUDGETS,
    MAX_LINES,
    check_start,
    get_budget,
    get_line,
    lock_budget,
    lock_line,
    read_lines,
)
from recaller.services.budgets.views import BudgetView, LineView
from recaller.services.ledger_events import ledger_changed

MAX_NAME = 80
MAX_PERCENTS = 10
STALE = "This was changed elsewhere meanwhile. Look at it again, then repeat your change."
DEFAULT_PERCENTS = (80, 100)
_LONGEST_PAST = timedelta(366 * 20)
MOST_PAST_PERIODS = 1_100  # twenty years of weeks


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line to add: a category with what it gets in the first period (minor units, None: nothing yet)."""

    category_id: UUID
    amount: int | None = None
    rollover: Rollover | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class BudgetDraft:
    """A budget to create. `starts_on` is any day of its first period, today when None.

    `currency` None is the household's. `account_ids` None covers every account of the currency and space.
    """

    name: str
    kind: str
    rule: PeriodRule
    currency: str | None = None
    starts_on: date | None = None
    account_ids: tuple[UUID, ...] | None = None
    alert_percents: tuple[int, ...] = DEFAULT_PERCENTS
    private: bool = False
    lines: tuple[LineDraft, ...] = ()


def create_budget(w: Work, draft: BudgetDraft) -> BudgetView:
    """Create a budget with its lines; raise ValidationFailed naming the field, NotFound, or Conflict (name taken)."""
    if draft.kind not in ("limit", "envelope"):
        raise ValidationFailed("kind", "A budget sets limits or fills envelopes.")
    currency = check_currency(draft.currency) if draft.currency else w.scope.base_currency
    space = w.scope.default_space(draft.private)
    begins = draft.starts_on or w.today
    if not w.today - _LONGEST_PAST <= begins <= w.today + timedelta(366):
        raise ValidationFailed("starts_on", "Begin the budget at most 20 years back and a year ahead.")
    starts_on = period_at(draft.rule, begins).start
    if sum(1 for _ in periods(draft.rule, starts_on, w.today)) > MOST_PAST_PERIODS:
        raise ValidationFailed("starts_on", f"Begin the budget at most {MOST_PAST_PERIODS} periods back.")
    count = w.row("SELECT count(*) AS n FROM budget WHERE removed_at IS NULL")
    if count is not None and count.n >= MAX_BUDGETS:
        raise Conflict(f"A household keeps at most {MAX_BUDGETS} budgets.")
    made = new_id()
    name = _check_name(w, made, draft.name, space)
    w.run(
        "INSERT INTO budget (tenant_id, space_id, id, name, kind, currency, period_kind, anchor, every_days,"
        " pay_days, pay_dates, starts_on, account_ids, alert_percents, created_at) VALUES (:tenant, :space, :id,"
        " :name, :kind, :currency, :period_kind, :anchor, :every_days, CAST(:pay_days AS smallint[]),"
        " CAST(:pay_dates AS date[]), :starts_on, CAST(:accounts AS uuid[]), CAST(:percents AS smallint[]), :now)",
        tenant=w.scope.tenant_id,
        space=space,
        id=made,
        name=name,
        kind=draft.kind,
        currency=currency,
        period_kind=draft.rule.kind.value,
        anchor=draft.rule.anchor,
        every_days=draft.rule.every_days,
        pay_days=list(draft.rule.pay_days),
        pay_dates=list(draft.rule.pay_dates),
        starts_on=starts_on,
        accounts=_check_accounts(w, draft.account_ids, currency, space),
        percents=_check_percents(draft.alert_percents),
        now=w.now,
    )
    budget = get_budget(w, made)
    w.audit("create", "budget", made, space_id=space, after=_plain(budget))
    _add(w, budget, draft.lines)
    ledger_changed(w)
    return budget


def edit_budget(
    w: Work,
    budget_id: UUID,
    *,
    name: str,
    account_ids: tuple[UUID, ...] | None,
    alert_percents: Sequence[int],
    version: int,
) -> BudgetView:
    """Change a budget's name, accounts and alerts; kind, currency and periods stay (create another for those)."""
    before = lock_budget(w, budget_id)
    if before.version != version:
        raise Conflict(STALE)
    w.run(
        "UPDATE budget SET name = :name, account_ids = CAST(:accounts AS uuid[]),"
        " alert_percents = CAST(:percents AS smallint[]), version = version + 1 WHERE id = :id",
        id=budget_id,
        name=_check_name(w, budget_id, name, before.space_id),
        accounts=_check_accounts(w, account_ids, before.currency, before.space_id),
        percents=_check_percents(alert_percents),
    )
    after = get_budget(w, budget_id)
    w.audit("edit", "budget", budget_id, space_id=before.space_id, before=_plain(before), after=_plain(after))
    ledger_changed(w)
    return after


def remove_budget(w: Work, budget_id: UUID) -> None:
    """Take a budget out of sight; `restore_budget` brings it back with all it had."""
    budget = lock_budget(w, budget_id)
    w.run(
        "UPDATE budget SET removed_at = :now, version = version + 1 WHERE id = :id", id=budget_id, now=w.now
    )
    w.audit("delete", "budget", budget_id, space_id=budget.space_id, before=_plain(budget))


def restore_budget(w: Work, budget_id: UUID) -> BudgetView:
    """Bring a removed budget back; raise NotFound, or Conflict when its name is taken meanwhile."""
    row = w.row("SELECT name, space_id FROM budget WHERE id = :id AND removed_at IS NOT NULL", id=budget_id)
    if row is None:
        raise NotFound("removed budget", budget_id)
    _check_name(w, budget_id, row.name, row.space_id)
    w.run("UPDATE budget SET removed_at = NULL, version = version + 1 WHERE id = :id", id=budget_id)
    budget = get_budget(w, budget_id)
    w.audit("restore", "budget", budget_id, space_id=budget.space_id, after=_plain(budget))
    ledger_changed(w)
    return budget


def add_lines(w: Work, budget_id: UUID, drafts: Sequence[LineDraft]) -> tuple[LineView, ...]:
    """Add lines for expense categories; raise Conflict for one that the budget has already."""
    budget = lock_budget(w, budget_id)
    _add(w, budget, drafts)
    ledger_changed(w)
    return read_lines(w, budget_id)


def edit_line(
    w: Work,
    line_id: UUID,
    *,
    rollover: Rollover,
    template: Template | None,
    version: int,
    since: date | None = None,
) -> LineView:
    """Change a line's template, and its rollover from the period on that begins on `since` (today's if None).

    Earlier periods keep the rollover that they had.
    """
    before, budget = lock_line(w, line_id)
    if before.version != version:
        raise Conflict(STALE)
    _check_rollover(budget, rollover)
    start = check_start(
        budget, since or max(period_at(budget.rule, w.today).start, budget.starts_on), "since"
    )
    kept = [(day, one) for day, one in before.rollovers if day < start]
    if not kept or kept[-1][1] is not rollover:
        kept.append((start, rollover))
    w.run(
        "UPDATE budget_line SET rollovers = CAST(:rollovers AS jsonb), template = CAST(:template AS jsonb),"
        " version = version + 1 WHERE id = :id",
        id=line_id,
        rollovers=_rollovers(kept),
        template=None if template is None else json.dumps(template.plain()),
    )
    after = get_line(w, line_id)
    w.audit(
        "edit", "budget line", line_id, space_id=budget.space_id, before=_line(before), after=_line(after)
    )
    ledger_changed(w)
    return after


def remove_line(w: Work, line_id: UUID) -> None:
    """Take a line out of its budget (an envelope's money is unassigned again); `restore_line` brings it back."""
    line, budget = lock_line(w, line_id)
    w.run("UPDATE budget_line SET removed_at = :now WHERE id = :id", id=line_id, now=w.now)
    w.audit("delete", "budget line", line_id, space_id=budget.space_id, before=_line(line))


def restore_line(w: Work, line_id: UUID) -> LineView:
    """Bring a removed line back with all that it was given; raise NotFound, or Conflict for a doubled category."""
    row = w.row(
        "SELECT budget_id, category_id FROM budget_line WHERE id = :id AND removed_at IS NOT NULL", id=line_id
    )
    if row is None:
        raise NotFound("removed budget line", line_id)
    budget = lock_budget(w, row.budget_id)
    if any(line.category_id == row.category_id for line in read_lines(w, budget.id)):
        raise Conflict("This category is in the budget again already.")
    w.run("UPDATE budget_line SET removed_at = NULL WHERE id = :id", id=line_id)
    line = get_line(w, line_id)
    w.audit("restore", "budget line", line_id, space_id=budget.space_id, after=_line(line))
    ledger_changed(w)
    return line


def _add(w: Work, budget: BudgetView, drafts: Sequence[LineDraft]) -> None:
    present = read_lines(w, budget.id)
    taken = {line.category_id for line in present}
    if len(taken) + len(drafts) > MAX_LINES:
        raise ValidationFailed("lines", f"A budget has at most {MAX_LINES} lines.")
    rows = w.rows(
        "SELECT id, kind FROM account WHERE id = ANY(CAST(:ids AS uuid[]))",
        ids=[draft.category_id for draft in drafts],
    )
    kinds = {row.id: row.kind for row in rows}
    for position, draft in enumerate(drafts, start=max((line.position for line in present), default=0) + 1):
        if draft.category_id not in kinds:
            raise NotFound("category", draft.category_id)
        if kinds[draft.category_id] != "expense":
            raise ValidationFailed("category", "A budget is for expense categories.")
        if draft.category_id in taken:
            raise Conflict("This category is in the budget already.")
        taken.add(draft.category_id)
        rollover = draft.rollover or (Rollover.SURPLUS if budget.envelopes else Rollover.NONE)
        _check_rollover(budget, rollover)
        made = new_id()
        w.run(
            "INSERT INTO budget_line (tenant_id, space_id, id, budget_id, category_id, position, rollovers,"
            " template) VALUES (:tenant, :space, :id, :budget, :category, :position, CAST(:rollovers AS jsonb),"
            " CAST(:template AS jsonb))",
            tenant=w.scope.tenant_id,
            space=budget.space_id,
            id=made,
            budget=budget.id,
            category=draft.category_id,
            position=position,
            rollovers=_rollovers([(budget.starts_on, rollover)]),
            template=None if draft.template is None else json.dumps(draft.template.plain()),
        )
        if draft.amount is not None:
            if draft.amount < 0:
                raise ValidationFailed("amount", "Begin with nothing or with more.")
            w.run(
                "INSERT INTO budget_assignment (tenant_id, space_id, line_id, period_start, amount)"
                " VALUES (:tenant, :space, :line, :start, :amount)",
                tenant=w.scope.tenant_id,
                space=budget.space_id,
                line=made,
                start=budget.starts_on,
                amount=check_minor(draft.amount),
            )
        w.audit(
            "create",
            "budget line",
            made,
            space_id=budget.space_id,
            after={"category_id": str(draft.category_id), "rollover": rollover.value, "amount": draft.amount},
        )


def _rollovers(kept: Sequence[tuple[date, Rollover]]) -> str:
    return json.dumps([{"from": day.isoformat(), "rollover": one.value} for day, one in kept])


def _check_rollover(budget: BudgetView, rollover: Rollover) -> None:
    if rollover is Rollover.POOL and not budget.envelopes:
        raise ValidationFailed("rollover", "Only envelopes can be covered from what is unassigned.")


def _check_name(w: Work, budget_id: UUID, name: str, space: UUID) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= MAX_NAME or "\0" in tidy:
        raise ValidationFailed("name", f"Give the budget a name of at most {MAX_NAME} characters.")
    taken = w.row(
        "SELECT 1 FROM budget WHERE space_id = :space AND lower(name) = lower(:name) AND id <> :id"
        " AND removed_at IS NULL",
        space=space,
        name=tidy,
        id=budget_id,
    )
    if taken:
        raise Conflict(f"There is already a budget named {tidy!r}.")
    return tidy


def _check_accounts(
    w: Work, account_ids: tuple[UUID, ...] | None, currency: str, space: UUID
) -> list[UUID] | None:
    if account_ids is None:
        return None
    wanted = sorted(set(account_ids))
    rows = w.rows(
        "SELECT id FROM account WHERE id = ANY(CAST(:ids AS uuid[])) AND kind IN ('asset', 'liability')"
        " AND currency = :currency AND space_id = :space",
        ids=wanted,
        currency=currency,
        space=space,
    )
    if not wanted or len(rows) != len(wanted):
        raise ValidationFailed(
            "accounts", f"Choose accounts in {currency} that everybody in this budget sees."
        )
    return wanted


def _check_percents(percents: Sequence[int]) -> list[int]:
    tidy = sorted(set(percents))
    if len(tidy) > MAX_PERCENTS or any(not 1 <= one <= 500 for one in tidy):
        raise ValidationFailed("alert_percents", f"Give up to {MAX_PERCENTS} percentages from 1 to 500.")
    return tidy


def _plain(view: BudgetView) -> dict[str, Any]:
    return {
        "name": view.name,
        "kind": view.kind,
        "currency": view.currency,
        "period_kind": view.period_kind,
        "starts_on": view.starts_on.isoformat(),
        "account_ids": None if view.account_ids is None else [str(one) for one in view.account_ids],
        "alert_percents": list(view.alert_percents),
    }


def _line(view: LineView) -> dict[str, Any]:
    return {
        "category_id": str(view.category_id),
        "rollovers": [[day.isoformat(), one.value] for day, one in view.rollovers],
        "template": None if view.template is None else view.template.plain(),
    }


def monthly(anchor_day: int = 1) -> PeriodRule:
    """Return the rule of calendar months that begin on this day (1 to 28)."""
    return PeriodRule(PeriodKind.MONTHLY, date(2000, 1, anchor_day))
