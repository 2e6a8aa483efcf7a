"""Turns staged rows into transactions in one database transaction: one INSERT per table, whatever the size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from recaller.core.errors import Conflict, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.text import fold
from recaller.domain.account_kinds import Kind
from recaller.infra.work import Work
from recaller.services.accounts import remember_number
from recaller.services.imports.naming import name_categories
from recaller.services.imports.shaping import give_roles, write_shaped
from recaller.services.imports.staging import IMPORTED, Progress, _silent, recount
from recaller.services.imports.uploading import COMMIT_JOB, INLINE_ROWS, mark_failed, remember_mapping
from recaller.services.imports.views import LINKABLE, ImportView, batch_row, get_import
from recaller.services.jobs import cancel_job
from recaller.services.ledger_events import ledger_changed
from recaller.services.recurring.proposals import categorise_settling, refresh_settlements
from recaller.services.recurring.settlements import settle_rows
from recaller.services.rules import apply_rules_to_batch
from recaller.services.starter import uncategorised

NAMES_PER_STATEMENT = 5000
STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '600s'"

# A row counts once: rows that another import brought meanwhile are left out here, and the unique index on
# (account, import id) is behind it.
_CHOSEN = f"""
CREATE TEMP TABLE chosen ON COMMIT DROP AS
SELECT r.transaction_id, r.account_id, a.space_id AS account_space, r.date, r.amount, r.currency, r.payee,
       r.memo, r.folded, r.category_hint, r.tags, r.import_id, r.state, CAST(NULL AS uuid) AS category_id,
       r.row_number, r.counter_id, r.pair_row, r.extra, CAST('plain' AS varchar) AS role
  FROM import_row r JOIN account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id
 WHERE r.batch_id = :batch AND {IMPORTED} ORDER BY r.row_number
"""
_DROP_KNOWN = """
DELETE FROM chosen c USING posting p
 WHERE p.tenant_id = :tenant AND p.account_id = c.account_id AND p.import_id = c.import_id AND c.state = 'new'
"""
# A duplicate that the user wants all the same gets no bank identity: that one is taken.
_FREE_IDENTITY = """
UPDATE chosen c SET import_id = NULL FROM posting p
 WHERE p.tenant_id = :tenant AND p.account_id = c.account_id AND p.import_id = c.import_id
"""
# Without a category of its own a row goes to the uncategorised of its direction.
_CATEGORY = "coalesce(c.category_id, CASE WHEN c.amount > 0 THEN CAST(:income AS uuid) ELSE CAST(:expense AS uuid) END)"
_TRANSACTIONS = f"""
INSERT INTO transaction (tenant_id, space_id, id, date, payee_id, note, bank_text, search_text, status, source,
                         batch_id, created_by, created_at, shape, account_id, category_id, amount, currency,
                         foreign_amount, foreign_currency)
SELECT :tenant, c.account_space, c.transaction_id, c.date, p.id, coalesce(c.extra ->> 'note', ''), c.memo, c.folded,
       'booked', 'import', :batch, :user, :now, 'simple', c.account_id, {_CATEGORY}, c.amount, c.currency,
       CAST(c.extra -> 'foreign' ->> 0 AS bigint), c.extra -> 'foreign' ->> 1
  FROM chosen c LEFT JOIN payee p ON p.tenant_id = :tenant AND p.space_id = c.account_space AND p.name = c.payee
 WHERE c.role = 'plain'
"""
_POSTINGS = f"""
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, cleared, import_id)
SELECT :tenant, c.account_space, c.transaction_id, side.line,
       CASE side.line WHEN 0 THEN c.account_id ELSE {_CATEGORY} END, c.date,
       CASE side.line WHEN 0 THEN c.amount ELSE -c.amount END, c.currency, side.line = 0,
       CASE side.line WHEN 0 THEN c.import_id END
  FROM chosen c CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS side (line)
 WHERE c.role = 'plain'
"""
# The category: by the name that the file gives, else the payee's own, else none yet.
_CATEGORIES = """
UPDATE chosen c SET category_id = coalesce(
  (SELECT n.category_id FROM named n WHERE n.hint = c.category_hint AND n.positive = (c.amount > 0) LIMIT 1),
  (SELECT p.default_category_id FROM payee p
    WHERE p.tenant_id = :tenant AND p.space_id = c.account_space AND p.name = c.payee))
 WHERE c.category_hint IS NOT NULL OR EXISTS (SELECT 1 FROM payee p WHERE p.tenant_id = :tenant
   AND p.space_id = c.account_space AND p.name = c.payee AND p.default_category_id IS NOT NULL)
"""
_ANY_CATEGORY = """
SELECT 1 WHERE EXISTS (SELECT 1 FROM chosen WHERE category_hint IS NOT NULL OR extra IS NOT NULL)
            OR EXISTS (SELECT 1 FROM payee WHERE tenant_id = :tenant AND default_category_id IS NOT NULL)
"""
_TAGS = """
WITH labelled AS (
  SELECT c.transaction_id, x.space_id AS account_space, left(trim(t.name), 50) AS name
    FROM chosen c JOIN transaction x ON x.tenant_id = :tenant AND x.id = c.transaction_id,
         jsonb_array_elements_text(CAST(c.tags AS jsonb)) AS t(name)
   WHERE c.tags IS NOT NULL AND trim(t.name) <> ''),
made AS (
  INSERT INTO tag (tenant_id, space_id, id, name, batch_id)
  SELECT :tenant, space, gen_random_uuid(), name, :batch
    FROM (SELECT DISTINCT ON (account_space, lower(name)) account_space AS space, name FROM labelled) AS fresh
  ON CONFLICT (tenant_id, space_id, lower(name)) DO UPDATE SET name = tag.name RETURNING id, space_id, name)
INSERT INTO transaction_tag (tenant_id, space_id, transaction_id, tag_id)
SELECT DISTINCT :tenant, n.account_space, n.transaction_id, m.id
  FROM labelled n JOIN made m ON m.space_id = n.account_space AND lower(m.name) = lower(n.name)
"""
_ANY_MATCH = "SELECT 1 FROM import_row WHERE batch_id = :batch AND choice = 'match' LIMIT 1"
# What linking overwrites, for the undo. A posted bill may get the bank's amount: the equal one goes first.
_NOTE_CLEARED = """
UPDATE import_row r SET was_cleared = (
  SELECT p.cleared FROM posting p
   WHERE p.tenant_id = :tenant AND p.transaction_id = r.match_id AND p.account_id = r.account_id
     AND p.import_id IS NULL AND NOT p.reconciled ORDER BY p.amount = r.amount DESC, p.line LIMIT 1)
 WHERE r.batch_id = :batch AND r.choice = 'match'
"""
_LINK = """
WITH matches AS MATERIALIZED (
  SELECT match_id, account_id, amount, import_id FROM import_row WHERE batch_id = :batch AND choice = 'match')
UPDATE posting p SET import_id = r.import_id, cleared = true
  FROM matches r
 WHERE r.match_id = p.transaction_id AND r.account_id = p.account_id
   AND r.amount = p.amount AND p.import_id IS NULL AND NOT p.reconciled AND p.tenant_id = :tenant
"""
# What is written in this transaction the planner knows nothing of yet, and where a table was small when it was
# last analysed it joins row by row: quadratic for a large file. Joins by hash or merge are never far off.
_JOIN_SETS = "SET LOCAL enable_nestloop = off"
_JOIN_FREELY = "SET LOCAL enable_nestloop = on"


def choose_rows(w: Work, batch_id: UUID, row_numbers: Sequence[int], choice: str | None) -> ImportView:
    """Override what happens to staged rows: 'import', 'skip', 'match' (link to the found twin), None = as proposed.

    Raises ValidationFailed for a choice that a row doesn't allow.
    """
    batch = batch_row(w, batch_id, lock=True)
    if batch.status != "ready":
        raise Conflict("Rows can be chosen while the import waits for its commit.")
    if choice not in (None, "import", "skip", "match"):
        raise ValidationFailed("choice", f"{choice!r} is not a choice.")
    wrong = w.row(
        "SELECT r.row_number, r.state, a.currency <> r.currency AS foreign_money,"
        " r.currency, a.currency AS account_currency FROM import_row r"
        " LEFT JOIN account a ON a.tenant_id = r.tenant_id AND a.id = r.account_id"
        " WHERE r.batch_id = :id AND r.row_number = ANY(:numbers) AND (r.state IN ('pending', 'skipped', 'error')"
        f" OR (:choice = 'match' AND NOT {LINKABLE}) OR (:choice = 'import' AND a.currency <> r.currency))"
        " ORDER BY r.row_number LIMIT 1",
        id=batch_id,
        numbers=list(row_numbers),
        choice=choice,
    )
    if wrong is not None and choice is not None:
        raise ValidationFailed(
            "rows",
            f"Row {wrong.row_number} is in {wrong.currency}, its account in {wrong.account_currency}: give the file's"
            f" {wrong.currency} rows an account of their own."
            if wrong.foreign_money
            else f"Row {wrong.row_number} is {wrong.state}: that can't be chosen for it.",
        )
    w.run(
        "UPDATE import_row r SET choice = coalesce(:choice, CASE WHEN EXISTS (SELECT 1 FROM import_settlement s"
        " WHERE s.tenant_id = r.tenant_id AND s.batch_id = r.batch_id AND s.row_number = r.row_number"
        " AND s.transaction_id IS NOT NULL) THEN 'match' END) WHERE batch_id = :id AND row_number = ANY(:numbers)",
        choice=choice,
        id=batch_id,
        numbers=list(row_numbers),
    )
    recount(w, batch_id)
    return get_import(w, batch_id)


def commit_import(w: Work, batch_id: UUID) -> ImportView:
    """Commit an import: at once when it is small, else in a worker (the batch is 'committing' meanwhile).

    Raises Conflict when it isn't ready, ValidationFailed when a row has no account yet.
    """
    batch = batch_row(w, batch_id, lock=True)
    if batch.status != "ready":
        raise Conflict("This import is not waiting for a commit.")
    _refuse_without_account(w, batch_id)
    if int((batch.counts or {}).get("to_import", 0)) <= INLINE_ROWS:
        return write_import(w, batch_id)
    job = w.enqueue(COMMIT_JOB, {"batch_id": str(batch_id)}, queue="bulk", space_id=batch.space_id)
    w.run("UPDATE import_batch SET status = 'committing', job_id = :job WHERE id = :id", job=job, id=batch_id)
    return get_import(w, batch_id)


def write_import(w: Work, batch_id: UUID, *, progress: Progress = _silent) -> ImportView:
    """Write the staged rows to the ledger; a batch that is committed already is left as it is.

    All or nothing: killed in the middle, nothing of it stays; run again, it is complete once.
    """
    w.run(STATEMENT_TIMEOUT)
    w.lock_ledger()
    batch = batch_row(w, batch_id, lock=True)
    if batch.status == "committed":
        return get_import(w, batch_id)
    if batch.status not in ("ready", "committing"):
        raise Conflict("This import is not waiting for a commit.")
    _refuse_without_account(w, batch_id)
    tenant = w.scope.tenant_id
    refresh_settlements(w, batch_id)
    chosen = w.run(_CHOSEN, batch=batch_id).rowcount
    w.run("ANALYZE chosen")
    if chosen > INLINE_ROWS:
        w.run(_JOIN_SETS)
    w.run(_DROP_KNOWN, tenant=tenant)
    w.run(_FREE_IDENTITY, tenant=tenant)
    shaped = give_roles(w)
    progress(0, "Payees")
    _make_payees(w, batch_id)
    made: list[UUID] = []
    if w.row(_ANY_CATEGORY, tenant=tenant):
        made = name_categories(w, make=bool((batch.options or {}).get("make_categories")))
        w.run(_CATEGORIES, tenant=tenant)
    categorise_settling(w, batch_id)
    categories = {"income": uncategorised(w, Kind.INCOME), "expense": uncategorised(w, Kind.EXPENSE)}
    progress(0, "Transactions")
    added = w.run(
        _TRANSACTIONS, user=w.scope.user_id, now=w.now, tenant=tenant, batch=batch_id, **categories
    ).rowcount
    progress(0, "Postings")
    w.run(_POSTINGS, tenant=tenant, **categories)
    if shaped:
        added += write_shaped(w, batch_id, batch.statements or [], categories)
    w.run(_TAGS, tenant=tenant, batch=batch_id)
    w.run(_JOIN_FREELY)
    matches = w.row(_ANY_MATCH, batch=batch_id) is not None
    if matches:
        w.run(_NOTE_CLEARED, batch=batch_id, tenant=tenant)
    settled, linked = settle_rows(w, batch_id)
    if matches:
        linked += w.run(_LINK, batch=batch_id, tenant=tenant).rowcount
    w.run("DROP TABLE IF EXISTS chosen, named")
    learnt = _learn_number(w, batch_id)
    counts = dict(batch.counts or {})
    counts |= {"imported": added, "linked": linked, "settled": settled, "number_learnt": learnt}
    if made:
        counts["categories_made"] = [str(one) for one in made]
    w.run(
        "UPDATE import_batch SET status = 'committed', committed_at = :now, content_encrypted = NULL,"
        " counts = CAST(:counts AS jsonb) WHERE id = :id",
        now=w.now,
        counts=json.dumps(counts),
        id=batch_id,
    )
    remember_mapping(w, batch_id)
    apply_rules_to_batch(w, batch_id)
    w.audit(
        "commit",
        "import",
        batch_id,
        space_id=batch.space_id,
        after={"file": batch.filename, "imported": added, "linked": linked},
    )
    ledger_changed(w)
    return get_import(w, batch_id)


def stop_import(w: Work, batch_id: UUID) -> ImportView:
    """Stop reading or committing a large file; what the worker had not finished is undone.

    A job that had not begun ends here; a running one ends at its next report and settles the batch itself. A
    batch whose job ended without settling it (its worker died too often) is settled too.
    """
    batch = batch_row(w, batch_id)
    if batch.status not in ("reading", "committing") or batch.job_id is None:
        raise Conflict("This import is not at work now.")
    job = cancel_job(w, batch.job_id)
    if not job.open:
        if batch.status == "reading":
            mark_failed(w, batch_id, job.error or "Reading was stopped.")
        else:
            w.run(
                "UPDATE import_batch SET status = 'ready' WHERE id = :id AND status = 'committing'",
                id=batch_id,
            )
    return get_import(w, batch_id)


def _refuse_without_account(w: Work, batch_id: UUID) -> None:
    row = w.row(
        f"SELECT account_hint FROM import_row WHERE batch_id = :id AND account_id IS NULL AND {IMPORTED} LIMIT 1",
        id=batch_id,
    )
    if row is not None:
        named = f" {row.account_hint!r}" if row.account_hint else ""
        raise ValidationFailed("account", f"Choose the account that the file's rows{named} belong to.")


def _make_payees(w: Work, batch_id: UUID) -> None:
    """Make the payees that are not known yet, some thousand names per statement."""
    while True:
        names = w.rows(
            "SELECT DISTINCT c.account_space, c.payee FROM chosen c WHERE c.payee <> '' AND NOT EXISTS (SELECT 1 FROM"
            " payee p WHERE p.tenant_id = :tenant AND p.space_id = c.account_space AND p.name = c.payee) LIMIT :most",
            tenant=w.scope.tenant_id,
            most=NAMES_PER_STATEMENT,
        )
        if not names:
            return
        w.run(
            "INSERT INTO payee (tenant_id, space_id, id, name, folded, batch_id, created_at)"
            " SELECT :tenant, s, i, n, f, :batch, :now FROM unnest(CAST(:spaces AS uuid[]), CAST(:ids AS uuid[]),"
            " CAST(:names AS varchar[]), CAST(:folded AS varchar[])) AS v(s, i, n, f) ON CONFLICT DO NOTHING",
            tenant=w.scope.tenant_id,
            batch=batch_id,
            now=w.now,
            spaces=[row.account_space for row in names],
            ids=[new_id() for _ in names],
            names=[row.payee for row in names],
            folded=[fold(row.payee) for row in names],
        )


def _learn_number(w: Work, batch_id: UUID) -> list[str]:
    """Remember the bank numbers of accounts that had none; returns the accounts (undo forgets them again)."""
    batch = batch_row(w, batch_id)
    learnt = []
    for statement in batch.statements or []:
        account_id, hint = statement.get("account_id"), statement.get("hint") or ""
        if account_id is None or not any(character.isdigit() for character in hint):
            continue
        known = w.row(
            "SELECT 1 FROM account WHERE id = :id AND number_digest IS NOT NULL", id=UUID(account_id)
        )
        if known is None:
            remember_number(w, UUID(account_id), hint)
            learnt.append(account_id)
    return learnt
