"""Transfers between own accounts that came as two entries: found, merged into one, split again, dismissed."""

from recaller.services.transfers.finding import (
    EndView,
    TransferPairView,
    count_transfers,
    dismiss_transfer,
    find_transfers,
    restore_transfer_proposal,
)
from recaller.services.transfers.merging import MAX_MERGED, merge_transfer, merge_transfers, split_transfer
from recaller.services.transfers.undoing import merges_edited, split_merges_of

__all__ = [
    "MAX_MERGED",
    "EndView",
    "TransferPairView",
    "count_transfers",
    "dismiss_transfer",
    "find_transfers",
    "merge_transfer",
    "merge_transfers",
    "merges_edited",
    "restore_transfer_proposal",
    "split_merges_of",
    "split_transfer",
]
