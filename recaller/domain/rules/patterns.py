"""Regular expressions of rules: RE2 only, so that no pattern can take more than linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from recaller.core.errors import ValidationFailed
from recaller.core.text import fold
from recaller.domain.rules.limits import MAX_PATTERN, PATTERN_MEMORY, PATTERNS_MEMORY


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


def plain(pattern: str) -> str:
    """Return the pattern with its accented letters folded, as the text that it is matched against is."""
    return "".join(letter if letter.isascii() else fold(letter) or letter for letter in pattern)


@lru_cache(maxsize=2048)
def compiled(pattern: str) -> Any:
    """Return the compiled pattern; raise `re2.error` for one that RE2 refuses."""
    return re2.compile(plain(pattern), _options(PATTERN_MEMORY))


def check_pattern(pattern: str, field: str) -> str:
    """Return the pattern when it can be used; raise ValidationFailed that shows the pattern and says why not."""
    if not pattern.strip():
        raise ValidationFailed(field, "Write the pattern to look for.")
    if len(pattern) > MAX_PATTERN:
        raise ValidationFailed(
            field, f"The pattern {pattern[:40]!r}… is too long: at most {MAX_PATTERN} characters."
        )
    try:
        compiled(pattern)
    except re2.error as error:
        raise ValidationFailed(field, f"The pattern {pattern!r} can't be used: {_why(error)}.") from error
    return pattern


def _why(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    if "too large" in text or "bad repetition" in text or "repetition size" in text:
        return f"it repeats too much ({text})"
    if "invalid escape sequence: \\" in text and text[-1:].isdigit():
        return f"{text} (a pattern can't refer back to a group)"
    if "invalid perl operator" in text:
        return f"{text} (looking ahead or behind isn't possible)"
    return text


class Patterns:
    """All patterns that rules look for in one field; tells which of them a text holds.

    One search for any of them comes first: most texts hold none. Answers are remembered per text, up to a bound.
    """

    def __init__(self, patterns: list[str]) -> None:
        self._each = [compiled(pattern) for pattern in patterns]
        self._known: dict[str, frozenset[int]] = {}
        try:
            whole = "|".join(f"(?:{plain(pattern)})" for pattern in patterns)
            self._any = re2.compile(whole, _options(PATTERNS_MEMORY))
        except re2.error:
            self._any = None

    def held_by(self, text: str) -> frozenset[int]:
        """Return the numbers of the patterns that are found in the (folded) text."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= 50_000:
                self._known.clear()
            if self._any is not None and self._any.search(text) is None:
                known = frozenset()
            else:
                known = frozenset(n for n, one in enumerate(self._each) if one.search(text) is not None)
            self._known[text] = known
        return known
