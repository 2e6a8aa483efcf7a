"""Times alternatives in turn, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import gc
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one alternative over all repetitions."""

    median: float
    p95: float
    least: float


def compare(
    alternatives: Mapping[str, Callable[[], object]], repetitions: int, warm: int = 8
) -> dict[str, Timing]:
    """Run every alternative `warm` times (the driver prepares after five), then time them one after the other."""
    for _ in range(warm):
        for run in alternatives.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in alternatives}
    gc.collect()
    gc.disable()
    try:
        for _ in range(repetitions):
            for name, run in alternatives.items():
                began = perf_counter()
                run()
                times[name].append((perf_counter() - began) * 1000)
    finally:
        gc.enable()
    return {name: timing(found) for name, found in times.items()}


def timing(milliseconds: list[float]) -> Timing:
    """Sum up measured times."""
    p95 = quantiles(milliseconds, n=20)[-1] if len(milliseconds) > 1 else milliseconds[0]
    return Timing(median(milliseconds), p95, min(milliseconds))


def machine() -> str:
    """Describe what the figures were measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    return (
        f"{model}, {cores} cores, {pages * size / 2**30:.0f} GiB memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def load() -> float:
    """The machine's load average of the last minute: beyond the number of cores, times are inflated."""
    return os.getloadavg()[0]
