"""Detection of recurring series on labelled households: precision, recall, and recall of each kind.

What counts. A detected pattern is *right* when more than half of its payments belong to one labelled series, it has
more than half of that series' payments, and its interval is the label's; a second pattern on the same series is
wrong. A series is *owed* when it goes on and has at least `OWED` payments in the window. Finding one that has fewer, or
one that ended so shortly ago that its end can't be known yet, counts neither for nor against; a pattern on a series
that ended earlier, with another interval, or on anything that doesn't recur is wrong.
Precision = right / (right + wrong); recall = owed series found / owed series.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from bench.histories import History, Series, make_history
from recaller.domain.detection import HistoryRow, Pattern, detect

OWED = {
    "weekly": 4, "fortnightly": 4, "four-weekly": 4, "semi-monthly": 5, "monthly": 3, "two-monthly": 3,
    "quarterly": 3, "half-yearly": 3, "yearly": 2,
}  # fmt: skip
# A series that ended is known to have ended once the next payment and half of the one after are overdue.
_KNOWN_AFTER_DAYS = {
    "weekly": 24, "fortnightly": 38, "four-weekly": 66, "semi-monthly": 45, "monthly": 70, "two-monthly": 100,
    "quarterly": 130, "half-yearly": 235, "yearly": 420,
}  # fmt: skip
UNSEEN = range(10_000, 10_200)


@dataclass
class Score:
    """Counts over households; `found` and `owed` by kind and by interval."""

    households: int = 0
    rows: int = 0
    right: int = 0
    wrong: int = 0
    neutral: int = 0
    seconds: float = 0.0
    owed: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    owed_interval: Counter[str] = field(default_factory=Counter)
    found_interval: Counter[str] = field(default_factory=Counter)
    wrong_why: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[int, Series]] = field(default_factory=list)
    mistakes: list[tuple[int, str, Pattern]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Right patterns among those that count."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Owed series that were found."""
        return sum(self.found.values()) / max(1, sum(self.owed.values()))


def rows_of(history: History) -> list[HistoryRow]:
    """Return the household's rows as detection gets them, without labels."""
    return [
        HistoryRow(
            UUID(int=row.number),
            row.on,
            row.amount,
            history.currency,
            UUID(int=row.account),
            row.payee,
            row.memo,
        )
        for row in history.rows
    ]


def measure_detection(seeds: Iterable[int] = UNSEEN) -> Score:
    """Detect in the households of these seeds and compare with their labels."""
    score = Score()
    for seed in seeds:
        history = make_history(seed)
        rows = rows_of(history)
        began = time.perf_counter()
        patterns = detect(rows, history.today)
        score.seconds += time.perf_counter() - began
        judge(history, patterns, score)
    return score


def judge(history: History, patterns: Sequence[Pattern], score: Score) -> None:
    """Add one household's outcome to the score."""
    score.households += 1
    score.rows += len(history.rows)
    label_of = {number: series for series in history.series for number in series.rows}
    found: set[int] = set()
    for pattern in patterns:
        members = Counter(label_of[one.int].number if one.int in label_of else -1 for one in pattern.ids)
        number, count = members.most_common(1)[0]
        series = next((one for one in history.series if one.number == number), None)
        if series is None or 2 * count <= len(pattern.ids):
            verdict = "not recurring"
        elif 2 * count <= len(series.rows):
            verdict = "half of a series"
        elif pattern.rhythm.interval != series.interval:
            verdict = "other interval"
        elif number in found:
            verdict = "found twice"
        elif _known_ended(history, series):
            verdict = "ended"
        else:
            found.add(number)
            if _owed(series):
                score.right += 1
            else:
                score.neutral += 1
            continue
        score.wrong += 1
        score.wrong_why[verdict] += 1
        score.mistakes.append((history.seed, verdict, pattern))
    for series in history.series:
        if _owed(series):
            score.owed[series.kind] += 1
            score.owed_interval[series.interval] += 1
            if series.number in found:
                score.found[series.kind] += 1
                score.found_interval[series.interval] += 1
            else:
                score.misses.append((history.seed, series))


def _owed(series: Series) -> bool:
    return series.ended_on is None and len(series.rows) >= OWED[series.interval]


def _known_ended(history: History, series: Series) -> bool:
    if series.ended_on is None:
        return False
    return history.today - series.ended_on > timedelta(days=_KNOWN_AFTER_DAYS[series.interval])


def report_detection(score: Score) -> list[str]:
    """Return the lines for the report."""
    lines = [
        f"## (f) Detection of recurring series in {score.households} labelled households",
        "",
        f"Precision {score.precision:.3f} ({score.right} right, {score.wrong} wrong), recall {score.recall:.3f} "
        f"({sum(score.found.values())} of {sum(score.owed.values())}); {score.neutral} more were found that count "
        f"neither way (too few payments yet, or just ended). {score.rows:,} rows, "
        f"{1000 * score.seconds / max(1, score.households):.0f} ms a household. Households come from seeds that "
        "detection was not tuned on; `bench/detection.py` says what counts as found.",
        "",
        "| kind | owed | recall |",
        "|---|---:|---:|",
    ]
    lines += [
        f"| {kind} | {owed} | {score.found[kind] / owed:.2f} |" for kind, owed in sorted(score.owed.items())
    ]
    lines += ["", "| interval | owed | recall |", "|---|---:|---:|"]
    lines += [
        f"| {one} | {score.owed_interval[one]} | {score.found_interval[one] / score.owed_interval[one]:.2f} |"
        for one in OWED
        if score.owed_interval[one]
    ]
    if score.wrong:
        lines += ["", "Wrong: " + ", ".join(f"{why} {n}" for why, n in score.wrong_why.most_common()) + "."]
    return [*lines, ""]


if __name__ == "__main__":
    first, last = (int(word) for word in (sys.argv[1:3] or (UNSEEN.start, UNSEEN.stop)))
    sys.stdout.write("\n".join(report_detection(measure_detection(range(first, last)))))
