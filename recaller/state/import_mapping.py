"""The column mapping of a CSV while it is corrected: each column's role, the conventions, and a live preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.domain.statements import StatementRow
from recaller.infra.work import Work
from recaller.services.imports import MappingPreview, change_import, get_import, preview_mapping, with_header
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.formatting import Formatter, tone_of
from recaller.state.import_batch import ImportBatchState
from recaller.state.import_words import DATE_ORDERS, DELIMITERS, MARKS, encoding_label
from recaller.state.pickers import Choice, formatter_of, put

# Role -> its label, in the order of the select. "payee" and "memo" may stand on several columns.
ROLES = (
    ("", "Not used"),
    ("date", "Date"),
    ("payee", "Payee"),
    ("memo", "Description"),
    ("amount", "Amount"),
    ("debit", "Money out"),
    ("credit", "Money in"),
    ("direction", "In or out (a word)"),
    ("fee", "Fee"),
    ("currency", "Currency"),
    ("balance", "Balance after"),
    ("reference", "Bank reference"),
    ("category", "Category"),
    ("account", "Account"),
    ("tags", "Tags"),
    ("status", "Booked or pending"),
    ("value_date", "Value date"),
    ("check_number", "Check number"),
    ("payer", "Payer (of money in)"),
    ("foreign_amount", "Foreign amount"),
    ("foreign_currency", "Foreign currency"),
    ("related", "Undone reference"),
)
_KNOWN_ROLES = frozenset(role for role, _ in ROLES)
_LISTS = ("payee", "memo")
_SETTINGS = ("date_order", "decimal_mark", "sign", "delimiter", "encoding")
ENCODINGS = (
    "utf-8", "utf-8-sig", "cp1252", "latin-1", "iso8859_1", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp1257", "cp437", "cp850", "cp852", "koi8_r", "mac_roman", "ascii", "utf-16",
    "utf-16-le", "utf-16-be", "utf-32", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
)  # fmt: skip
SIGN_CHOICES = [Choice("normal", "Negative is spending"), Choice("inverted", "Positive is spending")]
MAX_LINE = 500
MAX_WORDS = 20


@dataclass(frozen=True)
class ColumnLine:
    """A column of the file: its heading, its first values and the role that it has."""

    index: int
    name: str
    samples: str
    role: str


@dataclass(frozen=True)
class PreviewLine:
    """A row as the mapping reads it."""

    line: str
    date: str
    payee: str
    memo: str
    amount: str
    tone: str
    note: str


class ImportMappingState(rx.State):
    """The mapping editor of /import/[batch_id]. Lines count from 1, as people count them; header line 0 is none."""

    is_open: bool = False
    columns: list[ColumnLine] = []
    preview: list[PreviewLine] = []
    problem: str = ""
    date_order: str = ""
    decimal_mark: str = ""
    sign: str = ""
    delimiter: str = ""
    encoding: str = ""
    header_line: str = ""
    first_line: str = ""
    minor_units: bool = False
    has_direction: bool = False
    in_words: str = ""
    out_words: str = ""
    changed: bool = False
    saving: bool = False
    _batch_id: str = ""
    _members: dict[str, Any] = {}

    @event
    async def open_editor(self) -> None:
        """Show how the file is read now."""
        batch = await self.get_state(ImportBatchState)
        identity = id_of(batch.batch_id, "import")
        members = await in_work(self, lambda w: dict(get_import(w, identity).mapping or {}), read_only=True)
        if not members:
            raise ValidationFailed("mapping", "Only a CSV has columns to map.")
        self._batch_id, self._members = str(identity), members
        put(self, changed=False, is_open=True)
        await self._preview()

    @event
    async def close_editor(self) -> None:
        """Put the editor away; nothing is changed."""
        self.is_open = False

    @event
    async def set_role(self, column: int, role: str) -> None:
        """Give a column a role; a role that only one column can have leaves its former one."""
        if isinstance(column, bool) or not isinstance(column, int) or role not in _KNOWN_ROLES:
            raise ValidationFailed("role", "There is no such role.")
        members = {
            name: _without(value, column) if name in _KNOWN_ROLES else value
            for name, value in self._members.items()
        }
        if role in _LISTS:
            members[role] = [*members.get(role, []), column]
        elif role:
            members[role] = column
        if role == "amount":
            members |= {"debit": None, "credit": None}
        elif role in ("debit", "credit"):
            members["amount"] = None
        await self._change(members)

    @event
    async def set_convention(self, name: str, value: str) -> None:
        """Change how dates, amounts or texts are written."""
        if name not in _SETTINGS:
            raise ValidationFailed("mapping", "There is no such setting.")
        await self._change({**self._members, name: text_of(value, name, most=40)})

    @event
    async def set_minor_units(self, whole: bool) -> None:
        """Say whether whole numbers are cents."""
        await self._change({**self._members, "minor_units": whole is True})

    @event
    async def set_header_line(self, line: str) -> None:
        """Say in which line the column names stand, 0 for none."""
        number = _line(line, "header_row")
        first = int(self._members.get("first_row", 1))
        if number is None:
            await self._change({**self._members, "header_row": None})
        else:
            await self._change(
                {**self._members, "header_row": number, "first_row": max(first, number + 1)}, header=True
            )

    @event
    async def set_first_line(self, line: str) -> None:
        """Say in which line the first transaction may stand."""
        await self._change({**self._members, "first_row": _line(line, "first_row") or 0})

    @event
    async def set_words(self, name: str, words: str) -> None:
        """Say which words of the direction column mean money in, or out."""
        if name not in ("in_values", "out_values"):
            raise ValidationFailed("mapping", "There is no such setting.")
        found = [word.strip() for word in text_of(words, name, most=400).split(",") if word.strip()]
        await self._change({**self._members, name: found[:MAX_WORDS]})

    @event
    async def save(self) -> Any:
        """Read the file again by this mapping; it is kept for the next file of the account."""
        identity, members = id_of(self._batch_id, "import"), dict(self._members) | {"doubts": []}
        await in_work(self, lambda w: change_import(w, identity, mapping=members))
        put(self, is_open=False, changed=False)
        return ImportBatchState.load

    async def _change(self, members: Mapping[str, Any], *, header: bool = False) -> None:
        self._members = dict(members)
        self.changed = True
        await self._preview(header=header)

    async def _preview(self, *, header: bool = False) -> None:
        identity, members = id_of(self._batch_id, "import"), self._members

        def read(w: Work) -> tuple[MappingPreview, Formatter, str]:
            return preview_mapping(w, identity, members), formatter_of(w), w.scope.base_currency

        try:
            found, say, currency = await in_work(self, read, read_only=True)
        except ValidationFailed as error:
            put(self, problem=error.message, preview=[])
            self._show_settings()
            return
        if header:
            self._members = with_header(members, found.header)
        roles = _roles_by_column(self._members)
        columns = [
            ColumnLine(
                index=one.index,
                name=one.name or f"Column {one.index + 1}",
                samples=" · ".join(one.samples) or "empty",
                role=roles.get(one.index, ""),
            )
            for one in found.columns
        ]
        rows = [_preview_line(row, say, currency) for row in found.rows]
        put(self, columns=columns, preview=rows, problem=found.message)
        self._show_settings()

    def _show_settings(self) -> None:
        members = self._members
        header = members.get("header_row")
        put(
            self,
            **{name: str(members.get(name, "")) for name in _SETTINGS},
            header_line="0" if header is None else str(int(header) + 1),
            first_line=str(int(members.get("first_row", 0)) + 1),
            minor_units=bool(members.get("minor_units")),
            has_direction=members.get("direction") is not None,
            in_words=", ".join(members.get("in_values") or []),
            out_words=", ".join(members.get("out_values") or []),
        )


def convention_choices(name: str) -> list[tuple[str, str]]:
    """Return (value, label) of one of the conventions."""
    if name == "encoding":
        return [(one, encoding_label(one)) for one in ENCODINGS]
    labels = {"date_order": DATE_ORDERS, "decimal_mark": MARKS, "delimiter": DELIMITERS}[name]
    return [(value, label.capitalize()) for value, label in labels.items()]


def _line(text: object, field: str) -> int | None:
    """Return the 0-based row of a line that people count from 1; None for 0."""
    said = text_of(text, field, most=10).strip()
    if not said.isdecimal() or int(said) > MAX_LINE:
        raise ValidationFailed(field, f"Give a line from 0 to {MAX_LINE}.")
    return int(said) - 1 if int(said) else None


def _without(value: Any, column: int) -> Any:
    if isinstance(value, list):
        return [one for one in value if one != column]
    return None if value == column else value


def _roles_by_column(members: Mapping[str, Any]) -> dict[int, str]:
    found: dict[int, str] = {}
    for role, _ in reversed(ROLES):
        value = members.get(role) if role else None
        for column in value if isinstance(value, list) else [value]:
            if isinstance(column, int):
                found[column] = role
    return found


def _preview_line(row: StatementRow, say: Formatter, fallback: str) -> PreviewLine:
    note = "" if row.status == "booked" else row.reason or row.status.capitalize()
    return PreviewLine(
        line=str(row.index),
        date="" if row.date is None else say.full_date(row.date),
        payee=row.payee,
        memo=row.memo[:160],
        amount="" if row.amount is None else say.money(row.amount, row.currency or fallback, plus=True),
        tone=tone_of(row.amount or 0),
        note=note,
    )
