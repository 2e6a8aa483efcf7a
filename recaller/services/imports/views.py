"""What the pages and the API see of an import: the batch, its accounts, its staged rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as calendar_date  # a field named date would hide the type
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.paging import DEFAULT_PAGE, Page, check_limit, encode_cursor, moment_cursor, read_cursor
from recaller.domain.rates import paid_rate
from recaller.infra.work import Work

STATES = ("new", "duplicate", "conflict", "pending", "skipped", "error")


@dataclass(frozen=True, slots=True)
class ImportView:
    """One uploaded file. `counts` maps a row state to its number, and 'imported' after the commit.

    `statements` describe the accounts found in the file: `hint`, `account_id` chosen for it, `currency`,
    `booked_count`, `booked_total` (minor units by currency), `closing_balance`. `mapping` is a CSV's or a workbook's.
    `beside` is on an entry for rows in another currency than their account's: that account. As long as it has no
    `account_id` of its own they are in conflict. `options`: a workbook's `sheets` and the `sheet` read, the `app` whose
    export it is, whether to `make_categories`.
    """

    id: UUID
    account_id: UUID | None
    filename: str
    size_bytes: int
    format: str
    status: str
    mapping: Mapping[str, Any] | None
    statements: tuple[Mapping[str, Any], ...]
    warnings: tuple[Mapping[str, Any], ...]
    counts: Mapping[str, Any]
    error: str | None
    job_id: UUID | None
    created_at: datetime
    committed_at: datetime | None
    private: bool
    options: Mapping[str, Any]

    @property
    def importable(self) -> int:
        """How many rows a commit would add now."""
        return int(self.counts.get("to_import", 0))


@dataclass(frozen=True, slots=True)
class ImportPart:
    """A part of a split or a detail of a batch booking: minor units of the row's currency; `name` is a category."""

    name: str
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class ImportRowView:
    """One staged row; `amount` in minor units of `currency`, + = into the account.

    `linkable`: it may be joined to the hand-made transaction `match_id`. `transfer` names the account at a transfer's
    other end, `pair_row` the row of this file that is it. `foreign_amount` is minor units of `foreign_currency`,
    `foreign_rate` the units of `currency` for one of it.
    """

    row_number: int
    date: calendar_date | None
    amount: int | None
    currency: str | None
    payee: str
    memo: str
    state: str
    choice: str | None
    match_id: UUID | None
    reason: str | None
    account_id: UUID | None
    account_hint: str
    raw: str
    linkable: bool
    category: str = ""
    parts: tuple[ImportPart, ...] = ()
    transfer: str = ""
    pair_row: int | None = None
    foreign_amount: int | None = None
    foreign_currency: str | None = None
    foreign_rate: str | None = None
    opening: bool = False


_COLUMNS = (
    "id, space_id, account_id, filename, size_bytes, format, fingerprint, status, mapping, statements, warnings,"
    " counts, error, job_id, created_at, committed_at, options"
)

# A conflict that isn't about the bank's own row: the transaction was entered by hand and has no bank identity yet.
LINKABLE = (
    "(r.state = 'conflict' AND r.match_id IS NOT NULL AND EXISTS (SELECT 1 FROM posting p"
    " WHERE p.tenant_id = r.tenant_id AND p.transaction_id = r.match_id AND p.account_id = r.account_id"
    " AND p.import_id IS NULL))"
)


def get_import(w: Work, batch_id: UUID) -> ImportView:
    """Return one import; raise NotFound when none is in sight."""
    return _view(w, batch_row(w, batch_id))


def list_imports(w: Work, *, cursor: str | None = None, limit: int = DEFAULT_PAGE) -> Page[ImportView]:
    """Return a page of the imports, newest first; raise ValidationFailed for a bad cursor."""
    after, parameters = "true", dict[str, Any]()
    if cursor is not None:
        after = "(created_at, id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        parameters["after_at"], parameters["after_id"] = moment_cursor(cursor)
    rows = w.rows(
        f"SELECT {_COLUMNS} FROM import_batch WHERE {after} ORDER BY created_at DESC, id DESC LIMIT :most",
        most=check_limit(limit) + 1,
        **parameters,
    )
    items = tuple(_view(w, row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items, encode_cursor([items[-1].created_at.isoformat(), items[-1].id]) if more else None)


def list_import_rows(
    w: Work, batch_id: UUID, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[ImportRowView]:
    """Return staged rows in file order, optionally of one state, a page at a time."""
    batch_row(w, batch_id)
    if state is not None and state not in STATES:
        raise ValidationFailed("state", f"{state!r} is not a state of a row.")
    after = read_cursor(cursor, _row_number)[0] if cursor else -1
    most = check_limit(limit)
    rows = w.rows(
        "SELECT row_number, date, amount, currency, payee, memo, state, choice, match_id, reason, account_id,"
        f" account_hint, raw, category_hint, extra, pair_row, {LINKABLE} AS linkable FROM import_row r"
        " WHERE batch_id = :batch AND row_number > :after AND (CAST(:state AS varchar) IS NULL OR state = :state)"
        " ORDER BY row_number LIMIT :most",
        batch=batch_id,
        after=after,
        state=state,
        most=most + 1,
    )
    items = tuple(_row_view(row) for row in rows[:most])
    following = encode_cursor([items[-1].row_number]) if len(rows) > most else None
    return Page(items, following)


def _row_number(value: object) -> int:
    if type(value) is not int or not -1 <= value < 2**31:
        raise ValueError("no number of a row")
    return value


def _row_view(row: Row[Any]) -> ImportRowView:
    members = dict(row._mapping)
    extra = members.pop("extra") or {}
    category = members.pop("category_hint") or ""
    foreign = extra.get("foreign") or (None, None)
    return ImportRowView(
        **members,
        category=category,
        parts=tuple(ImportPart(name or "", amount, text) for name, amount, text in extra.get("parts", ())),
        transfer=extra.get("transfer", ""),
        foreign_amount=foreign[0],
        foreign_currency=foreign[1],
        foreign_rate=None
        if None in (row.amount, row.currency, *foreign)
        else paid_rate(row.amount, row.currency, *foreign),
        opening=extra.get("kind") == "opening",
    )


def batch_row(w: Work, batch_id: UUID, *, lock: bool = False) -> Row[Any]:
    """Return the batch's row, locked against other changes when asked; raise NotFound."""
    row = w.row(
        f"SELECT {_COLUMNS} FROM import_batch WHERE id = :id" + (" FOR UPDATE" if lock else ""), id=batch_id
    )
    if row is None:
        raise NotFound("import", batch_id)
    return row


def _view(w: Work, row: Row[Any]) -> ImportView:
    return ImportView(
        id=row.id,
        account_id=row.account_id,
        filename=row.filename,
        size_bytes=row.size_bytes,
        format=row.format,
        status=row.status,
        mapping=row.mapping,
        statements=tuple(row.statements or ()),
        warnings=tuple(row.warnings or ()),
        counts=row.counts or {},
        error=row.error,
        job_id=row.job_id,
        created_at=row.created_at,
        committed_at=row.committed_at,
        private=row.space_id != w.scope.shared_space_id,
        options=row.options or {},
    )
