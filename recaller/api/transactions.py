"""Transactions: listed, recorded, changed one by one and many at once, exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi import Body as BodyParameter
from fastapi.openapi.models import Example
from fastapi.responses import StreamingResponse
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.drafts import Filter, NewTransaction, Payee, Tags, TransactionEdit, draft_of
from recaller.api.exports import csv_lines, header_line
from recaller.api.idempotency import Once
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields, IfMatch, Paging
from recaller.core.paging import MAX_PAGE, Page
from recaller.core.scope import Scope
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import work
from recaller.services import listing, transactions
from recaller.services.listing import Sort, TotalView, TransactionRow
from recaller.services.recurring import RecordedView, record_by_hand
from recaller.services.transactions import TransactionView

router = APIRouter(prefix="/transactions", tags=["transactions"], responses=COMMON_PROBLEMS)

Order = Annotated[Sort, Query(description="A minus means from the top down: newest, largest, Z to A.")]
Chosen = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=5000)]
_ONE, _OTHER = "0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f10", "0193f1d2-c4a8-7b3e-9d1f-2a6b8c0e4f11"
_ENTRY: dict[str, Any] = {
    "type": "entry",
    "date": "2026-11-05",
    "account_id": _ONE,
    "amount": -1250,
    "payee": "Baker",
}
_SPLIT = _ENTRY | {"parts": [{"amount": -750, "memo": "bread"}, {"amount": -500}]}
_TRANSFER = {
    "type": "transfer", "date": "2026-11-05", "source_id": _ONE, "target_id": _OTHER, "amount": 50_000,
}  # fmt: skip
_NEW: dict[str, Example] = {
    "entry": {"summary": "An entry", "value": _ENTRY},
    "split": {"summary": "A split", "value": _SPLIT},
    "transfer": {"summary": "A transfer", "value": _TRANSFER},
}
_EDITS: dict[str, Example] = {
    "entry": {"summary": "An entry", "value": _ENTRY | {"version": 1}},
    "transfer": {"summary": "A transfer", "value": _TRANSFER | {"version": 1}},
}


class Selection(Body):
    """Which transactions."""

    ids: Chosen


class Categorising(Selection):
    """The category that they all get; splits, transfers and openings keep theirs."""

    category_id: UUID


class PayeeSetting(Selection):
    """The name of the payee that they all get; an empty one takes the payee away."""

    payee: Payee


class Tagging(Selection):
    """Tags to add to each, and tags to take away."""

    add: Tags = ()
    remove: Tags = ()


class ChangedView(Body):
    """How many transactions changed."""

    changed: int


@router.get("", response_model=Page[TransactionRow])
def list_transactions(
    scope: CurrentScope, fields: Fields, page: Paging, wanted: Filter, sort: Order = Sort.NEWEST
) -> object:
    """Return a page of the transactions that match; the parameters are those of the page's URL.

    `matched` is what of each transaction was asked for: of a split filtered by category, that category's share.
    """
    with work(scope, read_only=True) as w:
        return fields.reply(
            listing.list_transactions(w, wanted, sort=sort, cursor=page.cursor, limit=page.limit)
        )


@router.get("/totals", response_model=tuple[TotalView, ...])
def read_totals(scope: CurrentScope, fields: Fields, wanted: Filter) -> object:
    """Return what all transactions that match add up to, one total per currency."""
    with work(scope, read_only=True) as w:
        return fields.reply(listing.totals(w, wanted))


@router.get(
    "/export.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The rows as CSV"}
    },
)
def export_transactions(scope: CurrentScope, wanted: Filter) -> StreamingResponse:
    """Return all transactions that match as CSV, oldest first; texts that look like formulas are made harmless."""
    # The first page is read before the answer begins, so that a wrong filter still gets its problem document.
    first = _page(scope, wanted, None)
    return StreamingResponse(
        _stream(scope, wanted, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="transactions.csv"'},
    )


@router.post("", status_code=201, response_model=RecordedView)
def record_transaction(
    body: Annotated[NewTransaction, BodyParameter(openapi_examples=_NEW)],
    scope: CurrentScope,
    once: Once,
) -> object:
    """Record an entry (with `parts`: a split) or a transfer; with an Idempotency-Key once only.

    What is expected from a recurring transaction and can be nothing else is paid by it: `settles`. `looks_like` tells
    what it may be, and what is in the ledger already; nothing was done about that.
    """
    with work(scope) as w:
        return once.reply(w, lambda: record_by_hand(w, draft_of(w, body)), status=201)


@router.get("/{transaction_id}", response_model=TransactionView)
def get_transaction(transaction_id: UUID, scope: CurrentScope, fields: Fields, response: Response) -> object:
    """Return one transaction with the postings that the caller can see; its version is in the ETag, too."""
    with work(scope, read_only=True) as w:
        view = transactions.get_transaction(w, transaction_id)
        response.headers["ETag"] = f'"{view.version}"'
        return fields.reply(view)


@router.put("/{transaction_id}")
def edit_transaction(
    transaction_id: UUID,
    body: Annotated[TransactionEdit, BodyParameter(openapi_examples=_EDITS)],
    scope: CurrentScope,
    if_match: IfMatch,
) -> TransactionView:
    """Replace a transaction's content; an entry may become a transfer and back.

    Needs the `version` that was edited, in the body or in If-Match; 409 when it isn't the current one, or when
    the change would touch something reconciled.
    """
    with work(scope) as w:
        version = if_match.of(body.version)
        return transactions.edit_transaction(w, transaction_id, draft_of(w, body), version=version)


@router.delete("/{transaction_id}", status_code=204)
def delete_transaction(transaction_id: UUID, scope: CurrentScope, if_match: IfMatch) -> None:
    """Delete a transaction; it can be restored. With If-Match only that version of it."""
    with work(scope) as w:
        transactions.delete_transaction(w, transaction_id, version=if_match.given)


@router.post("/{transaction_id}/restore", response_model=TransactionView)
def restore_transaction(transaction_id: UUID, scope: CurrentScope, once: Once) -> object:
    """Bring a deleted transaction back as it was; 409 when it is there."""
    with work(scope) as w:
        return once.reply(w, lambda: transactions.restore_transaction(w, transaction_id))


@router.post("/bulk/totals", response_model=tuple[TotalView, ...])
def read_selection_totals(body: Selection, scope: CurrentScope) -> object:
    """Return what the chosen transactions did to all accounts together, one total per currency."""
    with work(scope, read_only=True) as w:
        return listing.selection_totals(w, body.ids)


@router.post("/bulk/categorise")
def categorise_transactions(body: Categorising, scope: CurrentScope) -> ChangedView:
    """Give the chosen transactions one category, all or none."""
    with work(scope) as w:
        return ChangedView(changed=transactions.categorise_transactions(w, body.ids, body.category_id))


@router.post("/bulk/payee")
def set_payee(body: PayeeSetting, scope: CurrentScope) -> ChangedView:
    """Give the chosen transactions one payee, all or none."""
    with work(scope) as w:
        return ChangedView(changed=transactions.set_payee_of_transactions(w, body.ids, body.payee))


@router.post("/bulk/tags")
def tag_transactions(body: Tagging, scope: CurrentScope) -> ChangedView:
    """Add tags to and take tags from the chosen transactions, all or none."""
    with work(scope) as w:
        return ChangedView(changed=transactions.tag_transactions(w, body.ids, body.add, body.remove))


@router.post("/bulk/delete")
def delete_transactions(body: Selection, scope: CurrentScope) -> ChangedView:
    """Delete the chosen transactions, all or none; each can be restored."""
    with work(scope) as w:
        return ChangedView(changed=transactions.delete_transactions(w, body.ids))


def _page(scope: Scope, wanted: TransactionFilter, cursor: str | None) -> Page[TransactionRow]:
    # Each page in a transaction of its own: a slow reader must not hold a connection.
    with work(scope, read_only=True) as w:
        return listing.list_transactions(w, wanted, sort=Sort.OLDEST, cursor=cursor, limit=MAX_PAGE)


def _stream(scope: Scope, wanted: TransactionFilter, page: Page[TransactionRow]) -> Iterator[str]:
    yield header_line()
    while True:
        yield "".join(csv_lines(page.items))
        if page.next_cursor is None:
            return
        page = _page(scope, wanted, page.next_cursor)
