"""The reading side of the ledger: transactions filtered, searched, sorted and paged, and account registers."""

from recaller.services.listing.pages import Sort, list_transactions
from recaller.services.listing.register import RegisterRow, account_register
from recaller.services.listing.rows import LinePart, TransactionRow
from recaller.services.listing.totals import TotalView, selection_totals, totals

__all__ = [
    "LinePart",
    "RegisterRow",
    "Sort",
    "TotalView",
    "TransactionRow",
    "account_register",
    "list_transactions",
    "selection_totals",
    "totals",
]
