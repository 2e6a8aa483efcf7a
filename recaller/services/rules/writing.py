"""Writes what rules (or their reversal) change, set-based: a fixed number of statements per batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from recaller.core.ids import new_id
from recaller.core.text import fold
from recaller.domain.rules.rows import Content
from recaller.infra.work import Work
from recaller.services.rules.selecting import Batch, digest_of
from recaller.services.rules.views import content_json
from recaller.services.transactions.postings import search_text


@dataclass(frozen=True, slots=True)
class Write:
    """One row's new content; `fields` are those that differ. `memo` is for a category that stands alone again."""

    index: int
    before: Content
    after: Content
    fields: frozenset[str]
    memo: str = ""


@dataclass(slots=True)
class Written:
    """What writing found out: the payee of each written row, and the memos that stood on reshaped categories."""

    payee_ids: dict[int, UUID | None] = field(default_factory=dict)
    memos: dict[int, str] = field(default_factory=dict)


# A category for a category: the same postings come back, in one statement, with another account.
_RECATEGORISE = """
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:old AS uuid[]), CAST(:new AS uuid[])) AS v(id, old, new)),
moved AS (DELETE FROM posting WHERE transaction_id = ANY(CAST(:ids AS uuid[])) RETURNING *)
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo, cleared,
                     reconciled, import_id)
SELECT m.tenant_id, m.space_id, m.transaction_id, m.line,
       CASE WHEN m.account_id = v.old THEN v.new ELSE m.account_id END,
       m.date, m.amount, m.currency, m.memo, m.cleared, m.reconciled, m.import_id
  FROM moved m JOIN wanted v ON v.id = m.transaction_id
"""
# Any other change of the other side: the own account's posting comes back as it was, the rest is new.
_RESHAPE = """
WITH side AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:lines AS smallint[]), CAST(:accounts AS uuid[]),
                       CAST(:amounts AS bigint[]), CAST(:memos AS varchar[])) AS v(id, line, account, amount, memo)),
own AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:owners AS uuid[]), CAST(:own_accounts AS uuid[])) AS v(id, account)),
moved AS (DELETE FROM posting WHERE transaction_id = ANY(CAST(:owners AS uuid[])) RETURNING *),
kept AS MATERIALIZED (
  SELECT m.* FROM moved m JOIN own o ON o.id = m.transaction_id AND o.account = m.account_id)
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo, cleared,
                     reconciled, import_id)
SELECT tenant_id, space_id, transaction_id, 0, account_id, date, amount, currency, memo, cleared, reconciled,
       import_id FROM kept
UNION ALL
SELECT k.tenant_id, k.space_id, k.transaction_id, s.line, s.account, k.date, s.amount, k.currency, s.memo, false,
       false, CAST(NULL AS varchar) FROM side s JOIN kept k ON k.transaction_id = s.id
"""
_UPDATE = """
UPDATE transaction t SET payee_id = v.payee, shape = v.shape, category_id = v.category,
       counter_account_id = v.counter, version = t.version + :bump
  FROM unnest(CAST(:ids AS uuid[]), CAST(:payees AS uuid[]), CAST(:shapes AS varchar[]),
              CAST(:categories AS uuid[]), CAST(:counters AS uuid[])) AS v(id, payee, shape, category, counter)
 WHERE t.tenant_id = :tenant AND t.id = v.id
"""
_UPDATE_NOTES = """
UPDATE transaction t SET note = v.note, search_text = v.search
  FROM unnest(CAST(:ids AS uuid[]), CAST(:notes AS varchar[]), CAST(:searches AS varchar[])) AS v(id, note, search)
 WHERE t.tenant_id = :tenant AND t.id = v.id
"""
_RECORD = """
INSERT INTO rule_change (tenant_id, space_id, run_id, transaction_id, rule_ids, before, after, digest)
SELECT :tenant, :space, :run, i, CAST(r AS uuid[]), CAST(b AS jsonb), CAST(a AS jsonb), d
  FROM unnest(CAST(:ids AS uuid[]), CAST(:rules AS varchar[]), CAST(:befores AS varchar[]),
              CAST(:afters AS varchar[]), CAST(:digests AS bytea[])) AS v(i, r, b, a, d)
"""
_ORIGINS = """
INSERT INTO field_origin (tenant_id, space_id, transaction_id, field, rule_id, run_id, set_at)
SELECT :tenant, :space, i, f, r, :run, :now
  FROM unnest(CAST(:ids AS uuid[]), CAST(:fields AS varchar[]), CAST(:rules AS uuid[])) AS v(i, f, r)
ON CONFLICT (tenant_id, transaction_id, field) DO UPDATE
SET rule_id = excluded.rule_id, run_id = excluded.run_id, user_id = NULL, set_at = excluded.set_at
"""


def write_contents(
    w: Work, space_id: UUID, batch: Batch, writes: Sequence[Write], *, batch_id: UUID | None = None
) -> Written:
    """Write the rows' new contents to the ledger, which must be locked.

    `batch_id` is the import in whose own transaction this happens: it owns the payees and tags made here, and the
    rows' versions don't rise, because nobody has seen them yet.
    """
    written = Written(payee_ids={write.index: batch.payee_ids[write.index] for write in writes})
    # What a row settles isn't in the row: its version stays when nothing else changes.
    writes = [write for write in writes if write.fields != {"recurring"}]
    if not writes:
        return written
    sides = [write for write in writes if "category" in write.fields]
    plain = [write for write in sides if _stays_simple(write)]
    reshaped = [write for write in sides if not _stays_simple(write)]
    if plain:
        w.run(
            _RECATEGORISE,
            ids=[batch.rows.ids[write.index] for write in plain],
            old=[write.before.category_id for write in plain],
            new=[write.after.category_id for write in plain],
        )
    _reshape(w, batch, reshaped, written)
    _write_rows(w, space_id, batch, writes, written, batch_id)
    others = {write.index for write in reshaped}
    _write_notes(w, batch, [write for write in writes if "note" in write.fields or write.index in others])
    _write_tags(w, space_id, batch, [write for write in writes if "tags" in write.fields], batch_id)
    return written


def _stays_simple(write: Write) -> bool:
    return write.before.shape == write.after.shape == "simple"


def _reshape(w: Work, batch: Batch, writes: Sequence[Write], written: Written) -> None:
    if not writes:
        return
    ids = batch.rows.ids
    standing = [write for write in writes if write.before.shape == "simple"]
    places = {ids[write.index]: write.index for write in standing}
    for row in w.rows(
        "SELECT transaction_id, account_id, memo FROM posting WHERE transaction_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(places),
    ):
        index = places[row.transaction_id]
        if row.account_id != batch.rows.accounts[index]:
            written.memos[index] = row.memo
    lines = [
        (ids[write.index], number, *line)
        for write in writes
        for number, line in enumerate(_side(batch, write), 1)
    ]
    w.run(
        _RESHAPE,
        ids=[line[0] for line in lines],
        lines=[line[1] for line in lines],
        accounts=[line[2] for line in lines],
        amounts=[line[3] for line in lines],
        memos=[line[4] for line in lines],
        owners=[ids[write.index] for write in writes],
        own_accounts=[batch.rows.accounts[write.index] for write in writes],
    )


def _side(batch: Batch, write: Write) -> list[tuple[UUID, int, str]]:
    """Return the postings of the other side: account, minor units into it, memo."""
    after, amount = write.after, batch.rows.amounts[write.index]
    if after.parts is not None:
        return [(category, -share, memo) for category, share, memo in after.parts]
    other = after.category_id or after.counter_id
    assert other is not None
    return [(other, -amount, write.memo)]


def _write_rows(
    w: Work, space_id: UUID, batch: Batch, writes: Sequence[Write], written: Written, batch_id: UUID | None
) -> None:
    named = {write.after.payee for write in writes if "payee" in write.fields and write.after.payee}
    payees = _payees(w, space_id, sorted(named), batch_id)
    for write in writes:
        written.payee_ids[write.index] = (
            payees.get(write.after.payee) if "payee" in write.fields else batch.payee_ids[write.index]
        )
    w.run(
        _UPDATE,
        tenant=w.scope.tenant_id,
        bump=0 if batch_id else 1,
        ids=[batch.rows.ids[write.index] for write in writes],
        payees=[written.payee_ids[write.index] for write in writes],
        shapes=[write.after.shape for write in writes],
        categories=[write.after.category_id for write in writes],
        counters=[write.after.counter_id for write in writes],
    )


def _payees(w: Work, space_id: UUID, names: Sequence[str], batch_id: UUID | None) -> dict[str, UUID]:
    if not names:
        return {}
    w.run(
        "INSERT INTO payee (tenant_id, space_id, id, name, folded, batch_id) SELECT :tenant, :space, i, n, f, :batch"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS varchar[]), CAST(:folded AS varchar[])) AS v(i, n, f)"
        " ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=space_id,
        batch=batch_id,
        ids=[new_id() for _ in names],
        names=list(names),
        folded=[fold(name) for name in names],
    )
    rows = w.rows(
        "SELECT id, name FROM payee WHERE space_id = :space AND name = ANY(CAST(:names AS varchar[]))",
        space=space_id,
        names=list(names),
    )
    return {row.name: row.id for row in rows}


def _write_notes(w: Work, batch: Batch, writes: Sequence[Write]) -> None:
    """Write notes, and the text that searching looks through (it holds the memos of all postings too)."""
    if not writes:
        return
    ids = [batch.rows.ids[write.index] for write in writes]
    memos = {
        row.transaction_id: row.memos
        for row in w.rows(
            "SELECT transaction_id, array_agg(memo ORDER BY line) AS memos FROM posting"
            " WHERE transaction_id = ANY(CAST(:ids AS uuid[])) AND memo <> '' GROUP BY transaction_id",
            ids=ids,
        )
    }
    w.run(
        _UPDATE_NOTES,
        tenant=w.scope.tenant_id,
        ids=ids,
        notes=[write.after.note for write in writes],
        searches=[
            search_text(batch.rows.bank_texts[write.index], write.after.note, memos.get(identity, ()))
            for identity, write in zip(ids, writes, strict=True)
        ],
    )


def _write_tags(
    w: Work, space_id: UUID, batch: Batch, writes: Sequence[Write], batch_id: UUID | None
) -> None:
    if not writes:
        return
    ids = batch.rows.ids
    names = {name.lower(): name for write in writes for name in write.after.tags}
    w.run(
        "DELETE FROM transaction_tag WHERE transaction_id = ANY(CAST(:ids AS uuid[]))",
        ids=[ids[write.index] for write in writes],
    )
    if not names:
        return
    w.run(
        "INSERT INTO tag (tenant_id, space_id, id, name, batch_id) SELECT :tenant, :space, i, n, :batch"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS varchar[])) AS v(i, n) ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=space_id,
        batch=batch_id,
        ids=[new_id() for _ in names],
        names=list(names.values()),
    )
    known = {
        row.name.lower(): row.id
        for row in w.rows(
            "SELECT name, id FROM tag WHERE space_id = :space"
            " AND lower(name) = ANY(SELECT lower(n) FROM unnest(CAST(:names AS varchar[])) AS v(n))",
            space=space_id,
            names=list(names),
        )
    }
    pairs = [(ids[write.index], known[name.lower()]) for write in writes for name in write.after.tags]
    w.run(
        "INSERT INTO transaction_tag (tenant_id, space_id, transaction_id, tag_id) SELECT :tenant, :space, i, g"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:tags AS uuid[])) AS v(i, g) ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=space_id,
        ids=[pair[0] for pair in pairs],
        tags=[pair[1] for pair in pairs],
    )


def record_changes(
    w: Work,
    space_id: UUID,
    run_id: UUID,
    batch: Batch,
    writes: Sequence[Write],
    written: Written,
    settled: Mapping[UUID, Mapping[str, Any]],
    setters: Mapping[int, Mapping[str, UUID]],
    rule_ids: Mapping[int, Sequence[UUID]],
) -> None:
    """Keep what the run changed, so that it can be taken back, and who set each field.

    `settled` is what `settle_links` told of the dates that were settled.
    """
    ids = batch.rows.ids
    befores, afters, digests, rules = [], [], [], []
    for write in writes:
        before: dict[str, Any] = content_json(write.before, write.fields)
        if "payee" in write.fields:
            payee = batch.payee_ids[write.index]
            before["payee_id"] = payee and str(payee)
        if written.memos.get(write.index):
            before["memo"] = written.memos[write.index]
        if "recurring" in write.fields:
            before["occurrence"] = dict(settled[ids[write.index]])
        earlier = batch.origins.get(write.index)
        if earlier:
            before["origins"] = {
                name: [str(one) if one else None for one in earlier[name]]
                for name in write.fields
                if name in earlier
            }
        after = content_json(write.after, write.fields)
        after["set_by"] = {name: str(one) for name, one in setters[write.index].items()}
        befores.append(json.dumps(before, ensure_ascii=False))
        afters.append(json.dumps(after, ensure_ascii=False))
        payee_id, linked = written.payee_ids[write.index], "recurring" in write.fields
        digests.append(digest_of(batch, write.index, write.after, payee_id, linked=linked))
        rules.append("{" + ",".join(map(str, rule_ids[write.index])) + "}")
    w.run(
        _RECORD,
        tenant=w.scope.tenant_id,
        space=space_id,
        run=run_id,
        ids=[ids[write.index] for write in writes],
        rules=rules,
        befores=befores,
        afters=afters,
        digests=digests,
    )
    origins = [
        (ids[write.index], name, one) for write in writes for name, one in setters[write.index].items()
    ]
    w.run(
        _ORIGINS,
        tenant=w.scope.tenant_id,
        space=space_id,
        run=run_id,
        now=w.now,
        ids=[origin[0] for origin in origins],
        fields=[origin[1] for origin in origins],
        rules=[origin[2] for origin in origins],
    )
