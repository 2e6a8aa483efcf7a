"""Words of the search box: found in notes and bank texts as written, in payees' names also with typing errors."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.text import fold
from recaller.domain.filters import like_pattern
from recaller.infra.work import Work
from recaller.services.listing.query import fetch

MAX_WORDS = 8
# Past so many payees a word is too common for a list of ids: the query then looks the payees up itself.
MAX_PAYEES = 500
# Shared trigrams of the typed word: "amazno" and "amazon" share 0.57; unrelated words stay below 0.4.
LEAST_SIMILARITY = 0.45
# Only the names nearly as close as the closest one are meant.
NEARLY_AS_CLOSE = 0.9
SHORTEST_MISTYPED = 4
FALLBACK_PAYEES = 20_000

_has_trigrams: dict[str, bool] = {}
_trigrams_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """A word to be found: its LIKE pattern over folded text, and the payees that it means.

    `payees` is None when it means more than can be listed.
    """

    pattern: str
    payees: tuple[UUID, ...] | None


def find_words(w: Work, words: Sequence[str]) -> tuple[Word, ...]:
    """Look each word up among the payees, in at most two queries; raise ValidationFailed for too many words."""
    folded = list(dict.fromkeys(filter(None, map(fold, words))))
    if len(folded) > MAX_WORDS:
        raise ValidationFailed("q", f"A search can have at most {MAX_WORDS} words.")
    if not folded:
        return ()
    found = _payees_with(w, folded)
    missed = [word for word in folded if not found[word] and len(word) >= SHORTEST_MISTYPED]
    if missed:
        found |= _payees_like(w, missed)
    return tuple(
        Word(like_pattern(word), None if len(found[word]) > MAX_PAYEES else tuple(found[word]))
        for word in folded
    )


def find_payees(w: Work, names: Iterable[str]) -> set[UUID]:
    """Return the payees that these names mean: with the name inside theirs, else the most similar ones."""
    folded = list(dict.fromkeys(filter(None, map(fold, names))))
    if not folded:
        return set()
    found = _payees_with(w, folded)
    missed = [name for name in folded if not found[name]]
    if missed:
        found |= _payees_like(w, missed)
    return {payee for payees in found.values() for payee in payees}


def _payees_with(w: Work, words: list[str]) -> dict[str, list[UUID]]:
    rows = fetch(
        w,
        "SELECT n, p.id FROM unnest(%(patterns)s::text[]) WITH ORDINALITY AS s(pattern, n)"
        " CROSS JOIN LATERAL (SELECT id FROM payee WHERE folded LIKE s.pattern"
        f" ORDER BY id LIMIT {MAX_PAYEES + 1}) p",
        {"patterns": [like_pattern(word) for word in words]},
    )
    return _by_word(words, rows)


def _payees_like(w: Work, words: list[str]) -> dict[str, list[UUID]]:
    if not _trigrams(w):
        return {word: _closest_payees(w, word) for word in words}
    rows = fetch(
        w,
        "WITH scored AS MATERIALIZED (SELECT n, p.id, word_similarity(s.word, p.folded) AS likeness"
        " FROM unnest(%(words)s::text[]) WITH ORDINALITY AS s(word, n) CROSS JOIN payee p)"
        " SELECT n, id FROM (SELECT *, max(likeness) OVER (PARTITION BY n) AS best FROM scored"
        f" WHERE likeness >= {LEAST_SIMILARITY}) x WHERE likeness >= best * {NEARLY_AS_CLOSE}"
        f" ORDER BY n, likeness DESC, id LIMIT {MAX_PAYEES}",
        {"words": words},
    )
    return _by_word(words, rows)


def _by_word(words: list[str], rows: list[tuple[Any, ...]]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {word: [] for word in words}
    for number, payee in rows:
        found[words[number - 1]].append(payee)
    return found


def _trigrams(w: Work) -> bool:
    """Whether this database has the extension; asked once per process and database."""
    url = str(w.connection.engine.url)
    with _trigrams_lock:
        if url not in _has_trigrams:
            _has_trigrams[url] = bool(fetch(w, "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"))
        return _has_trigrams[url]


def _closest_payees(w: Work, word: str) -> list[UUID]:
    """Compare trigrams here, where the database can't; good for as many payees as a household has."""
    rows = fetch(w, f"SELECT id, folded FROM payee ORDER BY id LIMIT {FALLBACK_PAYEES}")
    likeness = {payee: word_likeness(word, folded) for payee, folded in rows}
    best = max(likeness.values(), default=0.0)
    close = [
        payee for payee, value in likeness.items() if value >= max(LEAST_SIMILARITY, best * NEARLY_AS_CLOSE)
    ]
    return close[:MAX_PAYEES]


def word_likeness(word: str, name: str) -> float:
    """Return the share (0 to 1) of the typed trigrams that the most similar run of the name's words has."""
    wanted = _trigrams_of(word)
    if not wanted:
        return 0.0
    run = len(word.split())
    parts = name.split()
    runs = [" ".join(parts[start : start + run]) for start in range(max(1, len(parts) - run + 1))]
    return max(len(wanted & _trigrams_of(part)) / len(wanted) for part in runs)


def _trigrams_of(text: str) -> set[str]:
    padded = [f"  {part} " for part in text.split()]
    return {part[start : start + 3] for part in padded for start in range(len(part) - 2)}
