"""Gives money to lines: set, move, cover, copy, average, templates; each step is kept and can be undone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.money import check_minor
from recaller.domain.budgeting import average, period_at, template_amount
from recaller.domain.budgeting.templates import MAX_AVERAGE
from recaller.infra.work import Work
from recaller.services.budgets.editing import STALE
from recaller.services.budgets.figures import BudgetState, work_out
from recaller.services.budgets.history import template_facts
from recaller.services.budgets.store import (
    Assigned,
    check_start,
    lock_budget,
    lock_line,
    read_assignments,
    read_lines,
)
from recaller.services.budgets.views import BudgetView, MoveEntry, MoveView
from recaller.services.ledger_events import ledger_changed

ENVELOPES_ONLY = "Money moves between envelopes; in a budget of limits, change the limits instead."
_UPSERT = """
INSERT INTO budget_assignment AS a (tenant_id, space_id, line_id, period_start, amount)
SELECT :tenant, :space, l, :start, m FROM unnest(CAST(:lines AS uuid[]), CAST(:amounts AS bigint[])) AS v(l, m)
ON CONFLICT (tenant_id, line_id, period_start) DO UPDATE SET amount = excluded.amount, version = a.version + 1
"""
_MOVES = "SELECT id, budget_id, kind, period_start, at, undone_at, entries, space_id FROM budget_move"


def assign(w: Work, line_id: UUID, start: date, amount: int, *, version: int | None = None) -> MoveView:
    """Give a line its amount (minor units) for the period that begins on `start`.

    An envelope's may be negative (money taken out again), a limit's not. `version` is the assignment's as it was
    looked at (0 where there was none): Conflict when it isn't that any more.
    """
    _, budget = lock_line(w, line_id)
    check_start(budget, start)
    check_minor(amount)
    if amount < 0 and not budget.envelopes:
        raise ValidationFailed("amount", "A limit can't be negative.")
    current = read_assignments(w, budget.id).get(line_id, {}).get(start)
    if version is not None and version != (0 if current is None else current.version):
        raise Conflict(STALE)
    return _write(w, budget, "assign", start, {line_id: amount}, {line_id: current})


def move_money(
    w: Work, budget_id: UUID, start: date, *, source: UUID | None, target: UUID | None, amount: int
) -> MoveView:
    """Move money between two envelopes in a period; None stands for what is unassigned.

    Raises ValidationFailed for an amount that isn't positive, for the same envelope twice, and for limits.
    """
    budget = lock_budget(w, budget_id)
    check_start(budget, start)
    _want_envelopes(budget)
    if check_minor(amount) <= 0:
        raise ValidationFailed("amount", "Move more than nothing.")
    if source == target:
        raise ValidationFailed("target", "Choose two different places.")
    _want_lines(w, budget, [one for one in (source, target) if one is not None])
    return _shift(w, budget, "move", start, source, target, amount)


def cover_overspending(w: Work, line_id: UUID, start: date, *, source: UUID | None = None) -> MoveView:
    """Bring an overspent envelope back to zero out of another one, or of what is unassigned (None).

    Covers as far as the source reaches. Raises Conflict when nothing is overspent, or nothing is there.
    """
    _, budget = lock_line(w, line_id)
    check_start(budget, start)
    _want_envelopes(budget)
    if source is not None:
        _want_lines(w, budget, [source])
    state = work_out(w, budget, period_at(budget.rule, start))
    missing = -state.states[line_id].available
    if missing <= 0:
        raise Conflict("This envelope is not overspent.")
    assert state.money is not None
    there = state.money.unassigned if source is None else state.states[source].available
    if there <= 0:
        raise Conflict("There is nothing left to cover it with: choose another envelope.")
    return _shift(w, budget, "cover", start, source, line_id, min(missing, there))


def copy_previous(w: Work, budget_id: UUID, start: date) -> MoveView:
    """Give each line what it was given in the period before; raise Conflict when that was nothing."""
    budget = lock_budget(w, budget_id)
    check_start(budget, start)
    assigned = read_assignments(w, budget_id)
    before = period_at(budget.rule, date.fromordinal(start.toordinal() - 1)).start
    amounts = {
        line: given[day].amount
        for line, given in assigned.items()
        for day in [_latest(given, before) if not budget.envelopes else before]
        if day in given
    }
    if not amounts:
        raise Conflict("Nothing was budgeted in the period before.")
    current = {line: assigned[line].get(start) for line in amounts}
    return _write(w, budget, "copy", start, amounts, current)


def assign_averages(
    w: Work, budget_id: UUID, start: date, count: int, *, lines: Sequence[UUID] | None = None
) -> MoveView:
    """Give the lines (all of them if None) the average of what they spent in the `count` periods before."""
    if not 1 <= count <= MAX_AVERAGE:
        raise ValidationFailed("periods", f"Take the average of 1 to {MAX_AVERAGE} periods.")
    budget = lock_budget(w, budget_id)
    check_start(budget, start)
    state = work_out(w, budget, period_at(budget.rule, start))
    chosen = _chosen(state, lines)
    facts = template_facts(w, state, count)
    amounts = {line: average(facts[line].spent_before, count) for line in chosen}
    return _write(w, budget, "average", start, amounts, _current(state, chosen, start))


def apply_templates(
    w: Work, budget_id: UUID, start: date, *, lines: Sequence[UUID] | None = None, only_empty: bool = False
) -> MoveView:
    """Give each line what its template says; `only_empty` leaves those alone that were given something already.

    Raises Conflict when none of the lines has a template to apply.
    """
    budget = lock_budget(w, budget_id)
    check_start(budget, start)
    state = work_out(w, budget, period_at(budget.rule, start))
    chosen = set(_chosen(state, lines))
    wanted = {line.id: line.template for line in state.lines if line.id in chosen and line.template}
    if only_empty:
        wanted = {key: one for key, one in wanted.items() if start not in state.assignments.get(key, {})}
    if not wanted:
        raise Conflict("None of these lines has a template to apply.")
    facts = template_facts(w, state, MAX_AVERAGE)
    amounts = {line: template_amount(template, facts[line]) for line, template in wanted.items()}
    return _write(w, budget, "template", start, amounts, _current(state, list(wanted), start))


def undo_move(w: Work, move_id: UUID) -> MoveView:
    """Take a step back. What was changed since in an envelope keeps that change; a limit changed since is a Conflict.

    Raises Conflict when it was undone already.
    """
    row = _move_row(w, move_id)
    budget = lock_budget(w, row.budget_id)
    row = _move_row(w, move_id)
    if row.undone_at is not None:
        raise Conflict("This was undone already.")
    # A line that was taken out meanwhile comes back with what this leaves it.
    assigned = read_assignments(w, budget.id, removed=True)
    start = row.period_start
    back: dict[UUID, int] = {}
    gone: list[UUID] = []
    for entry in _entries(row):
        current = assigned.get(entry.line_id, {}).get(start)
        if current is not None and current.amount == entry.after:
            if entry.before is None:
                gone.append(entry.line_id)
            else:
                back[entry.line_id] = entry.before
        elif budget.envelopes:
            there = 0 if current is None else current.amount
            back[entry.line_id] = there - entry.after + (entry.before or 0)
        else:
            raise Conflict(STALE)
    if back:
        _upsert(w, budget, start, back)
    if gone:
        w.run(
            "DELETE FROM budget_assignment WHERE line_id = ANY(CAST(:lines AS uuid[])) AND period_start = :start",
            lines=gone,
            start=start,
        )
    w.run("UPDATE budget_move SET undone_at = :now WHERE id = :id", id=move_id, now=w.now)
    w.audit("undo", "budget move", move_id, space_id=budget.space_id, before={"entries": row.entries})
    ledger_changed(w)
    return get_move(w, move_id)


def get_move(w: Work, move_id: UUID) -> MoveView:
    """Return one step; raise NotFound when none is in sight."""
    return _move(_move_row(w, move_id))


def list_moves(w: Work, budget_id: UUID, *, limit: int = 50) -> tuple[MoveView, ...]:
    """Return a budget's latest steps, newest first."""
    rows = w.rows(
        f"{_MOVES} WHERE budget_id = :id ORDER BY at DESC, id DESC LIMIT :most",
        id=budget_id,
        most=min(limit, 200),
    )
    return tuple(_move(row) for row in rows)


def _latest(given: Mapping[date, Assigned], until: date) -> date:
    """Return the period in which the limit that holds at `until` was set (date.min: none was)."""
    return max((day for day in given if day <= until), default=date.min)


def _shift(
    w: Work,
    budget: BudgetView,
    kind: str,
    start: date,
    source: UUID | None,
    target: UUID | None,
    amount: int,
) -> MoveView:
    assigned = read_assignments(w, budget.id)
    current = {line: assigned.get(line, {}).get(start) for line in (source, target) if line is not None}
    there = {line: 0 if one is None else one.amount for line, one in current.items()}
    amounts = {
        line: check_minor(before + (amount if line == target else -amount)) for line, before in there.items()
    }
    return _write(w, budget, kind, start, amounts, current)


def _write(
    w: Work,
    budget: BudgetView,
    kind: str,
    start: date,
    amounts: Mapping[UUID, int],
    current: Mapping[UUID, Assigned | None],
) -> MoveView:
    """Write new amounts of a locked budget with the step that tells how they were before."""
    before = {line: None if (one := current.get(line)) is None else one.amount for line in amounts}
    _upsert(w, budget, start, amounts)
    entries = [
        {"line": str(line), "before": before[line], "after": amount} for line, amount in amounts.items()
    ]
    made = new_id()
    w.run(
        "INSERT INTO budget_move (tenant_id, space_id, id, budget_id, kind, period_start, entries, actor_id, at)"
        " VALUES (:tenant, :space, :id, :budget, :kind, :start, CAST(:entries AS jsonb), :actor, :now)",
        tenant=w.scope.tenant_id,
        space=budget.space_id,
        id=made,
        budget=budget.id,
        kind=kind,
        start=start,
        entries=json.dumps(entries),
        actor=w.scope.user_id,
        now=w.now,
    )
    w.audit(kind, "budget", budget.id, space_id=budget.space_id,
            after={"period": start.isoformat(), "entries": entries})  # fmt: skip
    ledger_changed(w)
    return get_move(w, made)


def _upsert(w: Work, budget: BudgetView, start: date, amounts: Mapping[UUID, int]) -> None:
    w.run(
        _UPSERT,
        tenant=w.scope.tenant_id,
        space=budget.space_id,
        start=start,
        lines=list(amounts),
        amounts=list(amounts.values()),
    )


def _current(state: BudgetState, lines: Sequence[UUID], start: date) -> dict[UUID, Assigned | None]:
    return {line: state.assignments.get(line, {}).get(start) for line in lines}


def _chosen(state: BudgetState, lines: Sequence[UUID] | None) -> list[UUID]:
    known = [line.id for line in state.lines]
    if lines is None:
        return known
    for line in lines:
        if line not in known:
            raise NotFound("budget line", line)
    return list(dict.fromkeys(lines))


def _want_lines(w: Work, budget: BudgetView, wanted: Sequence[UUID]) -> None:
    known = {line.id for line in read_lines(w, budget.id)}
    for line in wanted:
        if line not in known:
            raise NotFound("budget line", line)


def _want_envelopes(budget: BudgetView) -> None:
    if not budget.envelopes:
        raise ValidationFailed("budget", ENVELOPES_ONLY)


def _move_row(w: Work, move_id: UUID) -> Row[Any]:
    row = w.row(f"{_MOVES} WHERE id = :id", id=move_id)
    if row is None:
        raise NotFound("budget move", move_id)
    return row


def _entries(row: Row[Any]) -> tuple[MoveEntry, ...]:
    return tuple(MoveEntry(UUID(one["line"]), one["before"], one["after"]) for one in row.entries)


def _move(row: Row[Any]) -> MoveView:
    return MoveView(
        id=row.id,
        budget_id=row.budget_id,
        kind=row.kind,
        period_start=row.period_start,
        at=row.at,
        undone=row.undone_at is not None,
        entries=_entries(row),
    )
