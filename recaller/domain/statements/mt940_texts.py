"""Reads the texts of MT940 entries: the German subfields (?20, ?32), Dutch code words, :NS: lines, free text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from recaller.domain.statements.text import clean_text

_STRUCTURED = re.compile(r"\s*([0-9]{1,3})?\s*([?~^<>@|&!*$])(?=[0-3][0-9])")
_WIDTH = 65
_SUBFIELD_WIDTH = 27
_TRIMMED_SPACES = 6
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|RREF|IBAN|BIC)\+")
_SLASHED = re.compile(
    r"/(ADDR|BENM|BIC|CSID|EREF|IBAN|ID|ISDT|KREF|MARF|NAME|NRTX|OAMT|ORDP|PURP|REMI|RTRN|SVCL|TRCD|TRTP|USTD|STRD)/"
)
_SPACES = re.compile(" {2,}")
_MAX_CHARS = 8_000


@dataclass(frozen=True, slots=True)
class Texts:
    """Who and what an entry is about; `kind` is the bank's own word for it."""

    payee: str
    memo: str
    kind: str | None = None


def describe(info: list[str], private: list[str], supplementary: list[str]) -> Texts:
    """Return the texts of an entry from its :86:, its :NS: and the second line of its :61:."""
    more = clean_text(" ".join(supplementary))
    found = (_structured(info) or _slashed(info) or _free(info)) if info else _private(private)
    memo = found.memo
    if more and more not in memo:
        memo = f"{memo} {more}".strip()
    return Texts(found.payee, clean_text(memo), found.kind)


def _free(lines: list[str]) -> Texts:
    return Texts("", clean_text(_SPACES.sub(" ", _wrapped(lines))))


def _wrapped(lines: Iterable[str]) -> str:
    """Join lines that a bank cut at its full width without a space, others with one."""
    text, full = "", True
    for line in lines:
        text += line if full else f" {line}"
        full = len(line) >= _WIDTH
        if len(text) > _MAX_CHARS:
            break
    return text


def _joined(parts: Iterable[str]) -> str:
    """Join subfields: full ones go on without a space."""
    text, full = "", True
    for part in parts:
        text += part if full else f" {part}"
        full = len(part) >= _SUBFIELD_WIDTH
    return clean_text(text)


def _unwrapped(lines: list[str]) -> str:
    """Join lines that were cut at one width, anywhere in a word; a slightly shorter one lost its last spaces."""
    width = max(map(len, lines))
    cut = [f"{line} " if width - _TRIMMED_SPACES <= len(line) < width else line for line in lines[:-1]]
    return "".join((*cut, lines[-1]))[:_MAX_CHARS]


def _structured(lines: list[str]) -> Texts | None:
    text = _unwrapped(lines)
    match = _STRUCTURED.match(text)
    if match is None:
        return None
    fields: dict[str, str] = {}
    for piece in text[match.end() :].split(match[2]):
        code = piece[:2]
        if len(code) == 2 and code.isdecimal():
            fields[code] = fields.get(code, "") + piece[2:]
        elif fields:  # the separator stood in the text itself
            last = next(reversed(fields))
            fields[last] += match[2] + piece
    payee = _joined(fields[code] for code in ("32", "33") if fields.get(code))
    purpose = [fields[code] for code in sorted(fields) if "20" <= code <= "29" or "60" <= code <= "63"]
    memo = _joined(purpose)
    kind = clean_text(fields.get("00", ""))[:64] or None
    tagged = _SEPA.split(memo)
    if len(tagged) > 2:
        told = {tagged[at]: tagged[at + 1] for at in range(1, len(tagged) - 1, 2)}
        payee = payee or clean_text(told.get("ABWA", "") or told.get("ABWE", ""))
        memo = clean_text(told.get("SVWZ", "")) or memo
    return Texts(payee, memo or kind or "", kind)


def _slashed(lines: list[str]) -> Texts | None:
    text = _unwrapped(lines)
    pieces = _SLASHED.split(text)
    if len(pieces) < 5:
        return None
    told: dict[str, str] = {}
    for at in range(1, len(pieces) - 1, 2):
        told.setdefault(pieces[at], clean_text(pieces[at + 1].strip("/")))
    memo = " ".join(filter(None, (told.get(code) for code in ("REMI", "USTD", "STRD"))))
    return Texts(told.get("NAME", ""), memo or clean_text(text), told.get("TRTP", "")[:64] or None)


def _private(lines: list[str]) -> Texts:
    """Read :NS: lines of two digits and a text: 09 on say what, 15 and 16 who."""
    fields: dict[str, str] = {}
    for line in lines[:100]:
        code = line.strip()[:2]
        if code.isdecimal():
            fields[code] = fields.get(code, "") + line.strip()[2:]
    what = [fields[code] for code in ("09", "10", "11", "12", "13", "14") if code in fields]
    who = _joined(fields[code] for code in ("15", "16") if code in fields)
    if not fields:
        return _free(lines)
    return Texts(who, clean_text(" ".join(what)) or _joined(fields.values()))
