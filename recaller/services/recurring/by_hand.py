"""A transaction that a person enters may be one that is expected: then it pays that, and nothing is posted twice.

The rule is the one for bank rows (`domain/matching.py`), but nobody looks at a preview here. So a payment is settled
only when it is beyond doubt: one date of one template is open, and the payee (of a transfer: both accounts) says so
too. Whatever else looks like it is told and left alone: what is in the ledger already, and several that it may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from uuid import UUID

from recaller.domain.detection import words_of
from recaller.domain.matching import MOST_DAYS, BankRow, Expected, fit
from recaller.infra.work import Work
from recaller.services.recurring.expectations import expectation, payee_places, payee_words
from recaller.services.recurring.linking import paid_by, settle_with
from recaller.services.recurring.reading import upcoming
from recaller.services.recurring.rows import load_templates
from recaller.services.recurring.views import OccurrenceView, RecurringView
from recaller.services.transactions import TransactionView, TransferDraft, get_transaction, record_transaction
from recaller.services.transactions.drafts import Draft

MOST_TOLD = 5
# How well one fits (see `fit`): near only, days apart, unnamed.
_NEAR, _DAYS, _UNNAMED = 0, 1, 2
# Stands for the payee where both accounts of a transfer name it.
_SAME_ACCOUNTS = frozenset({"transfer"})

Rank = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RecordedView(TransactionView):
    """A recorded transaction; `settles` is what it pays, `looks_like` what it may be, with nothing done about it."""

    settles: OccurrenceView | None = None
    looks_like: tuple[OccurrenceView, ...] = ()


def record_by_hand(w: Work, draft: Draft, *, transaction_id: UUID | None = None) -> RecordedView:
    """Record a transaction, and let it pay the occurrence that it is without doubt; see `record_transaction`.

    Deleting it lets the occurrence be due again; `unlink_transaction` does so, too, and keeps it.
    """
    w.lock_ledger()
    made = record_transaction(w, draft, transaction_id=transaction_id)
    row, target_id = _row(made, draft)
    templates = _templates(w, row, target_id)
    ranked = _ranked(w, made, row, templates) if templates else []
    settled = _beyond_doubt(ranked)
    looks_like = () if settled is not None else _doubtful(ranked)
    if settled is not None:
        template = templates[settled.recurring_id]
        settled = settle_with(w, template, settled, made, paid_by(template, made))
        made = get_transaction(w, made.id)
    plain = {one.name: getattr(made, one.name) for one in fields(TransactionView)}
    return RecordedView(**plain, settles=settled, looks_like=looks_like)


def _templates(w: Work, row: BankRow, target_id: UUID | None) -> Mapping[UUID, RecurringView]:
    """Return the templates of the transaction's accounts that go in its direction."""
    found = load_templates(
        w,
        "r.account_id = :source AND r.target_id IS NOT DISTINCT FROM CAST(:target AS uuid)"
        " AND (r.effect > 0) = :incoming",
        source=row.account_id,
        target=target_id,
        incoming=row.amount > 0,
    )
    return {one.id: one for one in found}


def _row(made: TransactionView, draft: Draft) -> tuple[BankRow, UUID | None]:
    """Return the transaction as the matching rule sees it, and the account at its other end."""
    if isinstance(draft, TransferDraft):
        return BankRow(made.id, draft.source_id, made.date, -draft.amount, _SAME_ACCOUNTS), draft.target_id
    return BankRow(made.id, draft.account_id, made.date, draft.amount, frozenset()), None


def _ranked(
    w: Work, made: TransactionView, row: BankRow, templates: Mapping[UUID, RecurringView]
) -> list[tuple[Rank, OccurrenceView]]:
    """Return the occurrences that the transaction may be, the best first; open ones before equal ones that aren't."""
    reach = timedelta(days=MOST_DAYS)
    around = upcoming(w, made.date - reach, made.date + reach, ids=list(templates))
    named_anyway = replace(row, words=_SAME_ACCOUNTS)
    possible: list[tuple[OccurrenceView, Expected]] = []
    for one in around:
        expected = expectation(one, templates[one.recurring_id], _SAME_ACCOUNTS)
        if (one.open or one.settled) and fit(named_anyway, expected) is not None:
            possible.append((one, expected))
    if possible and row.words != _SAME_ACCOUNTS:
        places = payee_places(w)
        row = replace(row, words=frozenset(words_of(made.payee) or words_of(made.note)) - places)
        words = payee_words(w, templates, places)
        possible = [(one, replace(expected, words=words[one.recurring_id])) for one, expected in possible]
    found: list[tuple[Rank, OccurrenceView]] = []
    for one, expected in possible:
        rank = fit(row, expected)
        # With a payee of its own that is another one, the same amount is chance.
        if rank is not None and not (rank[_UNNAMED] and row.words):
            found.append(((*rank[:3], int(not one.open), rank[3]), one))
    return sorted(found, key=lambda pair: (pair[0], pair[1].due_date, pair[1].recurring_id))


def _beyond_doubt(ranked: Sequence[tuple[Rank, OccurrenceView]]) -> OccurrenceView | None:
    """Return the open occurrence that the transaction is, when it can be no other's."""
    if not ranked:
        return None
    rank, best = ranked[0]
    if not best.open or rank[_UNNAMED]:
        return None
    rivals = [
        other
        for its, other in ranked
        if other.open and other.recurring_id != best.recurring_id and its[_NEAR] <= rank[_NEAR]
    ]
    return None if rivals else best


def _doubtful(ranked: Sequence[tuple[Rank, OccurrenceView]]) -> tuple[OccurrenceView, ...]:
    """Return what the transaction may be, one date for each template: to be told."""
    first: dict[UUID, OccurrenceView] = {}
    for rank, one in ranked:
        if one.open or not rank[_NEAR]:
            first.setdefault(one.recurring_id, one)
    return tuple(first.values())[:MOST_TOLD]
