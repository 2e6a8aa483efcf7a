"""The unit of work: one transaction behind the tenant wall, with its clock, audit trail and outgoing jobs.

Every database access goes through `work(scope)`, or through `identity_work()` for the few questions that come
before a tenant is known (sign-in, sign-up) and that only the reviewed definer functions answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, CursorResult, Row, text
from sqlmodel import Session

from recaller.core.clock import Clock, local_date, utc_now
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.db import engines
from recaller.infra.queue import push
from recaller.settings import get_settings

GENESIS = bytes(32)
# The same statements are run again and again: reading the names of its parameters out of each once is enough.
_statement = lru_cache(maxsize=2048)(text)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry for the audit trail; `before` / `after` are JSON-ready, None where there is none."""

    space_id: UUID
    action: str
    entity: str
    entity_id: UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(slots=True)
class Work:
    """What a service gets: the transaction inside the wall, who acts, and what time it is."""

    connection: Connection
    scope: Scope
    now: datetime
    read_only: bool = False
    # The date that daily work stands for, where that isn't simply the date at `now`.
    day: date | None = None
    _changes: list[Change] = field(default_factory=list)
    _jobs: list[tuple[str, UUID, UUID]] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)
    _session: Session | None = None

    @property
    def session(self) -> Session:
        """A session of the mapper on this transaction, made when first asked for and flushed before the commit."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    @property
    def today(self) -> date:
        """The acting user's calendar date; in daily work the household's date that is being worked off."""
        return self.day or local_date(self.now, self.scope.time_zone)

    def rows(self, sql: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Run one SQL query with named parameters and return all its rows (bound it yourself)."""
        return self.connection.execute(_statement(sql), parameters).all()

    def row(self, sql: str, **parameters: Any) -> Row[Any] | None:
        """Run one SQL query and return its first row, or None."""
        return self.connection.execute(_statement(sql), parameters).first()

    def run(self, sql: str, **parameters: Any) -> CursorResult[Any]:
        """Run one SQL statement with named parameters."""
        return self.connection.execute(_statement(sql), parameters)

    def cancel_statement(self) -> bool:
        """Have the server end the statement that runs at this moment (for a signal handler); False when none does."""
        driver = self.connection.connection.driver_connection
        if driver is None or driver.info.transaction_status is not TransactionStatus.ACTIVE:
            return False
        driver.cancel()
        return True

    def lock_ledger(self) -> None:
        """Take the tenant's ledger lock until commit: writers of postings go one after the other.

        Two edits would otherwise lock the same rollup rows in different orders.
        """
        key = int.from_bytes(self.scope.tenant_id.bytes[8:], "big", signed=True)
        self.run("SELECT pg_advisory_xact_lock(:key)", key=key)

    def audit(
        self,
        action: str,
        entity: str,
        entity_id: UUID | None,
        *,
        space_id: UUID,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a change; it is written to the trail in this transaction, just before the commit."""
        self._changes.append(Change(space_id, action, entity, entity_id, before, after))

    def enqueue(
        self, kind: str, arguments: Mapping[str, Any], *, queue: str = "default", space_id: UUID | None = None
    ) -> UUID:
        """Write a job in this transaction and hand it to the queue after the commit; returns its id.

        Arguments carry ids, never contents. If the queue is away, the sweep finds the job later.
        """
        job_id = new_id()
        self.run(
            "INSERT INTO job (tenant_id, space_id, id, kind, queue, arguments, actor_id, request_id, created_at)"
            " VALUES (:tenant, :space, :id, :kind, :queue, CAST(:arguments AS jsonb), :actor, :request, :now)",
            tenant=self.scope.tenant_id,
            space=space_id or self.scope.shared_space_id,
            id=job_id,
            kind=kind,
            queue=queue,
            arguments=json.dumps(arguments, default=str),
            actor=self.scope.user_id,
            request=self.scope.request_id,
            now=self.now,
        )
        self.hand_over(queue, job_id)
        return job_id

    def hand_over(self, queue: str, job_id: UUID) -> None:
        """Give a job that is written already to the queue after the commit."""
        self._jobs.append((queue, self.scope.tenant_id, job_id))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the transaction is committed (never when it is rolled back)."""
        self._after_commit.append(action)

    def _write_audit(self) -> None:
        by_space: dict[UUID, list[Change]] = {}
        for change in self._changes:
            by_space.setdefault(change.space_id, []).append(change)
        for space_id in sorted(by_space):
            self._append_chain(space_id, by_space[space_id])

    def _append_chain(self, space_id: UUID, changes: list[Change]) -> None:
        tenant = self.scope.tenant_id
        # The insert makes the head if it is missing; either way the row is locked until the commit.
        head = self.row(
            "INSERT INTO audit_head (tenant_id, space_id, seq, hash) VALUES (:tenant, :space, 0, :genesis)"
            " ON CONFLICT (tenant_id, space_id) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash",
            tenant=tenant,
            space=space_id,
            genesis=GENESIS,
        )
        assert head is not None
        seq, previous = int(head.seq), bytes(head.hash)
        rows = []
        for change in changes:
            seq += 1
            row = {
                "tenant_id": tenant,
                "space_id": space_id,
                "seq": seq,
                "at": self.now,
                "actor_id": self.scope.user_id,
                "source": self.scope.source.value,
                "action": change.action,
                "entity": change.entity,
                "entity_id": change.entity_id,
                "before": change.before,
                "after": change.after,
                "request_id": self.scope.request_id,
            }
            digest = event_hash(previous, row)
            rows.append(row | {
                "before": _json(change.before),
                "after": _json(change.after),
                "previous_hash": previous,
                "hash": digest,
            })  # fmt: skip
            previous = digest
        self.connection.execute(text(_INSERT_EVENT), rows)
        self.run(
            "UPDATE audit_head SET seq = :seq, hash = :hash WHERE tenant_id = :tenant AND space_id = :space",
            seq=seq,
            hash=previous,
            tenant=tenant,
            space=space_id,
        )


_INSERT_EVENT = (
    "INSERT INTO audit_event (tenant_id, space_id, seq, at, actor_id, source, action, entity, entity_id, before,"
    " after, request_id, previous_hash, hash) VALUES (:tenant_id, :space_id, :seq, :at, :actor_id, :source, :action,"
    " :entity, :entity_id, CAST(:before AS jsonb), CAST(:after AS jsonb), :request_id, :previous_hash, :hash)"
)


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)


def event_hash(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """Return SHA-256 over the previous hash and the event's canonical JSON (keys sorted, no spaces).

    Values go through JSON once first, so that an event read back from the database hashes the same.
    """
    plain = {key: row[key] for key in _HASHED} | {"at": row["at"].astimezone(UTC).isoformat()}
    readable = json.loads(json.dumps(plain, default=str))
    canonical = json.dumps(readable, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + canonical.encode()).digest()


_HASHED = (
    "tenant_id", "space_id", "seq", "at", "actor_id", "source", "action", "entity", "entity_id", "before", "after",
    "request_id",
)  # fmt: skip


def settings_sql(scope: Scope, *, read_only: bool) -> str:
    """Return the BEGIN of a transaction and the `SET LOCAL`s that open the wall in it (ids only, nothing to escape)."""
    spaces = ",".join(str(space) for space in scope.space_ids)
    statements = [
        "BEGIN READ ONLY" if read_only else "BEGIN",
        f"SET LOCAL app.tenant_id = '{scope.tenant_id}'",
        f"SET LOCAL app.space_ids = '{{{spaces}}}'",
        f"SET LOCAL app.user_id = '{scope.user_id or ''}'",
        f"SET LOCAL statement_timeout = '{get_settings().statement_timeout_seconds}s'",
    ]
    return "; ".join(statements)


@contextmanager
def work(scope: Scope, *, read_only: bool = False, clock: Clock = utc_now) -> Iterator[Work]:
    """Open a transaction in which only the scope's tenant and spaces exist; commit once on the way out.

    Any error rolls everything back: rows, audit entries and jobs together. Jobs are handed to the queue after
    the commit. `read_only` may be served by a replica and refuses writes.
    """
    engine = engines.reader() if read_only else engines.writer()
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(settings_sql(scope, read_only=read_only))
        unit = Work(connection=connection, scope=scope, now=clock(), read_only=read_only)
        yield unit
        if unit._session is not None:
            unit._session.flush()
        if unit._changes:
            unit._write_audit()
    for queue, tenant_id, job_id in unit._jobs:
        push(queue, tenant_id, job_id)
    for action in unit._after_commit:
        action()


@dataclass(slots=True)
class IdentityWork:
    """A transaction outside every tenant: identity tables show no row here, only definer functions answer."""

    connection: Connection
    now: datetime

    def call(self, sql: str, **parameters: Any) -> Sequence[Row[Any]]:
        """Call one of the reviewed definer functions and return its rows."""
        return self.connection.execute(_statement(sql), parameters).all()


@contextmanager
def identity_work(*, clock: Clock = utc_now) -> Iterator[IdentityWork]:
    """Open a transaction for what comes before a tenant is known: sign-in, sign-up, membership look-ups."""
    with engines.writer().connect() as connection, connection.begin():
        connection.exec_driver_sql("BEGIN")
        yield IdentityWork(connection=connection, now=clock())
