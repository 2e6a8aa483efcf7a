"""The one place that reads the clock; everything else is handed a `now` (aware, UTC)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recaller.core.errors import ValidationFailed

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def zone(name: str, field: str = "time_zone") -> ZoneInfo:
    """Return the IANA time zone; raise ValidationFailed when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationFailed(field, f"{name!r} is not a known time zone.") from error


def local_date(moment: datetime, time_zone: str) -> date:
    """Return the calendar date that it is at `moment` in the named zone."""
    return moment.astimezone(zone(time_zone)).date()
