"""Runs a read that users wait for: straight on the driver's connection, inside the unit of work's transaction.

Going around SQLAlchemy's result layer saves about as much time as the database needs for a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from recaller.infra.work import Work


@dataclass(slots=True)
class Conditions:
    """SQL conditions joined by AND, with their parameters; `add` never puts a value into the text."""

    parts: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **parameters: Any) -> None:
        """Add a condition whose placeholders are written `%(name)s`."""
        self.parts.append(condition)
        self.parameters.update(parameters)

    @property
    def where(self) -> str:
        """The WHERE clause, empty when there is no condition."""
        return f" WHERE {' AND '.join(self.parts)}" if self.parts else ""

    @property
    def more(self) -> str:
        """The conditions as a continuation of an existing WHERE clause."""
        return "".join(f" AND {part}" for part in self.parts)


def fetch(
    w: Work, sql: str, parameters: Mapping[str, Any] | None = None, *, plan_anew: bool = False
) -> list[tuple[Any, ...]]:
    """Return all rows of a query (bound it yourself) with `%(name)s` placeholders.

    The driver prepares a query that comes back often. `plan_anew` prevents that where the best plan depends on
    the values, as it does for text and amounts.
    """
    raw = w.connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor(binary=True) as cursor:
        cursor.execute(sql.encode(), parameters, prepare=False if plan_anew else None)
        return cursor.fetchall()
