"""Runs the benchmarks: python -m bench [NAME ...], all of them without a name.

Prints medians and ratios of one run; a complete one is written to docs/performance.md. BENCH_DATA_DIR names the folder
in which the households are kept between runs. `--scale 0.1` measures a tenth of the rows, to try things out.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.budgets import measure_budgets
from bench.detection import Score, measure_detection
from bench.interface import Interface, measure_interface
from bench.measure import Timing, load, machine
from bench.reading import Reading, measure_reading
from bench.recurring import HOUSEHOLDS, SAMPLE, Recurring, measure_recurring
from bench.report import write_report
from bench.rules import Ruling, measure_rules
from bench.servers import household_of, running_servers, scratch_database
from bench.writing import Importing, Posting, measure_import, measure_posts
from recaller.infra.embedded import EmbeddedPostgres, EmbeddedRedis

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
ROWS = 100_000
# Name of a part -> what it measures, in the order of the report.
PARTS = {
    "reading": "(a) dashboard and (b) pages against SQL by hand",
    "import": "(c) a CSV from file to committed against COPY",
    "posts": "(d) posts at the same time",
    "interface": "(e) events of open sessions",
    "detection": "(f) precision and recall",
    "recurring": "(g) due items against a job for each and bare INSERTs",
    "rules": "(h) rules against one UPDATE",
    "budgets": "(i) budgets by months and by pay cycles",
}


@dataclass
class Results:
    """What one run measured; parts that were not asked for stay empty."""

    began: datetime
    machine: str
    load_before: float
    repetitions: int
    reading: dict[int, Reading] = field(default_factory=dict)
    importing: Importing | None = None
    posting: Posting | None = None
    interface: Interface | None = None
    detection: Score | None = None
    recurring: Recurring | None = None
    ruling: Ruling | None = None
    budgets: dict[int, dict[str, Timing]] = field(default_factory=dict)
    load_after: float = 0.0


def main() -> None:
    """Measure what was asked for and print it; write it down when it is complete."""
    options = _options()
    parts = set(options.parts or PARTS)
    results = Results(datetime.now(UTC), machine(), load(), options.repetitions)
    with running_servers() as (postgres, redis):
        _measure_kept(results, parts, postgres, options)
        _measure_written(results, parts, postgres, redis, options.scale)
    if "detection" in parts:
        results.detection = measure_detection()
    results.load_after = load()
    complete = parts == set(PARTS) and options.scale == 1
    print(write_report(results, save=complete and not options.print_only))


def _measure_kept(
    results: Results, parts: set[str], postgres: EmbeddedPostgres, options: argparse.Namespace
) -> None:
    """What only reads, in households that are kept between runs."""
    if not parts & {"reading", "budgets"}:
        return
    sizes = [SIZES[name.strip()] for name in options.sizes.lower().split(",")]
    scopes = {size: household_of(postgres, size) for size in sizes}
    for size, scope in scopes.items():
        if "reading" in parts:
            results.reading[size] = measure_reading(scope, options.repetitions)
        if "budgets" in parts:
            results.budgets[size] = measure_budgets(scope, options.repetitions)


def _measure_written(
    results: Results, parts: set[str], postgres: EmbeddedPostgres, redis: EmbeddedRedis, scale: float
) -> None:
    """What writes, in databases of its own."""
    rows = round(ROWS * scale)
    if parts & {"import", "posts", "interface", "rules"}:
        with scratch_database(postgres, redis) as settings:
            if "posts" in parts:
                results.posting = measure_posts(5)
            if "import" in parts:
                results.importing = measure_import(postgres, settings, rows, 3)
            if "interface" in parts:
                results.interface = measure_interface(settings)
            if "rules" in parts:
                results.ruling = measure_rules(rows, 3)
    if "recurring" in parts:
        results.recurring = measure_recurring(
            postgres, redis, 3, households=round(HOUSEHOLDS * scale), sample=round(SAMPLE * scale)
        )


def _options() -> argparse.Namespace:
    told = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=told)
    parser.add_argument("--sizes", default="10k,100k,1m", help="sizes of the kept households: 10k, 100k, 1m")
    parser.add_argument(
        "--scale", type=float, default=1, help="share of the rows to write (1 is the full size)"
    )
    parser.add_argument(
        "--repetitions", type=int, default=25, help="timed turns of each alternative that reads"
    )
    parser.add_argument("--print-only", action="store_true", help="leave docs/performance.md as it is")
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"There is no part {unknown[0]!r}; choose from {', '.join(PARTS)}.")
    return options


if __name__ == "__main__":
    main()
