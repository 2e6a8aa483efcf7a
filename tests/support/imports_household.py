"""What imports, transfers and exchange rates leave in a household's tables."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from recaller.infra.work import Work
from recaller.services.transactions import EntryDraft, record_transaction
from recaller.services.transfers import dismiss_transfer, merge_transfer


def fill_transfers(w: Work, checking: UUID, savings: UUID, on: date) -> None:
    """Leave one merged transfer and one dismissed pair between two accounts of one currency."""

    def entry(account: UUID, amount: int) -> UUID:
        return record_transaction(w, EntryDraft(on, account, amount)).id

    merge_transfer(w, entry(checking, -700), entry(savings, 700))
    dismiss_transfer(w, entry(checking, -800), entry(savings, 800))
