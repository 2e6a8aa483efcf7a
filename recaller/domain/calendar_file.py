"""Writes calendar files (iCalendar, RFC 5545) of all-day events; pure, so the same events give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

PRODUCT = "-//Recaller//Recurring transactions//EN"
# Tells calendar programs how often to come back (RFC 7986, 5.7, and the older name that most still read).
REFRESH = timedelta(hours=6)
_CONTROL = {code: None for code in range(32) if code not in (9, 10)} | {127: None}


@dataclass(frozen=True, slots=True)
class DayEvent:
    """An event that fills one day. `uid` names it for ever; `changed_at` is when it last was another (UTC)."""

    uid: str
    day: date
    title: str
    text: str
    changed_at: datetime
    category: str = ""
    cancelled: bool = False


def write_calendar(name: str, events: Iterable[DayEvent]) -> bytes:
    """Return the calendar as a file. Events take no time of the day: they don't block anybody's hours."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", _plain(name))
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for one in events:
        calendar.add_component(_event(one))
    content: bytes = calendar.to_ical()
    return content


def _event(one: DayEvent) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("dtstart", one.day)
    event.add("dtend", one.day + timedelta(days=1))
    event.add("summary", _plain(one.title))
    if one.text:
        event.add("description", _plain(one.text))
    if one.category:
        event.add("categories", [_plain(one.category)])
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _plain(text: str) -> str:
    """Leave out control characters, which the format can't carry (RFC 5545, 3.3.11)."""
    return text.translate(_CONTROL)
