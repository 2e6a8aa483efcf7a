"""Work on every household in turn, for operators: each behind its own wall, one transaction each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.scope import Role, Scope, Source
from recaller.infra.crypto import decrypt, digest, rotate
from recaller.infra.work import IdentityWork, identity_work, work
from recaller.services.accounts import bare_number
from recaller.services.notifications.channels import rotate_channels


def system_scopes() -> list[Scope]:
    """Return a scope over all spaces of each household; for upkeep, never for a user's request."""
    with identity_work() as identity:
        rows = identity.call(
            "SELECT tenant_id, base_currency, time_zone, shared_space_id, space_ids FROM tenants_with_spaces()"
        )
    return [_system_scope(row) for row in rows]


def household_scopes(identity: IdentityWork, tenant_ids: Collection[UUID]) -> dict[UUID, Scope]:
    """Return such a scope for each of these households that exists."""
    rows = identity.call(
        "SELECT tenant_id, base_currency, time_zone, shared_space_id, space_ids"
        " FROM households_with_spaces(CAST(:wanted AS uuid[]))",
        wanted=list(tenant_ids),
    )
    return {row.tenant_id: _system_scope(row) for row in rows}


def _system_scope(row: Row[Any]) -> Scope:
    return Scope(
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
            done += len(rows) + len(files) + rotate_channels(w)
    return done
