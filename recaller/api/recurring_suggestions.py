"""Suggestions: payments in the history that look like they recur, to be confirmed or dismissed."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Fields
from recaller.infra.work import work
from recaller.services.jobs import JobView, get_job
from recaller.services.recurring import RecurringView
from recaller.services.recurring.suggesting import request_look
from recaller.services.recurring.suggestion_views import SuggestionView, get_suggestion, list_suggestions
from recaller.services.recurring.suggestions import (
    confirm_suggestion,
    dismiss_suggestion,
    restore_suggestion,
)

router = APIRouter(prefix="/recurring-suggestions", tags=["recurring"], responses=COMMON_PROBLEMS)

State = Annotated[
    Literal["open", "confirmed", "dismissed"],
    Query(description="Which suggestions: open ones wait for a decision.", examples=["open"]),
]


@router.get("", response_model=tuple[SuggestionView, ...])
def list_all(scope: CurrentScope, fields: Fields, state: State = "open") -> object:
    """Return suggestions: changed prices first, then patterns, the surest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(list_suggestions(w, state=state))


@router.post("/look", status_code=202, response_model=JobView)
def look_now(scope: CurrentScope) -> object:
    """Look for patterns now instead of tonight; returns the job to follow (`GET /jobs/{id}`)."""
    with work(scope) as w:
        return get_job(w, request_look(w))


@router.get("/{suggestion_id}", response_model=SuggestionView)
def get_one(suggestion_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one suggestion with its latest payments."""
    with work(scope, read_only=True) as w:
        return fields.reply(get_suggestion(w, suggestion_id))


@router.post("/{suggestion_id}/confirm", response_model=tuple[RecurringView, ...])
def confirm(suggestion_id: UUID, scope: CurrentScope) -> object:
    """Make it a recurring transaction (two for what comes twice a month), or give one its new price; returns them."""
    with work(scope) as w:
        return confirm_suggestion(w, suggestion_id)


@router.post("/{suggestion_id}/dismiss", response_model=SuggestionView)
def dismiss(suggestion_id: UUID, scope: CurrentScope) -> object:
    """Never suggest it again."""
    with work(scope) as w:
        return dismiss_suggestion(w, suggestion_id)


@router.post("/{suggestion_id}/restore", response_model=SuggestionView)
def restore(suggestion_id: UUID, scope: CurrentScope) -> object:
    """Suggest again what was dismissed."""
    with work(scope) as w:
        return restore_suggestion(w, suggestion_id)
