"""What one import looks like: the display-ready parts of its page, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.accounts import AccountView, list_accounts
from recaller.services.imports import (
    ImportView,
    edited_since,
    get_import,
    lacking_accounts,
)
from recaller.services.jobs import JobView, get_job
from recaller.services.transactions.views import get_transactions
from recaller.state.formatting import Formatter
from recaller.state.import_accounts import (
    BalanceLine,
    FileAccount,
    balance_lines,
    file_accounts,
    title_of_hint,
)
from recaller.state.import_words import (
    facts_of,
    rows_text,
    tab_counts,
    totals_text,
)
from recaller.state.pickers import Choice, account_choices, formatter_of

AT_WORK = ("reading", "committing")
STAGES = {"uploaded": "ready", "reading": "work", "committing": "work"}
MAX_EDITED = 20


@dataclass(frozen=True)
class Fact:
    """Something that was found out about the file."""

    label: str
    value: str


@dataclass(frozen=True)
class Tab:
    """A state of rows with their number."""

    key: str
    label: str
    count: str


@dataclass(frozen=True)
class EditedLine:
    """A transaction of the import that was edited since."""

    id: str
    text: str
    amount: str
    href: str


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the page needs besides its rows."""

    view: ImportView
    job: JobView | None
    say: Formatter
    open_accounts: tuple[AccountView, ...]
    file_accounts: list[FileAccount]
    warnings: list[str]
    balances: list[BalanceLine]
    linked: int
    base_currency: str
    names_categories: bool

    @property
    def facts(self) -> list[Fact]:
        """Return what was found out about the file."""
        return [Fact(label, value) for label, value in facts_of(self.view) if value]

    @property
    def sheets(self) -> list[Choice]:
        """Return the sheets of a workbook to choose from, when it has several."""
        if self.view.status not in ("ready", "failed"):
            return []
        sheets = self.view.options.get("sheets", [])
        return [Choice(one["name"], _sheet_text(one)) for one in sheets] if len(sheets) > 1 else []

    @property
    def lacking_text(self) -> str:
        """Return what the button says that makes the file's unknown accounts, "" when there are none."""
        lacking = len(lacking_accounts(self.view)) if self.view.status == "ready" else 0
        if not lacking:
            return ""
        only = lacking_accounts(self.view)[0]
        if lacking == 1 and only.get("beside"):
            return f"Create an account in {only['currency']}"
        return f"Create these {lacking} accounts" if lacking > 1 else "Create this account"

    @property
    def lacking_title(self) -> str:
        """Return the words above that button."""
        one = len(lacking_accounts(self.view)) == 1
        if any(account.get("beside") for account in lacking_accounts(self.view)):
            return "Rows in another currency need an account of their own"
        return f"The file names {'an account' if one else 'accounts'} that you don't have yet"

    @property
    def lacking_hint(self) -> str:
        """Name the accounts that would be made."""
        said = []
        for one in lacking_accounts(self.view)[:12]:
            main = next((held for held in self.open_accounts if str(held.id) == one.get("beside")), None)
            said.append(
                title_of_hint(str(one["hint"]))
                if main is None
                else f"{rows_text(int(one['booked_count']))} in {one['currency']}, {main.name} is in {main.currency}"
            )
        return ", ".join(said)

    @property
    def doubts(self) -> list[str]:
        """Return what was guessed about a CSV, while it can still be corrected."""
        if self.view.status not in ("ready", "failed") or self.view.options.get("app"):
            return []
        return [str(one["message"]) for one in (self.view.mapping or {}).get("doubts", [])]

    @property
    def tabs(self) -> list[Tab]:
        """Return the states that the file's rows have, with their numbers."""
        return [Tab(state, label, f"{count:,}") for state, label, count in tab_counts(self.view.counts)]

    @property
    def choices(self) -> list[Choice]:
        """Return the open accounts to choose from."""
        return account_choices(self.open_accounts)

    @property
    def totals(self) -> str:
        """Return what a commit would add, by currency."""
        return totals_text(self.view.counts.get("total", {}), self.say, self.base_currency)

    @property
    def result_note(self) -> str:
        """Say where the added rows went, and what was left out."""
        counts = self.view.counts
        names = [one.account_name for one in self.file_accounts if one.account_name]
        added = f"{self.totals} in {', '.join(dict.fromkeys(names))}." if counts.get("imported") else ""
        left = {
            "already in the ledger": int(counts.get("duplicate", 0)),
            "not booked yet": int(counts.get("pending", 0)),
            "no transactions": int(counts.get("skipped", 0)),
        }
        said = [f"{rows_text(number)} {words}" for words, number in left.items() if number]
        return f"{added} Left out: {', '.join(said)}.".strip() if said else added


_NAMES_CATEGORIES = (
    "SELECT 1 FROM import_row WHERE batch_id = :id AND (category_hint IS NOT NULL"
    " OR jsonb_path_exists(extra, '$.parts[*][0] ? (@ != null)')) LIMIT 1"
)


def _sheet_text(sheet: Mapping[str, Any]) -> str:
    hidden = ", hidden" if sheet.get("hidden") else ""
    return f"{sheet['name']} ({rows_text(int(sheet.get('transactions', 0)))}{hidden})"


def read_batch(w: Work, batch_id: UUID, openings: Mapping[str, Any]) -> Sight:
    """Read one import; raise NotFound when none is in sight."""
    view = get_import(w, batch_id)
    say = formatter_of(w)
    accounts = list_accounts(w, closed=True)
    names = {str(one.id): one.name for one in accounts}
    at_work = view.status in AT_WORK and view.job_id is not None
    linked = w.row(
        "SELECT count(*) AS n FROM import_row WHERE batch_id = :id AND choice = 'match'", id=batch_id
    )
    return Sight(
        view=view,
        job=get_job(w, view.job_id) if at_work and view.job_id is not None else None,
        say=say,
        open_accounts=tuple(one for one in accounts if one.closed_on is None),
        file_accounts=file_accounts(view, names, say, w.scope.base_currency),
        warnings=[str(one["message"]) for one in view.warnings],
        balances=balance_lines(w, view, say, openings),
        linked=0 if linked is None else int(linked.n),
        names_categories=w.row(_NAMES_CATEGORIES, id=batch_id) is not None,
        base_currency=w.scope.base_currency,
    )


def edited_lines(w: Work, batch_id: UUID) -> list[EditedLine]:
    """Return the transactions of a committed import that were edited since, the first of them in words."""
    ids = edited_since(w, batch_id)
    say = formatter_of(w)
    lines = [
        EditedLine(
            str(one.id),
            f"{say.full_date(one.date)} · {one.payee or 'No payee'}",
            say.money(one.amount, one.currency, plus=True),
            f"/transactions?open={one.id}",
        )
        for one in get_transactions(w, list(ids[:MAX_EDITED]))
    ]
    if len(ids) > MAX_EDITED:
        lines.append(EditedLine("", f"and {len(ids) - MAX_EDITED} more", "", ""))
    return lines
