"""Templates: how much a line wants in a period, worked out from an amount, from history, from income or a goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from recaller.core.errors import ValidationFailed
from recaller.core.money import check_minor

MAX_AVERAGE = 24


class TemplateKind(StrEnum):
    """Where a template's amount comes from."""

    FIXED = "fixed"
    AVERAGE = "average"
    LAST_YEAR = "last_year"
    INCOME = "income"
    BY_DATE = "by_date"


@dataclass(frozen=True, slots=True)
class Template:
    """What a line wants in each period; which fields count depends on the kind.

    fixed: `amount`. average: of what was spent in the last `periods` periods. last_year: what was spent in the same
    period a year before. income: `basis_points` (hundredths of a percent) of the period's income. by_date: equal
    steps so that `amount` is there in the period around `by`.
    """

    kind: TemplateKind
    amount: int = 0
    periods: int = 0
    basis_points: int = 0
    by: date | None = None

    def __post_init__(self) -> None:
        """Raise ValidationFailed naming the field that can't be right."""
        check_minor(self.amount, "amount")
        if self.amount < 0:
            raise ValidationFailed("amount", "A template's amount can't be negative.")
        if self.kind is TemplateKind.AVERAGE and not 1 <= self.periods <= MAX_AVERAGE:
            raise ValidationFailed("periods", f"Take the average of 1 to {MAX_AVERAGE} periods.")
        if self.kind is TemplateKind.INCOME and not 1 <= self.basis_points <= 10_000:
            raise ValidationFailed("basis_points", "Take between 0.01 % and 100 % of the income.")
        if self.kind is TemplateKind.BY_DATE and self.by is None:
            raise ValidationFailed("by", "Say by which date the amount is wanted.")

    def plain(self) -> dict[str, Any]:
        """Return the template as it is kept; `read_template` gives it back."""
        wanted: dict[TemplateKind, dict[str, Any]] = {
            TemplateKind.FIXED: {"amount": self.amount},
            TemplateKind.AVERAGE: {"periods": self.periods},
            TemplateKind.LAST_YEAR: {},
            TemplateKind.INCOME: {"basis_points": self.basis_points},
            TemplateKind.BY_DATE: {"amount": self.amount, "by": self.by.isoformat() if self.by else None},
        }
        return {"kind": self.kind.value} | wanted[self.kind]


def read_template(kept: Mapping[str, Any] | None) -> Template | None:
    """Return the template that `plain` described, None for none."""
    if not kept:
        return None
    by = kept.get("by")
    return Template(
        kind=TemplateKind(kept["kind"]),
        amount=kept.get("amount", 0),
        periods=kept.get("periods", 0),
        basis_points=kept.get("basis_points", 0),
        by=None if by is None else date.fromisoformat(by),
    )


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What a template is worked out from, in minor units.

    `spent_before`: what was spent in each earlier period, the latest first. `spent_last_year`: in the same period a
    year before. `income`: of this period. `carried`: what lies in the line when the period begins. `periods_left`:
    how many periods there are from this one to the one around the template's date, both included; 0 when it is past.
    """

    spent_before: Sequence[int] = ()
    spent_last_year: int = 0
    income: int = 0
    carried: int = 0
    periods_left: int = 0


def template_amount(template: Template, facts: TemplateFacts) -> int:
    """Return what the line gets in the period: never negative, in whole minor units.

    Averages are rounded half up, shares of income down, steps to a goal up, so that the goal is reached by its date.
    """
    if template.kind is TemplateKind.FIXED:
        return template.amount
    if template.kind is TemplateKind.AVERAGE:
        return average(facts.spent_before, template.periods)
    if template.kind is TemplateKind.LAST_YEAR:
        return max(facts.spent_last_year, 0)
    if template.kind is TemplateKind.INCOME:
        return max(facts.income, 0) * template.basis_points // 10_000
    missing = template.amount - facts.carried
    if missing <= 0 or facts.periods_left <= 0:
        return 0
    return -(-missing // facts.periods_left)


def average(spent_before: Sequence[int], count: int) -> int:
    """Return the mean of the latest `count` periods (fewer where history is shorter), rounded half up, at least 0."""
    taken = list(spent_before[:count])
    if not taken:
        return 0
    return max((2 * sum(taken) + len(taken)) // (2 * len(taken)), 0)
