"""What follows from a change of the ledger: work that must not wait for the night."""

from __future__ import annotations

from recaller.core.ids import new_id
from recaller.infra.work import Work

BUDGETS_CHECK_JOB = "budgets.check"

# One statement: nothing is queued without a budget that wants alerts, nor while a check is waiting already. The
# waiting job's row is locked, so that no worker takes it up before this change is committed and misses it.
_ENQUEUE = """
WITH waiting AS MATERIALIZED (
  SELECT id FROM job WHERE kind = :kind AND status = 'queued' LIMIT 1 FOR NO KEY UPDATE)
INSERT INTO job (tenant_id, space_id, id, kind, queue, arguments, actor_id, request_id, created_at)
SELECT :tenant, :space, :id, :kind, 'critical', '{}', :actor, :request, :now
 WHERE EXISTS (SELECT 1 FROM budget WHERE removed_at IS NULL AND alert_percents <> '{}')
   AND NOT EXISTS (SELECT 1 FROM waiting)
RETURNING id
"""


def ledger_changed(w: Work) -> None:
    """Say that postings (or what budgets allow) changed: budgets are checked within seconds, once for many writes.

    Call it last, after the writes of the unit of work; it costs one statement.
    """
    queued = w.run(
        _ENQUEUE,
        kind=BUDGETS_CHECK_JOB,
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        id=new_id(),
        actor=w.scope.user_id,
        request=w.scope.request_id,
        now=w.now,
    ).first()
    if queued is not None:
        w.hand_over("critical", queued.id)
