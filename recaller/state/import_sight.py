"""What one import looks like: the display-ready parts of its page, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.accounts import AccountView, list_accounts
from recaller.services.imports import (
    ImportRowView,
    ImportView,
    change_import,
    check_balances,
    edited_since,
    get_import,
    list_import_rows,
)
from recaller.services.jobs import JobView, get_job
from recaller.services.transactions.views import get_transactions
from recaller.state.formatting import Formatter, tone_of
from recaller.state.import_words import (
    STATES,
    choosable,
    facts_of,
    rows_text,
    subtype_of,
    tab_counts,
    totals_text,
    transactions_text,
    what_happens,
)
from recaller.state.pickers import Choice, account_choices, formatter_of

AT_WORK = ("reading", "committing")
STAGES = {"uploaded": "ready", "reading": "work", "committing": "work"}
PAGE_ROWS = 50
MAX_EDITED = 20


@dataclass(frozen=True)
class Fact:
    """Something that was found out about the file."""

    label: str
    value: str


@dataclass(frozen=True)
class FileAccount:
    """An account that the file speaks of, and the ledger's account that its rows go to ("" while not chosen)."""

    hint: str
    title: str
    detail: str
    total: str
    tone: str
    account_id: str
    account_name: str
    needed: bool


@dataclass(frozen=True)
class Tab:
    """A state of rows with their number."""

    key: str
    label: str
    count: str


@dataclass(frozen=True)
class RowLine:
    """A row of the file; `choice` is what happens to it, of `options` (empty when nothing can be chosen)."""

    number: int
    line: str
    date: str
    payee: str
    memo: str
    account: str
    amount: str
    tone: str
    state: str
    state_tone: str
    reason: str
    choice: str
    options: list[Choice]
    left_out: bool


@dataclass(frozen=True)
class BalanceLine:
    """The statement's closing balance beside the ledger's."""

    account_id: str
    name: str
    on: str
    stated: str
    ledger: str
    difference: str
    agrees: bool
    resettable: bool


@dataclass(frozen=True)
class EditedLine:
    """A transaction of the import that was edited since."""

    id: str
    text: str
    amount: str


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

    @property
    def facts(self) -> list[Fact]:
        """Return what was found out about the file."""
        return [Fact(label, value) for label, value in facts_of(self.view) if value]

    @property
    def doubts(self) -> list[str]:
        """Return what was guessed about a CSV, while it can still be corrected."""
        if self.view.status not in ("ready", "failed"):
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


def assign_account(w: Work, batch_id: UUID, hint: str, account_id: UUID, *, several: bool) -> None:
    """Send the rows of a hint, or of the whole file, to an account."""
    if several:
        change_import(w, batch_id, accounts={hint: account_id})
    else:
        change_import(w, batch_id, account_id=account_id)


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
        file_accounts=_file_accounts(view, names, say, w.scope.base_currency),
        warnings=[str(one["message"]) for one in view.warnings],
        balances=_balances(w, view, say, openings),
        linked=0 if linked is None else int(linked.n),
        base_currency=w.scope.base_currency,
    )


def read_rows(
    w: Work, batch_id: UUID, state: str, cursor: str | None, *, several: bool
) -> tuple[list[RowLine], str | None]:
    """Read a page of rows and the mark of the next one."""
    page = list_import_rows(w, batch_id, state=state or None, cursor=cursor, limit=PAGE_ROWS)
    say = formatter_of(w)
    view = get_import(w, batch_id)
    names = {str(one.id): one.name for one in list_accounts(w, closed=True)} if several else {}
    is_open = view.status == "ready"
    lines = [_row(row, say, w.scope.base_currency, names, is_open) for row in page.items]
    if not several:
        lines = [replace(line, account="") for line in lines]
    return lines, page.next_cursor


def edited_lines(w: Work, batch_id: UUID) -> list[EditedLine]:
    """Return the transactions of a committed import that were edited since, the first of them in words."""
    ids = edited_since(w, batch_id)
    say = formatter_of(w)
    lines = [
        EditedLine(
            str(one.id),
            f"{say.full_date(one.date)} · {one.payee or 'No payee'}",
            say.money(one.amount, one.currency, plus=True),
        )
        for one in get_transactions(w, list(ids[:MAX_EDITED]))
    ]
    if len(ids) > MAX_EDITED:
        lines.append(EditedLine("", f"and {len(ids) - MAX_EDITED} more", ""))
    return lines


def name_for(account: Mapping[str, Any], filename: str) -> str:
    """Return a name for a new account out of what the file says of it."""
    hint = str(account.get("hint") or "")
    digits = "".join(character for character in hint if character.isalnum())
    kind = subtype_of(account.get("account_kind")).replace("_", " ").capitalize()
    if hint and not any(character.isdigit() for character in hint):
        return hint
    if hint:
        return f"{kind} {digits[-4:]}"
    return filename.rpartition(".")[0].replace("_", " ").strip()[:60] or kind


def _file_accounts(
    view: ImportView, names: Mapping[str, str], say: Formatter, base_currency: str
) -> list[FileAccount]:
    found = []
    for one in view.statements:
        hint, count = str(one["hint"]), int(one["booked_count"])
        currency = str(one.get("currency") or base_currency)
        totals = one["booked_total"]
        detail = transactions_text(count)
        if one.get("closing_balance") is not None:
            detail += f", balance {say.money(int(one['closing_balance']), currency)}"
        account_id = str(one.get("account_id") or "")
        total = totals_text(totals, say, currency)
        found.append(
            FileAccount(
                hint=hint,
                title=_title(hint),
                detail=detail,
                total=total,
                tone=tone_of(sum(int(minor) for minor in totals.values())),
                account_id=account_id if account_id in names else "",
                account_name=names.get(account_id, ""),
                needed=count > 0 and account_id not in names,
            )
        )
    return found


def _title(hint: str) -> str:
    """Name an account of the file; of a number only its end, as everywhere."""
    if not hint:
        return "The file names no account"
    digits = sum(character.isdigit() for character in hint)
    bare = "".join(character for character in hint if character.isalnum())
    return f"Account ending in {bare[-4:]}" if digits >= 8 else hint


def _balances(w: Work, view: ImportView, say: Formatter, openings: Mapping[str, Any]) -> list[BalanceLine]:
    return [
        BalanceLine(
            account_id=str(one.account_id),
            name=one.account_name,
            on=say.full_date(one.on),
            stated=say.money(one.stated, one.currency),
            ledger=say.money(one.ledger, one.currency),
            difference=say.money(one.difference, one.currency, plus=True),
            agrees=one.difference == 0,
            resettable=str(one.account_id) in openings,
        )
        for one in check_balances(w, view.id)
    ]


def _row(
    row: ImportRowView, say: Formatter, base_currency: str, names: Mapping[str, str], is_open: bool
) -> RowLine:
    label, tone, _ = STATES[row.state]
    amount = "" if row.amount is None else say.money(row.amount, row.currency or base_currency, plus=True)
    choice = what_happens(row)
    return RowLine(
        number=row.row_number,
        line=str(row.row_number),
        date="" if row.date is None else say.full_date(row.date),
        payee=row.payee or row.memo or "No description",
        memo=row.memo if row.payee else "",
        account=names.get(str(row.account_id), row.account_hint),
        amount=amount,
        tone=tone_of(row.amount or 0),
        state=label,
        state_tone=tone,
        reason=row.reason or "",
        choice=choice,
        options=_options(row) if is_open and choosable(row) else [],
        left_out=choice == "skip",
    )


def _options(row: ImportRowView) -> list[Choice]:
    found = [Choice("import", "Import"), Choice("skip", "Leave out")]
    if row.linkable:
        found.append(Choice("match", "Same as mine"))
    return found
