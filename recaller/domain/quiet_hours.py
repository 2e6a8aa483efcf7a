"""When something may be delivered to a person: quiet hours and a daily digest, in that person's own time zone.

Local times are minutes after midnight by the clock on the wall. Where the clock is put forward over one, the moment
of the change takes its place; where it is put back, it comes twice, and the first one counts unless it has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a person wishes: no deliveries from `quiet_from` to `quiet_to`, all of a day in one at `digest_minute`.

    `quiet_from` after `quiet_to` goes over midnight; both the same means no quiet hours. None means no wish.
    """

    quiet_from: int | None = None
    quiet_to: int | None = None
    digest_minute: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryTime:
    """When to deliver (UTC), and the local date of the digest that it belongs to, if any."""

    at: datetime
    digest_day: date | None = None


def delivery_time(now: datetime, zone: ZoneInfo, schedule: Schedule) -> DeliveryTime:
    """Return when something that comes up `now` is delivered; a digest comes at its time, quiet hours or not."""
    if schedule.digest_minute is not None:
        at = next_local_minute(now, zone, schedule.digest_minute)
        return DeliveryTime(at, at.astimezone(zone).date())
    return DeliveryTime(end_of_quiet(now, zone, schedule))


def is_quiet(moment: datetime, zone: ZoneInfo, schedule: Schedule) -> bool:
    """Whether `moment` lies in the quiet hours: from the first minute on, until just before the last."""
    start, end = schedule.quiet_from, schedule.quiet_to
    if start is None or end is None or start == end:
        return False
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def end_of_quiet(now: datetime, zone: ZoneInfo, schedule: Schedule) -> datetime:
    """Return the first moment from `now` on (UTC) that isn't quiet."""
    if not is_quiet(now, zone, schedule):
        return now.astimezone(UTC)
    assert schedule.quiet_to is not None
    at = next_local_minute(now, zone, schedule.quiet_to)
    change = _first_change(now.astimezone(UTC), at, zone)
    # The clock was put over the rest of the quiet hours, or past their beginning.
    released = change if change is not None and not is_quiet(change, zone, schedule) else at
    if is_quiet(released, zone, schedule):
        # A whole date was left out (Samoa, 2011), and the clock after it shows quiet hours again.
        return end_of_quiet(released + timedelta(minutes=1), zone, schedule)
    return released


def next_local_minute(now: datetime, zone: ZoneInfo, minute: int) -> datetime:
    """Return the first moment from `now` on (UTC) at which the clock on the wall shows `minute` of a day."""
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=offset) for offset in (-1, 0, 1, 2)):
        for moment in _moments(day, minute, zone):
            if moment >= now:
                return moment
    raise AssertionError("a day has each of its minutes")


def _moments(day: date, minute: int, zone: ZoneInfo) -> list[datetime]:
    """Return the moment (two where the clock is put back) of a local time, the change itself where it is left out."""
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return [first]
    if first < second:
        return [first, second]
    change = _first_change(second, first, zone)
    assert change is not None
    return [change]


def _first_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the whole minute (UTC) in (start, end] at which the zone's offset changes; None if it doesn't.

    At most one change is looked for: no zone changes twice within a day.
    """
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return None
    low, high = int(start.timestamp()), int(end.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
