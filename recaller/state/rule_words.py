"""Rules, their runs and changes as the page words them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recaller.services import rules
from recaller.state.formatting import Formatter

STATUS = {
    "queued": ("Waiting", "info"),
    "done": ("Done", "success"),
    "failed": ("Failed", "error"),
    "stopped": ("Stopped", "neutral"),
    "reversed": ("Taken back", "neutral"),
}


# As many rules as a run's row names.
MAX_RAN = 3


@dataclass(frozen=True)
class RuleItem:
    """A rule as its row shows it."""

    id: str
    name: str
    sentence: str
    active: bool
    stop: bool
    once: bool
    private: bool
    problem: str
    changed: str
    first: bool
    last: bool


@dataclass(frozen=True)
class FieldItem:
    """One field of a transaction before and after, and the rule that sets it."""

    label: str
    before: str
    after: str
    rule: str


@dataclass(frozen=True)
class ChangeItem:
    """A transaction with the fields that change. `conflict` marks one that a reversal left alone."""

    id: str
    date: str
    payee: str
    account: str
    amount: str
    fields: list[FieldItem]
    href: str
    conflict: bool


@dataclass(frozen=True)
class RunItem:
    """A run in the log."""

    id: str
    at: str
    cause: str
    status: str
    tone: str
    detail: str
    rules: str
    problem: str
    opens: bool
    reversible: bool
    conflicts: bool


@dataclass(frozen=True)
class IdeaItem:
    """A suggested rule."""

    payee_id: str
    category_id: str
    sentence: str
    times: str


def count_words(count: int, what: str = "") -> str:
    """Return `3 transactions would change`, or just `3 transactions`."""
    return f"{count:,} transaction{'' if count == 1 else 's'} {what}".strip()


def draft_of(view: rules.RuleView) -> dict[str, Any]:
    """Return what `read_draft` makes the same rule of."""
    return {
        "name": view.name,
        "conditions": dict(view.conditions),
        "actions": [dict(one) for one in view.actions],
        "active": view.active,
        "stop": view.stop,
        "once": view.once,
        "private": view.private,
    }


FIELD_LABELS = {
    "category": "Category",
    "payee": "Payee",
    "note": "Note",
    "tags": "Tags",
    "recurring": "Recurring",
}


def change_item(one: rules.ChangeView, say: Formatter) -> ChangeItem:
    """Return a row as its table shows it: each field that differs, before and after."""

    def words(content: rules.ContentView, name: str) -> str:
        return _words(content, name, one.currency, say)

    return ChangeItem(
        str(one.transaction_id),
        say.full_date(one.date),
        one.before.payee or one.after.payee or "No payee",
        one.account,
        say.money(one.amount, one.currency, plus=True),
        [
            FieldItem(label, words(one.before, name), words(one.after, name), _short(one.fields[name]))
            for name, label in FIELD_LABELS.items()
            if name in one.fields
        ],
        f"/transactions?open={one.transaction_id}",
        one.conflict,
    )


def _words(content: rules.ContentView, name: str, currency: str, say: Formatter) -> str:
    if name == "category":
        if content.parts:
            parts = [
                f"{part.category or 'Uncategorised'} {say.money(part.amount, currency)}"
                for part in content.parts
            ]
            return "split: " + ", ".join(parts)
        return f"transfer with {content.counter}" if content.counter_id else content.category or "none"
    if name == "tags":
        return " ".join(f"#{tag}" for tag in content.tags) or "none"
    if name == "recurring":
        due = "" if content.due_date is None else f", due {say.full_date(content.due_date)}"
        return f"{content.recurring}{due}" if content.recurring_id else "none"
    return (content.payee if name == "payee" else content.note) or "none"


def calls_itself(one: rules.RuleView) -> bool:
    """Tell whether a rule is called by what it says (cut off where that is long), because nobody named it."""
    return one.name == one.sentence or (one.name.endswith("…") and one.sentence.startswith(one.name[:-1]))


def rule_items(views: Sequence[rules.RuleView]) -> list[RuleItem]:
    """Return the rows of rules; one without a name of its own is called by all that it says."""
    found = []
    for at, one in enumerate(views):
        said = one.sentence[:1].upper() + one.sentence[1:]
        unnamed = calls_itself(one)
        found.append(
            RuleItem(
                str(one.id),
                said if unnamed else one.name,
                "" if unnamed else said,
                one.active,
                one.stop,
                one.once,
                one.private,
                one.problem,
                count_words(one.changed, "changed") if one.changed else "",
                at == 0 or views[at - 1].private != one.private,
                at == len(views) - 1 or views[at + 1].private != one.private,
            )
        )
    return found


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"


def idea_item(one: rules.SuggestionView) -> IdeaItem:
    said = f"If the payee is “{one.payee}”, set the category to {one.category}"
    return IdeaItem(str(one.payee_id), str(one.category_id), said, f"You did this by hand {one.times} times")


def run_item(one: rules.RunView, say: Formatter) -> RunItem:
    word, tone = STATUS.get(one.status, (one.status, "neutral"))
    detail = f"{one.changed:,} of {one.scanned:,} changed"
    if one.status == "reversed":
        detail = f"{one.restored:,} taken back"
        if one.conflicts:
            detail += f", {one.conflicts:,} left alone because they were changed since"
    elif one.status in ("failed", "stopped"):
        detail = "Nothing was changed"
    elif one.status == "queued":
        detail = "A worker does it"
    ran = [f"{_short(rule.name)} ({rule.changed:,})" for rule in one.rules if rule.changed]
    more = f" and {len(ran) - MAX_RAN} more" if len(ran) > MAX_RAN else ""
    problem = "" if not one.problems else f"{one.problems[0].name}: {one.problems[0].message}"
    cause = f"Import {one.batch_name}".strip() if one.cause == "import" else "Applied by hand"
    return RunItem(
        str(one.id),
        say.moment(one.created_at),
        cause,
        word,
        tone,
        detail,
        ", ".join(ran[:MAX_RAN]) + more,
        problem + (f" (and {len(one.problems) - 1} more)" if len(one.problems) > 1 else ""),
        one.changed > 0,
        one.status == "done" and one.changed > 0,
        one.conflicts > 0,
    )
