"""Looks for recurring patterns in a household's latest 26 months, space by space, and keeps what it suggests.

A pattern is the same as before when it rests on the same payments, or reads and costs about the same: so a dismissed
one stays dismissed, whatever is paid next, at whatever price, under whatever spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.ids import new_id
from recaller.domain.detection import HistoryRow, Pattern, detect, shown_name, window_start
from recaller.infra.work import Work
from recaller.services.daily import ErrorLog
from recaller.services.notifications import Notice, PriceChanged, fact_notice, notify_all
from recaller.services.recurring.covering import Template, cover, read_templates

# The latest rows of a space that are looked at: far more than a household has in 26 months.
MAX_ROWS = 60_000
MAX_PATTERNS = 400
DETECT_JOB = "recurring.detect"
_NAMES_TOLD = 3

_HISTORY = """
SELECT t.id, t.date, t.amount, t.currency, t.account_id, t.counter_account_id, t.bank_text,
       coalesce(y.name, '') AS payee, o.recurring_id,
       CASE WHEN c.system IS NULL THEN t.category_id END AS category_id
  FROM transaction t
  LEFT JOIN payee y ON y.tenant_id = t.tenant_id AND y.id = t.payee_id
  LEFT JOIN account c ON c.tenant_id = t.tenant_id AND c.id = t.category_id
  LEFT JOIN occurrence o ON o.tenant_id = t.tenant_id AND o.transaction_id = t.id
 WHERE t.tenant_id = :tenant AND t.space_id = :space AND t.date BETWEEN :first AND :today AND t.status = 'booked'
   AND t.shape IN ('simple', 'split', 'transfer', 'conversion') AND t.amount <> 0
 ORDER BY t.date DESC, t.id DESC LIMIT :most
"""
_WRITTEN = (
    "name", "words", "account_id", "target_id", "category_id", "currency", "amount", "fixed", "tolerance", "lowest",
    "highest", "earlier", "interval", "anchor_on", "days", "shift", "next_on", "first_on", "last_on", "strength",
    "evidence",
)  # fmt: skip
_UPDATE = (
    f"UPDATE recurring_suggestion SET ({', '.join(_WRITTEN)}) = ROW({', '.join(f':{n}' for n in _WRITTEN)})"
)

Progress = Callable[[int, int, str], None]


def _silent(_done: int, _total: int, _message: str) -> None:
    """Report to nobody."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was new in a space: for the notices."""

    space_id: UUID
    name: str
    amount: int
    currency: str
    kind: str
    thing: str
    earlier: int | None = None
    recurring_id: UUID | None = None


def find_suggestions(w: Work, log: ErrorLog) -> Mapping[str, int]:
    """Look through every space in sight and tell its members once of what is new (a `DailyRun`).

    Returns counts: "patterns" found alive, "suggested" that are new, "prices" that changed.
    """
    del log  # what is read here can't be wrong item by item
    found, patterns = look_for_patterns(w)
    _tell(w, found)
    return {
        "patterns": patterns,
        "suggested": sum(one.kind == "new" for one in found),
        "prices": sum(one.kind == "price" for one in found),
    }


def look_for_patterns(w: Work, *, progress: Progress = _silent) -> tuple[list[_Found], int]:
    """Look through every space in sight; returns what is new, and how many patterns are alive. Tells nobody."""
    found: list[_Found] = []
    patterns = 0
    for done, space_id in enumerate(w.scope.space_ids):
        progress(done, len(w.scope.space_ids), "Looking for payments that recur")
        new, count = _look_in_space(w, space_id)
        found += new
        patterns += count
    return found, patterns


def request_look(w: Work) -> UUID:
    """Let a worker look now for the caller's spaces; returns the job, the one that is open already if there is one."""
    row = w.row(
        "SELECT id FROM job WHERE kind = :kind AND status IN ('queued', 'running') AND actor_id = :user"
        " ORDER BY created_at LIMIT 1",
        kind=DETECT_JOB,
        user=w.scope.user_id,
    )
    if row is not None:
        return UUID(str(row.id))
    return w.enqueue(DETECT_JOB, {}, space_id=w.scope.private_space_id)


def _look_in_space(w: Work, space_id: UUID) -> tuple[list[_Found], int]:
    tenant = w.scope.tenant_id
    # One look at a space at a time: two would suggest the same twice.
    w.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))",
        key=f"recurring.detect:{tenant}:{space_id}",
    )
    rows = w.rows(
        _HISTORY,
        tenant=tenant,
        space=space_id,
        first=window_start(w.today),
        today=w.today,
        most=MAX_ROWS,
    )
    by_id = {row.id: row for row in rows}
    patterns = detect([_history_row(row) for row in rows], w.today)[:MAX_PATTERNS]
    linked = [[by_id[one].recurring_id for one in pattern.ids] for pattern in patterns]
    templates = cover(patterns, linked, read_templates(w, space_id))
    known = w.rows("SELECT * FROM recurring_suggestion WHERE space_id = :space", space=space_id)
    before = _recognised(patterns, [one for one in known if one.kind == "new"])
    seen = {one.id for one in before if one is not None}
    new: list[_Found] = []
    for pattern, template, known_as in zip(patterns, templates, before, strict=True):
        if known_as is not None:
            _refresh(w, known_as, pattern, by_id, template)
        elif template is None:
            new.append(_insert(w, space_id, pattern, by_id))
        if template is not None:
            new += _price_change(w, space_id, pattern, by_id, template, known, seen)
    stale = [one.id for one in known if one.state == "open" and one.id not in seen]
    w.run("DELETE FROM recurring_suggestion WHERE id = ANY(CAST(:ids AS uuid[]))", ids=stale)
    return new, len(patterns)


def _history_row(row: Row[Any]) -> HistoryRow:
    group = "" if row.counter_account_id is None else str(row.counter_account_id)
    return HistoryRow(
        row.id, row.date, row.amount, row.currency, row.account_id, row.payee, row.bank_text, group
    )


def _recognised(patterns: Sequence[Pattern], known: Sequence[Row[Any]]) -> list[Row[Any] | None]:
    """Return for each pattern the suggestion that it was before: by its payments, else by its words and its size."""
    found: list[Row[Any] | None] = [None] * len(patterns)
    taken: set[UUID] = set()
    for by_payments in (True, False):
        for place, pattern in enumerate(patterns):
            if found[place] is None:
                free = [one for one in known if one.id not in taken and _same_side(pattern, one)]
                same = _by_payments(pattern, free) if by_payments else _by_words(pattern, free)
                if same is not None:
                    found[place] = same
                    taken.add(same.id)
    return found


def _same_side(pattern: Pattern, one: Row[Any]) -> bool:
    return bool(one.currency == pattern.currency) and (one.amount > 0) == (pattern.amount > 0)


def _by_payments(pattern: Pattern, known: Sequence[Row[Any]]) -> Row[Any] | None:
    ids = set(pattern.ids)
    shared = {one.id: len(ids.intersection(one.evidence)) for one in known}
    same = [one for one in known if 2 * shared[one.id] >= min(len(ids), len(one.evidence)) > 0]
    return max(same, key=lambda one: shared[one.id], default=None)


def _by_words(pattern: Pattern, known: Sequence[Row[Any]]) -> Row[Any] | None:
    return next((one for one in known if one.signature == pattern.signature or _alike(pattern, one)), None)


def _alike(pattern: Pattern, one: Row[Any]) -> bool:
    shared = len(set(pattern.words).intersection(one.words))
    ratio = 100 * abs(pattern.amount) // max(1, abs(one.amount))
    if one.interval != pattern.rhythm.interval.value or not 60 <= ratio <= 167:
        return False
    return 2 * shared >= max(1, min(len(pattern.words), len(one.words)))


def _values(pattern: Pattern, by_id: Mapping[UUID, Row[Any]]) -> dict[str, Any]:
    rows = [by_id[one] for one in pattern.ids]
    latest = rows[-1]
    categories = [row.category_id for row in rows[-6:] if row.category_id is not None]
    return {
        "name": shown_name(pattern.name) or "Recurring payment",
        "words": list(pattern.words),
        "account_id": pattern.account_id,
        "target_id": latest.counter_account_id,
        "category_id": max(categories, key=categories.count, default=None),
        "currency": pattern.currency,
        "amount": pattern.amount,
        "fixed": pattern.fixed,
        "tolerance": pattern.tolerance,
        "lowest": pattern.lowest,
        "highest": pattern.highest,
        "earlier": pattern.earlier,
        "interval": pattern.rhythm.interval.value,
        "anchor_on": pattern.rhythm.anchor,
        "days": list(pattern.rhythm.days),
        "shift": pattern.rhythm.shift,
        "next_on": pattern.next_on,
        "first_on": pattern.first_on,
        "last_on": pattern.last_on,
        "strength": round(pattern.strength),
        "evidence": list(pattern.ids),
    }


def _insert(w: Work, space_id: UUID, pattern: Pattern, by_id: Mapping[UUID, Row[Any]]) -> _Found:
    values = _values(pattern, by_id)
    made = new_id()
    _write(w, made, space_id, "new", pattern.signature, values)
    return _Found(space_id, values["name"], pattern.amount, pattern.currency, "new", str(made))


def _write(
    w: Work,
    made: UUID,
    space_id: UUID,
    kind: str,
    signature: str,
    values: Mapping[str, Any],
    recurring_id: UUID | None = None,
) -> None:
    taken = w.row(
        "SELECT 1 FROM recurring_suggestion WHERE space_id = :space AND signature = :signature",
        space=space_id,
        signature=signature,
    )
    w.run(
        f"INSERT INTO recurring_suggestion (tenant_id, space_id, id, kind, signature, recurring_id, found_at,"
        f" {', '.join(_WRITTEN)}) VALUES (:tenant, :space, :id, :kind, :signature, :recurring, :now,"
        f" {', '.join(f':{name}' for name in _WRITTEN)})",
        tenant=w.scope.tenant_id,
        space=space_id,
        id=made,
        kind=kind,
        # Two series that read alike and cost alike are told apart by the first payment.
        signature=f"{signature}:{values['evidence'][0]}" if taken else signature,
        recurring=recurring_id,
        now=w.now,
        **values,
    )


def _refresh(
    w: Work,
    before: Row[Any],
    pattern: Pattern,
    by_id: Mapping[UUID, Row[Any]],
    template: Template | None,
) -> None:
    """Bring a known suggestion up to date; an open one that became a template by hand is settled."""
    w.run(f"{_UPDATE} WHERE id = :id", id=before.id, **_values(pattern, by_id))
    if before.state == "open" and template is not None:
        w.run(
            "UPDATE recurring_suggestion SET state = 'confirmed', recurring_id = :recurring, decided_at = :now"
            " WHERE id = :id",
            recurring=template.id,
            now=w.now,
            id=before.id,
        )


def _price_change(
    w: Work,
    space_id: UUID,
    pattern: Pattern,
    by_id: Mapping[UUID, Row[Any]],
    template: Template,
    known: Sequence[Row[Any]],
    seen: set[UUID],
) -> list[_Found]:
    """Suggest the new price of a template whose payments have settled on another one."""
    latest = [by_id[one].amount for one in pattern.ids[-2:]]
    if not (pattern.fixed and template.active and len(set(latest)) == 1):
        return []
    price = latest[0]
    if template.allows(price):
        return []
    signature = f"price:{template.id}:{price}"
    before = next((one for one in known if one.signature == signature), None)
    values = _values(pattern, by_id) | {"amount": price, "earlier": template.effect, "name": template.name}
    if before is not None:
        seen.add(before.id)
        w.run(f"{_UPDATE} WHERE id = :id", id=before.id, **values)
        return []
    made = new_id()
    _write(w, made, space_id, "price", signature, values, template.id)
    return [
        _Found(
            space_id, template.name, price, pattern.currency, "price", signature, template.effect, template.id
        )
    ]


def _tell(w: Work, found: Sequence[_Found]) -> None:
    """Tell each space's members once: of all new patterns together, and of each changed price."""
    notices = []
    for space_id in dict.fromkeys(one.space_id for one in found):
        new = [one for one in found if one.space_id == space_id and one.kind == "new"]
        if new:
            notices.append(_found_notice(space_id, new, w.today))
    notices += [_price_notice(one, w.today) for one in found if one.kind == "price"]
    notify_all(w, notices)


def _found_notice(space_id: UUID, new: Sequence[_Found], on: date) -> Notice:
    names = ", ".join(one.name for one in new[:_NAMES_TOLD])
    more = f" and {len(new) - _NAMES_TOLD} more" if len(new) > _NAMES_TOLD else ""
    title = (
        "A payment that recurs was found" if len(new) == 1 else f"{len(new)} payments that recur were found"
    )
    return Notice(
        "recurring.found",
        f"found:{space_id}:{new[0].thing}",
        on,
        title,
        f"{names}{more}. Confirm those that you want Recaller to expect, dismiss the others.",
        "/recurring?tab=suggestions",
        space_id,
    )


def _price_notice(one: _Found, on: date) -> Notice:
    assert one.earlier is not None
    facts = PriceChanged(one.name, one.earlier, one.amount, one.currency)
    return fact_notice("price.change", one.thing[:200], on, facts, "/recurring?tab=suggestions", one.space_id)
