"""Posts what is due: one household's run, set-based, exactly once.

A run writes each table with one statement, whatever the number of items: transactions and postings from the lines that
the template was given when it was written, the occurrences that name them, and where each template goes on. All of it
is one transaction with the claim of the run, under the household's ledger lock; an occurrence's key refuses a second
one. Killed anywhere, a run leaves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from recaller.core.ids import new_id
from recaller.domain.occurrences import MISSED_AFTER_DAYS
from recaller.infra.work import Work
from recaller.services.daily import ErrorLog
from recaller.services.ledger_events import ledger_changed
from recaller.services.notifications import BillToConfirm, Notice, fact_notice, notify_all
from recaller.services.recurring.planning import Item, Order, plan_household

log = structlog.get_logger(__name__)

# More in one statement gains nothing.
ITEMS_A_STATEMENT = 5000
ITEMS_AN_EVENT = 1000
NAME = "recurring transactions"

_CHOSEN = "unnest(CAST(:ids AS uuid[]), CAST(:templates AS uuid[]), CAST(:days AS date[])) AS i(id, recurring_id, day)"
_TRANSACTIONS = f"""
INSERT INTO transaction (tenant_id, space_id, id, date, payee_id, note, search_text, status, source, created_at, shape,
                         account_id, counter_account_id, category_id, amount, currency)
SELECT r.tenant_id, r.space_id, i.id, i.day, r.payee_id, r.note, r.search_text, 'booked', 'recurring', :now,
       r.entry_shape, r.account_id, r.counter_account_id, r.category_id, r.effect, r.currency
  FROM {_CHOSEN} JOIN recurring r ON r.tenant_id = :tenant AND r.id = i.recurring_id
"""
_POSTINGS = f"""
INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo)
SELECT l.tenant_id, l.space_id, i.id, l.line, l.account_id, i.day, l.amount, l.currency, l.memo
  FROM {_CHOSEN} JOIN recurring_line l ON l.tenant_id = :tenant AND l.recurring_id = i.recurring_id
"""
_TAGS = f"""
INSERT INTO transaction_tag (tenant_id, space_id, transaction_id, tag_id)
SELECT g.tenant_id, g.space_id, i.id, g.tag_id
  FROM {_CHOSEN} JOIN recurring_tag g ON g.tenant_id = :tenant AND g.recurring_id = i.recurring_id
"""
# The first line is what was sold, the last what was bought (domain/journal.py).
_RATES = f"""
INSERT INTO exchange_rate (tenant_id, space_id, id, base, quote, date, base_minor, quote_minor, transaction_id)
SELECT r.tenant_id, r.space_id, gen_random_uuid(), sold.currency, bought.currency, i.day, abs(sold.amount),
       abs(bought.amount), i.id
  FROM {_CHOSEN} JOIN recurring r ON r.tenant_id = :tenant AND r.id = i.recurring_id AND r.entry_shape = 'conversion'
  JOIN recurring_line sold ON sold.tenant_id = r.tenant_id AND sold.recurring_id = r.id AND sold.line = 0
  JOIN recurring_line bought ON bought.tenant_id = r.tenant_id AND bought.recurring_id = r.id AND bought.line = 3
"""
_OCCURRENCES = """
INSERT INTO occurrence (tenant_id, space_id, recurring_id, due_date, posted_on, state, expected_amount, actual_amount,
                        transaction_id, error)
SELECT r.tenant_id, r.space_id, r.id, i.due, i.day, CASE WHEN i.id IS NULL THEN 'due' ELSE 'posted' END, r.effect,
       CASE WHEN i.id IS NOT NULL THEN r.effect END, i.id, i.error
  FROM unnest(CAST(:ids AS uuid[]), CAST(:templates AS uuid[]), CAST(:dues AS date[]), CAST(:days AS date[]),
              CAST(:errors AS varchar[])) AS i(id, recurring_id, due, day, error)
  JOIN recurring r ON r.tenant_id = :tenant AND r.id = i.recurring_id
"""
_SETTLED = """
UPDATE occurrence o SET state = CASE WHEN i.id IS NULL THEN 'due' ELSE 'posted' END, transaction_id = i.id,
       expected_amount = r.effect, actual_amount = CASE WHEN i.id IS NOT NULL THEN r.effect END, error = i.error,
       removed_id = NULL, removed_state = NULL
  FROM unnest(CAST(:ids AS uuid[]), CAST(:templates AS uuid[]), CAST(:dues AS date[]),
              CAST(:errors AS varchar[])) AS i(id, recurring_id, due, error)
  JOIN recurring r ON r.tenant_id = :tenant AND r.id = i.recurring_id
 WHERE o.tenant_id = :tenant AND o.recurring_id = i.recurring_id AND o.due_date = i.due
"""
_GO_ON = """
UPDATE recurring r SET next_due = i.due, state = CASE WHEN i.due IS NULL THEN 'ended' ELSE r.state END
  FROM unnest(CAST(:templates AS uuid[]), CAST(:dues AS date[])) AS i(id, due)
 WHERE r.tenant_id = :tenant AND r.id = i.id
"""


def post_recurring(w: Work, errors: ErrorLog) -> Mapping[str, int]:
    """Post every automatic occurrence that is due by `w.today`, each on its own date (a `DailyRun`).

    Returns counts: "posted", "due" (waiting for confirmation), "failed" (named in `errors`, tried again next time).
    """
    w.lock_ledger()
    plan = plan_household(w)
    if not plan.items and not plan.next_due:
        return {"posted": 0, "due": 0, "failed": 0}
    _go_on(w, plan.next_due)
    ready = [item for item in plan.items if item.auto and item.closed is None]
    refused = {
        item.order: f"“{item.closed}” is closed."
        for item in plan.items
        if item.auto and item.closed is not None
    }
    to_confirm = [item for item in plan.items if not item.auto]
    made: dict[Order, UUID] = {}
    for start in range(0, len(ready), ITEMS_A_STATEMENT):
        _post(w, ready[start : start + ITEMS_A_STATEMENT], made, refused)
    for start in range(0, len(plan.items), ITEMS_A_STATEMENT):
        _note(w, plan.items[start : start + ITEMS_A_STATEMENT], made, refused)
    for item in plan.items:
        if item.order in refused:
            errors.add(
                "recurring transaction",
                item.recurring_id,
                item.space_id,
                f"“{item.name}” of {item.due.isoformat()} could not be posted: {refused[item.order]}",
            )
    _audit(w, [item for item in ready if item.order in made], made)
    # Who was away for long finds old ones in the list, not in the mail.
    news = [item for item in to_confirm if (w.today - item.on).days <= MISSED_AFTER_DAYS]
    notify_all(w, [_confirmation(item) for item in news])
    if made:
        ledger_changed(w)
    return {"posted": len(made), "due": len(to_confirm), "failed": len(refused)}


def _post(
    w: Work,
    items: Sequence[Item],
    made: dict[Order, UUID],
    refused: dict[Order, str],
) -> None:
    """Write the items' transactions at once; if the database refuses, template by template, to find the bad one."""
    if not items:
        return
    ids = sorted(new_id() for _ in items)
    try:
        w.run("SAVEPOINT posting")
        _write(w, items, ids)
        w.run("RELEASE posting")
    except OperationalError:
        raise
    except DBAPIError as error:
        w.run("ROLLBACK TO posting")
        templates = {item.recurring_id for item in items}
        if len(templates) > 1:
            for template in sorted(templates):
                _post(w, [item for item in items if item.recurring_id == template], made, refused)
            return
        log.exception(
            "recurring_refused", recurring_id=str(items[0].recurring_id), error=type(error).__name__
        )
        refused |= dict.fromkeys((item.order for item in items), "the ledger refused it; edit it to mend it.")
        return
    made.update(zip((item.order for item in items), ids, strict=True))


def _write(w: Work, items: Sequence[Item], ids: Sequence[UUID]) -> None:
    chosen = {
        "tenant": w.scope.tenant_id,
        "ids": _array(ids),
        "templates": _array(item.recurring_id for item in items),
        "days": _array(item.on for item in items),
    }
    w.run(_TRANSACTIONS, now=w.now, **chosen)
    w.run(_POSTINGS, **chosen)
    if any(item.tagged for item in items):
        w.run(_TAGS, **chosen)
    if any(item.conversion for item in items):
        w.run(_RATES, **chosen)


def _note(
    w: Work,
    items: Sequence[Item],
    made: Mapping[Order, UUID],
    refused: Mapping[Order, str],
) -> None:
    """Write what became of each item."""
    for stored, statement in ((False, _OCCURRENCES), (True, _SETTLED)):
        some = [item for item in items if item.stored is stored]
        if some:
            w.run(
                statement,
                tenant=w.scope.tenant_id,
                ids=_array(made.get(item.order) for item in some),
                templates=_array(item.recurring_id for item in some),
                dues=_array(item.due for item in some),
                errors=[refused.get(item.order) for item in some] if refused else [None] * len(some),
                **({} if stored else {"days": _array(item.on for item in some)}),
            )


def _go_on(w: Work, next_due: Mapping[UUID, date | None]) -> None:
    if next_due:
        w.run(
            _GO_ON,
            tenant=w.scope.tenant_id,
            templates=_array(next_due),
            dues=_array(next_due.values()),
        )


def _array(values: Iterable[UUID | date | None]) -> str:
    """Return ids or dates as PostgreSQL writes an array: for the driver, value by value, it would be most of a run."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _audit(w: Work, posted: Sequence[Item], made: Mapping[Order, UUID]) -> None:
    """Note what was posted: an entry for each space and thousand, with every item's template, date and transaction."""
    by_space: dict[UUID, list[Item]] = defaultdict(list)
    for item in posted:
        by_space[item.space_id].append(item)
    for space, items in by_space.items():
        for start in range(0, len(items), ITEMS_AN_EVENT):
            some = items[start : start + ITEMS_AN_EVENT]
            w.audit(
                "post",
                NAME,
                None,
                space_id=space,
                after={
                    "posted": len(some),
                    "items": [
                        [str(item.recurring_id), item.due.isoformat(), str(made[item.order])] for item in some
                    ],
                },
            )


def _confirmation(item: Item) -> Notice:
    return fact_notice(
        "bill.confirm",
        f"occurrence:{item.recurring_id}:{item.due.isoformat()}",
        item.on,
        BillToConfirm(item.name, item.on, item.effect, item.currency),
        f"/recurring?open={item.recurring_id}",
        item.space_id,
    )
