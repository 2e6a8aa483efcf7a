"""The rows of a bank file as its import's page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.imports import (
    ImportRowView,
    get_import,
    list_import_rows,
)
from recaller.state.formatting import Formatter, foreign_text, tone_of
from recaller.state.import_words import (
    STATES,
    choosable,
    what_happens,
)
from recaller.state.pickers import Choice, formatter_of

PAGE_ROWS = 50


@dataclass(frozen=True)
class DetailLine:
    """A part of a split, or one payment of a batch booking."""

    text: str
    amount: str


@dataclass(frozen=True)
class RowLine:
    """A row of the file; `choice` is what happens to it, of `options` (empty when nothing can be chosen).

    `known_href` leads to the transaction that the ledger has already.
    """

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
    known_href: str
    becomes: str
    foreign: str
    details: list[DetailLine]
    details_text: str


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
        payee=row.payee or row.memo or _moved(row) or "No description",
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
        known_href=f"/transactions?open={row.match_id}" if row.match_id is not None else "",
        becomes=_becomes(row) if row.payee or row.memo else "",
        foreign=foreign_text(
            row.foreign_amount, row.foreign_currency, row.foreign_rate, row.currency or base_currency, say
        ),
        details=[
            DetailLine(
                ": ".join(filter(None, (_named(part.name), part.text))) or "No description",
                say.money(part.amount, row.currency or base_currency, plus=True),
            )
            for part in row.parts
        ],
        details_text=_details_text(row),
    )


def _becomes(row: ImportRowView) -> str:
    """Say what a row becomes when it is more than an entry in one category."""
    if row.opening:
        return "Opening balance"
    return _moved(row) or _named(row.category)


def _moved(row: ImportRowView) -> str:
    """Say which account is a transfer's other end, or which row of the file."""
    if row.transfer:
        return f"Transfer with {row.transfer}"
    return f"Transfer, with row {row.pair_row}" if row.pair_row is not None else ""


def _named(name: str) -> str:
    """Return a category's name with its group, or the own account that stands in brackets."""
    if name.startswith("[") and name.endswith("]"):
        return f"Transfer with {name[1:-1]}"
    return name.replace(":", " › ")


def _details_text(row: ImportRowView) -> str:
    if not row.parts:
        return ""
    named = any(part.name for part in row.parts)
    return f"Split in {len(row.parts)}" if named else f"{len(row.parts)} payments in one booking"


def _options(row: ImportRowView) -> list[Choice]:
    found = [Choice("import", "Import"), Choice("skip", "Leave out")]
    if row.linkable:
        found.append(Choice("match", "Same as mine"))
    return found
