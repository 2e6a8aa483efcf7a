"""Calendar files: what another program reads of them is what was written, whatever the texts hold."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from recaller.domain.calendar_file import DayEvent, write_calendar

STAMP = datetime(2026, 11, 23, tzinfo=UTC)
# RFC 5545, 3.1: name, parameters, value; no control characters.
LINE = re.compile(
    r"[A-Z0-9-]+(;[A-Z0-9-]+=(\"[^\"\x00-\x1f]*\"|[^\",;:\x00-\x1f]*))*:[^\x00-\x08\x0a-\x1f\x7f]*"
)


def event(**changes: object) -> DayEvent:
    values = {
        "uid": "a@recaller",
        "day": date(2026, 11, 30),
        "title": "Rent",
        "text": "Due",
        "changed_at": STAMP,
    }
    return DayEvent(**(values | changes))  # type: ignore[arg-type]


def read_strictly(content: bytes) -> list[str]:
    """Return the unfolded lines; fails for what a strict reader refuses."""
    assert content.endswith(b"\r\n")
    physical = content.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in physical)
    assert not physical[0].startswith(b" ")
    lines = b"\r\n".join(physical).replace(b"\r\n ", b"").decode("utf-8").split("\r\n")
    assert all(LINE.fullmatch(line) for line in lines), [line for line in lines if not LINE.fullmatch(line)]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    return lines


def test_an_event_fills_its_day() -> None:
    lines = read_strictly(write_calendar("Home", [event()]))
    assert "DTSTART;VALUE=DATE:20261130" in lines and "DTEND;VALUE=DATE:20261201" in lines
    assert "DTSTAMP:20261123T000000Z" in lines and "TRANSP:TRANSPARENT" in lines
    assert lines.count("BEGIN:VEVENT") == 1 and "VERSION:2.0" in lines


def test_the_same_events_are_the_same_bytes() -> None:
    assert write_calendar("Home", [event()]) == write_calendar("Home", [event()])
    assert write_calendar("Home", [event()]) != write_calendar("Home", [event(title="Rent 2")])


@given(st.lists(st.tuples(st.text(max_size=120), st.text(max_size=300)), max_size=5))
def test_any_text_survives(texts: list[tuple[str, str]]) -> None:
    events = [
        event(uid=f"{number}@recaller", title=title, text=text, day=date(2026, 1, 1) + timedelta(days=number))
        for number, (title, text) in enumerate(texts)
    ]
    content = write_calendar("Home", events)
    read_strictly(content)
    found = list(Calendar.from_ical(content).walk("VEVENT"))
    assert [str(one["uid"]) for one in found] == [one.uid for one in events]
    for one, (title, _) in zip(found, texts, strict=True):
        kept = "".join(
            letter for letter in title if (ord(letter) >= 32 and ord(letter) != 127) or letter in "\t\n"
        )
        assert str(one["summary"]) == kept
        assert one.decoded("dtend") - one.decoded("dtstart") == timedelta(days=1)
