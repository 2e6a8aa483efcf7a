"""A household's own settings, beside what identifies it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, SmallInteger, text
from sqlmodel import Field

from recaller.models.base import TenantRow, space_reference


class HouseholdSettings(TenantRow, table=True):
    """At most one row per household, in its shared space; without one the defaults hold.

    The minutes count from local midnight in the tenant's time zone: when recurring transactions are posted, when
    reminders go out, when the night's work (detection, clean-up) runs. `country` (ISO 3166) picks the holidays.
    """

    __tablename__ = "household_settings"
    __table_args__ = (
        space_reference(),
        CheckConstraint(
            "least(recurring_minute, reminder_minute, night_minute) >= 0"
            " and greatest(recurring_minute, reminder_minute, night_minute) < 1440",
            name="minutes",
        ),
    )

    country: str | None = Field(default=None, max_length=2)
    recurring_minute: int = Field(
        default=360, sa_type=SmallInteger, sa_column_kwargs={"server_default": "360"}
    )
    reminder_minute: int = Field(
        default=480, sa_type=SmallInteger, sa_column_kwargs={"server_default": "480"}
    )
    night_minute: int = Field(default=150, sa_type=SmallInteger, sa_column_kwargs={"server_default": "150"})
    fetch_rates: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
