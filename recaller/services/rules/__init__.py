"""Rules over transactions: kept, previewed, applied, taken back."""

from recaller.services.rules.applying import (
    APPLY_JOB,
    apply_rules,
    apply_rules_to_batch,
    perform_run,
    settle_run,
)
from recaller.services.rules.keeping import (
    RuleDraft,
    create_rule,
    delete_rule,
    draft_rule,
    edit_rule,
    get_rule,
    list_rules,
    move_rule,
    order_rules,
    read_draft,
    switch_rule,
)
from recaller.services.rules.preparing import active_rules
from recaller.services.rules.previewing import PreviewView, preview_rules
from recaller.services.rules.reversing import perform_reversal, reverse_run
from recaller.services.rules.runs import get_run, list_runs, run_changes
from recaller.services.rules.selecting import Selection
from recaller.services.rules.suggesting import (
    SuggestionView,
    accept_suggestion,
    dismiss_suggestion,
    suggest_rules,
)
from recaller.services.rules.views import (
    ChangeView,
    ContentView,
    PartView,
    ProblemView,
    RanView,
    RuleView,
    RunView,
)

__all__ = [
    "APPLY_JOB",
    "ChangeView",
    "ContentView",
    "PartView",
    "PreviewView",
    "ProblemView",
    "RanView",
    "RuleDraft",
    "RuleView",
    "RunView",
    "Selection",
    "SuggestionView",
    "accept_suggestion",
    "active_rules",
    "apply_rules",
    "apply_rules_to_batch",
    "create_rule",
    "delete_rule",
    "dismiss_suggestion",
    "draft_rule",
    "edit_rule",
    "get_rule",
    "get_run",
    "list_rules",
    "list_runs",
    "move_rule",
    "order_rules",
    "perform_reversal",
    "perform_run",
    "preview_rules",
    "read_draft",
    "reverse_run",
    "run_changes",
    "settle_run",
    "suggest_rules",
    "switch_rule",
]
