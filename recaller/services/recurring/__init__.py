"""Recurring transactions: templates, their occurrences, posting what is due, reminders."""

from recaller.services.occurrence_links import transactions_removed, transactions_restored
from recaller.services.recurring.by_hand import RecordedView, record_by_hand
from recaller.services.recurring.candidates import PaymentCandidate, payment_candidates
from recaller.services.recurring.deciding import (
    confirm_occurrence,
    post_now,
    skip_occurrence,
    undo_occurrence,
    unskip_occurrence,
)
from recaller.services.recurring.history import occurrence_history, page_history, price_changes
from recaller.services.recurring.linking import link_transaction, unlink_transaction
from recaller.services.recurring.listing import RecurringFilter, page_occurrences, page_recurring
from recaller.services.recurring.posting import post_recurring
from recaller.services.recurring.reading import (
    get_occurrence,
    get_recurring,
    list_recurring,
    open_occurrences,
    recurring_totals,
    upcoming,
)
from recaller.services.recurring.reminding import remind_of_bills
from recaller.services.recurring.templates import (
    change_recurring_from,
    create_recurring,
    delete_recurring,
    draft_of,
    edit_recurring,
    end_recurring,
    pause_recurring,
    restore_recurring,
    resume_recurring,
    with_amount,
)
from recaller.services.recurring.views import (
    OccurrenceView,
    PriceChangeView,
    RecurringDraft,
    RecurringPartView,
    RecurringTotal,
    RecurringView,
)

__all__ = [
    "OccurrenceView",
    "PaymentCandidate",
    "PriceChangeView",
    "RecordedView",
    "RecurringDraft",
    "RecurringFilter",
    "RecurringPartView",
    "RecurringTotal",
    "RecurringView",
    "change_recurring_from",
    "confirm_occurrence",
    "create_recurring",
    "delete_recurring",
    "draft_of",
    "edit_recurring",
    "end_recurring",
    "get_occurrence",
    "get_recurring",
    "link_transaction",
    "list_recurring",
    "occurrence_history",
    "open_occurrences",
    "page_history",
    "page_occurrences",
    "page_recurring",
    "pause_recurring",
    "payment_candidates",
    "post_now",
    "post_recurring",
    "price_changes",
    "record_by_hand",
    "recurring_totals",
    "remind_of_bills",
    "restore_recurring",
    "resume_recurring",
    "skip_occurrence",
    "transactions_removed",
    "transactions_restored",
    "undo_occurrence",
    "unlink_transaction",
    "unskip_occurrence",
    "upcoming",
    "with_amount",
]
