"""What can be chosen about a whole file before its commit: the sheet, accounts made at once, categories to make."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.errors import Conflict, ValidationFailed
from recaller.infra.work import Work
from recaller.services.imports import change_import, make_accounts, undo_import
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.import_words import transactions_text
from recaller.state.pickers import Choice


class ImportChoices(rx.State, mixin=True):
    """A state that mixes it in has `batch_id` and reads itself anew with `_refresh`."""

    sheets: list[Choice] = []
    sheet: str = ""
    lacking_text: str = ""
    lacking_hint: str = ""
    lacking_title: str = ""
    offers_categories: bool = False
    makes_categories: bool = False
    choice_error: str = ""
    kept_edited: list[str] = []

    @event
    async def choose_sheet(self, name: str) -> None:
        """Read another sheet of the workbook."""
        identity, wanted = id_of(self.batch_id, "import"), text_of(name, "sheet", most=100)  # type: ignore[attr-defined]
        self.choice_error = ""
        try:
            await in_work(self, lambda w: change_import(w, identity, sheet=wanted))
        except (ValidationFailed, Conflict) as error:
            self.choice_error = error.message
        await self._refresh()

    @event
    async def make_missing(self) -> Any:
        """Make every account that the file names and nobody has yet."""
        identity = id_of(self.batch_id, "import")  # type: ignore[attr-defined]
        self.choice_error = ""
        try:
            await in_work(self, lambda w: make_accounts(w, identity))
        except (ValidationFailed, Conflict) as error:
            self.choice_error = error.message
            return None
        await self._refresh()
        return rx.toast.success("Accounts added")

    @event
    async def make_categories(self, wanted: bool) -> None:
        """Say whether the commit makes the categories that the file names."""
        identity, make = id_of(self.batch_id, "import"), wanted is True  # type: ignore[attr-defined]
        await in_work(self, lambda w: change_import(w, identity, make_categories=make))
        await self._refresh()

    @event
    async def keep_edited(self, transaction_id: str) -> None:
        """Decide about one transaction that was edited since: it stays, or goes with the import."""
        chosen = str(id_of(transaction_id))
        kept = [one for one in self.kept_edited if one != chosen]
        self.kept_edited = kept if chosen in self.kept_edited else [*kept, chosen]

    @event
    async def undo(self, keep_all: bool = False) -> Any:
        """Take the import back; what was edited since goes too, except what was chosen to stay."""
        identity, keep_edited = id_of(self.batch_id, "import"), keep_all is True  # type: ignore[attr-defined]
        keep: Collection[UUID] = [id_of(one) for one in self.kept_edited]

        def revert(w: Work) -> int:
            return undo_import(w, identity, keep_edited=keep_edited, keep=keep).removed

        removed = await in_work(self, revert)
        self.undo_open, self.kept_edited = False, []
        await self._refresh()
        return rx.toast.success(f"{transactions_text(removed)} taken back")

    async def _refresh(self) -> None:
        raise NotImplementedError
