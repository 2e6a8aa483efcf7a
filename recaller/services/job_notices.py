"""Tells people about their background work: that it failed, that a large file is in the ledger."""

from __future__ import annotations

from uuid import UUID

from recaller.core.scope import Role
from recaller.infra.work import Work
from recaller.services.imports import get_import
from recaller.services.jobs import JobView
from recaller.services.notifications import Notice, notify


def tell_failure(w: Work, job: JobView, error: str) -> None:
    """Tell whoever asked for the job that it failed, or the administrators when nobody did."""
    if w.scope.user_id is None:
        users = [
            row.user_id
            for row in w.rows(
                "SELECT user_id FROM membership WHERE tenant_id = :tenant AND active AND role = :admin",
                tenant=w.scope.tenant_id,
                admin=Role.ADMIN.value,
            )
        ]
    elif w.scope.private_space_id is not None:
        users = [w.scope.user_id]
    else:
        return  # a super administrator who looked in: no member to tell
    notify(
        w,
        Notice(
            kind="job.failed",
            thing=f"job:{job.id}",
            on=w.today,
            title="Background work failed",
            body=error[:500],
            href="/jobs",
            space_id=w.scope.shared_space_id,
        ),
        users=users,
    )


def tell_import(w: Work, batch_id: UUID) -> None:
    """Tell whoever imported a large file that it is in the ledger."""
    if w.scope.user_id is None or w.scope.private_space_id is None:
        return
    batch = get_import(w, batch_id)
    notify(
        w,
        Notice(
            kind="import.done",
            thing=f"import:{batch_id}",
            on=w.today,
            title=f"{batch.filename} is imported",
            body="All its rows are in the ledger. It can be undone from its page.",
            href=f"/import/{batch_id}",
            space_id=w.scope.shared_space_id,
        ),
        users=[w.scope.user_id],
    )
