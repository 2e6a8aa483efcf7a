"""An account's register: its transactions with the balance after each, from any place in its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.ids import parse_id
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, decode_cursor, encode_cursor
from recaller.infra.work import Work
from recaller.services.listing.criteria import Criteria
from recaller.services.listing.query import fetch
from recaller.services.listing.rows import BY_IDS, TransactionRow, read_rows


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A transaction as the account sees it: `amount` into it and `balance` after it, minor units of `currency`.

    `cleared` and `reconciled` are those of the account's posting (all of them, where it has several).
    """

    transaction: TransactionRow
    amount: int
    balance: int
    currency: str
    cleared: bool
    reconciled: bool


# The postings of one page, one row per transaction, in the register's order.
_PAGE = """
SELECT p.transaction_id, p.date, sum(p.amount)::bigint, p.currency, bool_and(p.cleared), bool_and(p.reconciled)
  FROM posting p WHERE p.account_id = %(account)s{after}
 GROUP BY p.date, p.transaction_id, p.currency
 ORDER BY p.date {way}, p.transaction_id {way} LIMIT {rows:d}
"""
# The balance before a row: whole months from the rollup, the row's own month from its postings.
_BEFORE = """
SELECT coalesce((SELECT sum(m.inflow + m.outflow) FROM account_month m
                  WHERE m.account_id = %(account)s AND m.month < %(month)s), 0)::bigint
     + coalesce((SELECT sum(p.amount) FROM posting p WHERE p.account_id = %(account)s AND p.date >= %(month)s
                    AND (p.date, p.transaction_id) < (%(date)s, %(id)s)), 0)::bigint
"""


def account_register(
    w: Work,
    account_id: UUID,
    *,
    cursor: str | None = None,
    until: date | None = None,
    limit: int = DEFAULT_PAGE,
) -> Page[RegisterRow]:
    """Return a page of an account's register, newest first, each row with the balance after it.

    `until` begins at the end of that date. Raises NotFound for an account (asset or liability) that is not in
    sight, ValidationFailed for a cursor or limit that makes no sense.
    """
    check_limit(limit)
    backward, after = _start(cursor, until)
    if not fetch(w, "SELECT 1 FROM account WHERE id = %(id)s AND currency IS NOT NULL", {"id": account_id}):
        raise NotFound("account", account_id)
    found = _page(w, account_id, after, backward, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    if not found:
        return Page((), None)
    rows = _with_balances(w, account_id, found)
    has_next = backward or more
    has_previous = more if backward else cursor is not None
    return Page(
        rows,
        _cursor("next", found[-1]) if has_next else None,
        _cursor("previous", found[0]) if has_previous else None,
    )


def _start(cursor: str | None, until: date | None) -> tuple[bool, tuple[date, UUID] | None]:
    if cursor is None:
        return False, None if until is None else (until + timedelta(1), UUID(int=0))
    name, way, day, identity = decode_cursor(cursor, 4)
    if name != "register" or way not in ("next", "previous"):
        raise ValidationFailed("cursor", "This page mark belongs to another list or sorting.")
    try:
        return way == "previous", (date.fromisoformat(day), parse_id(identity, "cursor"))
    except (TypeError, ValueError) as error:
        raise ValidationFailed("cursor", "This page mark is not valid.") from error


def _page(
    w: Work, account_id: UUID, after: tuple[date, UUID] | None, backward: bool, rows: int
) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {"account": account_id}
    condition = ""
    if after is not None:
        parameters |= {"date": after[0], "id": after[1]}
        condition = f" AND (p.date, p.transaction_id) {'>' if backward else '<'} (%(date)s, %(id)s)"
    sql = _PAGE.format(after=condition, way="ASC" if backward else "DESC", rows=rows)
    return fetch(w, sql, parameters)


def _with_balances(w: Work, account_id: UUID, found: list[tuple[Any, ...]]) -> tuple[RegisterRow, ...]:
    oldest = found[-1]
    before = fetch(
        w,
        _BEFORE,
        {"account": account_id, "month": oldest[1].replace(day=1), "date": oldest[1], "id": oldest[0]},
    )
    details = read_rows(
        w,
        Criteria(accounts=(account_id,)),
        BY_IDS,
        {"ids": [row[0] for row in found]},
    )
    balance = before[0][0]
    rows = []
    for identity, _, amount, currency, cleared, reconciled in reversed(found):
        balance += amount
        rows.append(RegisterRow(details[identity], amount, balance, currency, cleared, reconciled))
    return tuple(reversed(rows))


def _cursor(way: str, row: tuple[Any, ...]) -> str:
    return encode_cursor(["register", way, row[1].isoformat(), str(row[0])])
