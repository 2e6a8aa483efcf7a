"""The import page: a file dropped in, and the files that were brought before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.imports import ImportView, discard_import, list_imports, start_import
from recaller.settings import get_settings
from recaller.state.base import event, form_of, id_of, identity_of, in_work, optional_id
from recaller.state.formatting import Formatter
from recaller.state.import_words import STATUS, size_text, summary_of
from recaller.state.paged import Paged
from recaller.state.pickers import Choice, account_choices, formatter_of, put

UPLOAD = "bank-file"
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class ImportItem:
    """A former import as the list shows it."""

    id: str
    filename: str
    accounts: str
    when: str
    status: str
    tone: str
    summary: str
    href: str
    open_label: str
    discardable: bool
    transactions_href: str


PAGE = 30


class ImportsState(Paged, rx.State):
    """What /import shows. `error` is about the last upload, `percent` its way up."""

    loading: bool = True
    failure: str = ""
    items: list[ImportItem] = []
    accounts: list[Choice] = []
    account_id: str = ""
    uploading: bool = False
    percent: int = 0
    upload_text: str = ""
    error: str = ""
    limit_text: str = ""

    @event
    async def load(self) -> Any:
        """Show the latest imports; `?account=` picks where the next file goes."""
        put(self, uploading=False, percent=0, error="", _cursors=[])
        wanted = dict(self.router.url.query_parameters).get("account", "")
        await self._read()
        self.account_id = wanted if any(one.value == wanted for one in self.accounts) else ""

    async def _read(self) -> None:
        cursor = self._cursor()

        def read(w: Work) -> tuple[list[ImportItem], str | None, list[Choice]]:
            accounts = list_accounts(w)
            names = {str(one.id): one.name for one in list_accounts(w, closed=True)}
            say = formatter_of(w)
            page = list_imports(w, cursor=cursor, limit=PAGE)
            items = [_item(view, names, say, w) for view in page.items]
            return items, page.next_cursor, account_choices(accounts)

        try:
            items, following, accounts = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False)
            return
        put(
            self,
            items=items,
            accounts=accounts,
            limit_text=f"Up to {size_text(get_settings().import_max_bytes)}. Nothing is added before you say so.",
            failure="",
            loading=False,
        )
        self._turned(following)

    @event
    async def choose_account(self, account_id: str) -> None:
        """Pick the account of the next file; "" lets the file say."""
        chosen = optional_id(account_id, "account")
        put(self, account_id="" if chosen is None else str(chosen))

    @event
    async def progressed(self, progress: dict[str, Any]) -> None:
        """Show how much of the file is up."""
        share = form_of(progress).get("progress")
        if isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1:
            # The last step may be told after the file was dealt with: it opens nothing.
            put(self, uploading=self.uploading or share < 1, percent=round(share * 100))

    @event
    async def rejected(self, _files: list[Any]) -> None:
        """Tell that the browser kept a file back."""
        most = size_text(get_settings().import_max_bytes)
        self.error = (
            f"Bring one bank file at a time (CSV, Excel, OFX, QFX, QIF, MT940, CAMT), of at most {most}."
        )

    @event
    async def receive(self, files: list[rx.UploadFile]) -> Any:
        """Take one uploaded bank file in and go on to its page; what is wrong with it is told here."""
        await identity_of(self)
        account = optional_id(self.account_id, "account")
        put(self, error="")
        try:
            if not isinstance(files, list) or len(files) != 1:
                raise_one_file()
            filename = files[0].name or "file"
            content = await read_upload(files[0], get_settings().import_max_bytes)
            batch = await in_work(self, lambda w: start_import(w, filename, content, account_id=account).id)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, uploading=False, percent=0, error=error.message)
            return rx.clear_selected_files(UPLOAD)
        return rx.redirect(f"/import/{batch}")

    @event
    async def dismiss_error(self) -> None:
        """Put the message about the last upload away."""
        put(self, error="")

    @event
    async def discard(self, batch_id: str) -> Any:
        """Drop an import that was not committed."""
        identity = id_of(batch_id)
        view: ImportView = await in_work(self, lambda w: discard_import(w, identity))
        return [ImportsState.load, rx.toast(f"{view.filename} discarded")]


class NotOneFile(RecallerError):
    """The upload held no file, or several."""

    code = "not_one_file"
    status = 422


def raise_one_file() -> None:
    """Refuse anything but one file."""
    raise NotOneFile("Choose one file at a time.")


async def read_upload(file: rx.UploadFile, limit: int) -> bytes:
    """Return the content, at most one byte more than is allowed: the service refuses it by its size."""
    parts, size = [], 0
    while size <= limit and (part := await file.read(min(_READ_BYTES, limit + 1 - size))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _item(view: ImportView, names: dict[str, str], say: Formatter, w: Work) -> ImportItem:
    label, tone = STATUS[view.status]
    found = [str(one["account_id"]) for one in view.statements if one.get("account_id")]
    if view.account_id is not None:
        found.insert(0, str(view.account_id))
    known = [names[one] for one in dict.fromkeys(found) if one in names]
    is_open = view.status in ("uploaded", "ready", "failed")
    return ImportItem(
        id=str(view.id),
        filename=view.filename,
        accounts=", ".join(known),
        when=say.ago(view.created_at, w.now),
        status=label,
        tone=tone,
        summary=summary_of(view),
        href=f"/import/{view.id}",
        open_label="Continue" if is_open else "Open",
        discardable=is_open,
        transactions_href=_transactions(view.id) if view.status == "committed" else "",
    )


def _transactions(batch_id: UUID) -> str:
    return f"/transactions?batch={batch_id}"
