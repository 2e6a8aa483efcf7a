"""Daily work: when each kind runs next, what ran, which items went wrong, and the household's hours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, StrictBool, StrictInt

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields, Paging
from recaller.core.paging import Page
from recaller.infra.work import work
from recaller.services import daily_log
from recaller.services.daily_log import DailyRunView, DailyWorkView, ItemErrorView
from recaller.services.household_settings import (
    HouseholdSettingsView,
    get_household_settings,
    save_household_settings,
)

router = APIRouter(prefix="/daily-work", tags=["daily work"], responses=COMMON_PROBLEMS)

Kind = Annotated[str, Path(max_length=60, pattern=r"^[a-z][a-z0-9.-]*$", examples=["recurring.post"])]
Minute = Annotated[
    StrictInt,
    Field(
        ge=0, le=1439, description="Minutes after midnight in the household's time zone.", examples=[6 * 60]
    ),
]


class DailySettings(Body):
    """The household's hours, the country of its holidays, and which outbound calls it allows."""

    country: Annotated[
        str | None, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 code; null for no holidays.")
    ] = None
    recurring_minute: Minute = 360
    reminder_minute: Minute = 480
    night_minute: Minute = 150
    fetch_rates: Annotated[StrictBool, Field(description="Fetch exchange rates from the ECB at night.")] = (
        False
    )


@router.get("", response_model=tuple[DailyWorkView, ...])
def list_daily_work(scope: CurrentScope, fields: Fields) -> object:
    """Return each kind of daily work and when it runs next; for administrators of the household."""
    with work(scope, read_only=True) as w:
        return fields.reply(daily_log.list_daily_work(w))


@router.get("/runs", response_model=Page[DailyRunView])
def list_runs(scope: CurrentScope, paging: Paging, fields: Fields) -> object:
    """Return what ran, newest first, with its counts or its error; for administrators of the household."""
    with work(scope, read_only=True) as w:
        return fields.reply(daily_log.page_daily_runs(w, limit=paging.limit, cursor=paging.cursor))


@router.get("/errors", response_model=tuple[ItemErrorView, ...])
def list_errors(scope: CurrentScope, fields: Fields) -> object:
    """Return the items in your sight that daily work can't do at present, at most the latest hundred."""
    with work(scope, read_only=True) as w:
        return fields.reply(daily_log.list_item_errors(w))


@router.get("/settings")
def get_settings(scope: CurrentScope) -> HouseholdSettingsView:
    """Return at which hours daily work runs, and what else the household decided about it."""
    with work(scope, read_only=True) as w:
        return get_household_settings(w)


@router.put("/settings")
def save_settings(body: DailySettings, scope: CurrentScope) -> HouseholdSettingsView:
    """Set all of it; for administrators of the household. What is planned moves to the new hours."""
    with work(scope) as w:
        return save_household_settings(w, HouseholdSettingsView(**body.model_dump()))


@router.post("/{kind}/run", status_code=202)
def run_now(kind: Kind, scope: CurrentScope) -> DailyWorkView:
    """Have one kind run at once, for today; for administrators of the household."""
    with work(scope) as w:
        return daily_log.run_daily_now(w, kind)
