"""Folded text: the form in which names and notes are searched, alike for every way of writing them."""

from __future__ import annotations

import unicodedata

# Letters that Unicode doesn't take apart into a base letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def fold(text: str) -> str:
    """Return `text` in lower case, without accents, with single spaces between its words.

    Folding twice changes nothing more, so folded text may be stored and compared with a folded query.
    """
    if text.isascii():
        return " ".join(text.replace("\0", " ").lower().split())
    # Compatibility forms may hide capitals and marks ("𝐀", "ﬁ"), and folding case may bring marks back ("İ").
    for _ in range(2):
        apart = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN)
    # A NUL can't be stored in PostgreSQL's text.
    return " ".join(text.replace("\0", " ").split())
