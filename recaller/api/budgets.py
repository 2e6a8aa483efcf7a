"""Budgets: limits and envelopes, their lines, what lines are given in a period, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StrictInt

from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Body, Currency, Day, Fields, IfMatch, Minor, Version
from recaller.core.money import MAX_MINOR
from recaller.domain.budgeting import PeriodKind, PeriodRule, Rollover, Template, TemplateKind
from recaller.infra.work import work
from recaller.services import budgets
from recaller.services.budgets import (
    BudgetDraft,
    BudgetView,
    LineDraft,
    LineView,
    MoveView,
    PeriodView,
    Suggestion,
)

router = APIRouter(prefix="/budgets", tags=["budgets"], responses=COMMON_PROBLEMS)

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL, examples=["Everyday"])]
Percents = Annotated[
    tuple[Annotated[StrictInt, Field(ge=1, le=500)], ...],
    Field(
        max_length=10,
        description="Reaching one of these raises an alert, once in a period.",
        examples=[[80, 100]],
    ),
]
Accounts = Annotated[
    tuple[UUID, ...] | None,
    Field(max_length=500, description="The accounts whose money is budgeted; null: all of the currency."),
]
NotNegative = Annotated[StrictInt, Field(ge=0, le=MAX_MINOR)]
Positive = Annotated[StrictInt, Field(gt=0, le=MAX_MINOR)]
Start = Annotated[
    Day, Field(description="The first day of one of the budget's periods.", examples=["2026-11-01"])
]
Many = Annotated[
    tuple[UUID, ...] | None, Field(max_length=500, description="These lines only; null: every one.")
]
Rollovers = Literal["none", "surplus", "both", "pool"]


class PeriodBody(Body):
    """How time is cut: on the anchor's weekday, day of the month, quarter or year, or on pay days."""

    kind: Literal["weekly", "monthly", "pay_cycle", "quarterly", "yearly"] = "monthly"
    anchor: Annotated[Day, Field(description="A first day of a period.", examples=["2026-01-01"])]
    every_days: Annotated[StrictInt, Field(ge=1, le=366)] | None = None
    pay_days: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=31)], ...],
        Field(max_length=6, description="Days of the month; 31 is the last one."),
    ] = ()
    pay_dates: Annotated[tuple[Day, ...], Field(max_length=400)] = ()

    def rule(self) -> PeriodRule:
        """Return the rule; raise ValidationFailed for what doesn't fit together."""
        return PeriodRule(PeriodKind(self.kind), self.anchor, self.every_days, self.pay_days, self.pay_dates)


class TemplateBody(Body):
    """What a line wants in each period; which fields count depends on the kind."""

    kind: Literal["fixed", "average", "last_year", "income", "by_date"]
    amount: Annotated[NotNegative, Field(description="fixed, by_date: minor units.")] = 0
    periods: Annotated[StrictInt, Field(ge=0, le=24, description="average: of so many periods.")] = 0
    basis_points: Annotated[
        StrictInt, Field(ge=0, le=10_000, description="income: hundredths of a percent.")
    ] = 0
    by: Annotated[Day | None, Field(description="by_date: when the amount is wanted.")] = None

    def template(self) -> Template:
        """Return the template; raise ValidationFailed for what its kind lacks."""
        return Template(TemplateKind(self.kind), self.amount, self.periods, self.basis_points, self.by)


class LineBody(Body):
    """A line to add: an expense category, with what it gets in the first period."""

    category_id: UUID
    amount: Annotated[NotNegative | None, Field(description="Minor units of the budget's currency.")] = None
    rollover: Rollovers | None = None
    template: TemplateBody | None = None

    def draft(self) -> LineDraft:
        """Return what the services take."""
        return LineDraft(
            self.category_id,
            self.amount,
            None if self.rollover is None else Rollover(self.rollover),
            None if self.template is None else self.template.template(),
        )


class NewBudget(Body):
    """A budget to create; months that begin on the 1st when no period is told."""

    name: Name
    kind: Literal["limit", "envelope"]
    period: PeriodBody | None = None
    currency: Currency | None = None
    starts_on: Annotated[Day | None, Field(description="Any day of the first period; null: today.")] = None
    account_ids: Accounts = None
    alert_percents: Percents = budgets.DEFAULT_PERCENTS
    private: bool = False
    lines: Annotated[tuple[LineBody, ...], Field(max_length=500)] = ()


class BudgetEdit(Body):
    """What of a budget can change; its kind, currency and periods can't."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL, examples=["Everyday life"])]
    account_ids: Accounts = None
    alert_percents: Percents = budgets.DEFAULT_PERCENTS
    version: Version | None = None


class LineEdit(Body):
    """A line's rollover (from the period on that begins on `since`, today's without it) and template."""

    rollover: Rollovers
    template: TemplateBody | None = None
    since: Start | None = None
    version: Version | None = None


class Assignment(Body):
    """What a line gets in a period: an envelope's money, or a limit that holds until another one."""

    period: Start
    amount: Annotated[Minor, Field(description="Minor units of the budget's currency.", examples=[40_000])]
    version: Annotated[
        StrictInt | None,
        Field(
            ge=0,
            le=2**31 - 1,
            description="`assignment_version` as it was looked at; 409 when it isn't any more.",
        ),
    ] = None


class Move(Body):
    """Money to move between two envelopes; null stands for what is unassigned."""

    period: Start
    from_line_id: UUID | None = None
    to_line_id: UUID | None = None
    amount: Annotated[Positive, Field(description="Minor units.", examples=[2_000])]


class Cover(Body):
    """Where the money comes from that brings an overspent envelope back to zero; null: from what is unassigned."""

    period: Start
    from_line_id: UUID | None = None


class Copy(Body):
    """The period that gets what the one before it had."""

    period: Start


class Average(Body):
    """The period whose lines get the average of what they spent in the periods before."""

    period: Start
    periods: Annotated[StrictInt, Field(ge=1, le=24)] = 3
    line_ids: Many = None


class TemplateRun(Body):
    """The period whose lines get what their templates say."""

    period: Start
    line_ids: Many = None
    only_empty: Annotated[bool, Field(description="Leave lines alone that were given something.")] = False


@router.get("", response_model=tuple[BudgetView, ...])
def list_budgets(scope: CurrentScope, fields: Fields) -> object:
    """Return the household's budgets and one's own private ones, oldest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(budgets.list_budgets(w))


@router.get("/suggestions")
def suggest_lines(
    scope: CurrentScope,
    periods: Annotated[int, Query(ge=1, le=24, description="Average of so many months.")] = 3,
    currency: Annotated[str | None, Query(pattern=r"^[A-Za-z]{3}$", description="ISO 4217 code.")] = None,
) -> tuple[Suggestion, ...]:
    """Return what each category cost in an average month lately: a proposal for a new budget."""
    with work(scope, read_only=True) as w:
        return budgets.suggest_lines(w, budgets.monthly(), count=periods, currency=currency)


@router.put("/lines/{line_id}")
def edit_line(line_id: UUID, body: LineEdit, scope: CurrentScope, if_match: IfMatch) -> LineView:
    """Change a line's rollover and template; earlier periods keep the rollover that they had."""
    with work(scope) as w:
        return budgets.edit_line(
            w,
            line_id,
            rollover=Rollover(body.rollover),
            template=None if body.template is None else body.template.template(),
            version=if_match.of(body.version),
            since=body.since,
        )


@router.delete("/lines/{line_id}", status_code=204)
def remove_line(line_id: UUID, scope: CurrentScope) -> None:
    """Take a line out of its budget; an envelope's money is unassigned again."""
    with work(scope) as w:
        budgets.remove_line(w, line_id)


@router.get("/{budget_id}", response_model=BudgetView)
def get_budget(budget_id: UUID, scope: CurrentScope, fields: Fields, response: Response) -> object:
    """Return one budget; its version is in the ETag, too."""
    with work(scope, read_only=True) as w:
        view = budgets.get_budget(w, budget_id)
        response.headers["ETag"] = f'"{view.version}"'
        return fields.reply(view)


@router.post("/{budget_id}/restore")
def restore_budget(budget_id: UUID, scope: CurrentScope) -> BudgetView:
    """Bring a removed budget back."""
    with work(scope) as w:
        return budgets.restore_budget(w, budget_id)


@router.post("/lines/{line_id}/restore")
def restore_line(line_id: UUID, scope: CurrentScope) -> LineView:
    """Bring a removed line back with all that it was given."""
    with work(scope) as w:
        return budgets.restore_line(w, line_id)


@router.get("/{budget_id}/period")
def budget_period(
    budget_id: UUID,
    scope: CurrentScope,
    on: Annotated[Day | None, Query(description="Any day of the period; today's without it.")] = None,
) -> PeriodView:
    """Return the budget in one period: what each line was given, spent and has left, with its pace."""
    with work(scope, read_only=True) as w:
        return budgets.budget_period(w, budget_id, on)


@router.get("/{budget_id}/lines")
def list_lines(budget_id: UUID, scope: CurrentScope) -> tuple[LineView, ...]:
    """Return a budget's lines with their rollovers and templates."""
    with work(scope, read_only=True) as w:
        return budgets.read_lines(w, budgets.get_budget(w, budget_id).id)


@router.get("/{budget_id}/moves")
def list_moves(
    budget_id: UUID, scope: CurrentScope, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> tuple[MoveView, ...]:
    """Return the latest steps that changed what lines were given, newest first."""
    with work(scope, read_only=True) as w:
        return budgets.list_moves(w, budgets.get_budget(w, budget_id).id, limit=limit)


@router.put("/{budget_id}")
def edit_budget(budget_id: UUID, body: BudgetEdit, scope: CurrentScope, if_match: IfMatch) -> BudgetView:
    """Change a budget's name, accounts and alerts.

    Needs the `version` that was edited, in the body or in If-Match; 409 when it isn't the current one.
    """
    with work(scope) as w:
        return budgets.edit_budget(
            w,
            budget_id,
            name=body.name,
            account_ids=body.account_ids,
            alert_percents=body.alert_percents,
            version=if_match.of(body.version),
        )


@router.delete("/{budget_id}", status_code=204)
def remove_budget(budget_id: UUID, scope: CurrentScope) -> None:
    """Take a budget out of sight; restoring it brings it back as it was."""
    with work(scope) as w:
        budgets.remove_budget(w, budget_id)


@router.post("", status_code=201, response_model=BudgetView)
def create_budget(body: NewBudget, scope: CurrentScope, once: Once) -> object:
    """Create a budget with its lines; 409 when its name is taken."""
    draft = BudgetDraft(
        name=body.name,
        kind=body.kind,
        rule=budgets.monthly() if body.period is None else body.period.rule(),
        currency=body.currency,
        starts_on=body.starts_on,
        account_ids=body.account_ids,
        alert_percents=body.alert_percents,
        private=body.private,
        lines=tuple(line.draft() for line in body.lines),
    )
    with work(scope) as w:
        return once.reply(w, lambda: budgets.create_budget(w, draft), status=201)


@router.post("/{budget_id}/lines", status_code=201, response_model=tuple[LineView, ...])
def add_line(budget_id: UUID, body: LineBody, scope: CurrentScope, once: Once) -> object:
    """Add a line for an expense category; returns all lines. 409 when the budget has it already."""
    with work(scope) as w:
        return once.reply(w, lambda: budgets.add_lines(w, budget_id, [body.draft()]), status=201)


@router.post("/lines/{line_id}/assign", response_model=MoveView)
def assign(line_id: UUID, body: Assignment, scope: CurrentScope, once: Once) -> object:
    """Give a line its amount for a period; 409 when that was changed since it was looked at."""
    with work(scope) as w:
        return once.reply(
            w, lambda: budgets.assign(w, line_id, body.period, body.amount, version=body.version)
        )


@router.post("/lines/{line_id}/cover", response_model=MoveView)
def cover(line_id: UUID, body: Cover, scope: CurrentScope, once: Once) -> object:
    """Cover an overspent envelope as far as the source reaches; 409 when there is nothing to do or to take."""
    with work(scope) as w:
        return once.reply(
            w, lambda: budgets.cover_overspending(w, line_id, body.period, source=body.from_line_id)
        )


@router.post("/{budget_id}/move", response_model=MoveView)
def move_money(budget_id: UUID, body: Move, scope: CurrentScope, once: Once) -> object:
    """Move money between two envelopes, or from and to what is unassigned."""
    with work(scope) as w:
        return once.reply(
            w,
            lambda: budgets.move_money(
                w,
                budget_id,
                body.period,
                source=body.from_line_id,
                target=body.to_line_id,
                amount=body.amount,
            ),
        )


@router.post("/{budget_id}/copy-previous", response_model=MoveView)
def copy_previous(budget_id: UUID, body: Copy, scope: CurrentScope, once: Once) -> object:
    """Give each line what it was given in the period before."""
    with work(scope) as w:
        return once.reply(w, lambda: budgets.copy_previous(w, budget_id, body.period))


@router.post("/{budget_id}/average", response_model=MoveView)
def assign_averages(budget_id: UUID, body: Average, scope: CurrentScope, once: Once) -> object:
    """Give lines the average of what they spent in the periods before."""
    with work(scope) as w:
        return once.reply(
            w, lambda: budgets.assign_averages(w, budget_id, body.period, body.periods, lines=body.line_ids)
        )


@router.post("/{budget_id}/templates", response_model=MoveView)
def apply_templates(budget_id: UUID, body: TemplateRun, scope: CurrentScope, once: Once) -> object:
    """Give lines what their templates say; 409 when none of them has one."""
    with work(scope) as w:
        return once.reply(
            w,
            lambda: budgets.apply_templates(
                w, budget_id, body.period, lines=body.line_ids, only_empty=body.only_empty
            ),
        )


@router.post("/moves/{move_id}/undo")
def undo_move(move_id: UUID, scope: CurrentScope) -> MoveView:
    """Take a step back; what was changed since in an envelope keeps that change."""
    with work(scope) as w:
        return budgets.undo_move(w, move_id)
