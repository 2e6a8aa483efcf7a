"""Applies rules: on demand at once or in a worker, and to what an import brings; each run can be taken back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound
from recaller.core.ids import new_id
from recaller.domain.filters import TransactionFilter
from recaller.domain.rules.engine import Outcome
from recaller.domain.rules.model import Rule
from recaller.infra.work import Work
from recaller.services.ledger_events import ledger_changed
from recaller.services.rules.linking import Settling, settle_links
from recaller.services.rules.preparing import Prepared, active_rules, prepare, stored_rule
from recaller.services.rules.previewing import planned
from recaller.services.rules.runs import get_run
from recaller.services.rules.selecting import Batch, Selection, count_rows
from recaller.services.rules.views import RunView
from recaller.services.rules.writing import Write, record_changes, write_contents

APPLY_JOB = "rules.apply"
# Up to so many transactions are done while the user waits.
INLINE_ROWS = 2000
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '600s'"

Progress = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


def apply_rules(
    w: Work, selection: Selection | None = None, *, rule_ids: Sequence[UUID] | None = None
) -> tuple[RunView, ...]:
    """Run the active rules (or just these, active or not) over the transactions that are meant.

    A space's rules touch that space's transactions, so there is one run for each space that has rules. Few rows are
    done at once; many by a worker, whose job the run names. Raises NotFound for a rule that is not in sight.
    """
    meant = selection or Selection()
    runs = []
    for space_id in _spaces(w, rule_ids):
        run_id = _start_run(w, space_id, meant, rule_ids)
        if count_rows(w, space_id, meant, most=INLINE_ROWS + 1) <= INLINE_ROWS:
            perform_run(w, run_id)
        else:
            job = w.enqueue(APPLY_JOB, {"run_id": str(run_id)}, queue="bulk", space_id=space_id)
            w.run("UPDATE rule_run SET job_id = :job WHERE id = :id", job=job, id=run_id)
        runs.append(get_run(w, run_id))
    return tuple(runs)


def _spaces(w: Work, rule_ids: Sequence[UUID] | None) -> list[UUID]:
    if rule_ids is None:
        rows = w.rows("SELECT DISTINCT space_id FROM rule WHERE active ORDER BY space_id")
        return [row.space_id for row in rows]
    rows = w.rows("SELECT id, space_id FROM rule WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(rule_ids))
    for rule_id in rule_ids:
        if rule_id not in {row.id for row in rows}:
            raise NotFound("rule", rule_id)
    return sorted({row.space_id for row in rows})


def _start_run(
    w: Work,
    space_id: UUID,
    selection: Selection,
    rule_ids: Sequence[UUID] | None,
    *,
    cause: str = "manual",
    batch_id: UUID | None = None,
) -> UUID:
    made = new_id()
    w.run(
        "INSERT INTO rule_run (tenant_id, space_id, id, status, cause, selection, rules, problems, batch_id,"
        " created_by, created_at) VALUES (:tenant, :space, :id, 'queued', :cause, CAST(:selection AS jsonb),"
        " CAST(:rules AS jsonb), '[]', :batch, :user, :now)",
        tenant=w.scope.tenant_id,
        space=space_id,
        id=made,
        cause=cause,
        selection=json.dumps(selection.to_json()),
        rules=json.dumps([{"id": str(one)} for one in rule_ids or ()]),
        batch=batch_id,
        user=w.scope.user_id,
        now=w.now,
    )
    return made


def perform_run(w: Work, run_id: UUID, *, progress: Progress = silent) -> None:
    """Do a queued run, all of it in this transaction: killed in the middle, nothing of it stays.

    A run that is done already is left as it is.
    """
    w.run(STATEMENT_TIMEOUT)
    w.lock_ledger()
    run = w.row(
        "SELECT space_id, status, selection, rules, cause, batch_id FROM rule_run WHERE id = :id FOR UPDATE",
        id=run_id,
    )
    if run is None:
        raise NotFound("rule run", run_id)
    if run.status != "queued":
        return
    selection = Selection.from_json(run.selection)
    prepared = prepare(w, run.space_id, _rules_of(w, run))
    total = count_rows(w, run.space_id, selection)
    matched: Counter[int] = Counter()
    altered: Counter[int] = Counter()
    scanned = changed = 0
    progress(0, total, "Looking for matches")
    for batch, outcome in planned(w, run.space_id, prepared, selection):
        _write_batch(w, run.space_id, run_id, prepared, batch, outcome, run.batch_id)
        scanned += len(batch.rows)
        changed += len(outcome.changes)
        matched.update(outcome.matched)
        altered.update(number for change in outcome.changes for number in change.rules)
        progress(scanned, total, f"{changed} changed")
    _finish(w, run_id, run.space_id, prepared, matched, altered, scanned, changed)


def _rules_of(w: Work, run: Row[Any]) -> tuple[Rule, ...]:
    if not run.rules:
        return active_rules(w, run.space_id)
    rows = w.rows(
        "SELECT id, name, conditions, actions, stop, once FROM rule WHERE id = ANY(CAST(:ids AS uuid[]))"
        " AND space_id = :space ORDER BY position, id",
        ids=[one["id"] for one in run.rules],
        space=run.space_id,
    )
    return tuple(stored_rule(row) for row in rows)


def _write_batch(
    w: Work,
    space_id: UUID,
    run_id: UUID,
    prepared: Prepared,
    batch: Batch,
    outcome: Outcome,
    batch_id: UUID | None,
) -> None:
    if not outcome.changes:
        return
    ids = [rule.id for rule in prepared.engine.rules]
    writes = [
        Write(change.index, change.before, change.after, frozenset(change.fields))
        for change in outcome.changes
    ]
    written = write_contents(w, space_id, batch, writes, batch_id=batch_id)
    settled = settle_links(w, [_settling(batch, write) for write in writes if "recurring" in write.fields])
    setters: dict[int, dict[str, UUID]] = {}
    rule_ids: dict[int, list[UUID]] = {}
    for change in outcome.changes:
        setters[change.index] = {name: _kept(ids[number]) for name, number in change.fields.items()}
        rule_ids[change.index] = [_kept(ids[number]) for number in change.rules]
    record_changes(w, space_id, run_id, batch, writes, written, settled, setters, rule_ids)


def _settling(batch: Batch, write: Write) -> Settling:
    identity = batch.rows.ids[write.index]
    return Settling(
        identity,
        batch.rows.dates[write.index],
        batch.rows.amounts[write.index],
        batch.assigned[identity].settles,
    )


def _kept(rule_id: UUID | None) -> UUID:
    assert rule_id is not None, "only rules that are kept can be applied"
    return rule_id


def _finish(
    w: Work,
    run_id: UUID,
    space_id: UUID,
    prepared: Prepared,
    matched: Counter[int],
    altered: Counter[int],
    scanned: int,
    changed: int,
) -> None:
    rules = [
        {"id": str(rule.id), "name": rule.name, "matched": matched[number], "changed": altered[number]}
        for number, rule in enumerate(prepared.engine.rules)
    ]
    problems = [
        {"id": str(one.rule_id), "name": one.name, "message": one.message} for one in prepared.problems
    ]
    w.run(
        "UPDATE rule_run SET status = 'done', rules = CAST(:rules AS jsonb), problems = CAST(:problems AS jsonb),"
        " scanned = :scanned, changed = :changed, finished_at = :now WHERE id = :id",
        id=run_id,
        rules=json.dumps(rules),
        problems=json.dumps(problems),
        scanned=scanned,
        changed=changed,
        now=w.now,
    )
    if changed:
        ledger_changed(w)
    w.audit("apply", "rule run", run_id, space_id=space_id, after={"scanned": scanned, "changed": changed})


def apply_rules_to_batch(w: Work, batch_id: UUID) -> int:
    """Run the active rules over what an import has just brought, in its transaction; returns how many rows changed."""
    selection = Selection(TransactionFilter(batch_id=batch_id))
    changed = 0
    for space_id in _spaces(w, None):
        if count_rows(w, space_id, selection, most=1):
            run_id = _start_run(w, space_id, selection, None, cause="import", batch_id=batch_id)
            perform_run(w, run_id)
            changed += get_run(w, run_id).changed
    return changed


def settle_run(w: Work, run_id: UUID, status: str) -> None:
    """Note that a run's job ended without doing it: 'failed' or 'stopped'."""
    w.run(
        "UPDATE rule_run SET status = :status, finished_at = :now WHERE id = :id AND status = 'queued'",
        status=status,
        now=w.now,
        id=run_id,
    )
