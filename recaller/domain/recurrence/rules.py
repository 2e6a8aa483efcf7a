"""RRULEs (RFC 5545, 3.3.10) of recurrences: written in one canonical form, read strictly.

Nothing is expanded while reading: a rule that isn't one of ours in other words is refused with the part that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from recaller.core.errors import ValidationFailed
from recaller.domain.recurrence.model import BusinessDay, Frequency, Recurrence, Shift, month_days

MAX_LENGTH = 300
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = (0, 1, 2, 3, 4)
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_KNOWN = frozenset(
    {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "UNTIL", "COUNT", "WKST"}
)


def rule_of(one: Recurrence) -> str:
    """Return the recurrence's RRULE without start and end, as stored and as calendars read it."""
    parts = [f"FREQ={one.frequency.upper()}"]
    if one.interval > 1:
        parts.append(f"INTERVAL={one.interval}")
    if one.month is not None:
        parts.append(f"BYMONTH={one.month}")
    if one.business_day is not None:
        last = one.business_day is BusinessDay.LAST
        parts += ["BYDAY=MO,TU,WE,TH,FR", f"BYSETPOS={-1 if last else 1}"]
    elif one.nth is not None:
        parts.append(f"BYDAY={one.nth}{_CODES[one.weekdays[0]]}")
    elif one.weekdays:
        parts.append("BYDAY=" + ",".join(_CODES[day] for day in one.weekdays))
    elif one.month_day is not None:
        days = month_days(one)
        parts.append("BYMONTHDAY=" + ",".join(str(day) for day in days))
        if len(days) > 1:
            parts.append("BYSETPOS=-1")
    return ";".join(parts)


def recurrence_of(
    rule: str,
    start: date,
    *,
    until: date | None = None,
    count: int | None = None,
    shift: Shift = Shift.NONE,
    country: str | None = None,
) -> Recurrence:
    """Return the recurrence that an RRULE and a start mean; raise ValidationFailed for what isn't supported.

    The end is the rule's own, or else `until` or `count`.
    """
    read = _read(rule)
    return Recurrence(
        start=start,
        frequency=read.frequency,
        interval=read.interval,
        weekdays=read.weekdays,
        nth=read.nth,
        month_day=read.month_day,
        business_day=read.business_day,
        month=read.month,
        until=read.until or until,
        count=read.count or count,
        shift=shift,
        country=country,
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a rule says without its start."""

    frequency: Frequency
    interval: int
    weekdays: tuple[int, ...]
    nth: int | None
    month_day: int | None
    business_day: BusinessDay | None
    month: int | None
    until: date | None
    count: int | None


@lru_cache(maxsize=4096)
def _read(rule: str) -> _Rule:
    """Read a rule; a run over thousands of households meets the same few again and again."""
    parts = _parts(rule)
    frequency = _frequency(parts)
    weekdays, nth = _days(parts.get("BYDAY", ""))
    days = _numbers(parts, "BYMONTHDAY")
    months = _numbers(parts, "BYMONTH")
    position = _single(_numbers(parts, "BYSETPOS"), "BYSETPOS")
    interval = _single(_numbers(parts, "INTERVAL"), "INTERVAL") or 1
    if parts.get("WKST", "MO") != "MO" and interval > 1 and frequency is Frequency.WEEKLY:
        raise _refused("WKST", "weeks begin on Monday here")
    if frequency is Frequency.DAILY and weekdays and interval == 1:
        frequency = Frequency.WEEKLY
    business_day: BusinessDay | None = None
    month_day: int | None = None
    if position is not None and weekdays == _WORKDAYS and nth is None:
        if position not in (1, -1):
            raise _refused("BYSETPOS", "only the first and the last business day are supported")
        business_day, weekdays = (BusinessDay.FIRST if position == 1 else BusinessDay.LAST), ()
    elif position is not None and len(weekdays) == 1 and nth is None:
        nth = position
    elif days:
        month_day = _day_of(days, position)
    elif position is not None:
        raise _refused("BYSETPOS", "it needs BYDAY or BYMONTHDAY")
    return _Rule(
        frequency=frequency,
        interval=interval,
        weekdays=weekdays,
        nth=nth,
        month_day=month_day,
        business_day=business_day,
        month=_single(months, "BYMONTH"),
        until=_until(parts),
        count=_single(_numbers(parts, "COUNT"), "COUNT"),
    )


def _parts(rule: str) -> Mapping[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:")
    if not text or len(text) > MAX_LENGTH:
        raise ValidationFailed("rule", f"A recurrence rule has 1 to {MAX_LENGTH} characters.")
    parts: dict[str, str] = {}
    for part in text.rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts or not value:
            raise ValidationFailed("rule", f"{part[:40]!r} is not a part of a recurrence rule.")
        if name not in _KNOWN:
            raise ValidationFailed("rule", f"Recurrence rules with {name[:20]} are not supported.")
        parts[name] = value
    return parts


def _frequency(parts: Mapping[str, str]) -> Frequency:
    try:
        return Frequency(parts.get("FREQ", "").lower())
    except ValueError as error:
        raise _refused("FREQ", "choose DAILY, WEEKLY, MONTHLY or YEARLY") from error


def _days(text: str) -> tuple[tuple[int, ...], int | None]:
    if not text:
        return (), None
    found = [_DAY.fullmatch(one) for one in text.split(",")]
    if not all(found):
        raise _refused("BYDAY", "weekdays are written MO, TU, 2WE, -1FR")
    matches = [one for one in found if one is not None]
    numbers = {int(one[1]) for one in matches if one[1]}
    if numbers and len(matches) > 1:
        raise _refused("BYDAY", "choose one weekday of the month")
    return tuple(sorted({_CODES.index(one[2]) for one in matches})), (numbers.pop() if numbers else None)


def _numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    texts = parts[name].split(",") if name in parts else []
    if not all(_NUMBER.fullmatch(text) for text in texts):
        raise _refused(name, "it takes whole numbers")
    return tuple(int(text) for text in texts)


def _single(numbers: tuple[int, ...], name: str) -> int | None:
    if len(numbers) > 1:
        raise _refused(name, "only one is supported")
    if numbers and numbers[0] == 0:
        raise _refused(name, "it can't be 0")
    return numbers[0] if numbers else None


def _day_of(days: tuple[int, ...], position: int | None) -> int:
    """Return the one day that is meant; several with "the last of them" mean a day that short months lack."""
    if position is None and len(days) == 1:
        return days[0]
    if position == -1 and days == tuple(range(min(days), max(days) + 1)) and min(days) <= 28 <= max(days):
        return max(days)
    if position in (1, -1) and len(days) == 1:
        return days[0]
    raise _refused("BYMONTHDAY", "choose one day of the month")


def _until(parts: Mapping[str, str]) -> date | None:
    text = parts.get("UNTIL")
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:8])
    except ValueError as error:
        raise _refused("UNTIL", "a date is written 20261231") from error


def _refused(name: str, why: str) -> ValidationFailed:
    return ValidationFailed("rule", f"{name} of this recurrence rule can't be used: {why}.")
