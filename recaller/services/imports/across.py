"""Tells staged rows that the ledger has from a file of another kind: the same month as CSV and as OFX.

Account and amount must be equal and the dates close; each entry of the ledger answers for one row. Rows of this very
kind of file never match each other: their identities tell them apart (decision 12).
"""

from __future__ import annotations

from uuid import UUID

from recaller.domain.likeness import ALIKE, assign_twins, likeness, words_of
from recaller.domain.transfers import TRANSFER_DAYS
from recaller.infra.work import Work
from recaller.services.imports.views import batch_row

# How far the dates of one booking lie apart between two formats (booked, posted, valued).
SHIFT_DAYS = 3
# Twins of one account, amount and day are told apart by their texts, as long as there are few of them.
MAX_TWINS = 12
MAX_TWIN_PAIRS = 20_000

# Which committed files of another kind brought anything into these accounts: mostly none, and then all is said.
_OTHERS = """
SELECT b.id FROM import_batch b
 WHERE b.status = 'committed' AND b.id <> :batch
   AND (b.format, coalesce(b.fingerprint, '')) <> (:format, coalesce(:fingerprint, ''))
   AND EXISTS (SELECT 1 FROM jsonb_array_elements(b.statements) AS s
                WHERE s ->> 'account_id' = ANY(CAST(:accounts AS varchar[])))
"""
_ROWS = """
CREATE TEMP TABLE across_row ON COMMIT DROP AS
SELECT row_number, account_id, date, amount, import_id, payee || ' ' || memo AS said
  FROM import_row WHERE batch_id = :batch AND state = 'new' AND account_id IS NOT NULL
"""
_ENTRIES = """
CREATE TEMP TABLE across_entry ON COMMIT DROP AS
SELECT p.account_id, p.date, p.amount, p.transaction_id, p.line, coalesce(y.name, '') || ' ' || t.bank_text AS said,
       coalesce(CASE WHEN t.batch_id = ANY(CAST(:others AS uuid[])) THEN t.batch_id END, m.other_batch_id) AS batch_id
  FROM posting p
  JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id
  LEFT JOIN transfer_merge m ON m.tenant_id = t.tenant_id AND m.transaction_id = t.id
  LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
 WHERE p.tenant_id = :tenant AND p.account_id = ANY(CAST(:accounts AS uuid[])) AND p.import_id IS NOT NULL
   AND p.date BETWEEN CAST(:first AS date) - :days AND CAST(:last AS date) + :days
   AND (t.batch_id = ANY(CAST(:others AS uuid[])) OR m.other_batch_id = ANY(CAST(:others AS uuid[]))
        OR (t.batch_id IS NULL AND p.import_id NOT LIKE :format || ':%' AND p.import_id NOT LIKE :format || '#%'))
"""
_HITS = """
CREATE TEMP TABLE across_hit (row_number integer, transaction_id uuid, batch_id uuid, shift integer, alike boolean)
ON COMMIT DROP
"""
# A row that an earlier file of this kind brought and that was a duplicate then is the same duplicate now; and an
# entry that answered for such a row never answers for another one of this kind.
_ANSWERED = """
SELECT e.transaction_id, e.line, e.batch_id, d.import_id, e.account_id
  FROM across_entry e
  JOIN import_row d ON d.tenant_id = :tenant AND d.match_id = e.transaction_id AND d.account_id = e.account_id
                   AND d.state = 'duplicate' AND d.batch_id <> :batch
  JOIN import_batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id AND b.status = 'committed'
                     AND (b.format, coalesce(b.fingerprint, '')) = (:format, coalesce(:fingerprint, ''))
"""
_AS_BEFORE = f"""
WITH answered AS MATERIALIZED ({_ANSWERED}),
hit AS (
  SELECT DISTINCT ON (r.row_number) r.row_number, a.transaction_id, a.batch_id
    FROM answered a JOIN across_row r ON r.account_id = a.account_id AND r.import_id = a.import_id),
gone AS (DELETE FROM across_row r USING hit WHERE hit.row_number = r.row_number),
used AS (DELETE FROM across_entry e USING answered a WHERE a.transaction_id = e.transaction_id AND a.line = e.line)
INSERT INTO across_hit SELECT row_number, transaction_id, batch_id, 0, true FROM hit
"""
# The n-th of equal rows meets the n-th of equal entries: linear, whatever the number of twins.
_NTH_WITH_NTH = """
WITH r AS (
  SELECT row_number, account_id, amount, date, said,
         row_number() OVER (PARTITION BY account_id, amount, date ORDER BY row_number) AS nth FROM across_row),
e AS (
  SELECT transaction_id, line, batch_id, account_id, amount, date, said,
         row_number() OVER (PARTITION BY account_id, amount, date ORDER BY transaction_id, line) AS nth
    FROM across_entry),
hit AS MATERIALIZED (
  SELECT r.row_number, e.transaction_id, e.line, e.batch_id FROM r JOIN e
      ON e.account_id = r.account_id AND e.amount = r.amount AND e.nth = r.nth AND e.date = r.date + :shift),
gone AS (DELETE FROM across_row x USING hit WHERE hit.row_number = x.row_number),
used AS (DELETE FROM across_entry x USING hit WHERE hit.transaction_id = x.transaction_id AND hit.line = x.line)
INSERT INTO across_hit SELECT row_number, transaction_id, batch_id, :shift, false FROM hit
"""
_TWINS = """
WITH r AS (SELECT *, count(*) OVER (PARTITION BY account_id, amount, date) AS n FROM across_row),
e AS (SELECT *, count(*) OVER (PARTITION BY account_id, amount, date) AS n FROM across_entry)
SELECT r.account_id, r.amount, r.date, r.row_number, r.said AS row_said, e.transaction_id, e.line, e.said, e.batch_id
  FROM r JOIN e ON e.account_id = r.account_id AND e.amount = r.amount AND e.date = r.date
 WHERE greatest(r.n, e.n) > 1 AND greatest(r.n, e.n) <= :most
 ORDER BY r.account_id, r.amount, r.date, r.row_number, e.transaction_id, e.line LIMIT :pairs
"""
_TAKE = """
WITH hit AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:rows AS integer[]), CAST(:ids AS uuid[]), CAST(:lines AS integer[]),
                       CAST(:batches AS uuid[])) AS v(row_number, transaction_id, line, batch_id)),
gone AS (DELETE FROM across_row x USING hit WHERE hit.row_number = x.row_number),
used AS (DELETE FROM across_entry x USING hit WHERE hit.transaction_id = x.transaction_id AND hit.line = x.line)
INSERT INTO across_hit SELECT row_number, transaction_id, batch_id, 0, true FROM hit
"""
# Another day is sure only where both files cover both days: else the twin may just stand outside of one of them.
_COVERED = """
WITH span AS (
  SELECT r.batch_id, r.account_id, min(r.date) AS first, max(r.date) AS last FROM import_row r
   WHERE r.batch_id = :batch OR r.batch_id IN (SELECT batch_id FROM across_hit WHERE shift <> 0)
   GROUP BY r.batch_id, r.account_id)
UPDATE across_hit h SET alike = true
  FROM import_row r
  JOIN span mine ON mine.batch_id = r.batch_id AND mine.account_id = r.account_id
  JOIN span theirs ON theirs.account_id = r.account_id
 WHERE r.batch_id = :batch AND r.row_number = h.row_number AND h.shift <> 0 AND theirs.batch_id = h.batch_id
   AND r.date + h.shift BETWEEN mine.first AND mine.last AND r.date BETWEEN theirs.first AND theirs.last
"""
_UNSURE = """
SELECT h.row_number, r.payee || ' ' || r.memo AS row_said, coalesce(y.name, '') || ' ' || t.bank_text AS said
  FROM across_hit h JOIN import_row r ON r.batch_id = :batch AND r.row_number = h.row_number
  JOIN transaction t ON t.tenant_id = :tenant AND t.id = h.transaction_id
  LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
 WHERE h.shift <> 0 AND NOT h.alike ORDER BY h.row_number LIMIT :pairs
"""
_WRITE = """
UPDATE import_row r
   SET state = CASE WHEN h.shift = 0 OR h.alike THEN 'duplicate' ELSE 'conflict' END, match_id = h.transaction_id,
       reason = CASE WHEN h.shift = 0 THEN format('Already in the ledger, from %s.', n.name)
                     WHEN h.alike THEN format('Already in the ledger on %s, from %s.', r.date + h.shift, n.name)
                     ELSE format('Looks like the one of %s, from %s.', r.date + h.shift, n.name) END
  FROM across_hit h LEFT JOIN import_batch b ON b.tenant_id = :tenant AND b.id = h.batch_id
 CROSS JOIN LATERAL (SELECT coalesce(b.filename, 'another file') AS name) n
 WHERE r.batch_id = :batch AND r.row_number = h.row_number
"""


# A transfer has one date; the bank at its other end may have booked it some days later.
_ENDS_OF_TRANSFERS = """
UPDATE import_row r SET state = 'duplicate', reason = format('Already in the ledger, in the transfer of %s.', t.date)
  FROM posting p JOIN transaction t ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id
 WHERE r.batch_id = :batch AND r.state = 'conflict' AND p.tenant_id = :tenant AND p.account_id = r.account_id
   AND p.import_id = r.import_id AND p.amount = r.amount AND t.shape IN ('transfer', 'conversion')
   AND abs(p.date - r.date) <= :days
"""


def match_across(w: Work, batch_id: UUID) -> int:
    """Mark the new rows that came before in a file of another kind; returns how many.

    A certain twin becomes a 'duplicate', one that only looks alike a 'conflict'; both keep the link and can be chosen.
    """
    batch = batch_row(w, batch_id)
    w.run(_ENDS_OF_TRANSFERS, batch=batch_id, tenant=w.scope.tenant_id, days=TRANSFER_DAYS)
    span = w.row(
        "SELECT min(date) AS first, max(date) AS last, array_agg(DISTINCT account_id) AS accounts FROM import_row"
        " WHERE batch_id = :id AND state = 'new' AND account_id IS NOT NULL",
        id=batch_id,
    )
    if span is None or span.first is None:
        return 0
    kind = {"batch": batch_id, "format": batch.format, "fingerprint": batch.fingerprint}
    others = [row.id for row in w.rows(_OTHERS, **kind, accounts=[str(one) for one in span.accounts])]
    if not others:
        return 0
    tenant = w.scope.tenant_id
    entries = w.run(
        _ENTRIES,
        tenant=tenant,
        accounts=span.accounts,
        first=span.first,
        last=span.last,
        days=SHIFT_DAYS,
        others=others,
        format=batch.format,
    ).rowcount
    found = 0
    if entries:
        found = _assign(w, kind)
        w.run("DROP TABLE across_row, across_hit")
    w.run("DROP TABLE across_entry")
    return found


def _assign(w: Work, kind: dict[str, object]) -> int:
    batch_id, tenant = kind["batch"], w.scope.tenant_id
    w.run(_ROWS, batch=batch_id)
    w.run("ANALYZE across_row, across_entry")
    w.run(_HITS)
    w.run(_AS_BEFORE, tenant=tenant, **kind)
    _tell_twins_apart(w)
    for days in range(SHIFT_DAYS + 1):
        for shift in sorted({-days, days}):
            w.run(_NTH_WITH_NTH, shift=shift)
    w.run(_COVERED, batch=batch_id)
    unsure = w.rows(_UNSURE, batch=batch_id, tenant=tenant, pairs=MAX_TWIN_PAIRS)
    alike = [
        row.row_number for row in unsure if likeness(words_of(row.row_said), words_of(row.said)) >= ALIKE
    ]
    if alike:
        w.run("UPDATE across_hit SET alike = true WHERE row_number = ANY(:rows)", rows=alike)
    return w.run(_WRITE, batch=batch_id, tenant=tenant).rowcount


def _tell_twins_apart(w: Work) -> None:
    """Give rows of one account, amount and day to the entries whose texts are likest."""
    groups: dict[tuple[object, ...], tuple[dict[int, str], dict[tuple[UUID, int], str]]] = {}
    batches: dict[UUID, UUID | None] = {}
    for row in w.rows(_TWINS, most=MAX_TWINS, pairs=MAX_TWIN_PAIRS):
        rows, entries = groups.setdefault((row.account_id, row.amount, row.date), ({}, {}))
        rows[row.row_number] = row.row_said
        entries[row.transaction_id, row.line] = row.said
        batches[row.transaction_id] = row.batch_id
    taken = [
        (number, list(entries)[at])
        for rows, entries in groups.values()
        for number, at in assign_twins(rows, list(entries.values())).items()
    ]
    if taken:
        w.run(
            _TAKE,
            rows=[number for number, _ in taken],
            ids=[key[0] for _, key in taken],
            lines=[key[1] for _, key in taken],
            batches=[batches[key[0]] for _, key in taken],
        )
