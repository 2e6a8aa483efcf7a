"""Which other application a CSV was exported from, told by its columns.

Headers as the applications write them: YNAB's register, Actual's exports (of one account and of all), Mint's and
Monarch's transactions, Firefly III's `transactions.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recaller.domain.statements.csv_vocabulary import plain


@dataclass(frozen=True, slots=True)
class AppShape:
    """An application's export: its name for people and the columns that only it has, in plain form."""

    label: str
    needs: frozenset[str]
    any_of: frozenset[str] = frozenset()


APPS: dict[str, AppShape] = {
    "ynab": AppShape(
        "YNAB", frozenset({"account", "flag", "date", "payee", "memo", "outflow", "inflow", "cleared"})
    ),
    "actual": AppShape(
        "Actual",
        frozenset({"account", "date", "payee", "notes", "category", "amount", "cleared"}),
        frozenset({"split amount", "reconciled"}),
    ),
    "mint": AppShape(
        "Mint",
        frozenset({
            "date", "description", "original description", "amount", "transaction type", "category", "account name",
            "labels", "notes",
        }),
    ),
    "monarch": AppShape(
        "Monarch",
        frozenset({"date", "merchant", "category", "account", "original statement", "notes", "amount", "tags"}),
    ),
    "firefly": AppShape(
        "Firefly III",
        frozenset({"journal id", "type", "amount", "description", "date", "source name", "destination name"}),
    ),
}  # fmt: skip


def recognise_app(header: Sequence[str]) -> str | None:
    """Return the key in APPS of the application that writes these columns, or None."""
    names = {plain(name) for name in header}
    for app, shape in APPS.items():
        if shape.needs <= names and (not shape.any_of or shape.any_of & names):
            return app
    return None
