"""The kinds of notices: their words for the settings page, and what holds for people who chose nothing."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LEAD_DAYS = 60
MAX_LEADS = 5


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice. `delivers`: whether channels get it unless one says no; the centre always does.

    `lead_days` are the default days before the due date; None for kinds that tell of what just happened.
    """

    key: str
    label: str
    hint: str
    icon: str
    delivers: bool = True
    lead_days: tuple[int, ...] | None = None


KINDS: dict[str, NoticeKind] = {
    kind.key: kind
    for kind in (
        NoticeKind("bill.reminder", "Bill coming up", "Some days before a bill is due.", "calendar-clock",
                   lead_days=(3, 0)),
        NoticeKind("bill.confirm", "Bill to confirm", "A recurring transaction waits for your yes.", "circle-help"),
        NoticeKind("bill.posted", "Bill posted", "A recurring transaction was booked by itself.", "calendar-check",
                   delivers=False),
        NoticeKind("bill.missed", "Bill missed", "An expected payment hasn't come.", "calendar-x"),
        NoticeKind("price.change", "Price changed", "A recurring amount is higher or lower than before.",
                   "trending-up"),
        NoticeKind("recurring.found", "Pattern found", "Payments that look like they recur.", "repeat",
                   delivers=False),
        NoticeKind("budget.alert", "Budget alert", "A budget passed one of its marks.", "gauge"),
        NoticeKind("job.failed", "Background work failed", "Work of yours, or the household's own, needs a look.",
                   "triangle-alert"),
        NoticeKind("import.done", "Import finished", "A large file was read or committed in the background.",
                   "file-check", delivers=False),
    )
}  # fmt: skip
