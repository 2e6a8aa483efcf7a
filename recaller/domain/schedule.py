"""When daily work falls due: the moment of a local hour on each date that a time zone has, once each."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES_A_DAY = 24 * 60
# No zone ever left out more than one date at a time (Samoa and Kwajalein, when they changed sides of the date line).
_MOST_SKIPPED_DATES = 3
_DAY = timedelta(days=1)


def moment_on(day: date, minute: int, zone: tzinfo) -> datetime | None:
    """Return the moment (UTC) of `minute` minutes after midnight on the wall clock of `day` in `zone`.

    A time that a clock change leaves out counts as if the clock had not been changed yet (02:30 becomes 03:30), one
    that comes twice is taken the first time. None when the zone left out that whole date.
    """
    if not 0 <= minute < MINUTES_A_DAY:
        raise ValueError("a minute of the day lies between 0 and 1439")
    wall_clock = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    moment = wall_clock.astimezone(UTC)
    if moment.astimezone(zone).date() == day:
        return moment
    # The gap reaches over the end of the day: take the last moment before it, if the date exists at all.
    return _last_moment_of(day, zone, moment)


def next_moment(last: date, minute: int, zone: tzinfo) -> datetime:
    """Return the moment (UTC) for the first date after `last` that the zone has."""
    for ahead in range(1, _MOST_SKIPPED_DATES + 1):
        moment = moment_on(last + ahead * _DAY, minute, zone)
        if moment is not None:
            return moment
    raise ValueError(f"{zone} has no date in the days after {last}")


def due_date(now: datetime, minute: int, zone: tzinfo) -> date:
    """Return the latest date whose moment is at or before `now`: the date that a run at `now` stands for."""
    day = now.astimezone(zone).date()
    while True:
        moment = moment_on(day, minute, zone)
        if moment is not None and moment <= now:
            return day
        day -= _DAY


def first_moment(now: datetime, minute: int, zone: tzinfo) -> datetime:
    """Return the first moment (UTC) after `now` at which work that never ran falls due."""
    return next_moment(due_date(now, minute, zone), minute, zone)


def _last_moment_of(day: date, zone: tzinfo, beyond: datetime) -> datetime | None:
    early, late = beyond - 2 * _DAY, beyond
    if early.astimezone(zone).date() >= day:
        return None
    # Dates rise with moments here but for repeated hours, so halving finds where `day` ends, to the second.
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).date() <= day:
            early = middle
        else:
            late = middle
    return early.replace(microsecond=0) if early.astimezone(zone).date() == day else None
