"""Texts of bank files: cleaning for storage, character references decoded once, escaping for CSV export."""

from __future__ import annotations

import re
import unicodedata
from html.entities import html5

from recaller.domain.statements.limits import MAX_TEXT_CHARS

_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SPACE_CONTROLS = str.maketrans({"\t": " ", "\n": " ", "\r": " ", "\v": " ", "\f": " ", "\x85": " "})
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_REPLACEMENT = "�"


def clean_text(text: str) -> str:
    """Return the text fit for storage: stripped, one line, no NUL, control or surrogate characters."""
    text = text.strip()
    if not text.isprintable():
        text = "".join(map(_printable, text.translate(_SPACE_CONTROLS))).strip()
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 1] + "…"


def _printable(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return ""
    return _REPLACEMENT if category == "Cs" else char


def decode_references(text: str) -> str:
    """Decode `&amp;`, `&#228;` and their like exactly once; what they yield is text, never markup."""
    return _REFERENCE.sub(_referenced, text) if "&" in text else text


def _referenced(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return html5.get(name + ";", match[0])
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else _REPLACEMENT


def has_references(text: str) -> bool:
    """Tell whether the text holds a character reference that `decode_references` would decode."""
    return "&" in text and decode_references(text) != text


def unquote(cell: str) -> str:
    """Strip a lone quote that a broken export left at either end of a cell."""
    if cell.count('"') % 2 == 0:
        return cell
    return cell[:-1] if cell.endswith('"') else cell.removeprefix('"')


def escape_for_csv_export(text: str) -> str:
    """Prefix an apostrophe to a text that a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
