"""What is expected, as the matching rule sees it: amounts, days and words of occurrences, by account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from recaller.domain.detection import place_words, words_of
from recaller.domain.matching import Expected, window_days
from recaller.domain.occurrences import Tolerance
from recaller.domain.recurrence import per_year
from recaller.infra.work import Work
from recaller.services.recurring.rows import load_templates
from recaller.services.recurring.views import OccurrenceView, RecurringView

MAX_PAYEES = 5000
MAX_PAST = 2000

# Which of our posted transactions wait for the bank's row, by the account that it will come in.
_WAITING = """
SELECT p.transaction_id, p.account_id, sum(p.amount) AS amount FROM posting p
 WHERE p.transaction_id = ANY(CAST(:ids AS uuid[])) AND p.account_id = ANY(CAST(:accounts AS uuid[]))
 GROUP BY p.transaction_id, p.account_id
HAVING count(*) = 1 AND bool_and(p.import_id IS NULL AND NOT p.reconciled)
"""
# What settled a template's earlier dates tells how the bank writes its payee.
_PAST = """
SELECT o.recurring_id, y.name FROM occurrence o
  JOIN transaction t ON t.tenant_id = o.tenant_id AND t.id = o.transaction_id AND t.source = 'import'
  JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
 WHERE o.recurring_id = ANY(CAST(:ids AS uuid[])) ORDER BY o.due_date DESC LIMIT :most
"""


def expected_payments(
    w: Work, occurrences: Sequence[OccurrenceView], accounts: Sequence[UUID]
) -> list[Expected]:
    """Return what rows of these accounts may settle; a transfer at both its ends."""
    of_accounts = set(accounts)
    wanted = [one for one in occurrences if of_accounts.intersection((one.account_id, one.target_id))]
    if not wanted:
        return []
    ids = list({one.recurring_id for one in wanted})
    templates = {one.id: one for one in load_templates(w, "r.id = ANY(CAST(:ids AS uuid[]))", ids=ids)}
    places = payee_places(w)
    words = payee_words(w, templates, places)
    posted = [one.transaction_id for one in wanted if one.transaction_id is not None]
    waiting = {
        (row.transaction_id, row.account_id): int(row.amount)
        for row in w.rows(_WAITING, ids=posted, accounts=list(accounts))
    }
    found = []
    for one in wanted:
        template = templates.get(one.recurring_id)
        if template is None:
            continue
        for account_id, planned in _ends(one, template):
            posted_amount = waiting.get((one.transaction_id, account_id))
            if account_id not in of_accounts or (one.transaction_id is not None and posted_amount is None):
                continue
            amount = planned if posted_amount is None else posted_amount
            # An amount of a conversion can't be corrected alone: only the exact one settles it.
            exact = template.target_amount is not None
            expected = expectation(one, template, words[one.recurring_id])
            found.append(
                replace(
                    expected,
                    account_id=account_id,
                    amount=amount,
                    tolerance=Tolerance() if exact else template.tolerance,
                    words=frozenset() if exact else expected.words,
                )
            )
    return found


def expectation(one: OccurrenceView, template: RecurringView, words: frozenset[str]) -> Expected:
    """Return what an occurrence expects of its template's account; its key is (recurring id, due date)."""
    return Expected(
        (one.recurring_id, one.due_date),
        one.account_id,
        one.posted_on,
        one.amount,
        template.tolerance,
        window_of(template),
        words,
    )


def window_of(template: RecurringView) -> int:
    """Return how many days off a payment of this template may come."""
    return window_days(float(365 / per_year(template.recurrence)))


def _ends(one: OccurrenceView, template: RecurringView) -> list[tuple[UUID, int]]:
    ends = [(one.account_id, one.expected_amount)]
    if one.target_id is not None:
        arriving = template.target_amount if template.target_amount is not None else -one.expected_amount
        ends.append((one.target_id, arriving))
    return ends


def payee_words(
    w: Work, templates: Mapping[UUID, RecurringView], places: frozenset[str]
) -> Mapping[UUID, frozenset[str]]:
    """Return the words that name each template's payee, as the household and as the bank writes it."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for one in templates.values():
        found[one.id].update(words_of(one.payee), words_of(one.name))
    for row in w.rows(_PAST, ids=list(templates), most=MAX_PAST):
        found[row.recurring_id].update(words_of(row.name))
    return {one: frozenset(words - places) for one, words in found.items()}


def payee_places(w: Work) -> frozenset[str]:
    """Return words that are places or the like, by the household's payees: they tell nothing."""
    rows = w.rows("SELECT name FROM payee ORDER BY created_at DESC, id LIMIT :most", most=MAX_PAYEES)
    return place_words(row.name for row in rows)
