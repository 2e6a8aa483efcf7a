"""Reads a file into staged rows, set-based, and tells new rows from those that the ledger has already."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Row

from recaller.core.ids import new_hex
from recaller.core.text import fold
from recaller.domain.statements import (
    TABLE_FORMATS,
    CsvMapping,
    Detection,
    FileTooLarge,
    Statement,
    StatementRow,
    detect,
    read_rows,
    reject_errors,
)
from recaller.infra.work import Work
from recaller.infra.workbooks import open_workbook
from recaller.services.imports.across import match_across
from recaller.services.imports.hints import FileAccounts
from recaller.services.imports.identity import RowIdentity
from recaller.services.imports.pairing import pair_rows
from recaller.services.imports.views import batch_row
from recaller.services.payees import MAX_NAME as MAX_PAYEE
from recaller.services.recurring.proposals import propose_settlements
from recaller.services.transactions.drafts import MAX_NOTE
from recaller.settings import get_settings

CHUNK_ROWS = 2000
MAX_MEMO = 500
MAX_RAW = 300
# A row may be one that was entered by hand, when the amount is the same and the dates are this close.
MATCH_DAYS = 3

Progress = Callable[[int, str], None]


def _silent(_rows: int, _message: str) -> None:
    """Report to nobody."""


# COPY can't write to a table behind row-level security, so rows land here first.
_STAGING = """
CREATE TEMP TABLE staging (row_number integer, transaction_id uuid, account_id uuid, account_hint text, date date,
  amount bigint, currency varchar(3), payee text, memo text, folded text, category_hint text, tags text, import_id text,
  status text, reason text, raw text, extra text, counter_id uuid) ON COMMIT DROP
"""
_COPY = "COPY staging FROM STDIN"
_ROWS = """
INSERT INTO import_row (tenant_id, space_id, batch_id, row_number, transaction_id, account_id, account_hint, date,
  amount, currency, payee, memo, folded, category_hint, tags, import_id, state, match_id, reason, raw, extra,
  counter_id)
SELECT :tenant, :space, :batch, s.row_number, s.transaction_id, s.account_id, s.account_hint, s.date, s.amount,
       coalesce(s.currency, a.currency), s.payee, s.memo, s.folded, s.category_hint, s.tags, s.import_id,
       CASE WHEN s.status <> 'booked' THEN s.status
            WHEN s.currency <> a.currency THEN 'conflict'
            WHEN p.transaction_id IS NULL THEN 'new'
            WHEN p.amount = s.amount AND p.date = s.date THEN 'duplicate'
            ELSE 'conflict' END,
       p.transaction_id,
       CASE WHEN s.status <> 'booked' THEN s.reason
            WHEN s.currency <> a.currency THEN
              format('The row is in %s, the account %s in %s: give the file''s %s rows an account of their own.',
                     s.currency, a.name, a.currency, s.currency)
            WHEN p.transaction_id IS NULL THEN s.reason
            WHEN p.amount = s.amount AND p.date = s.date THEN 'Already in the ledger.'
            ELSE format('The ledger has this bank row with another amount or date (%s).', p.date) END,
       s.raw, CAST(s.extra AS jsonb), s.counter_id
  FROM staging s
  LEFT JOIN account a ON a.tenant_id = :tenant AND a.id = s.account_id
  LEFT JOIN posting p ON p.tenant_id = :tenant AND p.account_id = s.account_id AND p.import_id = s.import_id
"""
# Each hand-made posting answers for one row, the nearest in date.
_MATCH = """
WITH candidates AS (
  SELECT r.row_number, p.transaction_id, p.date, t.batch_id IS NOT NULL AND t.shape <> 'simple' AS ours,
         row_number() OVER (PARTITION BY p.transaction_id, p.line
                            ORDER BY abs(r.date - p.date), r.row_number) AS of_posting,
         row_number() OVER (PARTITION BY r.row_number ORDER BY abs(r.date - p.date), p.transaction_id) AS of_row
    FROM import_row r
    CROSS JOIN generate_series(-CAST(:days AS integer), CAST(:days AS integer)) AS shift
    JOIN posting p ON p.tenant_id = :tenant AND p.account_id = r.account_id AND p.date = r.date + shift
                  AND p.amount = r.amount AND p.import_id IS NULL
    JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id AND t.shape <> 'opening'
   WHERE r.batch_id = :batch AND r.state = 'new')
UPDATE import_row r SET state = 'conflict', match_id = c.transaction_id, choice = CASE WHEN c.ours THEN 'match' END,
       reason = CASE WHEN c.ours THEN format('The other end of the transfer of %s, brought by another file.', c.date)
                     ELSE format('Looks like the transaction of %s that was entered by hand.', c.date) END
  FROM candidates c
 WHERE r.batch_id = :batch AND r.row_number = c.row_number AND c.of_posting = 1 AND c.of_row = 1
"""
_HAND_MADE = (
    "SELECT 1 FROM posting p WHERE p.account_id = ANY(CAST(:accounts AS uuid[])) AND p.import_id IS NULL"
    " AND p.date BETWEEN CAST(:first AS date) - :days AND CAST(:last AS date) + :days LIMIT 1"
)


def stage(
    w: Work,
    batch_id: UUID,
    content: bytes,
    detection: Detection | None = None,
    *,
    progress: Progress = _silent,
) -> None:
    """Read the file into staged rows with their states; the batch is then 'ready'.

    Raises StatementError naming file, row and reason when a row can't be read: nothing is staged then.
    Staging again replaces what was staged.
    """
    batch = batch_row(w, batch_id, lock=True)
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    found = detection or _detection(batch, content)
    mapping = None
    if batch.mapping is not None:
        mapping = with_account_currency(w, CsvMapping.from_members(dict(batch.mapping)), batch.account_id)
    statements: list[Statement] = []
    if found.format in ("xlsx", "xls"):
        content = open_workbook(content, batch.filename, (batch.options or {}).get("sheet")).content
    rows = reject_errors(
        read_rows(
            content,
            batch.filename,
            detection=found,
            mapping=mapping,
            statements=statements,
            currency=_file_currency(w, batch),
            app=(batch.options or {}).get("app"),
        ),
        batch.filename,
    )
    app = (batch.options or {}).get("app") is not None
    accounts = FileAccounts(w, batch.account_id, batch.statements or [], names_all=app)
    _copy(w, _lines(rows, found.format, batch.filename, accounts, statements, progress))
    w.run("ANALYZE staging")
    progress(0, "Comparing with the ledger")
    w.run(_ROWS, tenant=w.scope.tenant_id, space=batch.space_id, batch=batch_id)
    w.run("DROP TABLE staging")
    match_across(w, batch_id)
    _match_hand_made(w, batch_id)
    if accounts.moves:
        pair_rows(w, batch_id, accounts.named)
    propose_settlements(w, batch_id)
    accounts.store(batch_id, statements)
    recount(w, batch_id)


def recount(w: Work, batch_id: UUID) -> dict[str, Any]:
    """Count the staged rows by state, and those that a commit would add; store and return the counts, and the time."""
    counts: dict[str, Any] = {
        row.state: row.n
        for row in w.rows(
            "SELECT state, count(*) AS n FROM import_row WHERE batch_id = :id GROUP BY state", id=batch_id
        )
    }
    totals = w.rows(
        "SELECT currency, count(*) AS n, sum(amount) AS total FROM import_row WHERE batch_id = :id"
        f" AND {IMPORTED} GROUP BY currency",
        id=batch_id,
    )
    counts["to_import"] = sum(row.n for row in totals)
    counts["total"] = {row.currency or "": int(row.total) for row in totals}
    w.run(
        "UPDATE import_batch SET counts = CAST(:counts AS jsonb), touched_at = :now WHERE id = :id",
        counts=json.dumps(counts),
        now=w.now,
        id=batch_id,
    )
    return counts


# Which staged rows a commit adds: what is new, unless skipped; anything else only when told to.
IMPORTED = (
    "(state IN ('new', 'conflict', 'duplicate') AND date IS NOT NULL AND amount IS NOT NULL"
    " AND coalesce(choice, CASE state WHEN 'new' THEN 'import' ELSE 'skip' END) = 'import')"
)


def _lines(
    rows: Iterator[StatementRow],
    file_format: str,
    filename: str,
    accounts: FileAccounts,
    statements: list[Statement],
    progress: Progress,
) -> Iterator[str]:
    """Give each row as a line of COPY's text format."""
    identity = RowIdentity(file_format)
    limit = get_settings().import_max_rows
    default_hint = ""
    for number, found in enumerate(rows, start=1):
        row = found
        if number > limit:
            raise FileTooLarge(f"{filename} has more than {limit:,} rows; split it into smaller files.")
        if number == 1 and statements and file_format in TABLE_FORMATS:
            # What stands above a CSV's table (its account) was read before its first row.
            default_hint = statements[0].account_hint or ""
        hint = row.account_hint or default_hint
        booked = row.status == "booked"
        # Balances and notices around the table name no account; they mustn't look like one more.
        account = None
        if booked or row.status == "pending":
            row = _in_money_of(row, accounts.of(hint), accounts)
            hint, account = accounts.place(hint, row.currency)
        if booked:
            accounts.add(hint, row)
        payee = row.payee[:MAX_PAYEE]
        memo = row.memo[:MAX_MEMO]
        yield "\t".join((
            str(number),
            new_hex(),
            _or_null(account),
            _escape(hint),
            _or_null(row.date),
            _or_null(row.amount),
            _or_null(row.currency),
            _escape(payee),
            _escape(memo),
            _escape(fold(f"{memo} {row.note}" if row.note else memo)),
            r"\N" if row.category_hint is None else _escape(row.category_hint),
            _escape(json.dumps(row.tags)) if row.tags else r"\N",
            _escape(identity.of(row, str(account or hint))) if booked else r"\N",
            row.status,
            r"\N" if row.reason is None else _escape(row.reason),
            _escape(row.raw[:MAX_RAW]),
            _extra(row),
            _or_null(accounts.counter_of(row)),
        )) + "\n"  # fmt: skip
        if number % CHUNK_ROWS == 0:
            progress(number, f"Read {number:,} rows")


def _in_money_of(row: StatementRow, account: UUID | None, accounts: FileAccounts) -> StatementRow:
    """Return a row that gives two amounts with the one in the account's currency as its own."""
    if account is None or row.foreign_amount is None or row.foreign_currency is None or row.parts:
        return row
    if row.currency == row.foreign_currency or accounts.currency_of(account) != row.foreign_currency:
        return row
    return replace(
        row,
        amount=row.foreign_amount,
        currency=row.foreign_currency,
        foreign_amount=row.amount,
        foreign_currency=row.currency,
    )


def _copy(w: Work, lines: Iterator[str]) -> None:
    """Write the lines to the staging table, a COPY for each chunk: between two of them `lines` may ask the database."""
    w.run(_STAGING)
    raw = cast(psycopg.Connection[Any], w.connection.connection.dbapi_connection)
    while chunk := "".join(itertools.islice(lines, CHUNK_ROWS)):
        with raw.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(chunk)


def _escape(text: str) -> str:
    """Escape what COPY's text format takes specially (PostgreSQL manual, COPY, "Text Format")."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def _extra(row: StatementRow) -> str:
    """Return what few rows have, as JSON; NULL for a row that is one amount in one category."""
    kind = {"OPENING": "opening", "TRANSFER": "transfer"}.get(row.kind or "")
    if not (row.parts or row.transfer_hint or kind or row.note or row.foreign_amount is not None):
        return r"\N"
    found: dict[str, Any] = {}
    if row.parts:
        found["parts"] = row.parts
    if row.transfer_hint:
        found["transfer"] = row.transfer_hint
    if kind:
        found["kind"] = kind
    if row.note:
        found["note"] = row.note[:MAX_NOTE]
    if row.foreign_amount is not None:
        found["foreign"] = (row.foreign_amount, row.foreign_currency)
    return _escape(json.dumps(found, ensure_ascii=False).replace("\\u0000", ""))


def _or_null(value: object) -> str:
    return r"\N" if value is None else str(value)


def _detection(batch: Row[Any], content: bytes) -> Detection:
    """Return what the upload found out, without looking through a large CSV once more."""
    if batch.format == "csv" and batch.mapping is not None:
        return Detection("csv", str(batch.mapping.get("encoding", "utf-8")), 1.0)
    return detect(content, batch.filename)


def _file_currency(w: Work, batch: Row[Any]) -> str | None:
    """Return the currency of amounts in a file that names none: that of the account chosen for its rows."""
    chosen = [
        one["account_id"] for one in batch.statements or [] if one.get("chosen") and not one.get("beside")
    ]
    account_id = batch.account_id or next(iter(chosen), None)
    if account_id is None:
        return None
    row = w.row("SELECT currency FROM account WHERE id = :id", id=account_id)
    return None if row is None else str(row.currency)


def with_account_currency(w: Work, mapping: CsvMapping, account_id: UUID | None) -> CsvMapping:
    """Return the mapping whose amounts without a currency are in the account's."""
    if mapping.default_currency is not None or account_id is None:
        return mapping
    row = w.row("SELECT currency FROM account WHERE id = :id", id=account_id)
    return mapping if row is None else replace(mapping, default_currency=row.currency)


def _match_hand_made(w: Work, batch_id: UUID) -> None:
    """Mark rows that were probably entered by hand before; most imports have none, so look before joining."""
    span = w.row(
        "SELECT min(date) AS first, max(date) AS last, array_agg(DISTINCT account_id) AS accounts FROM import_row"
        " WHERE batch_id = :id AND state = 'new' AND account_id IS NOT NULL",
        id=batch_id,
    )
    if span is None or span.first is None:
        return
    if w.row(_HAND_MADE, accounts=span.accounts, first=span.first, last=span.last, days=MATCH_DAYS):
        w.run(_MATCH, tenant=w.scope.tenant_id, batch=batch_id, days=MATCH_DAYS)
