"""Puts the steps of a budget into words: who got how much, when, and whether it was taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from recaller.domain.budgeting import period_at
from recaller.services.budgets import BudgetView, MoveEntry, MoveView
from recaller.state.budget_view import period_label
from recaller.state.formatting import Formatter

_FILLED = {
    "copy": "Copied from the period before",
    "average": "Filled with averages",
    "template": "Templates applied",
}
_UNASSIGNED = "Unassigned"


@dataclass(frozen=True)
class Step:
    """A step as the history shows it."""

    id: str
    what: str
    when: str
    undone: bool


def steps_of(
    budget: BudgetView, moves: Sequence[MoveView], names: Mapping[UUID, str], say: Formatter
) -> list[Step]:
    """Return the steps in their order."""
    return [
        Step(
            str(move.id),
            _what(move, names, budget.currency, say),
            f"{say.moment(move.at)}, for "
            + period_label(period_at(budget.rule, move.period_start), budget.period_kind, say),
            move.undone,
        )
        for move in moves
    ]


def _what(move: MoveView, names: Mapping[UUID, str], unit: str, say: Formatter) -> str:
    if move.kind in ("move", "cover"):
        changes = {entry.line_id: _change(entry) for entry in move.entries}
        amount = max(abs(change) for change in changes.values())
        source = next((names.get(line, "?") for line, change in changes.items() if change < 0), _UNASSIGNED)
        target = next((names.get(line, "?") for line, change in changes.items() if change > 0), _UNASSIGNED)
        return (
            f"{'Covered' if move.kind == 'cover' else 'Moved'} {say.money(amount, unit)}: {source} → {target}"
        )
    if move.kind == "assign" and len(move.entries) == 1:
        entry = move.entries[0]
        before = "nothing" if entry.before is None else say.money(entry.before, unit)
        return f"{names.get(entry.line_id, '?')}: {before} → {say.money(entry.after, unit)}"
    count = len(move.entries)
    return f"{_FILLED.get(move.kind, 'Changed')}: {count} {'category' if count == 1 else 'categories'}"


def _change(entry: MoveEntry) -> int:
    """Return by how much a line's amount changed (minor units)."""
    return entry.after - (entry.before or 0)
