"""Tells which patterns are templates already, by the payments that settled them or by what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.domain.detection import Interval, Pattern, recurrences_of, words_of
from recaller.domain.occurrences import Tolerance
from recaller.domain.recurrence import Recurrence, per_year
from recaller.infra.work import Work
from recaller.services.recurrence_rows import recurrence_in

MAX_TEMPLATES = 2000


@dataclass(frozen=True, slots=True)
class Template:
    """What detection needs of a template; `effect` is its amount, signed as in the account."""

    id: UUID
    name: str
    active: bool
    account_id: UUID
    effect: int
    tolerance: Tolerance
    fixed: bool
    recurrence: Recurrence
    words: frozenset[str]

    def allows(self, amount: int) -> bool:
        """Whether an amount is still what the template expects."""
        return amount == self.effect or not self.fixed or self.tolerance.allows(self.effect, amount)


def read_templates(w: Work, space_id: UUID) -> list[Template]:
    """Return the templates of a space, ended ones too, deleted ones not."""
    rows = w.rows(
        "SELECT r.*, coalesce(p.name, '') AS payee FROM recurring r"
        " LEFT JOIN payee p ON p.tenant_id = r.tenant_id AND p.id = r.payee_id"
        " WHERE r.space_id = :space AND r.state <> 'deleted' ORDER BY r.id LIMIT :most",
        space=space_id,
        most=MAX_TEMPLATES,
    )
    return [
        Template(
            id=row.id,
            name=row.name,
            active=row.state == "active",
            account_id=row.account_id,
            effect=row.effect,
            tolerance=Tolerance(row.tolerance_minor, row.tolerance_percent),
            fixed=row.amount_kind == "fixed",
            recurrence=recurrence_in(row),
            words=frozenset(words_of(f"{row.payee} {row.name}")),
        )
        for row in rows
    ]


def cover(
    patterns: Sequence[Pattern], linked: Sequence[Sequence[UUID | None]], templates: Sequence[Template]
) -> list[Template | None]:
    """Return each pattern's template, if it has one: the one that its latest payments settled, else one alike.

    `linked` holds for each pattern the template of each payment. Of several patterns that are like a template, the
    one of the nearest amount is it.
    """
    by_id = {one.id: one for one in templates}
    found: list[Template | None] = [None] * len(patterns)
    for place, of_payments in enumerate(linked):
        recent = Counter(one for one in of_payments[-4:] if one in by_id)
        if recent:
            found[place] = by_id[recent.most_common(1)[0][0]]
    taken = {one.id for one in found if one is not None}
    pairs = sorted(
        (abs(template.effect - pattern.amount), place, number)
        for place, pattern in enumerate(patterns)
        if found[place] is None
        for number, template in enumerate(templates)
        if template.active and template.id not in taken and _alike(template, pattern)
    )
    for _, place, number in pairs:
        if found[place] is None and templates[number].id not in taken:
            found[place] = templates[number]
            taken.add(templates[number].id)
    return found


def _alike(template: Template, pattern: Pattern) -> bool:
    if template.account_id != pattern.account_id or (template.effect > 0) != (pattern.amount > 0):
        return False
    ratio = 100 * abs(template.effect) // max(1, abs(pattern.amount))
    pace = per_year(template.recurrence)
    paces = [per_year(one) for one in recurrences_of(pattern.rhythm)]
    same_pace = any(3 * pace <= 4 * one <= 6 * pace for one in (*paces, sum(paces)))
    named = bool(template.words.intersection(pattern.words))
    same_price = template.allows(pattern.amount) and template.fixed
    return same_pace and ((named and 60 <= ratio <= 167) or (same_price and _same_day(template, pattern)))


def _same_day(template: Template, pattern: Pattern) -> bool:
    """Whether the template is due about when the pattern is paid, for names that have nothing in common."""
    anchor: date = pattern.rhythm.anchor
    if pattern.rhythm.interval in (Interval.WEEKLY, Interval.FORTNIGHTLY, Interval.FOUR_WEEKLY):
        return anchor.weekday() in template.recurrence.weekdays
    day = template.recurrence.month_day
    return day is not None and any(abs(day - one) <= 3 for one in pattern.rhythm.days)
