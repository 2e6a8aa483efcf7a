"""Locales by their names, for whoever writes or reads amounts and dates."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError


@lru_cache(maxsize=256)
def known_locale(name: str) -> Locale:
    """Return Babel's locale of a name such as `de_DE` or `de-DE`, or American English where it is unknown."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")
