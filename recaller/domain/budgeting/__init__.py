"""The rules of budgets: periods, envelopes, limits, templates and pace, in integers of minor units."""

from recaller.domain.budgeting.envelopes import (
    Envelope,
    EnvelopeState,
    PeriodFlows,
    PeriodState,
    Rollover,
    roll_envelopes,
)
from recaller.domain.budgeting.limits import LimitState, roll_limits
from recaller.domain.budgeting.pace import Pace, PaceState, crossed_percents, pace_of
from recaller.domain.budgeting.periods import Period, PeriodKind, PeriodRule, elapsed_days, period_at, periods
from recaller.domain.budgeting.templates import (
    Template,
    TemplateFacts,
    TemplateKind,
    average,
    read_template,
    template_amount,
)

__all__ = [
    "Envelope",
    "EnvelopeState",
    "LimitState",
    "Pace",
    "PaceState",
    "Period",
    "PeriodFlows",
    "PeriodKind",
    "PeriodRule",
    "PeriodState",
    "Rollover",
    "Template",
    "TemplateFacts",
    "TemplateKind",
    "average",
    "crossed_percents",
    "elapsed_days",
    "pace_of",
    "period_at",
    "periods",
    "read_template",
    "roll_envelopes",
    "roll_limits",
    "template_amount",
]
