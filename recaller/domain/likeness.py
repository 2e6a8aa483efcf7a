"""How alike two texts about the same payment are, and which of several twins belongs to which by that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recaller.core.text import fold

_WORDS = re.compile(r"[^\W_]+")
MAX_WORDS = 60
# A pair of this likeness tells of the same payment even if something else speaks against it.
ALIKE = 500


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that can tell payments apart: folded, of two characters or more."""
    return frozenset(word for word in _WORDS.findall(fold(text))[:MAX_WORDS] if len(word) > 1)


def likeness(one: frozenset[str], other: frozenset[str]) -> int:
    """Return how many of the shorter text's words the other has, in thousandths; 0 when either has none.

    Banks shorten differently per format: a word counts as found when one begins with the other (4 letters or more).
    """
    few, many = sorted((one, other), key=len)
    if not few:
        return 0
    found = sum(
        word in many or (len(word) >= 4 and any(_begins(word, another) for another in many)) for word in few
    )
    return found * 1000 // len(few)


def assign_twins(rows: Mapping[int, str], ledger: Sequence[str]) -> dict[int, int]:
    """Return row -> position in `ledger`, one to one: the likeliest pair first, then what is left in order.

    The rows and entries have the same account, amount and day; there are at most a few of each.
    """
    said = {number: words_of(text) for number, text in rows.items()}
    known = [words_of(text) for text in ledger]
    ranked = sorted(
        (
            (-likeness(words, entry), number, at)
            for number, words in said.items()
            for at, entry in enumerate(known)
        )
    )
    found: dict[int, int] = {}
    used: set[int] = set()
    for _, number, at in ranked:
        if number not in found and at not in used:
            found[number] = at
            used.add(at)
    return found


def _begins(one: str, other: str) -> bool:
    return len(other) >= 4 and (one.startswith(other) or other.startswith(one))
