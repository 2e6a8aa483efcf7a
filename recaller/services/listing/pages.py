"""Pages of transactions: filtered, sorted both ways, by keyset cursors that inserts never shift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.ids import parse_id
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, decode_cursor, encode_cursor
from recaller.core.text import fold
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.listing.conditions import add_dates, transaction_conditions
from recaller.services.listing.criteria import Criteria, Ids, resolve
from recaller.services.listing.query import Conditions
from recaller.services.listing.rows import TransactionRow, read_rows

# Up to so many accounts, categories or payees, each one's newest rows are read from its own index range.
MAX_DRIVERS = 100


class Sort(StrEnum):
    """By what a list is ordered; a minus means from the top down (newest, largest, Z to A)."""

    NEWEST = "-date"
    OLDEST = "date"
    LARGEST = "-amount"
    SMALLEST = "amount"
    PAYEE = "payee"
    PAYEE_REVERSED = "-payee"


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a page begins and which way it is read. `after` is the key of the row before its first one."""

    sort: Sort
    limit: int
    backward: bool
    after: tuple[Any, ...] | None

    @property
    def descending(self) -> bool:
        """Whether the query reads from high keys to low ones."""
        return self.sort.value.startswith("-") != self.backward

    @property
    def comparison(self) -> str:
        return "<" if self.descending else ">"

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"


def list_transactions(
    w: Work,
    wanted: TransactionFilter | None = None,
    *,
    sort: Sort = Sort.NEWEST,
    cursor: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[TransactionRow]:
    """Return one page of the transactions that match, in a number of queries that doesn't depend on them.

    Either cursor of a page leads to the page after or before it, whatever was written meanwhile. Raises
    ValidationFailed for a filter, cursor or limit that makes no sense.
    """
    walk = _walk(sort, cursor, check_limit(limit))
    criteria = resolve(w, wanted or TransactionFilter())
    if criteria.impossible:
        return Page((), None)
    rows = _read(w, criteria, walk)
    more = len(rows) > limit
    rows = rows[:limit]
    if walk.backward:
        rows.reverse()
    # The row that the cursor was made from lies on the side that the page was reached from.
    has_next = walk.backward or more
    has_previous = more if walk.backward else walk.after is not None
    return Page(
        tuple(rows),
        _cursor(sort, "next", rows[-1]) if rows and has_next else None,
        _cursor(sort, "previous", rows[0]) if rows and has_previous else None,
    )


def _cursor(sort: Sort, way: str, row: TransactionRow) -> str:
    return encode_cursor([sort.value, way, *(str(part) for part in _key(sort, row))])


def _key(sort: Sort, row: TransactionRow) -> tuple[Any, ...]:
    if sort in (Sort.NEWEST, Sort.OLDEST):
        return row.date, row.id
    if sort in (Sort.LARGEST, Sort.SMALLEST):
        return row.amount, row.id
    return fold(row.payee), row.payee_id or "", row.date, row.id


def _walk(sort: Sort, cursor: str | None, limit: int) -> _Walk:
    if cursor is None:
        return _Walk(sort, limit, backward=False, after=None)
    by_payee = sort in (Sort.PAYEE, Sort.PAYEE_REVERSED)
    name, way, *key = decode_cursor(cursor, 6 if by_payee else 4)
    wrong = ValidationFailed("cursor", "This page mark belongs to another list or sorting.")
    if name != sort.value or way not in ("next", "previous") or not all(isinstance(k, str) for k in key):
        raise wrong
    try:
        after: tuple[Any, ...]
        if by_payee:
            payee = parse_id(key[1]) if key[1] else None
            after = (key[0].replace("\0", ""), payee, date.fromisoformat(key[2]), parse_id(key[3]))
        else:
            first = date.fromisoformat(key[0]) if sort in (Sort.NEWEST, Sort.OLDEST) else int(key[0])
            after = (first, parse_id(key[1]))
            if isinstance(first, int) and abs(first) >= 2**63:
                raise wrong
    except ValueError as error:
        raise wrong from error
    return _Walk(sort, limit, backward=way == "previous", after=after)


def _read(w: Work, criteria: Criteria, walk: _Walk) -> list[TransactionRow]:
    """Return up to limit + 1 rows in the walk's order."""
    if walk.sort in (Sort.PAYEE, Sort.PAYEE_REVERSED):
        return _read_by_payee(w, criteria, walk)
    if walk.sort in (Sort.NEWEST, Sort.OLDEST):
        source, conditions, anew = _by_date(criteria, walk)
    else:
        conditions = transaction_conditions(criteria)
        _start_after(conditions, walk, "t.amount", "t.id")
        source, anew = _plain(conditions, walk, "t.amount", "t.id"), True
    rows = read_rows(w, criteria, source, conditions.parameters, plan_anew=anew)
    return sorted(rows.values(), key=lambda row: _key(walk.sort, row), reverse=walk.descending)


def _by_date(criteria: Criteria, walk: _Walk) -> tuple[str, Conditions, bool]:
    """Choose the index that leads to the page: a category's, an account's or a payee's rows, else the dates."""
    drivers = criteria.categories if criteria.categories is not None else criteria.accounts
    selective = criteria.words or criteria.tags is not None or criteria.batch_id is not None
    if drivers is not None and len(drivers) <= MAX_DRIVERS and not selective:
        return _from_postings(criteria, walk)
    if criteria.payees is not None and len(criteria.payees) <= MAX_DRIVERS and not selective:
        return _from_payees(criteria, criteria.payees, walk)
    conditions = transaction_conditions(criteria)
    _start_after(conditions, walk, "t.date", "t.id")
    only_dates = not (selective or conditions.parameters.keys() - {"date_from", "date_to", "key0", "key1"})
    return _plain(conditions, walk, "t.date", "t.id"), conditions, not only_dates


def _from_postings(criteria: Criteria, walk: _Walk) -> tuple[str, Conditions, bool]:
    """Read the newest (or oldest) rows of each category or account from the register index, then merge."""
    ids = criteria.categories if criteria.categories is not None else criteria.accounts
    assert ids is not None
    conditions = Conditions()
    add_dates(conditions, criteria, "p")
    if criteria.currency is not None:
        conditions.add("p.currency = %(currency)s", currency=criteria.currency)
    _start_after(conditions, walk, "p.date", "p.transaction_id")
    others = transaction_conditions(criteria, dates=False, sides=False)
    if criteria.categories is not None and criteria.accounts is not None:
        others.add(
            "EXISTS (SELECT 1 FROM posting q WHERE q.tenant_id = t.tenant_id AND q.transaction_id = t.id"
            " AND q.account_id = ANY(%(accounts)b::uuid[]))",
            accounts=list(criteria.accounts),
        )
    join = (
        f" JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id{others.more}"
        if others.parts
        else ""
    )
    conditions.parameters.update(others.parameters, drivers=list(ids))
    order = walk.direction
    source = (
        "SELECT DISTINCT x.date, x.id FROM unnest(%(drivers)b::uuid[]) d(id) CROSS JOIN LATERAL ("
        f"SELECT DISTINCT p.date, p.transaction_id AS id FROM posting p{join}"
        f" WHERE p.account_id = d.id{conditions.more}"
        f" ORDER BY p.date {order}, p.transaction_id {order} LIMIT {walk.limit + 1:d}) x"
        f" ORDER BY x.date {order}, x.id {order} LIMIT {walk.limit + 1:d}"
    )
    return source, conditions, bool(others.parts)


def _from_payees(criteria: Criteria, payees: Ids, walk: _Walk) -> tuple[str, Conditions, bool]:
    """Read the newest (or oldest) rows of each payee from its index, then merge."""
    conditions = transaction_conditions(criteria, payees=False)
    conditions.add("t.payee_id = d.id")
    _start_after(conditions, walk, "t.date", "t.id")
    conditions.parameters["drivers"] = list(payees)
    each = _plain(conditions, walk, "t.date", "t.id")
    source = (
        f"SELECT x.id FROM unnest(%(drivers)b::uuid[]) d(id) CROSS JOIN LATERAL ({each}) x"
        f" ORDER BY x.date {walk.direction}, x.id {walk.direction} LIMIT {walk.limit + 1:d}"
    )
    return source, conditions, True


def _read_by_payee(w: Work, criteria: Criteria, walk: _Walk) -> list[TransactionRow]:
    """Transactions without a payee stand before all names; they are a query of their own (at most two in all)."""
    found: list[TransactionRow] = []
    named_part = walk.after is None or walk.after[1] is not None
    parts = ["named", "nameless"] if walk.descending else ["nameless", "named"]
    if walk.after is not None:
        parts = parts[parts.index("named" if named_part else "nameless") :]
    for part in parts:
        rest = walk.limit + 1 - len(found)
        if rest <= 0:
            break
        inside = walk.after is not None and named_part == (part == "named")
        conditions = transaction_conditions(criteria)
        order = walk.direction
        if part == "named":
            keys, join = 'y.folded COLLATE "C", y.id, t.date, t.id', (
                " JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id"
            )  # fmt: skip
        else:
            keys, join = "t.date, t.id", ""
            conditions.add("t.payee_id IS NULL")
        if inside and walk.after is not None:
            _after(conditions, walk, keys.split(", "), walk.after if part == "named" else walk.after[2:])
        ordering = ", ".join(f"{key} {order}" for key in keys.split(", "))
        source = f"SELECT t.id FROM transaction t{join}{conditions.where} ORDER BY {ordering} LIMIT {rest:d}"
        rows = read_rows(w, criteria, source, conditions.parameters, plan_anew=True)
        found += sorted(rows.values(), key=_payee_key, reverse=walk.descending)
    return found


def _payee_key(row: TransactionRow) -> tuple[bytes, UUID | str, date, UUID]:
    return fold(row.payee).encode(), row.payee_id or "", row.date, row.id


def _start_after(conditions: Conditions, walk: _Walk, *keys: str) -> None:
    if walk.after is not None:
        _after(conditions, walk, list(keys), walk.after)


def _after(conditions: Conditions, walk: _Walk, keys: list[str], values: tuple[Any, ...]) -> None:
    names = [f"key{number}" for number in range(len(keys))]
    places = ", ".join(f"%({name})s" for name in names)
    conditions.add(
        f"({', '.join(keys)}) {walk.comparison} ({places})", **dict(zip(names, values, strict=True))
    )


def _plain(conditions: Conditions, walk: _Walk, key: str, identity: str) -> str:
    order = walk.direction
    return (
        f"SELECT {key}, {identity} FROM transaction t{conditions.where}"
        f" ORDER BY {key} {order}, {identity} {order} LIMIT {walk.limit + 1:d}"
    )
