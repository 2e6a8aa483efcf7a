"""Rules: kept, put in order, previewed, applied, their runs taken back; suggestions from repeated edits."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi import Body as BodyParameter
from fastapi.openapi.models import Example
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.drafts import Filter
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Body, Fields, Paging, Version
from recaller.core.paging import Page
from recaller.domain.filters import TransactionFilter
from recaller.domain.rules.limits import MAX_NAME, MAX_RULES
from recaller.infra.work import work
from recaller.services import rules
from recaller.services.rules import ChangeView, PreviewView, RuleView, RunView, Selection, SuggestionView

router = APIRouter(prefix="/rules", tags=["rules"], responses=COMMON_PROBLEMS)

_CATEGORY = "0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f10"
_CONDITIONS: dict[str, Any] = {
    "match": "all",
    "of": [
        {"field": "payee", "op": "contains", "value": "rewe"},
        {"match": "any", "of": [{"field": "amount", "op": "below", "value": 0, "currency": "EUR"}]},
    ],
}
_ACTIONS: list[dict[str, Any]] = [{"do": "set_category", "category_id": _CATEGORY}]
_RULE: dict[str, Any] = {"name": "Groceries", "conditions": _CONDITIONS, "actions": _ACTIONS}
_NEW: dict[str, Example] = {"rule": {"summary": "A rule", "value": _RULE}}
_EDIT: dict[str, Example] = {"rule": {"summary": "A rule", "value": _RULE | {"version": 1}}}
_APPLY: dict[str, Example] = {"all": {"summary": "All active rules, everywhere", "value": {}}}

Conditions = Annotated[
    dict[str, Any],
    Field(
        description="A group: `match` is all, any or none, `of` lists conditions (`field`, `op`, `value`, `to`, `not`,"
        " `currency`) and further groups. Amounts in minor units.",
        examples=[_CONDITIONS],
        max_length=5,
    ),
]
Actions = Annotated[
    tuple[dict[str, Any], ...],
    Field(
        description="What is done, in order: `do` is set_category, set_payee, add_tags, remove_tags, set_note,"
        " append_note, split, make_transfer or link_recurring, with its own keys. link_recurring settles the nearest"
        " open date of the recurring item `recurring_id` in the entry's account.",
        examples=[_ACTIONS],
        min_length=1,
        max_length=20,
    ),
]
Name = Annotated[
    str,
    Field(max_length=MAX_NAME, pattern=NO_NUL, description="Left out, the rule is called by what it says."),
]
Chosen = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=5000)]


class RuleBody(Body):
    """What a rule says."""

    name: Name = ""
    conditions: Conditions
    actions: Actions
    active: bool = True
    stop: Annotated[bool, Field(description="A row for which it holds sees no further rules.")] = False
    once: Annotated[bool, Field(description="It changes a transaction once in its life.")] = False

    def draft(self, *, private: bool = False) -> rules.RuleDraft:
        """Return it as the service wants it; raise ValidationFailed naming the place that is wrong."""
        return rules.read_draft(self.model_dump(exclude={"version"}) | {"private": private})


class NewRule(RuleBody):
    """A rule to keep; a private one touches the caller's private transactions only."""

    private: bool = False


class RuleEdit(RuleBody):
    """A rule's new content, made from this version."""

    version: Version


class RuleOrder(Body):
    """All rules of the household, or all private ones, in their new order."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_RULES)]


class Application(Body):
    """Which rules, over what: left out, all active rules over all transactions."""

    rule_ids: Annotated[tuple[UUID, ...] | None, Field(min_length=1, max_length=MAX_RULES)] = None
    transaction_ids: Chosen | None = None
    filter: Annotated[
        dict[str, Annotated[str, Field(max_length=4000)]] | None,
        Field(
            max_length=20,
            description="As in the address of the transactions page.",
            examples=[{"from": "2026-01-01"}],
        ),
    ] = None

    def selection(self) -> Selection:
        """Return what is meant; raise ValidationFailed for a filter that makes no sense."""
        if self.transaction_ids is not None:
            return Selection(ids=self.transaction_ids)
        return Selection(TransactionFilter.from_query(self.filter or {}))


class SuggestionChoice(Body):
    """A suggested rule."""

    payee_id: UUID
    category_id: UUID


@router.get("", response_model=tuple[RuleView, ...])
def list_rules(scope: CurrentScope, fields: Fields) -> object:
    """Return all rules in their order, the household's first; `problem` tells what keeps one from running."""
    with work(scope, read_only=True) as w:
        return fields.reply(rules.list_rules(w))


@router.post("", status_code=201, response_model=RuleView)
def create_rule(
    body: Annotated[NewRule, BodyParameter(openapi_examples=_NEW)], scope: CurrentScope, once: Once
) -> object:
    """Keep a new rule after the others. It runs over imports from now on, and over the past when it is applied."""
    draft = body.draft(private=body.private)
    with work(scope) as w:
        return once.reply(w, lambda: rules.create_rule(w, draft), status=201)


@router.put("/order", response_model=tuple[RuleView, ...])
def order_rules(body: RuleOrder, scope: CurrentScope, fields: Fields) -> object:
    """Put the rules into this order."""
    with work(scope) as w:
        return fields.reply(rules.order_rules(w, body.ids))


@router.post("/preview", response_model=PreviewView)
def preview_draft(
    body: Annotated[NewRule, BodyParameter(openapi_examples=_NEW)],
    scope: CurrentScope,
    page: Paging,
    wanted: Filter,
) -> PreviewView:
    """Return what one rule, kept or not, would change: each row before and after. Nothing is written."""
    rule = rules.draft_rule(body.draft(private=body.private))
    with work(scope, read_only=True) as w:
        space = scope.default_space(body.private)
        return rules.preview_rules(w, space, [rule], Selection(wanted), cursor=page.cursor, limit=page.limit)


@router.get("/preview", response_model=PreviewView)
def preview_all(
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    wanted: Filter,
    private: Annotated[bool, Query(description="The private rules over the private transactions.")] = False,
) -> object:
    """Return what all active rules in their order would change: exactly what applying them does."""
    with work(scope, read_only=True) as w:
        space = scope.default_space(private)
        active = rules.active_rules(w, space)
        return fields.reply(
            rules.preview_rules(w, space, active, Selection(wanted), cursor=page.cursor, limit=page.limit)
        )


@router.post("/apply", response_model=tuple[RunView, ...])
def apply_rules(
    body: Annotated[Application, BodyParameter(openapi_examples=_APPLY)], scope: CurrentScope, once: Once
) -> object:
    """Run rules: few transactions at once, many by a worker (`queued`, with a `job_id`). One run for each space."""
    with work(scope) as w:
        return once.reply(
            w, lambda: rules.apply_rules(w, body.selection(), rule_ids=body.rule_ids), status=200
        )


@router.get("/runs", response_model=Page[RunView])
def list_runs(scope: CurrentScope, fields: Fields, page: Paging) -> object:
    """Return a page of the runs, newest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(rules.list_runs(w, cursor=page.cursor, limit=page.limit))


@router.get("/runs/{run_id}", response_model=RunView)
def get_run(run_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one run with the rules that took part and what kept others from it."""
    with work(scope, read_only=True) as w:
        return fields.reply(rules.get_run(w, run_id))


@router.get("/runs/{run_id}/changes", response_model=Page[ChangeView])
def list_changes(
    run_id: UUID,
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    conflicts: Annotated[bool, Query(description="Only rows that a reversal left alone.")] = False,
) -> object:
    """Return a page of the rows that a run changed, before and after."""
    with work(scope, read_only=True) as w:
        return fields.reply(
            rules.run_changes(w, run_id, conflicts_only=conflicts, cursor=page.cursor, limit=page.limit)
        )


@router.post("/runs/{run_id}/reverse")
def reverse_run(run_id: UUID, scope: CurrentScope) -> RunView:
    """Take a run back; rows changed since are left alone and counted as conflicts."""
    with work(scope) as w:
        return rules.reverse_run(w, run_id)


@router.get("/suggestions", response_model=tuple[SuggestionView, ...])
def list_suggestions(scope: CurrentScope, fields: Fields) -> object:
    """Return rules that repeated edits suggest."""
    with work(scope, read_only=True) as w:
        return fields.reply(rules.suggest_rules(w))


@router.post("/suggestions/accept", status_code=201)
def accept_suggestion(body: SuggestionChoice, scope: CurrentScope) -> RuleView:
    """Make a suggested rule."""
    with work(scope) as w:
        return rules.accept_suggestion(w, body.payee_id, body.category_id)


@router.post("/suggestions/dismiss", status_code=204)
def dismiss_suggestion(body: SuggestionChoice, scope: CurrentScope) -> None:
    """Never suggest this rule again."""
    with work(scope) as w:
        rules.dismiss_suggestion(w, body.payee_id, body.category_id)


@router.get("/{rule_id}", response_model=RuleView)
def get_rule(rule_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one rule."""
    with work(scope, read_only=True) as w:
        return fields.reply(rules.get_rule(w, rule_id))


@router.put("/{rule_id}")
def edit_rule(
    rule_id: UUID, body: Annotated[RuleEdit, BodyParameter(openapi_examples=_EDIT)], scope: CurrentScope
) -> RuleView:
    """Replace a rule's content; 409 when it was changed since that version."""
    draft = body.draft()
    with work(scope) as w:
        return rules.edit_rule(w, rule_id, draft, version=body.version)


@router.delete("/{rule_id}", status_code=204)
def delete_rule(rule_id: UUID, scope: CurrentScope) -> None:
    """Delete a rule; what it changed stays, and its runs can still be taken back."""
    with work(scope) as w:
        rules.delete_rule(w, rule_id)
