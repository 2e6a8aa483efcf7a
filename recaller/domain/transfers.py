"""Which entries of own accounts are the two ends of one transfer: money out of one, the same money into another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as calendar_date  # a field named date would hide the type
from uuid import UUID

# Money between banks takes up to a long weekend.
TRANSFER_DAYS = 4
# Between two currencies a bank takes its own rate and a fee: so far it may be from the one that is known.
CROSSING_PERCENT = 3
# A category with one of these in its name says nothing against a transfer.
PLAIN_WORDS = ("transfer", "payment")


@dataclass(frozen=True, slots=True)
class End:
    """One entry that may be the end of a transfer: minor units of `currency`, out of (-) or into (+) its account."""

    id: UUID
    account_id: UUID
    date: calendar_date
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class EndPair:
    """Two ends that fit each other, `days` apart; `sure` when neither fits anything else."""

    out: End
    into: End
    days: int
    sure: bool


_Key = tuple[UUID, calendar_date]


def is_plain(category: str) -> bool:
    """Tell whether a category's name ("" for none) says nothing against a transfer."""
    return not category or any(word in category.lower() for word in PLAIN_WORDS)


def pair_ends(
    ends: Iterable[End], *, apart: frozenset[tuple[UUID, UUID]] = frozenset(), days: int = TRANSFER_DAYS
) -> list[EndPair]:
    """Return the pairs (out, into) of equal amounts in different accounts at most `days` apart, nearest first.

    `apart` are (out, into) ids that are known to be no pair. Equal entries of one account and day are exchangeable: as
    many out as in are sure, the n-th with the n-th. Where an end fits several others, each fit is given as unsure.
    """
    by_money: dict[tuple[str, int], tuple[list[End], list[End]]] = defaultdict(lambda: ([], []))
    for end in ends:
        if end.amount:
            by_money[end.currency, abs(end.amount)][end.amount > 0].append(end)
    found: list[EndPair] = []
    for outs, ins in by_money.values():
        found += _pair_equal(outs, ins, apart, days)
    return sorted(
        found, key=lambda pair: (not pair.sure, pair.days, pair.out.date, pair.out.id, pair.into.id)
    )


def _pair_equal(
    outs: Sequence[End], ins: Sequence[End], apart: frozenset[tuple[UUID, UUID]], days: int
) -> list[EndPair]:
    """Pair entries of one amount; groups of exchangeable ones are compared, not single ones."""
    if not outs or not ins:
        return []
    given, taken = _groups(outs), _groups(ins)
    fits = {
        key: [other for other in taken if other[0] != key[0] and abs((other[1] - key[1]).days) <= days]
        for key in given
    }
    fitted: dict[_Key, int] = defaultdict(int)
    for others in fits.values():
        for other in others:
            fitted[other] += 1
    found: list[EndPair] = []
    for key, others in fits.items():
        for other in others:
            distance = abs((other[1] - key[1]).days)
            lone = len(others) == 1 and fitted[other] == 1 and len(given[key]) == len(taken[other])
            dismissed = any((out.id, into.id) in apart for out in given[key] for into in taken[other])
            if lone and not dismissed:
                found += [
                    EndPair(out, into, distance, True)
                    for out, into in zip(given[key], taken[other], strict=True)
                ]
            else:
                found += [
                    EndPair(out, into, distance, False)
                    for out in given[key]
                    for into in taken[other]
                    if (out.id, into.id) not in apart
                ]
    return found


def _groups(ends: Sequence[End]) -> dict[_Key, list[End]]:
    groups: dict[_Key, list[End]] = defaultdict(list)
    for end in sorted(ends, key=lambda one: one.id):
        groups[end.account_id, end.date].append(end)
    return groups


@dataclass(frozen=True, slots=True)
class Move:
    """A row of a file (or part `part` of its split) that moves money to or from an own account, if it is named."""

    row: int
    part: int | None
    account_id: UUID
    counter_id: UUID | None
    date: calendar_date
    amount: int
    currency: str


# Both ends of one transfer are written by the same application, mostly with one date.
FILE_DAYS = 7


def pair_moves(moves: Sequence[Move]) -> list[tuple[Move, Move]]:
    """Return the pairs of moves in one file that are the two ends of one transfer, (out, into).

    Ends that name each other's account are paired by the nearest date; those that name none only where it is sure. Two
    parts of splits are never paired: each is written with its own split.
    """
    waiting: dict[tuple[object, ...], list[Move]] = defaultdict(list)
    for move in moves:
        if move.counter_id is not None and move.amount > 0:
            waiting[move.account_id, move.counter_id, move.amount, move.currency].append(move)
    found: list[tuple[Move, Move]] = []
    taken: set[tuple[int, int | None]] = set()
    for days in (0, FILE_DAYS):
        for out in moves:
            if out.amount >= 0 or out.counter_id is None or (out.row, out.part) in taken:
                continue
            key = (out.counter_id, out.account_id, -out.amount, out.currency)
            fits = [
                into
                for into in waiting.get(key, ())
                if (into.row, into.part) not in taken
                and abs((into.date - out.date).days) <= days
                and (out.part is None or into.part is None)
            ]
            if fits:
                into = min(fits, key=lambda one: (abs((one.date - out.date).days), one.row))
                found.append((out, into))
                taken |= {(out.row, out.part), (into.row, into.part)}
    unnamed = {UUID(int=move.row): move for move in moves if move.counter_id is None and move.part is None}
    ends = (End(key, one.account_id, one.date, one.amount, one.currency) for key, one in unnamed.items())
    found += [(unnamed[pair.out.id], unnamed[pair.into.id]) for pair in pair_ends(ends) if pair.sure]
    return found
