"""One import: what the file says, its accounts and rows, the commit with its progress, the result and its undo."""

from __future__ import annotations

from datetime import date
from typing import Any

import reflex as rx

from recaller.core.errors import Conflict, RecallerError, Unauthenticated, ValidationFailed
from recaller.infra.work import Work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import (
    adopt_statement_balance,
    choose_rows,
    commit_import,
    discard_import,
    get_import,
    stop_import,
    subtype_of,
)
from recaller.services.jobs import JobView, get_job
from recaller.services.transactions import record_opening_balance
from recaller.state.base import event, form_of, id_of, in_work, text_of
from recaller.state.import_accounts import BalanceLine, FileAccount, assign_account, name_for
from recaller.state.import_choices import ImportChoices
from recaller.state.import_rows import PAGE_ROWS, RowLine, read_rows
from recaller.state.import_sight import (
    AT_WORK,
    STAGES,
    EditedLine,
    Fact,
    Sight,
    Tab,
    edited_lines,
    read_batch,
)
from recaller.state.import_words import STATUS, summary_of, transactions_text
from recaller.state.pickers import Choice, put
from recaller.state.region import common_currencies, with_current
from recaller.state.transfers import TransfersState

NEW_ACCOUNT = "new"


class ImportBatchState(ImportChoices, rx.State):
    """What /import/[batch_id] shows. `stage` is read | work | ready | failed | committed | undone | discarded."""

    loading: bool = True
    failure: str = ""
    batch_id: str = ""
    filename: str = ""
    stage: str = ""
    status_label: str = ""
    status_tone: str = "neutral"
    error: str = ""
    mappable: bool = False
    facts: list[Fact] = []
    warnings: list[str] = []
    doubts: list[str] = []
    has_doubts: bool = False
    accounts: list[FileAccount] = []
    choices: list[Choice] = []
    several: bool = False
    missing_accounts: bool = False
    tabs: list[Tab] = []
    row_state: str = ""
    rows: list[RowLine] = []
    range_text: str = ""
    has_more: bool = False
    has_less: bool = False
    commit_label: str = ""
    adds_text: str = ""
    adds_nothing: bool = False
    committing: bool = False
    job_title: str = ""
    job_percent: int = 0
    job_text: str = ""
    stopping: bool = False
    result_text: str = ""
    result_note: str = ""
    transactions_href: str = ""
    balances: list[BalanceLine] = []
    undo_open: bool = False
    edited: list[EditedLine] = []
    has_edited: bool = False
    account_open: bool = False
    account_hint: str = ""
    account_name: str = ""
    account_subtype: str = "checking"
    account_currency: str = ""
    currencies: list[dict[str, str]] = []
    account_errors: dict[str, str] = {}
    _cursors: list[str] = []
    _next: str = ""
    _found: list[dict[str, Any]] = []
    _openings: dict[str, tuple[int, str]] = {}

    @event
    async def forget(self) -> None:
        """Drop what was shown, so that the next import never shows under the last one's figures."""
        if self.batch_id:
            self.reset()  # type: ignore[no-untyped-call]

    @event
    async def arrive(self) -> None:
        """Show the skeleton of another import than the last one at once; `load` fills it."""
        claimed = self.router.url.path.rstrip("/").rpartition("/")[2]
        if claimed != self.batch_id:
            self.reset()  # type: ignore[no-untyped-call]
            self.batch_id = claimed

    @event
    async def load(self) -> Any:
        """Show the import that the URL names."""
        claimed = self.router.url.path.rstrip("/").rpartition("/")[2]
        if claimed != self.batch_id:
            self.reset()  # type: ignore[no-untyped-call]
            self.batch_id = claimed
        put(self, committing=False, undo_open=False, account_open=False, account_errors={})
        await self._refresh()

    @event
    async def poll(self) -> Any:
        """Follow the worker; show the whole import again once it is done."""
        if self.stage != "work":
            return None
        identity = id_of(self.batch_id, "import")

        def read(w: Work) -> tuple[str, JobView | None]:
            batch = get_import(w, identity)
            job = None if batch.job_id is None else get_job(w, batch.job_id)
            if batch.status in AT_WORK and job is not None and not job.open:
                # Its worker died too often, so nobody settled it.
                batch = stop_import(w, identity)
            return batch.status, job

        status, job = await in_work(self, read)
        if status in AT_WORK:
            self._show_job(status, job)
            return None
        await self._refresh()
        if status == "committed":
            return [TransfersState.load, rx.toast.success(self.result_text)]
        return rx.toast("Stopped. Nothing was added.") if self.stopping else None

    @event
    async def show_state(self, state: str) -> None:
        """Show the rows of one state; "" shows all."""
        put(self, row_state=text_of(state, "state", most=20), _cursors=[])
        await self._load_rows()

    @event
    async def next_rows(self) -> None:
        """Step to the next page of rows."""
        if self.has_more and self.rows:
            self._cursors = [*self._cursors, self._next]
            await self._load_rows()

    @event
    async def previous_rows(self) -> None:
        """Step back a page of rows."""
        if self._cursors:
            self._cursors = self._cursors[:-1]
            await self._load_rows()

    @event
    async def choose_row(self, number: int, choice: str) -> None:
        """Decide what happens to a row: import, skip or match."""
        identity, wanted = id_of(self.batch_id, "import"), text_of(choice, "choice", most=10)
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValidationFailed("row", "This is not a row.")
        try:
            await in_work(self, lambda w: choose_rows(w, identity, [number], wanted))
        finally:
            await self._refresh()

    @event
    async def choose_account(self, hint: str, account_id: str) -> Any:
        """Say which account the rows of a hint belong to; "new" opens the form for one."""
        named = text_of(hint, "account", most=200)
        if account_id == NEW_ACCOUNT:
            return self._open_account(named)
        if account_id == "":
            return None
        chosen = id_of(account_id, "account")
        identity, several = id_of(self.batch_id, "import"), self.several
        await in_work(self, lambda w: assign_account(w, identity, named, chosen, several=several))
        await self._refresh()
        return None

    @event
    async def close_account_form(self) -> None:
        """Put the form for a new account away."""
        put(self, account_open=False, account_errors={})

    @event
    async def add_account(self, form: dict[str, Any]) -> Any:
        """Create the account that the file speaks of, and send its rows there."""
        fields = form_of(form)
        hint, identity, several = self.account_hint, id_of(self.batch_id, "import"), self.several
        draft = AccountDraft(
            name=text_of(fields.get("name"), "name", most=200),
            subtype=text_of(fields.get("subtype"), "subtype", most=40),
            currency=text_of(fields.get("currency"), "currency", most=3),
            number=hint if any(character.isdigit() for character in hint) else "",
            private=bool(fields.get("private")),
        )

        def save(w: Work) -> None:
            assign_account(w, identity, hint, create_account(w, draft).id, several=several)

        try:
            await in_work(self, save)
        except ValidationFailed as error:
            self.account_errors = {error.field: error.message}
            return None
        except Conflict as error:
            self.account_errors = {"name": error.message}
            return None
        put(self, account_open=False, account_errors={})
        await self._refresh()
        return rx.toast.success(f"{draft.name.strip()} added")

    @event
    async def commit(self) -> Any:
        """Add the rows to the ledger: at once, or by a worker when there are many."""
        identity = id_of(self.batch_id, "import")
        status = await in_work(self, lambda w: commit_import(w, identity).status)
        await self._refresh()
        return [TransfersState.load, rx.toast.success(self.result_text)] if status == "committed" else None

    @event
    async def stop(self) -> None:
        """Ask the worker to stop."""
        identity = id_of(self.batch_id, "import")
        await in_work(self, lambda w: stop_import(w, identity))
        self.stopping = True
        await self._refresh()

    @event
    async def discard(self) -> Any:
        """Drop this import, uncommitted."""
        identity = id_of(self.batch_id, "import")
        await in_work(self, lambda w: discard_import(w, identity))
        return [rx.redirect("/import"), rx.toast(f"{self.filename} discarded")]

    @event
    async def ask_undo(self) -> None:
        """Open the question before the undo, with what was edited since."""
        identity = id_of(self.batch_id, "import")
        edited = await in_work(self, lambda w: edited_lines(w, identity), read_only=True)
        put(self, edited=edited, has_edited=bool(edited), kept_edited=[])
        self.undo_open = True

    @event
    async def close_undo(self) -> None:
        """Put the question away."""
        self.undo_open = False

    @event
    async def set_opening(self, account_id: str) -> Any:
        """Make the ledger agree with the statement by its opening balance."""
        identity, account = id_of(self.batch_id, "import"), id_of(account_id, "account")

        def save(w: Work) -> tuple[int, str, str]:
            check = adopt_statement_balance(w, identity, account)
            return check.opening, check.opening_on.isoformat(), check.account_name

        former, on, name = await in_work(self, save)
        self._openings = {**self._openings, str(account): (former, on)}
        await self._refresh()
        return rx.toast.success(f"Opening balance of {name} set")

    @event
    async def reset_opening(self, account_id: str) -> Any:
        """Put the opening balance back that stood before `set_opening`."""
        account = id_of(account_id, "account")
        former = self._openings.get(str(account))
        if former is None:
            return None
        await in_work(
            self, lambda w: record_opening_balance(w, account, former[0], date.fromisoformat(former[1]))
        )
        self._openings = {key: one for key, one in self._openings.items() if key != str(account)}
        await self._refresh()
        return rx.toast("The former opening balance is back")

    async def _refresh(self) -> None:
        """Read the import again, and the page of rows that is shown."""
        openings = dict(self._openings)
        try:
            identity = id_of(self.batch_id, "import")
            sight = await in_work(self, lambda w: read_batch(w, identity, openings), read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False, stage="missing")
            return
        self._show(sight)
        if self.stage in ("ready", "committed"):
            await self._load_rows()
        else:
            put(self, rows=[], has_more=False, has_less=False)
        put(self, failure="", loading=False)

    async def _load_rows(self) -> None:
        identity, state, several = id_of(self.batch_id, "import"), self.row_state, self.several
        cursor = self._cursors[-1] if self._cursors else None
        rows, following = await in_work(
            self, lambda w: read_rows(w, identity, state, cursor, several=several), read_only=True
        )
        first = len(self._cursors) * PAGE_ROWS + 1
        put(
            self,
            rows=rows,
            has_more=following is not None,
            has_less=bool(self._cursors),
            _next=following or "",
            range_text=f"{first:,} to {first + len(rows) - 1:,}" if rows else "",
        )

    def _show(self, sight: Sight) -> None:
        view = sight.view
        label, tone = STATUS[view.status]
        stage = STAGES.get(view.status, view.status)
        adds = view.importable
        needed = any(one.needed for one in sight.file_accounts)
        self._found = [dict(one) for one in view.statements]
        put(
            self,
            filename=view.filename,
            stage=stage,
            status_label=label,
            status_tone=tone,
            error=view.error or "",
            mappable=view.mapping is not None and stage in ("ready", "failed"),
            sheets=sight.sheets,
            sheet=str(view.options.get("sheet") or ""),
            lacking_text=sight.lacking_text,
            lacking_hint=sight.lacking_hint,
            lacking_title=sight.lacking_title,
            offers_categories=sight.names_categories and stage == "ready",
            makes_categories=bool(view.options.get("make_categories")),
            facts=sight.facts,
            warnings=sight.warnings,
            doubts=sight.doubts,
            has_doubts=bool(sight.doubts),
            accounts=sight.file_accounts,
            choices=[*sight.choices, Choice(NEW_ACCOUNT, "New account …")],
            several=len(sight.file_accounts) > 1,
            missing_accounts=needed,
            tabs=sight.tabs,
            commit_label=f"Import {transactions_text(adds)}" if adds else "Finish",
            adds_text=sight.totals if adds and stage == "ready" else "",
            adds_nothing=adds == 0 and sight.linked == 0,
            result_text=summary_of(view),
            result_note=sight.result_note if stage == "committed" else "",
            transactions_href=f"/transactions?batch={view.id}" if view.counts.get("imported") else "",
            balances=sight.balances,
            stopping=self.stopping and stage == "work",
        )
        if self.row_state not in [tab.key for tab in sight.tabs]:
            put(self, row_state="", _cursors=[])
        if stage == "work":
            self._show_job(view.status, sight.job)

    def _show_job(self, status: str, job: JobView | None) -> None:
        title = "Reading the file" if status == "reading" else "Adding to the ledger"
        percent, text = 0, "Waiting for a worker"
        if job is not None and job.status == "running":
            percent = min(100, job.progress * 100 // job.total) if job.total else 0
            text = job.message or "Starting"
        put(self, job_title=title, job_percent=percent, job_text=text)
        if job is not None and job.cancel_requested:
            put(self, stopping=True)

    def _open_account(self, hint: str) -> None:
        about = next((one for one in self._found if one["hint"] == hint), {"hint": hint})
        totals = [code for code in about.get("booked_total", {}) if code]
        currency = str(about.get("currency") or (totals[0] if totals else ""))
        put(
            self,
            account_hint=hint,
            account_name=name_for(about, self.filename),
            account_subtype=subtype_of(about.get("account_kind")),
            account_currency=currency,
            currencies=with_current(common_currencies(), currency),
            account_errors={},
            account_open=True,
        )
