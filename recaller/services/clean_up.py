"""The night's clean-up of one household: forgets what nobody will ask for again, a bounded share at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from recaller.infra.work import Work
from recaller.services.daily import ErrorLog
from recaller.services.notifications import forget_old_notifications
from recaller.settings import get_settings

JOBS_KEPT = timedelta(days=30)
FAILED_JOBS_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=90)
# A client that repeats a write does so within minutes; a week leaves room for a long outage.
IDEMPOTENCY_KEPT = timedelta(days=7)
# Whoever comes back to a file that could not be read has it still; its bytes needn't stay here.
FAILED_FILES_KEPT = timedelta(days=30)
# What one night doesn't reach, the next one does.
MOST_A_NIGHT = 5_000

_FORGET = """
WITH jobs AS (
  DELETE FROM job WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM job
     WHERE (status IN ('done', 'cancelled') AND finished_at < :jobs) OR (status = 'failed' AND finished_at < :failed)
     LIMIT :most) RETURNING 1),
runs AS (
  DELETE FROM daily_run WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM daily_run WHERE started_at < :runs LIMIT :most) RETURNING 1),
errors AS (
  DELETE FROM item_error WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM item_error WHERE resolved_at < :runs LIMIT :most) RETURNING 1),
keys AS (
  DELETE FROM idempotency_key WHERE (tenant_id, user_id, key) IN (
    SELECT tenant_id, user_id, key FROM idempotency_key WHERE created_at < :keys LIMIT :most) RETURNING 1),
expired AS (
  UPDATE import_batch SET status = 'discarded', content_encrypted = NULL, error = :why
   WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM import_batch
     WHERE status IN ('uploaded', 'ready') AND coalesce(touched_at, created_at) < :open LIMIT :most) RETURNING id),
files AS (
  UPDATE import_batch SET content_encrypted = NULL
   WHERE status = 'failed' AND content_encrypted IS NOT NULL AND created_at < :files RETURNING id),
staged AS (
  DELETE FROM import_row WHERE batch_id IN (SELECT id FROM files UNION ALL SELECT id FROM expired) RETURNING 1)
SELECT (SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM runs) AS runs,
       (SELECT count(*) FROM errors) AS errors, (SELECT count(*) FROM keys) AS keys,
       (SELECT count(*) FROM expired) AS expired_imports, (SELECT count(*) FROM files) AS files,
       (SELECT count(*) FROM staged) AS staged
"""


def clean_up(w: Work, _errors: ErrorLog) -> Mapping[str, int]:
    """Delete finished jobs, old run logs, settled errors, spent idempotency keys, files that never became rows.

    What was read in the notification centre long ago goes too. An import that nobody has read anew, chosen from or
    committed for `import_open_days` is discarded, with its file.

    What an undo needs (a committed import's rows) stays. Returns how much of each went, where something did.
    """
    open_days = get_settings().import_open_days
    row = w.row(
        _FORGET,
        open=w.now - timedelta(days=open_days),
        why=f"Nobody committed it for {open_days} days; upload the file again.",
        jobs=w.now - JOBS_KEPT,
        failed=w.now - FAILED_JOBS_KEPT,
        runs=w.now - RUNS_KEPT,
        keys=w.now - IDEMPOTENCY_KEPT,
        files=w.now - FAILED_FILES_KEPT,
        most=MOST_A_NIGHT,
    )
    assert row is not None
    counts = {**row._mapping, "notifications": forget_old_notifications(w)}
    return {name: count for name, count in counts.items() if count}
