"""Shared column definitions and naming conventions of all tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, func
from sqlmodel import Field, SQLModel

from recaller.core.ids import new_id

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class TenantRow(SQLModel):
    """What each row of a tenant table carries: the tenant it belongs to and the space that may see it."""

    tenant_id: UUID = Field(primary_key=True)
    space_id: UUID


class IdentifiedRow(TenantRow):
    """A tenant row with an id of its own; the primary key leads with the tenant."""

    id: UUID = Field(default_factory=new_id, primary_key=True)


def moment(*, default_now: bool = False, nullable: bool = False) -> Any:
    """Declare a `timestamptz` column; `default_now` lets the database fill it in."""
    keywords: dict[str, Any] = {"server_default": func.now()} if default_now else {}
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=nullable,
        sa_column_kwargs=keywords,
    )


def space_reference() -> ForeignKeyConstraint:
    """Each row's space must be a space of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", "space_id"], ["space.tenant_id", "space.id"])


def same_tenant(column: str, target: str) -> ForeignKeyConstraint:
    """Point `column` at a row of `target` in the same tenant; no other tenant can be reached."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"])


# Under their own names, because columns called `date` would hide the type.
Day = date
Moment = datetime
