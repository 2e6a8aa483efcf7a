"""Calendar feeds: a member's secret address under which a calendar program reads the household's bills."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, LargeBinary
from sqlmodel import Field

from recaller.models.base import TenantRow, moment, space_reference


class CalendarFeed(TenantRow, table=True):
    """At most one for each member, in the member's private space. Only the hash of its secret is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        space_reference(),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["membership.tenant_id", "membership.user_id"], ondelete="CASCADE"
        ),
    )

    user_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = moment(default_now=True)
    # When a calendar program last fetched it, to the hour.
    read_at: datetime | None = moment(nullable=True)
