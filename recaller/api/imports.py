"""Bank files: uploaded, previewed row by row, corrected, committed, undone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, StrictInt
from starlette.datastructures import UploadFile

from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields, Paging
from recaller.core.errors import ValidationFailed
from recaller.core.paging import Page
from recaller.infra.work import work
from recaller.services import imports
from recaller.services.imports import BalanceCheck, ImportRowView, ImportView, MappingPreview, UndoView
from recaller.services.transactions import TransactionView, get_transactions

router = APIRouter(prefix="/imports", tags=["imports"], responses=COMMON_PROBLEMS)

RowNumber = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    filename: str
    content: bytes


class ImportChange(Body):
    """What is to be read differently; what isn't named stays."""

    account_id: Annotated[UUID | None, Field(description="Where rows belong when the file doesn't say.")] = (
        None
    )
    accounts: Annotated[
        dict[str, UUID] | None,
        Field(max_length=100, description="By the hint of each account that the file speaks of: ours."),
    ] = None
    mapping: Annotated[
        dict[str, Any] | None,
        Field(max_length=100, description="The column mapping of a CSV or a workbook as a whole."),
    ] = None
    sheet: Annotated[
        str | None,
        Field(max_length=100, description="Of a workbook: the sheet to read.", examples=["Sheet1"]),
    ] = None
    make_categories: Annotated[
        bool | None, Field(description="Whether the commit makes categories that the file names.")
    ] = None


class RowChoice(Body):
    """What happens to staged rows; null: as proposed."""

    row_numbers: Annotated[tuple[RowNumber, ...], Field(min_length=1, max_length=10_000)]
    choice: Literal["import", "skip", "match"] | None


class MappingTrial(Body):
    """A column mapping to look at; nothing is read with it yet."""

    mapping: Annotated[
        dict[str, Any],
        Field(max_length=100, description="The column mapping of a CSV or a workbook as a whole."),
    ]


class StatementAccount(Body):
    """One of the accounts that the import brought rows to."""

    account_id: UUID


class Undo(Body):
    """Which transactions that were edited since stay (and leave the import): all of them, or those named."""

    keep_edited: bool = False
    keep: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()


async def uploaded_file(
    request: Request,
    _scope: CurrentScope,  # nobody's file is read before it is known who sends it
    filename: Annotated[
        str | None, Query(max_length=500, description="The file's name, when it comes as the bare body.")
    ] = None,
) -> Upload:
    """Read the file, from a form's field `file` or as the bare body; the size was limited on the way in."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return Upload(filename or "file", await request.body())
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ValidationFailed("file", "Send the bank file in the form's field `file`.")
        return Upload(filename or file.filename or "file", await file.read())


Uploaded = Annotated[Upload, Depends(uploaded_file)]


@router.post("", status_code=201, response_model=ImportView, openapi_extra=_UPLOAD)
def upload_file(
    file: Uploaded,
    scope: CurrentScope,
    once: Once,
    account_id: Annotated[
        UUID | None, Query(description="Where its rows belong, if the file doesn't say.")
    ] = None,
) -> object:
    """Take a bank file or another application's export in and read it; nothing is in the ledger before the commit.

    A small file is read at once (`ready`), a large one by a worker (`reading`, with a `job_id`). A file that
    can't be read as it is now is kept as `failed` with its reason, for another mapping.
    """
    # A form's boundary is another one each time: its file counts instead.
    content = hashlib.sha256(file.content).digest()
    keyed = replace(once, digest=hashlib.sha256(once.digest + content).digest())
    if "\0" in file.filename:
        raise ValidationFailed("filename", "A name can't hold the character NUL.")
    with work(scope) as w:
        return keyed.reply(
            w,
            lambda: imports.start_import(w, file.filename, file.content, account_id=account_id),
            status=201,
        )


@router.get("", response_model=Page[ImportView])
def list_imports(scope: CurrentScope, fields: Fields, page: Paging) -> object:
    """Return a page of the imports, newest first."""
    with work(scope, read_only=True) as w:
        return fields.reply(imports.list_imports(w, cursor=page.cursor, limit=page.limit))


@router.get("/{import_id}", response_model=ImportView)
def get_import(import_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one import: what was detected, how many rows are new, duplicate or in conflict."""
    with work(scope, read_only=True) as w:
        return fields.reply(imports.get_import(w, import_id))


@router.get("/{import_id}/rows", response_model=Page[ImportRowView])
def list_rows(
    import_id: UUID,
    scope: CurrentScope,
    fields: Fields,
    page: Paging,
    state: Annotated[
        Literal["new", "duplicate", "conflict", "pending", "skipped", "error"] | None,
        Query(description="Only rows of this state."),
    ] = None,
) -> object:
    """Return a page of the staged rows, in the file's order."""
    with work(scope, read_only=True) as w:
        return fields.reply(
            imports.list_import_rows(w, import_id, state=state, cursor=page.cursor, limit=page.limit)
        )


@router.patch("/{import_id}")
def change_import(import_id: UUID, body: ImportChange, scope: CurrentScope) -> ImportView:
    """Read the file again with another account or a corrected mapping; 409 once it is settled."""
    with work(scope) as w:
        return imports.change_import(w, import_id, **dict(body))


@router.post("/{import_id}/mapping")
def preview_mapping(import_id: UUID, body: MappingTrial, scope: CurrentScope) -> MappingPreview:
    """Return the file's columns and first rows as a mapping would read them; what is wrong with it is in the answer.

    `PATCH` the import with the mapping to read the file with it.
    """
    with work(scope, read_only=True) as w:
        return imports.preview_mapping(w, import_id, body.mapping)


@router.post("/{import_id}/accounts")
def make_accounts(import_id: UUID, scope: CurrentScope) -> ImportView:
    """Make every account that the file names and the household lacks, and send their rows there."""
    with work(scope) as w:
        return imports.make_accounts(w, import_id)


@router.post("/{import_id}/rows")
def choose_rows(import_id: UUID, body: RowChoice, scope: CurrentScope) -> ImportView:
    """Choose what happens to staged rows: `import`, `skip`, `match` (link to the twin), null for the proposal."""
    with work(scope) as w:
        return imports.choose_rows(w, import_id, body.row_numbers, body.choice)


@router.post("/{import_id}/commit", response_model=ImportView)
def commit_import(import_id: UUID, scope: CurrentScope, once: Once) -> object:
    """Write the rows to the ledger, all or none: at once, or for a large file by a worker (`committing`)."""
    with work(scope) as w:
        return once.reply(w, lambda: imports.commit_import(w, import_id))


@router.get("/{import_id}/balances", response_model=tuple[BalanceCheck, ...])
def check_balances(import_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Hold the closing balances that a committed file states against the ledger's of the same day."""
    with work(scope, read_only=True) as w:
        return fields.reply(imports.check_balances(w, import_id))


@router.post("/{import_id}/balances")
def adopt_balance(import_id: UUID, body: StatementAccount, scope: CurrentScope) -> BalanceCheck:
    """Set an account's opening balance so that the ledger agrees with the statement; returns what was found before."""
    with work(scope) as w:
        return imports.adopt_statement_balance(w, import_id, body.account_id)


@router.get("/{import_id}/edited", response_model=tuple[TransactionView, ...])
def list_edited(import_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return the transactions of an import that were edited since (200 at most): an undo asks which of them stay."""
    with work(scope, read_only=True) as w:
        imports.get_import(w, import_id)
        return fields.reply(get_transactions(w, imports.edited_since(w, import_id)))


@router.post("/{import_id}/stop")
def stop_import(import_id: UUID, scope: CurrentScope) -> ImportView:
    """Stop reading or committing a large file; nothing half-done stays."""
    with work(scope) as w:
        return imports.stop_import(w, import_id)


@router.post("/{import_id}/undo")
def undo_import(import_id: UUID, body: Undo, scope: CurrentScope) -> UndoView:
    """Take a committed import back, to the state before it."""
    with work(scope) as w:
        return imports.undo_import(w, import_id, keep_edited=body.keep_edited, keep=body.keep)


@router.post("/{import_id}/discard")
def discard_import(import_id: UUID, scope: CurrentScope) -> ImportView:
    """Drop an import that isn't committed, with its staged rows and its file."""
    with work(scope) as w:
        return imports.discard_import(w, import_id)
