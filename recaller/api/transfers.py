"""Transfers between own accounts that came as two entries: proposed, merged, split, dismissed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from recaller.api.dependencies import CurrentScope
from recaller.api.schemas import COMMON_PROBLEMS, Body, Fields
from recaller.infra.work import work
from recaller.services import transfers
from recaller.services.transactions import TransactionView
from recaller.services.transfers import TransferPairView

router = APIRouter(prefix="/transfers", tags=["transfers"], responses=COMMON_PROBLEMS)


class PairOfEntries(Body):
    """Two transactions: one that pays out of an own account, one that receives in another."""

    out_id: UUID
    in_id: UUID


class PairsOfEntries(Body):
    """Several pairs, merged all or none."""

    pairs: Annotated[tuple[PairOfEntries, ...], Field(min_length=1, max_length=transfers.MAX_MERGED)]


@router.get("/proposals", response_model=tuple[TransferPairView, ...])
def list_proposals(
    scope: CurrentScope,
    fields: Fields,
    import_id: Annotated[UUID | None, Query(description="Only pairs with an end from this import.")] = None,
) -> object:
    """Return pairs of entries that look like one transfer, sure ones first."""
    with work(scope, read_only=True) as w:
        return fields.reply(transfers.find_transfers(w, batch_id=import_id))


@router.post("/merge")
def merge_transfers(body: PairsOfEntries, scope: CurrentScope) -> tuple[TransactionView, ...]:
    """Make one transfer of each pair; bank identities and cleared marks stay with their accounts."""
    with work(scope) as w:
        return transfers.merge_transfers(w, [(one.out_id, one.in_id) for one in body.pairs])


@router.post("/{transfer_id}/split")
def split_transfer(transfer_id: UUID, scope: CurrentScope) -> tuple[TransactionView, ...]:
    """Split a merged transfer into the two entries that it was, exactly."""
    with work(scope) as w:
        return transfers.split_transfer(w, transfer_id)


@router.post("/dismiss", status_code=204)
def dismiss_transfer(body: PairOfEntries, scope: CurrentScope) -> None:
    """Remember that a pair is no transfer: it isn't proposed again."""
    with work(scope) as w:
        transfers.dismiss_transfer(w, body.out_id, body.in_id)


@router.post("/restore", status_code=204)
def restore_proposal(body: PairOfEntries, scope: CurrentScope) -> None:
    """Take a dismissal back: the pair is proposed again; 404 when it wasn't dismissed."""
    with work(scope) as w:
        transfers.restore_transfer_proposal(w, body.out_id, body.in_id)
