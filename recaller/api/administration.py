"""What a super administrator does across households: listing them, and opening one for a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from recaller.api.dependencies import Caller
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields
from recaller.services import identity
from recaller.services.identity import HouseholdView

router = APIRouter(prefix="/administration", tags=["administration"], responses=COMMON_PROBLEMS)


class AccessRequest(Body):
    """Which household to open, and why: its members will read the reason in their audit trail."""

    tenant_id: UUID
    reason: Annotated[str, Field(max_length=500, examples=["Asked by Ann to look into a failed import"])]


class AccessView(Body):
    """Which household is open, until when."""

    tenant_id: UUID
    until: datetime


@router.get("/households", response_model=tuple[HouseholdView, ...])
def list_households(who: Caller, fields: Fields) -> object:
    """Return every household's name and settings, not what is in it; for super administrators."""
    return fields.reply(identity.list_households(who))


@router.post("/access", status_code=201)
def open_access(body: AccessRequest, who: Caller) -> AccessView:
    """Open a household's shared space to this session for an hour; written to that household's audit trail.

    Name it with X-Tenant-ID or switch to it then. Nobody's private space is opened.
    """
    return AccessView(tenant_id=body.tenant_id, until=identity.open_access(who, body.tenant_id, body.reason))


@router.delete("/access", status_code=204)
def close_access(who: Caller) -> None:
    """Give the opened access up before its time."""
    identity.close_access(who)
