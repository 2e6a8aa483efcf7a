"""Runs the benchmarks: python -m bench [--sizes 10k,100k,1m] [--only a,b,c,d,e] [--repetitions 25].

Prints medians and ratios of one run and writes them to docs/performance.md. BENCH_DATA_DIR names the folder in
which the households are kept between runs; BENCH_URL an instance whose pages (e) measures.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.interface import Interface, measure_interface
from bench.measure import load, machine
from bench.reading import Reading, measure_reading
from bench.report import write_report
from bench.servers import household_of, running_servers, scratch_database
from bench.writing import Importing, Posting, measure_import, measure_posts

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
IMPORT_ROWS = 100_000


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
    load_after: float = 0.0


def main() -> None:
    """Measure what was asked for, print it, and write it down unless told not to."""
    options = _options()
    sizes = [SIZES[name.strip()] for name in options.sizes.lower().split(",")]
    parts = {part.strip() for part in options.only.lower().split(",")}
    results = Results(datetime.now(UTC), machine(), load(), options.repetitions)
    with running_servers() as (postgres, redis):
        if parts & {"a", "b"}:
            scopes = {size: household_of(postgres, size) for size in sizes}
            for size, scope in scopes.items():
                results.reading[size] = measure_reading(scope, options.repetitions)
        if parts & {"c", "d", "e"}:
            with scratch_database(postgres, redis) as settings:
                if "d" in parts:
                    results.posting = measure_posts(5)
                if "c" in parts:
                    results.importing = measure_import(postgres, settings, options.import_rows, 3)
                if "e" in parts:
                    results.interface = measure_interface(settings)
    results.load_after = load()
    text = write_report(results, save=not options.print_only)
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="10k,100k,1m", help="sizes of the households: 10k, 100k, 1m")
    parser.add_argument(
        "--only", default="a,b,c,d,e", help="parts: a dashboard, b pages, c import, d posts, e UI"
    )
    parser.add_argument(
        "--repetitions", type=int, default=25, help="timed turns of each alternative in a and b"
    )
    parser.add_argument("--import-rows", type=int, default=IMPORT_ROWS, help="rows of the imported CSV")
    parser.add_argument("--print-only", action="store_true", help="leave docs/performance.md as it is")
    return parser.parse_args()


if __name__ == "__main__":
    main()
