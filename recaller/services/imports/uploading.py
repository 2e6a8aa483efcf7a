"""Takes a file in: what it is, which accounts it speaks of, how its columns are to be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b, sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, RecallerError, ValidationFailed
from recaller.core.ids import new_id
from recaller.domain.statements import (
    TABLE_FORMATS,
    CsvMapping,
    Detection,
    FileTooLarge,
    detect,
    recognise_app,
    sniff_csv,
)
from recaller.domain.statements.detect import OLE_MAGIC
from recaller.infra.crypto import decrypt, encrypt
from recaller.infra.work import Work
from recaller.infra.workbooks import open_workbook
from recaller.services.accounts import get_account
from recaller.services.imports.staging import stage
from recaller.services.imports.views import ImportView, batch_row, get_import
from recaller.settings import get_settings

# Larger files are read and committed by a worker, with progress on the page.
INLINE_ROWS = 1000
INLINE_ARCHIVE_BYTES = 32 * 1024
INLINE_WORKBOOK_BYTES = 256 * 1024
MAX_FILENAME = 200
STAGE_JOB = "import.stage"
COMMIT_JOB = "import.commit"
# Before the commit a batch may still be read again with other settings.
OPEN = ("uploaded", "ready", "failed")


def start_import(w: Work, filename: str, content: bytes, *, account_id: UUID | None = None) -> ImportView:
    """Take a bank file in and read it: at once when it is small, else in a worker.

    `account_id` is where its rows belong when the file doesn't say. Raises StatementError (naming file and
    reason) for what can't be a bank file, FileTooLarge past the limit. The content is kept encrypted until
    the import is settled. Raises Conflict when too many others wait for their commit.
    """
    _refuse_too_many(w)
    limit = get_settings().import_max_bytes
    name = _tidy_name(filename)
    if len(content) > limit:
        raise FileTooLarge(f"{name} has {len(content):,} bytes; the limit is {limit:,}.")
    found = detect(content, name)
    space = w.scope.shared_space_id
    if account_id is not None:
        get_account(w, account_id)
        space = _account_space(w, account_id)
    mapping = fingerprint = None
    options: dict[str, Any] = {}
    if found.format in TABLE_FORMATS:
        table, options = table_of(content, name, found.format, None)
        sniffed = sniff_csv(table, name)
        fingerprint = _fingerprint(sniffed)
        options |= _app_of(sniffed)
        profile = find_profile(w, fingerprint, account_id)
        mapping = _members(sniffed if profile is None else profile.mapping)
        if profile is not None and account_id is None and profile.account_id is not None:
            account_id, space = profile.account_id, _account_space(w, profile.account_id)
    batch_id = new_id()
    w.run(
        "INSERT INTO import_batch (tenant_id, space_id, id, account_id, filename, size_bytes, digest,"
        " format, fingerprint, status, mapping, options, content_encrypted, created_by, created_at)"
        " VALUES (:tenant, :space, :id, :account, :name, :size, :digest, :format,"
        " :fingerprint, 'uploaded', CAST(:mapping AS jsonb), CAST(:options AS jsonb), :content, :user, :now)",
        tenant=w.scope.tenant_id,
        space=space,
        id=batch_id,
        account=account_id,
        name=name,
        size=len(content),
        digest=sha256(content).digest(),
        format=found.format,
        fingerprint=fingerprint,
        mapping=None if mapping is None else json.dumps(mapping),
        options=json.dumps(options),
        content=encrypt(content),
        user=w.scope.user_id,
        now=w.now,
    )
    w.audit(
        "upload",
        "import",
        batch_id,
        space_id=space,
        after={"file": name, "bytes": len(content), "format": found.format},
    )
    return _read(w, batch_id, content, found)


def _refuse_too_many(w: Work) -> None:
    """Each open import keeps a file and its rows: a household finishes some before it brings more."""
    most = get_settings().import_max_open
    row = w.row(
        "SELECT count(*) AS n FROM import_batch WHERE status IN ('uploaded', 'reading', 'ready', 'committing')"
        " OR (status = 'failed' AND content_encrypted IS NOT NULL)"
    )
    if row is not None and row.n >= most:
        raise Conflict(
            f"{row.n} imports wait for their commit: commit or discard some of them, then bring this file again."
        )


def change_import(
    w: Work,
    batch_id: UUID,
    *,
    account_id: UUID | None = None,
    accounts: Mapping[str, UUID] | None = None,
    mapping: Mapping[str, Any] | None = None,
    sheet: str | None = None,
    make_categories: bool | None = None,
) -> ImportView:
    """Read a file again: another account, other accounts by hint, a corrected column mapping, another sheet.

    `make_categories`: whether the commit makes the categories that the file names and the household lacks.

    Raises Conflict once the import is committed or settled, ValidationFailed naming the mapping's wrong member.
    """
    row = lock_open(w, batch_id, "This import is settled; upload the file again to read it differently.")
    content = read_content(w, batch_id)
    statements = list(row.statements or [])
    if accounts:
        known = {statement["hint"]: statement for statement in statements}
        for hint, chosen in accounts.items():
            account = get_account(w, chosen)
            if hint not in known:
                raise ValidationFailed("accounts", f"The file has no account {hint[:60]!r}.")
            wanted = known[hint].get("currency")
            if known[hint].get("beside") and account.currency != wanted:
                raise ValidationFailed(
                    "accounts", f"{account.name} is in {account.currency}, these rows are in {wanted}."
                )
        statements = [
            statement | {"account_id": str(accounts[statement["hint"]]), "chosen": True}
            if statement["hint"] in accounts
            else statement
            for statement in statements
        ]
    space, chosen_account = row.space_id, row.account_id
    if account_id is not None:
        get_account(w, account_id)
        chosen_account, space = account_id, _account_space(w, account_id)
    members, fingerprint, options = row.mapping, row.fingerprint, dict(row.options or {})
    if make_categories is not None:
        options["make_categories"] = make_categories
    if sheet is not None and sheet != options.get("sheet"):
        if row.format not in ("xlsx", "xls"):
            raise ValidationFailed("sheet", "Only a workbook has sheets.")
        table, chosen_sheet = table_of(content, row.filename, row.format, sheet)
        sniffed = sniff_csv(table, row.filename)
        options = (
            {name: value for name, value in options.items() if name != "app"}
            | chosen_sheet
            | _app_of(sniffed)
        )
        members, fingerprint, statements = _members(sniffed), _fingerprint(sniffed), []
    if mapping is not None:
        if row.format not in TABLE_FORMATS:
            raise ValidationFailed("mapping", "Only a CSV or a workbook has columns to map.")
        members = _members(CsvMapping.from_members(dict(mapping)))
        # Whoever says how the columns are to be read gets them read like that.
        options.pop("app", None)
    elif row.format in TABLE_FORMATS and account_id is not None and row.account_id is None:
        profile = find_profile(w, row.fingerprint, account_id)
        members = members if profile is None else _members(profile.mapping)
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    w.run(
        "UPDATE import_batch SET account_id = :account, space_id = :space, mapping = CAST(:mapping AS jsonb),"
        " statements = CAST(:statements AS jsonb), options = CAST(:options AS jsonb), fingerprint = :fingerprint,"
        " status = 'uploaded', error = NULL WHERE id = :id",
        account=chosen_account,
        space=space,
        mapping=None if members is None else json.dumps(members),
        statements=json.dumps(statements),
        options=json.dumps(options),
        fingerprint=fingerprint,
        id=batch_id,
    )
    return _read(w, batch_id, content, detect(content, row.filename))


def table_of(
    content: bytes, filename: str, file_format: str, sheet: str | None
) -> tuple[bytes, dict[str, Any]]:
    """Return the CSV that a table file stands for, and what there is to choose from in a workbook."""
    if file_format == "csv":
        return content, {}
    table = open_workbook(content, filename, sheet)
    return table.content, {"sheet": table.sheet, "sheets": [asdict(one) for one in table.sheets]}


def discard_import(w: Work, batch_id: UUID) -> ImportView:
    """Drop an uncommitted import with its staged rows and its file."""
    row = lock_open(w, batch_id, "Only an import that isn't committed can be discarded; undo it instead.")
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    w.run(
        "UPDATE import_batch SET status = 'discarded', content_encrypted = NULL WHERE id = :id", id=batch_id
    )
    w.audit("discard", "import", batch_id, space_id=row.space_id, before={"file": row.filename})
    return get_import(w, batch_id)


def read_content(w: Work, batch_id: UUID) -> bytes:
    """Return the uploaded bytes; raise Conflict when the import is settled and they are gone."""
    row = w.row("SELECT content_encrypted FROM import_batch WHERE id = :id", id=batch_id)
    if row is None or row.content_encrypted is None:
        raise Conflict("The uploaded file is no longer kept; upload it again.")
    return decrypt(bytes(row.content_encrypted))


def lock_open(w: Work, batch_id: UUID, settled: str) -> Row[Any]:
    """Return the batch's row, locked, while it may still be read differently; raise Conflict otherwise.

    A worker holds the row while it reads: that is told at once instead of waiting for it.
    """
    if batch_row(w, batch_id).status in ("reading", "committing"):
        raise Conflict("This import is at work now: wait for it, or stop it first.")
    row = batch_row(w, batch_id, lock=True)
    if row.status not in OPEN:
        raise Conflict(settled)
    return row


def remember_mapping(w: Work, batch_id: UUID) -> None:
    """Keep a committed CSV's mapping as the profile of its accounts, for the next file of the same shape."""
    row = batch_row(w, batch_id)
    if row.mapping is None or row.fingerprint is None:
        return
    found = [
        UUID(one["account_id"])
        for one in row.statements or []
        if one.get("account_id") and not one.get("beside")
    ]
    for account_id in dict.fromkeys(([row.account_id] if row.account_id else []) + found):
        w.run(
            "INSERT INTO import_profile (tenant_id, space_id, id, account_id, fingerprint, mapping, updated_at)"
            " VALUES (:tenant, :space, :id, :account, :fingerprint, CAST(:mapping AS jsonb), :now)"
            " ON CONFLICT (tenant_id, account_id, fingerprint)"
            " DO UPDATE SET mapping = excluded.mapping, updated_at = excluded.updated_at",
            tenant=w.scope.tenant_id,
            space=_account_space(w, account_id),
            id=new_id(),
            account=account_id,
            fingerprint=row.fingerprint,
            mapping=json.dumps(row.mapping),
            now=w.now,
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A remembered mapping; `account_id` when files of this shape always went to that one account."""

    mapping: CsvMapping
    account_id: UUID | None


def find_profile(w: Work, fingerprint: str | None, account_id: UUID | None) -> Profile | None:
    """Return how a file of this shape was read last: for the account, or for any when none is given."""
    rows = w.rows(
        "SELECT p.mapping, p.account_id FROM import_profile p JOIN account a ON a.tenant_id = p.tenant_id"
        " AND a.id = p.account_id WHERE p.fingerprint = :fingerprint AND a.closed_on IS NULL"
        " AND (CAST(:account AS uuid) IS NULL OR p.account_id = :account) ORDER BY p.updated_at DESC LIMIT 2",
        account=account_id,
        fingerprint=fingerprint,
    )
    if not rows:
        return None
    only = rows[0].account_id if len(rows) == 1 else None
    return Profile(CsvMapping.from_members(dict(rows[0].mapping)), only)


def needs_worker(content: bytes) -> bool:
    """Tell whether a file has so many rows that a worker should read it."""
    if content.startswith(OLE_MAGIC):
        return len(content) > INLINE_WORKBOOK_BYTES
    if content.startswith(b"PK"):
        return len(content) > INLINE_ARCHIVE_BYTES
    lines = content.count(b"\n") or content.count(b"\r")
    entries = max(content.count(b"<STMTTRN>"), content.count(b"Ntry>") // 2)
    return max(min(lines, len(content) // 20), entries) > INLINE_ROWS


def _read(w: Work, batch_id: UUID, content: bytes, found: Detection) -> ImportView:
    if needs_worker(content):
        space = batch_row(w, batch_id).space_id
        job = w.enqueue(STAGE_JOB, {"batch_id": str(batch_id)}, queue="bulk", space_id=space)
        w.run(
            "UPDATE import_batch SET status = 'reading', job_id = :job WHERE id = :id", job=job, id=batch_id
        )
        return get_import(w, batch_id)
    try:
        with w.connection.begin_nested():
            stage(w, batch_id, content, found)
    except RecallerError as error:
        mark_failed(w, batch_id, error.message)
    return get_import(w, batch_id)


def mark_failed(w: Work, batch_id: UUID, message: str) -> None:
    """Note why a file can't be imported as it is read now; nothing of it stays staged."""
    w.run("DELETE FROM import_row WHERE batch_id = :id", id=batch_id)
    w.run(
        "UPDATE import_batch SET status = 'failed', error = :error WHERE id = :id",
        error=message[:2000],
        id=batch_id,
    )


def _fingerprint(mapping: CsvMapping) -> str:
    """Name the shape of a CSV: its columns, however they are read."""
    shape = "\x1f".join((mapping.delimiter, str(mapping.header_row), *mapping.header))
    return blake2b(shape.encode(), digest_size=16).hexdigest()


def _app_of(mapping: CsvMapping) -> dict[str, Any]:
    """Return what is known of an export of another application: all of it is wanted, its categories too."""
    app = recognise_app(mapping.header)
    return {} if app is None else {"app": app, "make_categories": True}


def _members(mapping: CsvMapping) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(mapping.to_json())
    return members


def _account_space(w: Work, account_id: UUID) -> UUID:
    row = w.row("SELECT space_id FROM account WHERE id = :id", id=account_id)
    assert row is not None
    return UUID(str(row.space_id))


def _tidy_name(filename: str) -> str:
    base = filename.replace("\\", "/").rpartition("/")[2]
    clean = "".join(character for character in base if character.isprintable()).strip()
    return clean[:MAX_FILENAME] or "file"
