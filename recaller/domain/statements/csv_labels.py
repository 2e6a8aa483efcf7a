"""Rows of a CSV that speak of balances and totals, in and around the table, and the facts above it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recaller.domain.statements.amounts import BadAmount, parse_amount
from recaller.domain.statements.csv_mapping import CsvMapping
from recaller.domain.statements.csv_vocabulary import plain
from recaller.domain.statements.dates import parse_date
from recaller.domain.statements.model import Statement, minor_digits
from recaller.domain.statements.text import clean_text, unquote

_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_ACCOUNT_WORDS = frozenset(
    (
        "account", "account number", "account no", "account details for", "konto", "kontonummer", "iban", "compte",
        "rekening", "rekeningnummer", "cuenta", "conta", "conto", "rachunek", "numer rachunku", "szamlaszam",
        "saskaita", "ucet", "cislo uctu", "girokonto", "tagesgeldkonto",
    )
)  # fmt: skip
_DAY = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{2,4}")
_MAX_PREAMBLE_CELLS = 40


class BalanceLabels:
    """Tells opening, closing and turnover rows from transactions by the mapping's labels."""

    def __init__(self, mapping: CsvMapping) -> None:
        kinds = (
            ("opening", mapping.opening_labels),
            ("closing", mapping.closing_labels),
            ("turnover", mapping.turnover_labels),
        )
        pairs = [(label, kind) for kind, labels in kinds for label in labels if label.strip()]
        self._exact = {label.strip().casefold(): kind for label, kind in pairs}
        self._starts = tuple((plain(label), kind) for label, kind in pairs if plain(label))
        self._texts = tuple(dict.fromkeys((*mapping.payee, *mapping.memo)))
        self._payee = mapping.payee

    def dated(self, cells: list[str]) -> str | None:
        """Return the kind of a row with date and amount, if a text cell is nothing but a label.

        A turnover needs an empty payee too: "Total" is also where people buy petrol.
        """
        exact = self._exact
        for column in self._texts:
            if column < len(cells) and (kind := exact.get(cells[column].strip(" :\xa0").casefold())):
                if kind == "turnover" and (
                    column in self._payee or not self._payee or any(cells[c].strip() for c in self._payee)
                ):
                    continue
                return kind
        return None

    def undated(self, cells: Iterable[str]) -> str | None:
        """Return the kind of a row without date or amount, if one of its cells starts with a label."""
        for cell in cells:
            text = plain(cell) if cell else ""
            for start, kind in self._starts:
                if text.startswith(start) and (len(text) == len(start) or text[len(start)] == " "):
                    return kind
        return None


def balance_cell(cells: Iterable[str], mapping: CsvMapping, currency: str | None) -> int | None:
    """Return the last cell that is an amount, in minor units."""
    for cell in reversed(list(cells)):
        if cell.strip() and any(char.isdecimal() for char in cell) and not _DAY.search(cell):
            try:
                return parse_amount(unquote(cell), mapping.decimal_mark, minor_digits(currency)).minor
            except BadAmount:
                continue
    return None


def read_preamble(rows: Iterable[list[str]], mapping: CsvMapping, statement: Statement) -> None:
    """Take account, balances and their dates from the rows above the table."""
    labels = BalanceLabels(mapping)
    for record in rows:
        cells = record[:_MAX_PREAMBLE_CELLS]
        if statement.account_hint is None:
            statement.account_hint = _account(cells)
        kind = labels.undated(cells)
        if kind in ("opening", "closing"):
            balance = balance_cell(cells[1:], mapping, statement.currency)
            day = next((match[0] for cell in cells if (match := _DAY.search(cell))), None)
            set_balance(statement, kind, balance, day, mapping)


def set_balance(
    statement: Statement, kind: str, balance: int | None, day: str | None, mapping: CsvMapping
) -> None:
    """Keep an opening or closing balance that the file states; the first of each kind counts."""
    if balance is None:
        return
    date = parse_date(day, mapping.date_order, mapping.century_pivot) if day else None
    if kind == "opening" and statement.opening_balance is None:
        statement.opening_balance, statement.opening_date = balance, date
    elif kind == "closing" and statement.closing_balance is None:
        statement.closing_balance, statement.closing_date = balance, date


def _account(cells: list[str]) -> str | None:
    for position, cell in enumerate(cells):
        iban = _IBAN.search(cell)
        if iban:
            return iban[0].replace(" ", "")
        name, _, value = cell.partition(":")
        if plain(name) in _ACCOUNT_WORDS:
            value = value.strip() or next((other for other in cells[position + 1 :] if other.strip()), "")
            if any(char.isdecimal() for char in value):
                return clean_text(value)[:80] or None
    return None
