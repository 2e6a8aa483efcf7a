"""(h) 200 rules over 100,000 transactions, as a worker runs them, against one UPDATE of the same rows."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from uuid import UUID

from bench.writing import make_csv, new_home
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.categories import list_categories
from recaller.services.imports import (
    commit_import,
    get_import,
    read_content,
    stage,
    start_import,
    write_import,
)
from recaller.services.rules import Selection, apply_rules, create_rule, get_run, perform_run, read_draft

RULES = 200
_UPDATE = (
    "UPDATE transaction SET category_id = :category, payee_id = :payee, note = note || ' seen',"
    " search_text = search_text || ' seen', version = version + 1"
)
TIMEOUT = "SET LOCAL statement_timeout = '600s'"


@dataclass(frozen=True)
class Ruling:
    """Medians in seconds; `changed` of `rows` were changed by the rules, and the baseline updates all of them."""

    rows: int
    rules: int
    repetitions: int
    changed: int
    reports: int
    rules_seconds: float
    update_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the plain UPDATE's time the whole run takes."""
        return self.rules_seconds / self.update_seconds


def measure_rules(rows: int, repetitions: int) -> Ruling:
    """Run the rules and the UPDATE in turn, each over a fresh household's import of the same file."""
    ruled, updated = [], []
    changed = reports = 0
    for turn in range(repetitions):
        updated.append(_update(_household(rows, turn)))
        seconds, changed, reports = _run(_household(rows, turn))
        ruled.append(seconds)
    return Ruling(rows, RULES, repetitions, changed, reports, median(ruled), median(updated))


def report_rules(found: Ruling) -> list[str]:
    """Return the lines for the report."""
    return [
        f"## (h) {found.rules} rules over {found.rows:,} transactions",
        "",
        f"The rules take {found.rules_seconds:.1f} s ({found.rows / found.rules_seconds:,.0f} rows a second), one SQL "
        f"UPDATE of the same rows {found.update_seconds:.1f} s: **{found.ratio:.1f} x** its time. Medians of "
        f"{found.repetitions} turns, each with two fresh imports of one file.",
        "",
        f"The run reads the rows, evaluates all rules, and writes what they change ({found.changed:,} rows: all get a "
        "category, some a payee, a note or tags): transactions, postings in the other category with their rollups, "
        "the change's record for taking it back, and the audit trail, all in one transaction up to its commit, with "
        f"progress reported {found.reports:,} times. The UPDATE sets category, payee, note, search text and version of "
        "every row to computed values, by the application role behind row-level security, and is committed; it moves "
        "no posting.",
        "",
    ]


def _household(rows: int, seed: int) -> Scope:
    """Import the rows and make the rules."""
    scope, account = new_home("rules")
    content = make_csv(rows, seed)
    with work(scope) as w:
        batch = start_import(w, "bank.csv", content, account_id=account).id
    with work(scope) as w:
        if get_import(w, batch).status == "reading":
            stage(w, batch, read_content(w, batch))
    with work(scope) as w:
        commit_import(w, batch)
    with work(scope) as w:
        write_import(w, batch)
    with work(scope) as w:
        _make_rules(w, random.Random(seed))
    return scope


def _make_rules(w: Work, dice: random.Random) -> None:
    """Rules as people have them: mostly by payee, some by amount, pattern or group; all set a category, some more."""
    categories = [str(one.id) for one in list_categories(w) if not one.system]
    for number in range(RULES):
        items: list[object] = [
            {"field": "payee", "op": "contains", "value": f"shop {dice.randrange(20, 200)}"}
        ]
        kind = number % 10
        if kind == 0:
            items = [{"field": "bank_text", "op": "matches", "value": rf"shop {dice.randrange(10, 99)}\d\b"}]
        elif kind in (1, 2):
            amount = {"field": "amount", "op": "below", "value": -5000, "currency": "USD"}
            items.append(
                {"match": "any", "of": [amount, {"field": "direction", "op": "equals", "value": "in"}]}
            )
        elif kind == 3:
            items = [{"field": "bank_text", "op": "contains", "value": f"shop {dice.randrange(100, 999)}"}]
        actions: list[dict[str, object]] = [{"do": "set_category", "category_id": dice.choice(categories)}]
        if kind == 4:
            actions.append({"do": "add_tags", "tags": ["seen"]})
        elif kind == 5:
            actions.append({"do": "set_payee", "payee": f"Chain {number}"})
        elif kind == 6:
            actions.append({"do": "set_note", "text": "Bought in town"})
        elif kind == 7:
            actions.append({"do": "append_note", "text": f"seen by {number}"})
        create_rule(w, read_draft({"conditions": {"match": "all", "of": items}, "actions": actions}))


def _update(scope: Scope) -> float:
    """Time one UPDATE of all rows in the columns that rules write, with its commit."""
    with work(scope) as w:
        category: UUID = list_categories(w)[0].id
        payee = w.rows("SELECT id FROM payee LIMIT 1")[0].id
    began = perf_counter()
    with work(scope) as w:
        w.run(TIMEOUT)
        w.run(_UPDATE, category=category, payee=payee)
    return perf_counter() - began


def _run(scope: Scope) -> tuple[float, int, int]:
    """Time the run from the click to its commit: few rows are done at once, many by the worker's function."""
    told: list[int] = []
    began = perf_counter()
    with work(scope) as w:
        run = apply_rules(w, Selection())[0]
    if run.status == "queued":
        with work(scope) as w:
            perform_run(w, run.id, progress=lambda done, _total, _message: told.append(done))
    seconds = perf_counter() - began
    with work(scope) as w:
        done = get_run(w, run.id)
    assert done.status == "done", done
    assert done.changed
    return seconds, done.changed, len(told)
