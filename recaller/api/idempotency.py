"""Idempotency-Key: the same key and request give the same answer, kept in the write's own transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_jsonable_python

from recaller.core.errors import Conflict, Forbidden
from recaller.infra.work import Work

REPLAYED = "Idempotent-Replayed"


class KeyReused(Conflict):
    """The key came before with another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request; use a new one.")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The key of one write (None: none was sent) and the digest of what the request asks for."""

    key: str | None
    digest: bytes

    def reply(self, w: Work, write: Callable[[], Any], *, status: int = 200) -> Response:
        """Run `write` and answer with its view; with a key, at most once and with the same answer ever after.

        Two calls with one key at the same time: the second waits for the first's commit and repeats its answer.
        Raises KeyReused when the key came with another request; errors of `write` leave nothing behind.
        """
        if self.key is None:
            return _answer(to_jsonable_python(write()), status)
        if w.scope.user_id is None:
            raise Forbidden("Only a user can send an Idempotency-Key.")
        claimed = w.row(
            "INSERT INTO idempotency_key (tenant_id, space_id, user_id, key, request_hash, status, created_at)"
            " VALUES (:tenant, :space, :user, :key, :digest, 0, :now) ON CONFLICT DO NOTHING RETURNING key",
            tenant=w.scope.tenant_id,
            space=w.scope.private_space_id or w.scope.shared_space_id,
            user=w.scope.user_id,
            key=self.key,
            digest=self.digest,
            now=w.now,
        )
        if claimed is None:
            return self._replay(w)
        content = to_jsonable_python(write())
        w.run(
            "UPDATE idempotency_key SET status = :status, response = CAST(:response AS jsonb)"
            " WHERE tenant_id = :tenant AND user_id = :user AND key = :key",
            status=status,
            response=json.dumps({"body": content}),
            tenant=w.scope.tenant_id,
            user=w.scope.user_id,
            key=self.key,
        )
        return _answer(content, status)

    def _replay(self, w: Work) -> Response:
        found = w.row(
            "SELECT request_hash, status, response FROM idempotency_key"
            " WHERE tenant_id = :tenant AND user_id = :user AND key = :key",
            tenant=w.scope.tenant_id,
            user=w.scope.user_id,
            key=self.key,
        )
        if found is None or bytes(found.request_hash) != self.digest:
            raise KeyReused()
        return _answer(found.response["body"], found.status, {REPLAYED: "true"})


def _answer(content: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    if status == 204:
        return Response(status_code=status, headers=headers)
    return JSONResponse(content, status, headers=headers)


async def idempotency(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="Any unique text: sending the same request with it again creates nothing twice.",
        ),
    ] = None,
) -> Idempotency:
    """Read the key, and digest method, path, query and body (a file upload's fields are not part of it)."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\0".encode())
    if idempotency_key is not None and "multipart/" not in request.headers.get("content-type", ""):
        digest.update(await request.body())
    return Idempotency(idempotency_key, digest.digest())


Once = Annotated[Idempotency, Depends(idempotency)]
