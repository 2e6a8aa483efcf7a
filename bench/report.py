"""Writes what a run measured as text: the same for the terminal and for docs/performance.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.budgets import report_budgets
from bench.detection import report_detection
from bench.interface import TRANSACTIONS
from bench.reading import Reading, best_by_hand
from bench.recurring import report_recurring
from bench.rules import report_rules
from recaller.settings import CHECKOUT

if TYPE_CHECKING:
    from bench.__main__ import Results

PLACE = CHECKOUT / "docs" / "performance.md"
_PARTS = (
    ("dashboard", "(a) Dashboard, whole data set"),
    ("first_page", "(b) First page of 50 transactions, newest first"),
    ("search", "(b) Search page of 50: a word, ten months, largest amounts first"),
    ("totals", "(b) Totals below a search: all that a word finds (turns: a third)"),
)


def write_report(results: Results, *, save: bool) -> str:
    """Return the report, and write it to docs/performance.md when `save`."""
    lines = [
        "# Performance",
        "",
        "Written by `make bench` (`python -m bench`), from one run; times in milliseconds, medians of "
        f"{results.repetitions} turns unless said otherwise. Alternatives are timed in turn within the run, so that "
        "the ratios hold where the absolute times don't.",
        "",
        f"- Machine: {results.machine}.",
        f"- Run: {results.began:%Y-%m-%d %H:%M} UTC; load average of the last minute {results.load_before:.1f} "
        f"before, {results.load_after:.1f} after (beyond the number of cores, times are inflated).",
        "- PostgreSQL 18 embedded, fsync on, one database that holds all households; every statement runs as the "
        "application role behind row-level security.",
        "",
    ]
    for name, title in _PARTS:
        if results.reading:
            lines += _reading(name, title, results.reading)
    lines += _importing(results) + _posting(results) + _interface(results)
    if results.detection is not None:
        lines += report_detection(results.detection)
    if results.recurring is not None:
        lines += report_recurring(results.recurring)
    if results.ruling is not None:
        lines += report_rules(results.ruling)
    if results.budgets:
        lines += report_budgets(results.budgets)
    text = "\n".join(lines).rstrip() + "\n"
    if save:
        PLACE.parent.mkdir(exist_ok=True)
        PLACE.write_text(text)
    return text


def _reading(name: str, title: str, reading: dict[int, Reading]) -> list[str]:
    lines = [
        f"## {title}",
        "",
        "| transactions | service | p95 | by hand | p95 | service / by hand | best way by hand |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for size, found in reading.items():
        timings = getattr(found, name)
        service, (way, hand) = timings["service"], best_by_hand(timings)
        lines.append(
            f"| {size:,} | {service.median:.1f} | {service.p95:.1f} | {hand.median:.1f} | {hand.p95:.1f} "
            f"| {service.median / hand.median:.2f} | {way} |"
        )
    sizes = sorted(reading)
    largest = getattr(reading[sizes[-1]], name)["service"].median
    growth = [
        f"{largest / getattr(reading[size], name)['service'].median:.2f} x the time at {size:,}"
        for size in sizes[:-1]
    ]
    if growth:
        lines += ["", f"At {sizes[-1]:,} the service takes {' and '.join(growth)}."]
    return [*lines, ""]


def _importing(results: Results) -> list[str]:
    found = results.importing
    if found is None:
        return []
    return [
        f"## (c) Import of a CSV of {found.rows:,} rows",
        "",
        "| way | seconds | rows a second | import's share of it |",
        "|---|---:|---:|---:|",
        f"| import: upload, parse, deduplicate, stage, commit | {found.service_seconds:.1f} "
        f"| {found.rows / found.service_seconds:,.0f} | |",
        f"| COPY to temporary tables + INSERT, application role | {found.copy_insert_seconds:.1f} "
        f"| {found.rows / found.copy_insert_seconds:,.0f} | {found.share_of_copy_insert:.0%} |",
        f"| COPY straight into the tables, superuser | {found.direct_copy_seconds:.1f} "
        f"| {found.rows / found.direct_copy_seconds:,.0f} | {found.share_of_direct_copy:.0%} |",
        "",
        f"Of the import, the upload takes {found.upload_seconds:.1f} s and reading, comparing and staging "
        f"{found.staging_seconds:.1f} s; the rest is the commit. Peak memory of the importing process: "
        f"{found.peak_mb:.0f} MB. All three ways write the same transactions and postings (the COPYs' payees and batch "
        "are there beforehand) into the same indexed tables, balance check and rollups included.",
        "",
    ]


def _posting(results: Results) -> list[str]:
    found = results.posting
    if found is None:
        return []
    return [
        "## (d) Fifty posts to one account",
        "",
        f"One after the other {found.sequential * 1000:.0f} ms, at the same time from fifty threads "
        f"{found.parallel * 1000:.0f} ms (with a connection opened for most of them); the total is exact each time.",
        "",
    ]


def _interface(results: Results) -> list[str]:
    found = results.interface
    if found is None:
        return []
    weight = "not measured, for there is no browser here"
    if found.first_load is not None:
        size, answers = found.first_load
        weight = f"{size / 1000:.0f} kB compressed in {answers} answers, as Chromium asks for it"
    lines = [
        "## (e) User interface",
        "",
        f"First load of the sign-in page: {weight}.",
        "",
        f"Events go to a production web process ({found.web_workers} workers) that shares this machine's cores with "
        "PostgreSQL, Redis and the simulated browsers. All sessions are signed in as one user with a household of "
        f"{TRANSACTIONS:,} transactions; each event loads the transactions page in another order or search than before "
        f"(on average {found.answer_bytes / 1000:.0f} kB of rows). A round trip goes from sending it to having "
        "received the rows.",
        "",
        "| open sessions | each acts every | events | median | p95 | p95 / one session |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    one = min(found.events, key=lambda phase: phase.sessions)
    for phase, timing in found.events.items():
        lines.append(
            f"| {phase.sessions} | {phase.pause:g} s | {found.counts[phase]} | {timing.median:.1f} "
            f"| {timing.p95:.1f} | {timing.p95 / found.events[one].p95:.2f} |"
        )
    return [*lines, ""]
