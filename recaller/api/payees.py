"""Payees: listed, proposed while typing, renamed, merged."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, NO_NUL, Body, Fields, Paging
from recaller.core.errors import ValidationFailed
from recaller.core.paging import Page, decode_cursor, encode_cursor
from recaller.infra.work import work
from recaller.services import payees
from recaller.services.payees import PayeeView

router = APIRouter(prefix="/payees", tags=["payees"], responses=COMMON_PROBLEMS)

Typed = Annotated[
    str, Query(max_length=payees.MAX_NAME, description="Part of the name, in any case.", examples=["bak"])
]


class PayeeName(Body):
    """A payee's new name."""

    name: Annotated[str, Field(min_length=1, max_length=payees.MAX_NAME, pattern=NO_NUL, examples=["Baker"])]


class Merge(Body):
    """The payee that stays."""

    into_id: UUID


@router.get("", response_model=Page[PayeeView])
def list_payees(scope: CurrentScope, fields: Fields, page: Paging, q: Typed = "") -> object:
    """Return a page of the payees by name, optionally those with a text inside their name."""
    after = _after(page.cursor)
    with work(scope, read_only=True) as w:
        found = payees.list_payees(w, starting_with=q, after=after, limit=page.limit)
    following = encode_cursor(["payee", found[-1].name]) if len(found) == page.limit else None
    return fields.reply(Page(found, following))


@router.get("/suggestions", response_model=tuple[PayeeView, ...])
def suggest_payees(scope: CurrentScope, fields: Fields, q: Typed = "") -> object:
    """Return the likeliest payees for what was typed so far: names that begin with it, then others."""
    with work(scope, read_only=True) as w:
        return fields.reply(payees.suggest_payees(w, q))


@router.get("/{payee_id}", response_model=PayeeView)
def get_payee(payee_id: UUID, scope: CurrentScope, fields: Fields) -> object:
    """Return one payee."""
    with work(scope, read_only=True) as w:
        return fields.reply(payees.get_payee(w, payee_id))


@router.patch("/{payee_id}")
def rename_payee(payee_id: UUID, body: PayeeName, scope: CurrentScope) -> PayeeView:
    """Rename a payee everywhere; 409 when another one has the name: merge the two instead."""
    with work(scope) as w:
        return payees.rename_payee(w, payee_id, body.name)


@router.post("/{payee_id}/merge")
def merge_payees(payee_id: UUID, body: Merge, scope: CurrentScope) -> PayeeView:
    """Give all of a payee's transactions to another and remove the first; returns the one that stays."""
    with work(scope) as w:
        return payees.merge_payees(w, payee_id, body.into_id)


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    kind, name = decode_cursor(cursor, 2)
    if kind != "payee" or not isinstance(name, str) or "\0" in name:
        raise ValidationFailed("cursor", "This page mark belongs to another list.")
    return name
