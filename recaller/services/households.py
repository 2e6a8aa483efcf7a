"""Work on every household in turn, for operators: each behind its own wall, one transaction each."""

from __future__ import annotations

from datetime import datetime

from recaller.core.scope import Role, Scope, Source
from recaller.infra.crypto import decrypt, digest, rotate
from recaller.infra.work import identity_work, work
from recaller.services.accounts import bare_number


def system_scopes() -> list[Scope]:
    """Return a scope over all spaces of each household; for upkeep, never for a user's request."""
    with identity_work() as identity:
        rows = identity.call(
            "SELECT tenant_id, base_currency, time_zone, shared_space_id, space_ids FROM tenants_with_spaces()"
        )
    return [
        Scope(
            tenant_id=row.tenant_id,
            user_id=None,
            role=Role.ADMIN,
            shared_space_id=row.shared_space_id,
            private_space_id=None,
            space_ids=tuple(row.space_ids),
            base_currency=row.base_currency,
            time_zone=row.time_zone,
            source=Source.SYSTEM,
        )
        for row in rows
    ]


def forget_idempotency_keys(before: datetime) -> int:
    """Delete every household's idempotency keys made before that moment (UTC); returns how many."""
    forgotten = 0
    for scope in system_scopes():
        with work(scope) as w:
            forgotten += w.run(
                "DELETE FROM idempotency_key WHERE created_at < :before", before=before
            ).rowcount
    return forgotten


def rotate_keys() -> int:
    """Put every stored secret under the newest encryption key; returns how many were rewritten.

    Afterwards the older keys can be taken out of the settings. Raises UndecryptableSecret, naming nothing, when a
    secret is under a key that is not configured any more; what was rewritten by then stays.
    """
    done = 0
    for scope in system_scopes():
        with work(scope) as w:
            rows = w.rows("SELECT id, number_encrypted FROM account WHERE number_encrypted IS NOT NULL")
            for row in rows:
                token = bytes(row.number_encrypted)
                w.run(
                    "UPDATE account SET number_encrypted = :token, number_digest = :digest WHERE id = :id",
                    token=rotate(token),
                    digest=digest(bare_number(decrypt(token).decode()), "account number"),
                    id=row.id,
                )
            files = w.rows("SELECT id FROM import_batch WHERE content_encrypted IS NOT NULL")
            for row in files:
                content = w.rows("SELECT content_encrypted FROM import_batch WHERE id = :id", id=row.id)[0][0]
                w.run(
                    "UPDATE import_batch SET content_encrypted = :token WHERE id = :id",
                    token=rotate(bytes(content)),
                    id=row.id,
                )
            done += len(rows) + len(files)
    return done
