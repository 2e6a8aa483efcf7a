"""Takes a run back: every row that nobody changed since gets its former values, the others are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound
from recaller.domain.rules.rows import CHANGEABLE, Content
from recaller.infra.work import Work
from recaller.services.ledger_events import ledger_changed
from recaller.services.rules.applying import APPLY_JOB, INLINE_ROWS, STATEMENT_TIMEOUT, Progress, silent
from recaller.services.rules.linking import Release, release_links
from recaller.services.rules.runs import get_run
from recaller.services.rules.selecting import MAX_SELECTION, Batch, Selection, digest_of, read_batches
from recaller.services.rules.views import RunView, content_from_json
from recaller.services.rules.writing import Write, write_contents


@dataclass(slots=True)
class _Tally:
    restored: int = 0
    conflicts: int = 0


def reverse_run(w: Work, run_id: UUID) -> RunView:
    """Take a run back, at once when it is small, else in a worker; raise Conflict when it isn't done.

    Rows that were changed or deleted since are left alone; they are listed as the run's conflicts.
    """
    run = get_run(w, run_id)
    if run.status != "done":
        raise Conflict("Only a run that is done can be taken back, and only once.")
    if run.changed <= INLINE_ROWS:
        perform_reversal(w, run_id)
    else:
        space = w.scope.default_space(private=run.private)
        job = w.enqueue(APPLY_JOB, {"run_id": str(run_id), "reverse": True}, queue="bulk", space_id=space)
        w.run("UPDATE rule_run SET job_id = :job WHERE id = :id", job=job, id=run_id)
    return get_run(w, run_id)


def perform_reversal(w: Work, run_id: UUID, *, progress: Progress = silent) -> None:
    """Take a done run back in this transaction, all or nothing; one that is taken back already is left as it is."""
    w.run(STATEMENT_TIMEOUT)
    w.lock_ledger()
    run = w.row("SELECT space_id, status, changed FROM rule_run WHERE id = :id FOR UPDATE", id=run_id)
    if run is None:
        raise NotFound("rule run", run_id)
    if run.status != "done":
        return
    tally, after = _Tally(), UUID(int=0)
    while True:
        kept = w.rows(
            "SELECT transaction_id, before, digest FROM rule_change WHERE run_id = :run AND transaction_id > :after"
            " ORDER BY transaction_id LIMIT :most",
            run=run_id,
            after=after,
            most=MAX_SELECTION,
        )
        if not kept:
            break
        after = kept[-1].transaction_id
        _reverse_batch(w, run.space_id, run_id, kept, tally)
        progress(tally.restored + tally.conflicts, run.changed, f"{tally.restored} restored")
    w.run(
        "UPDATE rule_run SET status = 'reversed', reversed_at = :now, restored = :restored, conflicts = :conflicts"
        " WHERE id = :id",
        id=run_id,
        now=w.now,
        restored=tally.restored,
        conflicts=tally.conflicts,
    )
    ledger_changed(w)
    w.audit(
        "reverse",
        "rule run",
        run_id,
        space_id=run.space_id,
        after={"restored": tally.restored, "conflicts": tally.conflicts},
    )


def _reverse_batch(w: Work, space_id: UUID, run_id: UUID, kept: Sequence[Row[Any]], tally: _Tally) -> None:
    stored = {row.transaction_id: row for row in kept}
    there = _still_there(w)
    payees = _payees_now(w, kept)
    left = set(stored)
    linked = any("recurring" in row.before for row in kept)
    for batch in read_batches(w, space_id, Selection(ids=tuple(stored)), links=linked):
        writes = []
        for index, identity in enumerate(batch.rows.ids):
            row, now = stored[identity], batch.rows.content(index)
            links = "recurring" in row.before
            if digest_of(batch, index, now, batch.payee_ids[index], linked=links) != bytes(row.digest):
                continue
            former = _former(row.before, now, payees)
            if _names(former) <= there:
                fields = frozenset(name for name in CHANGEABLE if name in row.before)
                writes.append(Write(index, now, former, fields, row.before.get("memo", "")))
                left.discard(identity)
        if writes:
            write_contents(w, space_id, batch, writes)
            release_links(w, _releases(batch, writes, stored))
            _restore_origins(w, space_id, batch, writes, stored)
            tally.restored += len(writes)
    if left:
        w.run(
            "UPDATE rule_change SET conflict = true WHERE run_id = :run AND transaction_id = ANY(CAST(:ids AS uuid[]))",
            run=run_id,
            ids=list(left),
        )
    tally.conflicts += len(left)


def _releases(batch: Batch, writes: Sequence[Write], stored: dict[UUID, Row[Any]]) -> list[Release]:
    found = []
    for write in writes:
        identity, link = batch.rows.ids[write.index], write.before.link
        if "recurring" in write.fields and link is not None:
            found.append(Release(identity, link, stored[identity].before["occurrence"]))
    return found


def _former(before: dict[str, Any], now: Content, payees: dict[str, str]) -> Content:
    """Return what the row was; a payee that was renamed since comes back under the name that it has now."""
    former = content_from_json(before, now)
    name = payees.get(before.get("payee_id") or "")
    if name is None:
        return former
    return replace(former, payee=name)


def _names(content: Content) -> set[UUID]:
    named = {one for one in (content.category_id, content.counter_id) if one is not None}
    return named | {part[0] for part in content.parts or ()}


def _still_there(w: Work) -> set[UUID]:
    """Return which categories and accounts exist, of all in sight: a few hundred at most."""
    return {row.id for row in w.rows("SELECT id FROM account LIMIT 10000")}


def _payees_now(w: Work, kept: Sequence[Row[Any]]) -> dict[str, str]:
    ids = {row.before["payee_id"] for row in kept if row.before.get("payee_id")}
    if not ids:
        return {}
    rows = w.rows("SELECT id, name FROM payee WHERE id = ANY(CAST(:ids AS uuid[]))", ids=list(ids))
    return {str(row.id): row.name for row in rows}


def _restore_origins(
    w: Work, space_id: UUID, batch: Batch, writes: Sequence[Write], stored: dict[UUID, Row[Any]]
) -> None:
    """Give each restored field back to the rule that had set it before the run, or to nobody."""
    marks = [(batch.rows.ids[write.index], name) for write in writes for name in write.fields]
    w.run(
        "DELETE FROM field_origin o USING unnest(CAST(:ids AS uuid[]), CAST(:fields AS varchar[])) AS v(id, field)"
        " WHERE o.tenant_id = :tenant AND o.transaction_id = v.id AND o.field = v.field",
        tenant=w.scope.tenant_id,
        ids=[mark[0] for mark in marks],
        fields=[mark[1] for mark in marks],
    )
    earlier = [
        (identity, name, *stored[identity].before["origins"][name])
        for identity, name in marks
        if name in stored[identity].before.get("origins", {})
    ]
    if earlier:
        w.run(
            "INSERT INTO field_origin (tenant_id, space_id, transaction_id, field, rule_id, run_id, set_at)"
            " SELECT :tenant, :space, i, f, r, n, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:fields AS varchar[]),"
            " CAST(:rules AS uuid[]), CAST(:runs AS uuid[])) AS v(i, f, r, n)",
            tenant=w.scope.tenant_id,
            space=space_id,
            now=w.now,
            ids=[one[0] for one in earlier],
            fields=[one[1] for one in earlier],
            rules=[one[2] for one in earlier],
            runs=[one[3] for one in earlier],
        )
