"""Finds the series that recur in a household's rows, with what is to be expected of each next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from math import log2

from recaller.domain.detection.amounts import AmountModel, clusters, model_of, same_price
from recaller.domain.detection.names import group_names
from recaller.domain.detection.rhythms import TOLERANCE, ClosedDays, Fit, Grid, fits
from recaller.domain.detection.rows import MEAN_DAYS, HistoryRow, Interval, Pattern

# Evidence in bits that a series needs: one chance accident in 2^n groups of rows.
_NEEDED_BITS = 4.0
# A payee with more rows than this is a shop; its series are looked for in the latest of them.
MAX_ROWS_OF_PAYEE = 1500
_MAX_SERIES_OF_PAYEE = 8
_WIDTHS = (25, 8, 1, 0)
_SHORT = frozenset({Interval.WEEKLY, Interval.FORTNIGHTLY, Interval.FOUR_WEEKLY, Interval.SEMI_MONTHLY})
_RARE = frozenset({Interval.HALF_YEARLY, Interval.YEARLY})
# How many payments may be missing at the end of a series that still goes on, and days of grace after that.
_MAY_MISS = {Interval.QUARTERLY: 0, Interval.HALF_YEARLY: 0, Interval.YEARLY: 0}
_GRACE = {Interval.QUARTERLY: 35, Interval.HALF_YEARLY: 30, Interval.YEARLY: 40}


@dataclass(slots=True)
class _Series:
    """A series under construction: its rows in order of date, with the fit of their dates."""

    rows: list[HistoryRow]
    fit: Fit
    model: AmountModel
    bits: float


def detect(rows: Sequence[HistoryRow], today: date, *, holidays: Collection[date] = ()) -> list[Pattern]:
    """Return the live recurring series among `rows` as of `today`, those with the strongest evidence first.

    `rows` may come in any order and hold several accounts and currencies; `holidays` are days on which banks are
    closed besides weekends. Deterministic; no clock, no randomness.
    """
    closed = ClosedDays(holidays)
    ordered = sorted((row for row in rows if row.amount != 0), key=lambda row: (row.on, row.id))
    numbers = group_names([(row.payee, row.memo) for row in ordered])
    payees: defaultdict[tuple[str, bool, str, int], list[HistoryRow]] = defaultdict(list)
    words: dict[object, tuple[str, ...]] = {}
    for row, (number, telling) in zip(ordered, numbers, strict=True):
        payees[row.currency, row.amount > 0, row.group, number].append(row)
        words[row.id] = telling
    found = [
        _pattern(series, [words[row.id] for row in series.rows])
        for of_payee in payees.values()
        for series in _of_payee(of_payee[-MAX_ROWS_OF_PAYEE:], closed)
        if _alive(series, today)
    ]
    return sorted(found, key=lambda pattern: (-pattern.strength, pattern.signature))


def _of_payee(rows: Sequence[HistoryRow], closed: ClosedDays) -> list[_Series]:
    """Take the strongest series out of a payee's rows, one after the other."""
    remaining = list(rows)
    found: list[_Series] = []
    while len(remaining) > 1 and len(found) < _MAX_SERIES_OF_PAYEE:
        best: _Series | None = None
        for subset, cost in _candidates(remaining):
            series = _series(subset, closed, len(rows))
            if series is not None and (best is None or series.bits - cost > best.bits):
                series.bits -= cost
                if series.bits >= _NEEDED_BITS:
                    best = series
        if best is None:
            break
        found.append(best)
        taken = {row.id for row in best.rows}
        remaining = [row for row in remaining if row.id not in taken]
    return _joined(found, remaining)


def _candidates(rows: Sequence[HistoryRow]) -> Iterator[tuple[list[HistoryRow], float]]:
    """Give the sets of rows that may be one series, with the bits that choosing among them costs."""
    yield list(rows), 0.0
    amounts = [row.amount for row in rows]
    tried: set[tuple[int, ...]] = {tuple(range(len(rows)))}
    for percent in _WIDTHS:
        groups = clusters(amounts, percent)
        for group in groups:
            key = tuple(group)
            if len(group) > 1 and key not in tried:
                tried.add(key)
                yield [rows[place] for place in group], log2(len(groups))


def _series(rows: Sequence[HistoryRow], closed: ClosedDays, of_payee: int) -> _Series | None:
    """Return the series that the rows make, or None: their dates must fit and their amounts be plausible."""
    count = len(rows)
    extras = count // 7 if count > 6 else int(count > 3)
    fit = fits([row.on.toordinal() for row in rows], closed, extras=extras)
    if fit is None:
        return None
    taken = [rows[fit.slots[slot]] for slot in sorted(fit.slots)]
    model = model_of([row.amount for row in taken])
    if not _plausible(fit, model, [row.amount for row in taken], of_payee):
        return None
    bits = fit.bits + min(6.0, (len(taken) - 1) * 1.5) * (model.steady >= 75)
    return _Series(taken, fit, model, bits)


def _plausible(fit: Fit, model: AmountModel, amounts: Sequence[int], of_payee: int) -> bool:
    """Tell whether these amounts can be one bill at this interval.

    What comes weekly at any amount is shopping; what comes monthly and varies is a bill only when its dates are
    kept well; two payments a year apart are a bill only where the payee has hardly any others.
    """
    count = len(amounts)
    interval = fit.grid.interval
    steady = model.steady >= 55
    near = sum(10 * abs(amount - model.amount) <= 2 * abs(model.amount) for amount in amounts)
    close = 100 * near >= 75 * count
    if interval in _RARE and 2 * count < of_payee and not (steady and count > 3):
        return False
    if interval is Interval.YEARLY and count == 2:
        ratio = 100 * abs(amounts[1]) // max(1, abs(amounts[0]))
        return of_payee <= 3 and 85 <= ratio <= 130
    if interval is Interval.SEMI_MONTHLY and _two_prices(amounts[::2], amounts[1::2]):
        return False
    if interval in _SHORT:
        return steady or (close and model.spread <= (20 if amounts[0] > 0 else 10))
    if count <= 4:
        return steady or (close and fit.deviation <= 2)
    if steady or close:
        return True
    kept = fit.deviation <= TOLERANCE[interval] / 2.5 and fit.missed + fit.extras <= count // 6
    return kept and model.spread <= 45


def _two_prices(one: Sequence[int], other: Sequence[int]) -> bool:
    """Tell whether every other payment has a price of its own: two monthly bills, not one that comes twice."""
    first, second = model_of(one), model_of(other)
    apart = 100 * abs(first.amount - second.amount) > 4 * abs(first.amount)
    return apart and first.steady >= 60 and second.steady >= 60


def _joined(found: list[_Series], rest: list[HistoryRow]) -> list[_Series]:
    """Join series of one payee that follow each other in one rhythm: a price rise cut them apart."""
    found.sort(key=lambda series: series.rows[0].on)
    joined: list[_Series] = []
    for series in found:
        for earlier in joined:
            if _follows(earlier, series):
                rows = earlier.rows + series.rows
                earlier.model = model_of([row.amount for row in rows])
                earlier.bits += max(0.0, series.bits)
                places = {
                    earlier.fit.grid.place(row.on.toordinal())[0]: place for place, row in enumerate(rows)
                }
                earlier.fit = replace(earlier.fit, slots=places)
                earlier.rows = rows
                break
        else:
            joined.append(series)
    for series in joined:
        _absorb(series, rest)
    return joined


def _follows(earlier: _Series, later: _Series) -> bool:
    one, other = earlier.fit.grid, later.fit.grid
    if one.interval is not other.interval:
        return False
    gap = (later.rows[0].on - earlier.rows[-1].on).days
    period = MEAN_DAYS[one.interval]
    ratio = 100 * later.rows[0].amount // earlier.rows[-1].amount
    return 0.5 * period <= gap <= 2.3 * period and 55 <= ratio <= 180 and _in_step(one, later.rows[0])


def _in_step(grid: Grid, row: HistoryRow) -> bool:
    return abs(grid.place(row.on.toordinal())[1]) <= TOLERANCE[grid.interval]


def _absorb(series: _Series, rest: list[HistoryRow]) -> None:
    """Add single payments at slots that are free: one at another price, or the first after a rise."""
    free = sorted(rest, key=lambda row: row.on)
    places = dict.fromkeys(series.fit.slots)
    first, last = series.fit.first, series.fit.last
    for row in free:
        slot, off = series.fit.grid.place(row.on.toordinal())
        near = first - 2 <= slot <= last + 2
        ratio = 100 * row.amount // series.model.amount
        if slot in places or not near or abs(off) > max(2, TOLERANCE[series.fit.grid.interval] // 2):
            continue
        if 70 <= ratio <= 145:
            places[slot] = None
            first, last = min(first, slot), max(last, slot)
            series.rows.append(row)
            rest.remove(row)
    series.rows.sort(key=lambda row: (row.on, row.id))
    series.model = model_of([row.amount for row in series.rows])
    slots = {series.fit.grid.place(row.on.toordinal())[0]: place for place, row in enumerate(series.rows)}
    series.fit = replace(series.fit, slots=slots)


def _alive(series: _Series, today: date) -> bool:
    """Tell whether the series still goes on: not more payments are overdue than may be missed."""
    interval = series.fit.grid.interval
    last = series.fit.last + 1 + _MAY_MISS.get(interval, 1)
    grace = _GRACE.get(interval, TOLERANCE[interval] + 2)
    return today.toordinal() <= series.fit.grid.ordinal(last) + grace


def _pattern(series: _Series, words: Sequence[tuple[str, ...]]) -> Pattern:
    fit, model, rows = series.fit, series.model, series.rows
    amounts = [row.amount for row in rows]
    telling = _telling(words)
    latest = rows[-1]
    spread = fit.last - fit.first + 1
    interval = fit.grid.interval
    current = [row.amount for row in rows if same_price(row.amount, model.amount)] or amounts[-1:]
    return Pattern(
        signature=_signature(telling, latest, interval, model.amount),
        name=latest.payee or latest.memo,
        account_id=Counter(row.account_id for row in rows[-6:]).most_common(1)[0][0],
        currency=latest.currency,
        rhythm=fit.grid.rhythm(fit.last),
        amount=model.amount if not model.fixed else current[-1],
        fixed=model.fixed,
        tolerance=model.tolerance,
        lowest=min(amounts, key=abs),
        highest=max(amounts, key=abs),
        earlier=model.earlier,
        next_on=date.fromordinal(fit.grid.ordinal(fit.last + 1)),
        first_on=rows[0].on,
        last_on=latest.on,
        missed=spread - len(fit.slots),
        strength=round(series.bits, 1),
        ids=tuple(row.id for row in rows),
        words=telling,
    )


def _telling(words: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words that at least half of the payments carry, in the order of the first that has them."""
    common = Counter(word for one in words for word in set(one))
    kept = [word for one in words for word in one if 2 * common[word] >= len(words)]
    return tuple(dict.fromkeys(kept)) or tuple(dict.fromkeys(word for one in words for word in one))[:2]


def _signature(words: Sequence[str], row: HistoryRow, interval: Interval, amount: int) -> str:
    """Return the name of a series for good: payee, direction, currency, interval, and roughly how much."""
    size = round(log2(max(1, abs(amount))) * 2)
    direction = "in" if amount > 0 else "out"
    said = "\x1f".join((*sorted(words), direction, row.currency, interval, row.group, str(size)))
    return blake2b(said.encode(), digest_size=16).hexdigest()


def window_start(today: date) -> date:
    """Return the first day that detection reads: 26 months back, so that yearly bills come at least twice."""
    return today - timedelta(days=792)
