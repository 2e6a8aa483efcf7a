"""The write side of the ledger: record, edit, delete and restore transactions, one by one and in bulk."""

from recaller.services.transactions.bulk import (
    categorise_transactions,
    delete_transactions,
    set_payee_of_transactions,
    tag_transactions,
)
from recaller.services.transactions.drafts import EntryDraft, Part, TransferDraft
from recaller.services.transactions.origins import OriginView, origins_of
from recaller.services.transactions.recording import (
    delete_transaction,
    edit_transaction,
    opening_balance,
    record_opening_balance,
    record_transaction,
    restore_transaction,
    set_cleared,
)
from recaller.services.transactions.views import LineView, TransactionView, get_transaction, get_transactions

__all__ = [
    "EntryDraft",
    "LineView",
    "OriginView",
    "Part",
    "TransactionView",
    "TransferDraft",
    "categorise_transactions",
    "delete_transaction",
    "delete_transactions",
    "edit_transaction",
    "get_transaction",
    "get_transactions",
    "opening_balance",
    "origins_of",
    "record_opening_balance",
    "record_transaction",
    "restore_transaction",
    "set_cleared",
    "set_payee_of_transactions",
    "tag_transactions",
]
