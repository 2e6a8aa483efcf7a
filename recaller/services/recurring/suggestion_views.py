"""What pages and the API see of a suggestion: a pattern found in the history, ready to be confirmed or dismissed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import NotFound, ValidationFailed
from recaller.domain.detection import Interval, Rhythm, confidence_of, recurrences_of
from recaller.domain.recurrence import Recurrence, describe
from recaller.infra.work import Work

STATES = ("open", "confirmed", "dismissed")
MAX_SUGGESTIONS = 200
PAYMENTS_SHOWN = 6
_INTERVAL_WORDS = {
    Interval.WEEKLY: "every week",
    Interval.FORTNIGHTLY: "every two weeks",
    Interval.FOUR_WEEKLY: "every four weeks",
    Interval.SEMI_MONTHLY: "twice a month",
    Interval.MONTHLY: "every month",
    Interval.TWO_MONTHLY: "every two months",
    Interval.QUARTERLY: "every quarter",
    Interval.HALF_YEARLY: "every half year",
    Interval.YEARLY: "every year",
}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment that a suggestion rests on; `amount` in minor units, signed as in the account."""

    transaction_id: UUID
    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion. `kind` 'new': make `name` recurring; 'price': give `recurring_id` the new `amount`.

    Amounts in minor units of `currency`, signed as in the account: `amount` is expected next, give or take `tolerance`
    when it isn't `fixed`; it has been from `lowest` to `highest`, and `earlier` before the last change (None: never
    another). `interval_words` ("every month") and `schedule_words` ("on the 1st of each month, ...") are English.
    `recurrences` are one, or two when it comes twice a month. `confidence` is 'sure', 'likely' or 'possible'.
    `payments` are the latest, newest first, out of `times`.
    """

    id: UUID
    kind: str
    state: str
    name: str
    account_id: UUID
    account: str
    target_id: UUID | None
    target: str
    category_id: UUID | None
    category: str
    currency: str
    amount: int
    fixed: bool
    tolerance: int
    lowest: int
    highest: int
    earlier: int | None
    interval: str
    interval_words: str
    schedule_words: str
    recurrences: tuple[Recurrence, ...]
    confidence: str
    next_on: date
    first_on: date
    last_on: date
    times: int
    payments: tuple[PaymentView, ...]
    recurring_id: UUID | None
    found_at: datetime
    private: bool


_SELECT = """
SELECT s.*, a.name AS account, coalesce(g.name, '') AS target, coalesce(c.name, '') AS category,
       (SELECT json_agg(json_build_array(x.id, x.date, x.amount) ORDER BY x.date DESC, x.id DESC)
          FROM (SELECT t.id, t.date, t.amount FROM transaction t WHERE t.tenant_id = s.tenant_id
                   AND t.id = ANY(s.evidence) ORDER BY t.date DESC, t.id DESC LIMIT :shown) x) AS payments
  FROM recurring_suggestion s
  JOIN account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
  LEFT JOIN account g ON g.tenant_id = s.tenant_id AND g.id = s.target_id
  LEFT JOIN account c ON c.tenant_id = s.tenant_id AND c.id = s.category_id
"""


def list_suggestions(w: Work, *, state: str = "open") -> tuple[SuggestionView, ...]:
    """Return the suggestions in sight of a state ('open', 'confirmed', 'dismissed'): price changes, then the surest."""
    if state not in STATES:
        raise ValidationFailed("state", f"{state!r} is not a state of a suggestion.")
    rows = w.rows(
        f"{_SELECT} WHERE s.state = :state ORDER BY s.kind DESC, s.strength DESC, s.id LIMIT :most",
        state=state,
        shown=PAYMENTS_SHOWN,
        most=MAX_SUGGESTIONS,
    )
    return tuple(_view(w, row) for row in rows)


def get_suggestion(w: Work, suggestion_id: UUID) -> SuggestionView:
    """Return one suggestion; raise NotFound when none of this id is in sight."""
    row = w.row(f"{_SELECT} WHERE s.id = :id", id=suggestion_id, shown=PAYMENTS_SHOWN)
    if row is None:
        raise NotFound("suggestion", suggestion_id)
    return _view(w, row)


def rhythm_in(row: Row[Any]) -> Rhythm:
    """Return the rhythm that a row of `recurring_suggestion` holds."""
    return Rhythm(Interval(row.interval), row.anchor_on, tuple(row.days), row.shift)


def _view(w: Work, row: Row[Any]) -> SuggestionView:
    recurrences = recurrences_of(rhythm_in(row))
    return SuggestionView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        name=row.name,
        account_id=row.account_id,
        account=row.account,
        target_id=row.target_id,
        target=row.target,
        category_id=row.category_id,
        category=row.category,
        currency=row.currency,
        amount=row.amount,
        fixed=row.fixed,
        tolerance=row.tolerance,
        lowest=row.lowest,
        highest=row.highest,
        earlier=row.earlier,
        interval=row.interval,
        interval_words=_INTERVAL_WORDS[Interval(row.interval)],
        schedule_words=" and ".join(describe(one, w.scope.locale) for one in recurrences),
        recurrences=recurrences,
        confidence=confidence_of(row.strength),
        next_on=row.next_on,
        first_on=row.first_on,
        last_on=row.last_on,
        times=len(row.evidence),
        payments=tuple(
            PaymentView(UUID(one[0]), date.fromisoformat(one[1]), one[2]) for one in row.payments or ()
        ),
        recurring_id=row.recurring_id,
        found_at=row.found_at,
        private=row.space_id != w.scope.shared_space_id,
    )
